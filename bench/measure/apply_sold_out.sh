#!/bin/bash
# How fast are users told in batches that all is gone, against one call for each, many in flight?
. "$(dirname "$0")/figure.sh"
users=${USERS:-500000}
users "$users" 1 > "$work/asking"

sold_out_campaign() {
  fresh_campaign 1
  quietly couponctl apply --user 1 --ack redis
}

ours() {
  sold_out_campaign
  rate "$users" apply_all "$work/asking" redis
  [ "$(admitted)" = 1 ]
}

admitting() { admitted_singly "$users" 16; }

refusing() {
  sold_out_campaign
  single_users "$users" -c 32 -P 16
  [ "$(admitted)" = 1 ]
}

compare "\`apply --users-from --ack redis\`, $(number "$users") users, sold out" /s ours \
  '≥ 16' '`redis-benchmark -c 32 -P 16` of the script, which admits one user' admitting \
  - 'the same, sold out as well' refusing
