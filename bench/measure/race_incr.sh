#!/bin/bash
# How near does the load generator come to redis-benchmark, with one INCR for each request?
. "$(dirname "$0")/figure.sh"
requests=${REQUESTS:-200000}

ours() { raced redis-incr --threads 32 --requests "$requests"; }
incr() { redis_benchmark -c 32 -n "$requests" --csv INCR measure | requests_a_second; }

empty_servers
compare "\`bench --strategy redis-incr\`, $(number "$requests") requests" /s ours \
  '≥ 0.95' '`redis-benchmark -c 32 INCR`' incr
