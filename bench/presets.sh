#!/bin/bash
# Measures what README.md and docs/write-ups.md show of the write-ups, on a private stack. `--update`
# writes it there.
. "$(dirname "$0")/page.sh"
. bench/private_stack.sh

played() {
  echo '```'
  show "couponctl bench --preset $1"
  echo '```'
}

block=$(played S3)
publish bench/presets.sh README.md "$block"
for name in S0 S1 S2 S4; do
  block=$(played "$name --runs 3")
  publish $name docs/write-ups.md "$block"
done
