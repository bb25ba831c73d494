#!/bin/bash
# How fast does a backlog on the topic become rows, against the fastest INSERT of the same server, and
# against one row a transaction on one connection?
. "$(dirname "$0")/figure.sh"
users=${USERS:-500000}
rows_a_statement=1000
single_rows=$((users / 50))

# inserts N ROWS: statements that insert N rows into bare, so many in each.
inserts() {
  users "$1" | awk -v rows="$2" '
    { printf "%s(%s,%d)", (NR - 1) % rows ? "," : "INSERT INTO bare VALUES ", $1, NR }
    NR % rows == 0 { print ";" }
    END { if (NR % rows) print ";" }'
}
inserts "$users" $rows_a_statement > "$work/many"
inserts "$single_rows" 1 > "$work/single"

ours() {
  backlog "$users"
  rate "$users" drain
  at_least "$users" 'rows written' "$(coupons)"
}

many_a_statement() {
  empty_servers
  inserted "$users" "$work/many"
}

one_by_one() {
  empty_servers
  inserted "$single_rows" "$work/single"
}

compare "\`consume\`, from $(number "$users") messages on the topic to durable rows" /s ours \
  '≥ 0.35' "INSERT of $(number $rows_a_statement) rows a statement into a table of two columns without a key" \
  many_a_statement \
  '≥ 40' 'one row a transaction on one connection, into the same table' one_by_one
client_share
