#!/bin/bash
# Does couponctl build and pass its tests without servers on other Debians? In a clean root for each
# suite of the arguments, one after the other; what is committed is tried, and nothing is left behind.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
suites=("$@")
[ $# -gt 0 ] || suites=(bookworm trixie sid)

configs/packages.sh mmdebstrap debian-archive-keyring
command -v mmdebstrap >/dev/null || { echo "make roots: mmdebstrap is not installed" >&2; exit 1; }
sources=$(mktemp --suffix=.tar)
log=$(mktemp)
trap 'rm -f "$sources" "$log"' EXIT
git archive --prefix=couponctl/ --output="$sources" HEAD

# What runs in the new root, as its root: `make test` without the servers' part.
in_root='cd /couponctl && make deps && cmake --preset release >/dev/null &&
  cmake --build --preset release -- --quiet && ctest --preset release --label-regex "unit|cli"'

try() {
  # --format=null: the root is gone when its last hook has ended.
  # An archive may be a snapshot of another day.
  mmdebstrap --variant=minbase --format=null --aptopt='Acquire::Check-Valid-Until "false"' \
    --include=make,ca-certificates \
    --customize-hook="tar-in $sources /" \
    --customize-hook="chroot \"\$1\" sh -c '$in_root'" "$1" >"$log" 2>&1
}

failed=()
for suite in "${suites[@]}"; do
  echo "== $suite: a new root, build, unit and cli tests"
  began=$SECONDS
  if try "$suite"; then
    grep 'tests passed' "$log"
    echo "== $suite: passed after $((SECONDS - began)) s"
  else
    tail -n 60 "$log" >&2
    failed+=("$suite")
    if grep -q 'Temporary failure resolving\|Could not \(resolve\|connect\)\|Failed to fetch' "$log"; then
      echo "== $suite: no package archive can be reached" >&2
    else
      echo "== $suite: failed after $((SECONDS - began)) s; the end of the log is above" >&2
    fi
  fi
done
[ ${#failed[@]} -eq 0 ] || { echo "make roots: ${failed[*]} failed" >&2; exit 1; }
