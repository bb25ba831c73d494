#!/bin/bash
# Are several consumers, started at the same moment, slower than one on the same machine?
. "$(dirname "$0")/figure.sh"
users=${USERS:-500000}
some=$((users * 2 / 25))

# The seconds that N consumers take from their start until all rows are durable and they have ended.
consumers() {
  backlog "$some"
  seconds drain_side_by_side "$1"
  at_least "$some" 'rows written' "$(coupons)"
}
drain_side_by_side() {
  local pids=() pid
  for _ in $(seq "$1"); do
    drain &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
}

one() { consumers 1; }
three() { consumers 3; }
four() { consumers 4; }

figure() { echo "$1 \`consume\` side by side on three partitions, $(number "$some") messages"; }
compare "$(figure three)" s three '≤ 1' 'one' one
compare "$(figure four)" s four '≤ 2' 'one' one
