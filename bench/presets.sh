#!/bin/bash
# Measures what README.md and docs/write-ups.md show of the write-ups, on a private stack. `--update`
# writes it there.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. bench/private_stack.sh

# The command and what it printed, without the line that names the servers.
played() {
  echo '```'
  echo "\$ couponctl bench --preset $*"
  couponctl bench --preset "$@" 2>/dev/null | sed -e '/^couponctl [0-9]/d' -e 's/ *$//'
  echo '```'
}

show() {
  local block
  block=$(played "${@:3}")
  if [ "$update" ]; then bench/into_page.sh "$1" "$2" <<<"$block"; else echo "$block"; fi
}

update=
[ "${1:-}" != --update ] || update=yes
show bench/presets.sh README.md S3
for name in S0 S1 S2 S4; do show $name docs/write-ups.md $name --runs 3; done
