# For the scripts beside it that write a block of a page, to be sourced first.
set -euo pipefail
shopt -s inherit_errexit # a block of which a part failed is none
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
PATH=$PWD/build:$PATH
export LC_ALL=C.UTF-8 # pages have ✓ and µ, wherever they are made
update=${1:-}

# The command and what it prints, without the line that names the servers.
show() {
  printf '$ %s\n' "$1"
  sh -c "$1" 2>/dev/null | sed -e '/^couponctl [0-9]/d' -e 's/ *$//' | sed '1{/^$/d}' ||
    { echo "failed: $1" >&2; return 1; }
}

# publish MARK PAGE BLOCK: prints the block, or with --update puts it between these marks of the page.
publish() {
  [ "$update" = --update ] || { printf '%s\n' "$3"; return; }
  MARK=$1 BLOCK=$3 awk '
    $0 == "<!-- end of " ENVIRON["MARK"] " -->" { print ENVIRON["BLOCK"]; inside = 0 }
    !inside { print }
    $0 == "<!-- " ENVIRON["MARK"] " -->" { inside = 1 }' "$2" > "$2.new"
  mv "$2.new" "$2"
}
