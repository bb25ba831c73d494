#!/bin/bash
# Measures the tables of orders in README.md, on a private stack. `--update` writes them there.
. "$(dirname "$0")/page.sh"
. bench/private_stack.sh

block=$(
  echo '```'
  show 'couponctl explore'
  echo
  show 'couponctl explore --crash --strategy redis-incr,redis-incr-kafka,redis-set-kafka,redis-lua-list'
  echo
  show "couponctl explore --strategy redis-set-kafka --replay '00!011'"
  echo '```'
)
publish bench/explore.sh README.md "$block"
