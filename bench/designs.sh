#!/bin/bash
# Measures what docs/designs.md shows of each design, on private servers. `--update` writes it there.
. "$(dirname "$0")/page.sh"
. bench/private_stack.sh

# Of one design the orders with a crash are too many: of them so many are drawn.
orders_max=100

# The header and this design's row of a table in README, which that script has measured.
row() {
  awk -v mark="<!-- bench/$1.sh -->" -v header="^$2 " -v design="^$3 " '
    $0 == mark { inside = 1 }
    /^<!-- end/ { inside = 0 }
    /^$/ { in_table = 0 }
    inside && $0 ~ header { in_table = 1; print }
    in_table && $0 ~ design { print }' README.md
}

page() {
  local crash=--crash
  [ "$1" != lock-check-kafka ] || crash+=" --orders $orders_max"
  echo '```'
  show "couponctl explore --strategy $1"
  echo
  show "couponctl explore --strategy $1 $crash"
  echo
  row race STRATEGY "$1"
  echo
  row bystander 'ORDERS MEANWHILE' "$1"
  echo
  row faults STRATEGY "$1"
  echo '```'
}

for design in $(couponctl bench --list --output csv | tail -n +2 | cut -d, -f1); do
  block=$(page "$design")
  publish "$design" docs/designs.md "$block"
done
