#!/bin/bash
# How fast does a backlog on the topic become rows, against the fastest INSERT of the same server?
. "$(dirname "$0")/figure.sh"
users=${USERS:-500000}
rows_a_statement=1000

users "$users" | awk -v rows=$rows_a_statement '
  { printf "%s(%s,%d)", NR % rows == 1 ? "INSERT INTO bare VALUES " : ",", $1, NR }
  NR % rows == 0 { print ";" }
  END { if (NR % rows) print ";" }' > "$work/inserts"

ours() {
  backlog "$users"
  rate "$users" drain
  at_least "$users" 'rows written' "$(coupons)"
}

bare() {
  empty_servers
  inserted "$users" "$work/inserts"
}

compare "\`consume\`, from $(number "$users") messages on the topic to durable rows" /s '≥ 0.35' \
  "INSERT of $(number $rows_a_statement) rows a statement into a table of two columns without a key" ours bare
client_share
