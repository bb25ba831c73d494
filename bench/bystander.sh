#!/bin/bash
# Measures in README.md how long others wait for the database, on a private stack. `--update` writes
# it there.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. bench/private_stack.sh

# The command and what it printed, without the line that names the servers.
show() {
  printf '$ %s\n' "$1"
  sh -c "$1" 2>/dev/null | sed -e '/^couponctl [0-9]/d' -e 's/ *$//'
}

# Of the race itself, what stands in its own table need not be told again.
orders() {
  show 'couponctl bench --bystander 50 --db-delay 5ms --requests 300 --runs 1 --warm-up 0' |
    sed -e '/^STRATEGY/,/^$/d' -e '/^  /d' | cat -s
}

block=$(
  echo '```'
  orders  # ends with an empty line
  show 'couponctl bench --preset 10:00'
  echo '```'
)
if [ "${1:-}" = --update ]; then bench/into_page.sh bench/bystander.sh <<<"$block"; else echo "$block"; fi
