#!/bin/bash
# Puts standard input between the marks of a script in a page: into_page.sh bench/race.sh [README.md]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
page=${2:-README.md}
BLOCK=$(cat) MARK=$1 awk '
  $0 == "<!-- end of " ENVIRON["MARK"] " -->" { print ENVIRON["BLOCK"]; inside = 0 }
  !inside { print }
  $0 == "<!-- " ENVIRON["MARK"] " -->" { inside = 1 }' "$page" > "$page.new"
mv "$page.new" "$page"
