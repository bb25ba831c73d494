#!/bin/bash
# How long does consume --until-drained take where there is hardly anything to do?
. "$(dirname "$0")/figure.sh"

first() {
  fresh_campaign 10
  seconds drain
}

# A group that has been here before.
settled() {
  fresh_campaign 10
  quietly couponctl apply --user 1
  drain
}

nothing() {
  settled
  seconds drain
}

message() {
  settled
  quietly couponctl apply --user 2
  seconds drain
}

entry() {
  settled
  quietly couponctl apply --user 2 --ack redis
  seconds drain
}

alone '`consume --until-drained`, nothing to do' s '≤ 0.1 s' nothing
alone 'the same, a group that is new' s '≤ 0.1 s' first
alone 'the same, one message' s '≤ 0.1 s' message
alone 'the same, one entry of `apply --ack redis` in the outbox' s '≤ 0.1 s' entry
