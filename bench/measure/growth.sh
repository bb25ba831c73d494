#!/bin/bash
# Is admission as fast at the end of a large campaign as at its beginning, and how much of Redis does
# each user take? USERS=10000000 goes further.
. "$(dirname "$0")/figure.sh"
users=${USERS:-1000000}
tenth=$((users / 10))

used_memory() { redis INFO memory | sed -n 's/^used_memory:\([0-9]*\).*/\1/p'; }

# The outbox is left out, as it is once the relay has handed it over.
for _ in $(seq "$rounds"); do
  fresh_campaign $((10 * tenth))
  empty=$(used_memory)
  for part in {0..9}; do
    users $tenth $((part * tenth)) > "$work/asking"
    rate $tenth apply_all "$work/asking" redis
  done > "$work/rates"
  at_least $((10 * tenth)) admitted "$(admitted)"
  quietly redis DEL "coupon:{$COUPONCTL_CAMPAIGN}:outbox"
  full=$(used_memory)
  echo "$(tail -n 1 "$work/rates") $(head -n 1 "$work/rates")" >> "$work/growth"
  per $((10 * tenth)) $((full - empty)) >> "$work/memory"
done

recorded "\`apply --users-from --ack redis\`, the last tenth of $(number "$users") users" /s '≥ 0.8' \
  'the first tenth' < "$work/growth"
recorded "Redis memory for each of $(number "$users") users" B '≤ 64 B' < "$work/memory"
