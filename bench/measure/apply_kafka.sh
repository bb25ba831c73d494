#!/bin/bash
# How much of the rate of admission is left where each answer waits for Kafka?
. "$(dirname "$0")/figure.sh"
users=${USERS:-500000}
users "$users" > "$work/asking"

applied() {
  fresh_campaign "$users"
  rate "$users" apply_all "$work/asking" "$1"
  at_least "$users" admitted "$(admitted)"
}

ours() { applied kafka; }
redis_alone() { applied redis; }

compare "\`apply --users-from --ack kafka\`, $(number "$users") users" /s ours \
  '≥ 0.7' '`--ack redis`' redis_alone
