#!/bin/bash
# How fast are users admitted in batches, against one call for each, many in flight?
. "$(dirname "$0")/figure.sh"
users=${USERS:-500000}
users "$users" > "$work/asking"

ours() {
  fresh_campaign "$users"
  rate "$users" apply_all "$work/asking" redis
  at_least "$users" admitted "$(admitted)"
}

single() { admitted_singly "$users" 16; }

compare "\`apply --users-from --ack redis\`, $(number "$users") users" /s ours \
  '≥ 6' '`redis-benchmark -c 32 -P 16` of the script, which admits one user' single
