#!/bin/bash
# Measures the ratios in README.md: every script in bench/measure, on one private stack. `--update`
# writes them there; USERS=10000 tries it quickly, and bench/measure/audit.sh measures one alone.
. "$(dirname "$0")/measure/figure.sh" >/dev/null
export MEASURE_STACK=${stack:?} MEASURE_ROWS=$work/rows

for script in apply_redis apply_sold_out apply_kafka apply_start start race_incr race_pipeline \
  consume several drained audit idle growth memory; do
  bench/measure/$script.sh >&2
done

block=$(
  echo '| figure | ours | reference | ratio | spread | goal |'
  echo '| --- | --- | --- | --- | --- | --- |'
  cat "$MEASURE_ROWS"
  echo
  echo "$(settings), $rounds rounds"
)
publish bench/measure.sh README.md "$block"
