#!/bin/bash
# Runs the tour in README.md on a private stack and prints it. `--update` writes it there.
. "$(dirname "$0")/page.sh"
. bench/private_stack.sh
variables=$(couponctl stack env --dir "$stack")
eval "$variables"

# The command, what it printed, and how it ended where that is not 0.
show() {
  local code=0
  printf '$ %s\n' "$1"
  sh -c "$1" 2>&1 | sed 's/ *$//' || code=$?
  [ "$code" = 0 ] || printf '[exit code %s]\n' "$code"
}

tour() {
  echo '```'
  show 'couponctl migrate'
  show 'couponctl campaign open --quota 3'
  show 'couponctl apply --user 42'
  show 'couponctl apply --user 42'
  show 'seq 1 4 | couponctl apply --users-from -'
  show 'couponctl status'
  show 'couponctl consume --until-drained'
  show 'couponctl status'
  show 'couponctl audit'
  show 'redis-cli -p $REDIS_PORT FLUSHALL'
  show 'couponctl apply --user 7'
  show 'couponctl recover --drain 1s'
  show 'couponctl apply --user 7'
  show 'couponctl replay-failed'
  show 'couponctl campaign close'
  show 'couponctl reset-redis'
  show 'couponctl reset-redis --yes 2>/dev/null'
  show 'couponctl campaign open --quota 5'
  echo '```'
}

block=$(tour)
publish bench/tour.sh README.md "$block"
