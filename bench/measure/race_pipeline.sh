#!/bin/bash
# How fast are 32 single callers admitted, against the script alone; and told when Kafka has their
# message, against callers who each send their own?
. "$(dirname "$0")/figure.sh"
requests=${REQUESTS:-20000}

# All are granted but one: a limit that is not reached has no verdict.
granted() { raced "$1" --threads 32 --requests "$requests" --limit $((requests - 1)); }

admitted_by_pipeline() { granted pipeline-async; }
single() { admitted_singly "$requests" 1; }
acknowledged() { granted pipeline; }
one_by_one() { granted redis-set-kafka-sync; }

figure() { echo "\`bench --strategy $1\`, $(number "$requests") requests, all but one granted"; }
compare "$(figure pipeline-async)" /s admitted_by_pipeline \
  '≥ 0.95' '`redis-benchmark -c 32 -P 1` of the script, which admits one user' single
compare "$(figure pipeline)" /s acknowledged \
  '≥ 1' '`redis-set-kafka-sync`, which waits for Kafka, too' one_by_one
