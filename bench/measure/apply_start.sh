#!/bin/bash
# How many starts of apply wait although nothing is in the way?
. "$(dirname "$0")/figure.sh"
starts=${STARTS:-40}
users=100
stalled_seconds=0.5

fresh_campaign $((starts * users))
for start in $(seq "$starts"); do
  users $users $((start * users)) > "$work/asking"
  seconds apply_all "$work/asking" kafka
done > "$work/took"

slow=$(awk -v limit=$stalled_seconds '$1 > limit' "$work/took" | wc -l)
lines=$(summary s < "$work/took")
mapfile -t told <<<"$lines"
row "starts of \`apply --users-from --ack kafka\` that take more than $stalled_seconds s, $users users, 3 partitions" \
  "$slow of $starts" - - "${told[3]}" 0
