#!/bin/bash
# Puts standard input between the marks of a script in README.md: into_readme.sh bench/race.sh
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
BLOCK=$(cat) MARK=$1 awk '
  $0 == "<!-- end of " ENVIRON["MARK"] " -->" { print ENVIRON["BLOCK"]; inside = 0 }
  !inside { print }
  $0 == "<!-- " ENVIRON["MARK"] " -->" { inside = 1 }' README.md > README.md.new
mv README.md.new README.md
