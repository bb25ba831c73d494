#!/bin/bash
# How fast are 32 single callers admitted, each of whom waits for Kafka, against the script alone?
. "$(dirname "$0")/figure.sh"
requests=${REQUESTS:-20000}

# All are granted but one: a limit that is not reached has no verdict.
ours() { raced pipeline --threads 32 --requests "$requests" --limit $((requests - 1)); }

single() { admitted_singly "$requests" 1; }

compare "\`bench --strategy pipeline\`, $(number "$requests") requests, all but one granted" /s ours \
  '≥ 0.95' '`redis-benchmark -c 32 -P 1` of the script, which admits one user' single
