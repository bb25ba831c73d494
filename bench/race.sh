#!/bin/bash
# Measures the table in README.md: the default race on a private stack. `--update` writes it there.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
command=(build/couponctl bench --threads 32 --requests 1000 --private-stack always
         --require real-kafka)

table=$("${command[@]}" 2>/dev/null)
block=$(printf '```\n$ %s\n%s\n```' "${command[*]#build/}" "$table")
if [ "${1:-}" != --update ]; then
  printf '%s\n' "$block"
  exit
fi
BLOCK=$block awk '
  /<!-- end of bench\/race.sh -->/ { print ENVIRON["BLOCK"]; inside = 0 }
  !inside { print }
  /<!-- bench\/race.sh -->/ { inside = 1 }' README.md > README.md.new
mv README.md.new README.md
