#!/bin/bash
# Does couponctl build and pass its tests without servers on other Debians? In a clean root for each
# argument, one after the other; what is committed is tried, and nothing is left behind but what the
# compiler made, for the next time. sid-mysql: with MySQL's own client library, not MariaDB's.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
names=("$@")
[ $# -gt 0 ] || names=(bookworm trixie sid sid-mysql)

configs/packages.sh mmdebstrap debian-archive-keyring
command -v mmdebstrap >/dev/null || { echo "make roots: mmdebstrap is not installed" >&2; exit 1; }
compiled=${XDG_CACHE_HOME:-$HOME/.cache}/couponctl/roots
sources=$(mktemp --suffix=.tar)
log=$(mktemp)
trap 'rm -f "$sources" "$log"' EXIT
git archive --prefix=couponctl/ --output="$sources" HEAD

# try NAME: what runs in the new root, as its root, is `make test` without the servers' part.
try() {
  local suite=${1%-mysql} packages=make,ca-certificates,ccache client=''
  if [ "$suite" != "$1" ]; then
    packages+=,libmysqlclient-dev
    client=-DCOUPONCTL_MYSQL_CLIENT=mysqlclient
  fi
  local in_root="cd /couponctl && make deps && cmake --preset release $client >/dev/null &&
    cmake --build --preset release -- --quiet && ctest --preset release --label-regex 'unit|cli'"
  mkdir -p "$compiled/$suite"
  # --format=null: the root is gone when its last hook has ended.
  # An archive may be a snapshot of another day.
  mmdebstrap --variant=minbase --format=null --aptopt='Acquire::Check-Valid-Until "false"' \
    --include="$packages" \
    --customize-hook="tar-in $sources /" \
    --customize-hook="mkdir \"\$1/compiled\"" \
    --customize-hook="sync-in $compiled/$suite /compiled" \
    --customize-hook="CCACHE_DIR=/compiled chroot \"\$1\" sh -c \"$in_root\" || touch \"\$1/failed\"" \
    --customize-hook="sync-out /compiled $compiled/$suite" \
    --customize-hook="[ ! -e \"\$1/failed\" ]" "$suite" >"$log" 2>&1
}

failed=()
for name in "${names[@]}"; do
  echo "== $name: a new root, build, unit and cli tests"
  began=$SECONDS
  if try "$name"; then
    grep 'tests passed' "$log"
    echo "== $name: passed after $((SECONDS - began)) s"
  else
    tail -n 60 "$log" >&2
    failed+=("$name")
    if grep -q 'Temporary failure resolving\|Could not \(resolve\|connect\)\|Failed to fetch' "$log"; then
      echo "== $name: no package archive can be reached" >&2
    else
      echo "== $name: failed after $((SECONDS - began)) s; the end of the log is above" >&2
    fi
  fi
done
[ ${#failed[@]} -eq 0 ] || { echo "make roots: ${failed[*]} failed" >&2; exit 1; }
