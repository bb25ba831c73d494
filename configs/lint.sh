#!/bin/bash
# Does clang-tidy find anything? `configs/lint.sh product` leaves out the tests.
# Most of its time goes to the headers that a file includes, so files are looked at eight at a time,
# as units of CMake's unity build. Where eight files do not go together (two of them have a name of
# their own in common), each is looked at alone.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

# Debian's default is too old for C++20's ranges where it is 14; 16 and later are not.
version=$(apt-cache policy clang-tidy 2>/dev/null | sed -n 's/ *Candidate: 1:\([0-9]*\).*/\1/p')
export tidy=clang-tidy
[ "${version:-16}" -ge 16 ] || tidy=clang-tidy-16
configs/packages.sh "$tidy"
cmake --preset lint >/dev/null
cmake --preset release >/dev/null

look_at() {
  "$tidy" -quiet -p "$1" -header-filter="^$PWD/(cmd|lib|tests)/" \
    -extra-arg=-Wno-gnu-statement-expression -extra-arg=-Wno-shadow "$2" 2>/dev/null
}
look_at_unit() {
  local found result=0
  found=$(look_at build-lint "$1") || result=$?
  if grep -q 'clang-diagnostic-error' <<<"$found" && [[ $1 == *.cxx ]]; then
    found=
    result=0
    while read -r file; do
      found+=$(look_at build "$file")$'\n' || result=$?
    done < <(sed -n 's/^#include "\(.*\)"/\1/p' "$1")
  fi
  grep -E '(error|warning): ' <<<"$found"
  return "$((result != 0))"
}
export -f look_at look_at_unit

# What the fault driver tortures is copies of lib's files.
units=$(sed -n 's/^ *"file": "\(.*\)",*$/\1/p' build-lint/compile_commands.json |
  grep -v '/couponctl_faulty\.dir/\|/planted/')
[ "${1:-}" != product ] || units=$(grep -v "^$PWD/\(build-lint/\)\?tests/" <<<"$units")
log=$(mktemp)
trap 'rm -f "$log"' EXIT
result=0
xargs -P "$(nproc)" -I{} bash -c 'look_at_unit {}' <<<"$units" >"$log" || result=$?
sort -u "$log" >&2
[ "$result" -eq 0 ] || { echo "make lint: clang-tidy's complaints are above" >&2; exit 1; }
echo "clang-tidy finds nothing in $(wc -l <<<"$units") units"
