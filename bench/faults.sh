#!/bin/bash
# Measures the table of faults in README.md, on private servers. `--update` writes it there.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
command=(build/couponctl bench --fault all --require real-kafka)

table=$("${command[@]}" 2>/dev/null | sed -e '/^couponctl [0-9]/d' -e 's/ *$//')
block=$(printf '```\n$ %s\n%s\n```' "${command[*]#build/}" "$table")
if [ "${1:-}" = --update ]; then bench/into_page.sh bench/faults.sh <<<"$block"; else echo "$block"; fi
