#!/bin/bash
# Measures the bench's memory: 1 M against 10 M requests, and 32 against 1024 threads.
# Prints `figure: ratio (ours / reference)` for the first, and megabytes for the second.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
directory=$(mktemp -d)
trap 'build/couponctl stack down --dir "$directory/stack" >/dev/null 2>&1; rm -rf "$directory"' EXIT
build/couponctl stack up --dir "$directory/stack" >/dev/null 2>&1

# Peak resident memory in MB of one run of redis-incr.
peak_mb() {
  build/couponctl bench --config "$directory/stack/couponctl.toml" --strategy redis-incr --runs 1 \
    --warm-up 0 "$@" >/dev/null 2>&1 &
  local pid=$! peak=0 now
  while now=$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ]; do
    peak=$now
    sleep 0.2
  done
  wait "$pid"
  awk -v kib="$peak" 'BEGIN { printf "%.1f", kib / 1024 }'
}

million=$(peak_mb --requests 1000000)
ten_million=$(peak_mb --requests 10000000)
awk -v a="$ten_million" -v b="$million" \
  'BEGIN { printf "memory of 10 M requests: %.2f (%.1f MB / %.1f MB of 1 M)\n", a / b, a, b }'
printf 'memory of 1024 threads: %s MB\n' "$(peak_mb --requests 100000 --threads 1024)"
