#!/bin/bash
# Measures the table in README.md: the default race on a private stack. `--update` writes it there.
. "$(dirname "$0")/page.sh"
command='couponctl bench --threads 32 --requests 1000 --private-stack always --require real-kafka'

block=$(
  echo '```'
  echo "\$ $command"
  $command 2>/dev/null
  echo '```'
)
publish bench/race.sh README.md "$block"
