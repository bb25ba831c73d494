#!/bin/bash
# How much memory does the bench take, for ten times the requests and for many threads?
. "$(dirname "$0")/figure.sh"
requests=${REQUESTS:-200000}

# Peak resident memory in MB of one run of redis-incr.
peak() {
  local pid now kib=0
  command couponctl bench --strategy redis-incr --runs 1 --warm-up 0 --quiet "$@" >/dev/null &
  pid=$!
  background=("$pid")
  while now=$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ]; do
    kib=$now
    sleep 0.1
  done
  wait "$pid"
  background=()
  per 1024 "$kib"
}

ten_times() { peak --requests $((10 * requests)); }
once() { peak --requests "$requests"; }
many_threads() { peak --requests "$requests" --threads 1024; }

empty_servers
compare "memory of \`bench --strategy redis-incr\`, $(number $((10 * requests))) requests" MB ten_times \
  - "$(number "$requests") requests" once
alone 'the same with 1,024 threads' MB - many_threads
