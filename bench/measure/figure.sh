# For the scripts beside it, to be sourced first: the rounds of a figure, ours and its reference in turn,
# on what work.sh gives.
#
# ROUNDS: how many. bench/measure.sh sets MEASURE_ROWS, a file that gets a table's row of each figure.
. "$(dirname "${BASH_SOURCE[0]}")/work.sh"
rounds=${ROUNDS:-3}

# 1000000 as 1,000,000.
number() { sed ':a; s/\B[0-9]\{3\}\>/,&/; ta' <<<"$1"; }

# row FIGURE OURS REFERENCE RATIO SPREAD GOAL: the line, and the row of the table. "-" is nothing.
row() {
  local line="$1: $2"
  [ "$3" = - ] || line="$1: $2 ($3)"
  [ "$4" = - ] || line="$1: $4 ($2 / $3)"
  [ "$5" = - ] || line+=", rounds $5"
  [ "$6" = - ] || line+=", goal $6"
  printf '%s\n' "$line"
  [ -z "${MEASURE_ROWS:-}" ] || printf '| %s | %s | %s | %s | %s | %s |\n' "$@" >> "$MEASURE_ROWS"
}

# Of lines "ours [reference]", one for each round: both medians, their ratio and the spread, a line for
# each. The spread is that of the rounds' ratios, and without any that of ours.
summary() {
  awk -v unit="$1" '
    function digits(x) { return sprintf(x < 9.995 ? "%.2f" : x < 99.95 ? "%.1f" : "%.0f", x) }
    function human(x) {
      if (unit == "s") return x < 0.0995 ? digits(x * 1000) " ms" : digits(x) " s"
      if (unit == "/s" && x >= 999500) return digits(x / 1000000) " M/s"
      if (unit == "/s" && x >= 999.5) return digits(x / 1000) " k/s"
      return digits(x) (unit == "/s" ? "" : " ") unit
    }
    function sort(values, n,    i, j, value) {
      for (i = 2; i <= n; i++) {
        value = values[i]
        for (j = i - 1; j >= 1 && values[j] > value; j--) values[j + 1] = values[j]
        values[j + 1] = value
      }
    }
    function median(values, n) {
      sort(values, n)
      return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
    }
    function range(values, n) {
      sort(values, n)
      return unit == "" ? digits(values[1]) ".." digits(values[n]) : human(values[1]) ".." human(values[n])
    }
    { ours[NR] = $1 + 0; theirs[NR] = $2 + 0; pairs += NF > 1; ratios += $2 > 0 }
    { ratio[NR] = $2 > 0 ? $1 / $2 : 0 }
    END {
      a = median(ours, NR)
      b = median(theirs, NR)
      print human(a)
      print pairs ? human(b) : "-"
      print ratios == NR ? digits(a / b) : "-"
      if (ratios == NR) unit = ""
      print ratios == NR ? range(ratio, NR) : range(ours, NR)
    }'
}

# recorded FIGURE UNIT GOAL [REFERENCE]: a figure from such lines. REFERENCE says what the second number
# is, or why there is none.
recorded() {
  local lines told
  lines=$(summary "$2")
  mapfile -t told <<<"$lines"
  [ -z "${4:-}" ] || { [ "${told[1]}" = - ] && told[1]=$4 || told[1]+=", $4"; }
  row "$1" "${told[@]}" "$3"
}

# compare FIGURE UNIT OURS [GOAL REFERENCE THEIRS]…: rounds of functions, in turn, that print a number
# each: ours, and one for each reference.
compare() {
  local figure=$1 unit=$2 ours=$3 numbers i
  shift 3
  for _ in $(seq "$rounds"); do
    numbers=$("$ours")
    for ((i = 3; i <= $#; i += 3)); do numbers+=" $("${!i}")"; done
    echo "$numbers"
  done > "$work/rounds"
  for ((i = 1; i < $#; i += 3)); do
    awk -v theirs=$(((i + 2) / 3 + 1)) '{ print $1, $theirs }' "$work/rounds" |
      recorded "$figure" "$unit" "${@:i:2}"
  done
}

# alone FIGURE UNIT GOAL OURS [WHY]: the same without a reference.
alone() {
  for _ in $(seq "$rounds"); do "$4"; done > "$work/rounds"
  recorded "${@:1:3}" "${@:5}" < "$work/rounds"
}

[ -n "$shared_stack" ] || echo "$(settings), $rounds rounds"
