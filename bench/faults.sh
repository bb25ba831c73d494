#!/bin/bash
# Measures the table of faults in README.md, on private servers. `--update` writes it there.
. "$(dirname "$0")/page.sh"

block=$(
  echo '```'
  show 'couponctl bench --fault all --require real-kafka'
  echo '```'
)
publish bench/faults.sh README.md "$block"
