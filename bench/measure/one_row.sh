#!/bin/bash
# How fast does a backlog on the topic become rows, against one row a transaction on one connection?
. "$(dirname "$0")/figure.sh"
users=${USERS:-500000}
rows=$((users / 50))

users "$rows" | awk '{ printf "INSERT INTO bare VALUES (%s,%d);\n", $1, NR }' > "$work/inserts"

ours() {
  backlog "$users"
  rate "$users" drain
  at_least "$users" 'rows written' "$(coupons)"
}

one_by_one() {
  empty_servers
  inserted "$rows" "$work/inserts"
}

compare "\`consume\`, from $(number "$users") messages on the topic to durable rows" /s '≥ 40' \
  "one row a transaction on one connection, into the same table" ours one_by_one
client_share
