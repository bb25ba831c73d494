#!/bin/bash
# Measures the tables of orders in README.md, on a private stack. `--update` writes them there.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. bench/private_stack.sh

# The command and what it printed, without the line that names the servers.
show() {
  printf '$ %s\n' "$1"
  sh -c "$1" 2>/dev/null | sed -e '/^couponctl [0-9]/,/^$/d' -e 's/ *$//'
}

explored() {
  echo '```'
  show 'couponctl explore'
  echo
  show 'couponctl explore --crash --strategy redis-incr,redis-incr-kafka,redis-set-kafka,redis-lua-list'
  echo
  show "couponctl explore --strategy redis-set-kafka --replay '00!011'"
  echo '```'
}

block=$(explored)
if [ "${1:-}" = --update ]; then bench/into_page.sh bench/explore.sh <<<"$block"; else echo "$block"; fi
