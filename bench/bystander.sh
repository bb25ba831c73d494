#!/bin/bash
# Measures in README.md how long others wait for the database, on a private stack. `--update` writes
# it there.
. "$(dirname "$0")/page.sh"
. bench/private_stack.sh

# Of the race itself, what stands in its own table need not be told again.
orders() {
  show 'couponctl bench --bystander 50 --db-delay 5ms --requests 300 --runs 1 --warm-up 0' |
    sed -e '/^STRATEGY/,/^$/d' -e '/^  /d' | cat -s
}

block=$(
  echo '```'
  orders # ends with an empty line
  show 'couponctl bench --preset 10:00'
  echo '```'
)
publish bench/bystander.sh README.md "$block"
