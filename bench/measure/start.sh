#!/bin/bash
# How long does apply take for one user, from start to exit, against the clients of its two steps?
. "$(dirname "$0")/figure.sh"
starts=${STARTS:-40}

# Without what bounds a command elsewhere: its start would be measured, too.
apply_one() { command couponctl apply --user "$1"; }

script_and_message() {
  redis-cli -h 127.0.0.1 -p "$REDIS_PORT" "${words[@]}" "$1"
  kcat -P -b "127.0.0.1:$KAFKA_PORT" -t "$COUPONCTL_TOPIC" <<<"$1"
}

for_each_user() {
  local user
  for user in $(seq "$starts"); do "$1" "$user"; done
}

# The mean of so many starts.
mean() {
  local call words took
  fresh_campaign $((starts + 1))
  call=$(single_user_call)
  mapfile -t words <<<"$call"
  took=$(seconds for_each_user "$1")
  at_least $((starts + 1)) admitted "$(admitted)" # one by single_user_call
  per "$starts" "$took"
}

ours() { mean apply_one; }
two_clients() { mean script_and_message; }

figure="\`apply --user\` from start to exit, mean of $starts"
if command -v kcat >/dev/null; then
  compare "$figure" s ours '≤ 0.5' '`redis-cli EVALSHA` and `kcat -P`' two_clients
else
  alone "$figure" s '≤ 0.5' ours \
    'not measured: `redis-cli EVALSHA` and `kcat -P`, for which the package kcat is missing'
fi
