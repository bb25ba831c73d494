#!/bin/bash
# Measures the table in README.md: the default race on a private stack. `--update` writes it there.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
command=(build/couponctl bench --threads 32 --requests 1000 --private-stack always
         --require real-kafka)

table=$("${command[@]}" 2>/dev/null)
block=$(printf '```\n$ %s\n%s\n```' "${command[*]#build/}" "$table")
if [ "${1:-}" = --update ]; then bench/into_page.sh bench/race.sh <<<"$block"; else echo "$block"; fi
