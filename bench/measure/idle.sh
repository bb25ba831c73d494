#!/bin/bash
# What does a consumer cost that has nothing to do, with many campaigns that are closed and with one
# that is open?
. "$(dirname "$0")/figure.sh"
campaigns=${CAMPAIGNS:-2000}
idle_seconds=${IDLE_SECONDS:-10}
settle_seconds=3

redis_commands() { redis INFO stats | sed -n 's/^total_commands_processed:\([0-9]*\).*/\1/p'; }
statements() { sql --execute "SHOW GLOBAL STATUS LIKE 'Questions'" | cut -f 2; }
processor_ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

# An open campaign and N that are closed, all but one of them made by copying.
open_and_closed() {
  local copies=$(($1 - 1))
  fresh_campaign 100
  [ "$1" -gt 0 ] || return 0
  quietly couponctl campaign open closed --quota 100
  quietly couponctl campaign close closed
  [ "$copies" -gt 0 ] || return 0
  sql "$MYSQL_DATABASE" --execute "
    INSERT INTO campaign (epoch, name, state, quota, opens_at, closes_at)
    SELECT epoch, CONCAT(name, seq), state, quota, opens_at, closes_at
    FROM campaign JOIN seq_1_to_$copies WHERE name = 'closed'"
  seq "$copies" | sed 's/.*/COPY coupon:{closed}:meta coupon:{closed&}:meta/' | quietly redis --pipe
}

# What the consumer PID has taken so far, and both servers have been asked.
readings() {
  processor_ticks "$1"
  redis_commands
  statements
}

# Percent of a core, Redis commands and statements a second of a consumer with N closed campaigns. The
# commands that read are taken off.
idle() {
  local pid before after
  open_and_closed "$1"
  command couponctl consume >/dev/null 2> "$work/said" &
  pid=$!
  background=("$pid")
  sleep "$settle_seconds"
  before=$(readings "$pid")
  sleep "$idle_seconds"
  after=$(readings "$pid")
  kill "$pid" || { cat "$work/said" >&2; return 1; } # it has ended by itself
  wait "$pid" || true # --shutdown-timeout bounds it
  background=()
  paste <(echo "$before") <(echo "$after") | awk -v s="$idle_seconds" -v hz="$(getconf CLK_TCK)" '
    NR == 1 { print 100 * ($2 - $1) / hz / s }
    NR > 1 { print ($2 - $1 - 1) / s }'
}

for _ in $(seq "$rounds"); do
  idle "$campaigns" > "$work/many"
  idle 0 > "$work/one"
  paste "$work/many" "$work/one" > "$work/both"
  sed -n 1p "$work/both" >> "$work/processor"
  sed -n 2p "$work/both" >> "$work/redis"
  sed -n 3p "$work/both" >> "$work/mysql"
done

consumer="an idle \`consume\`, $(number "$campaigns") closed campaigns"
recorded "processor time of $consumer" % '≤ 0.5 %' 'one open campaign' < "$work/processor"
recorded "Redis commands of $consumer" /s '≤ 20/s over all servers' 'one open campaign' < "$work/redis"
recorded "MySQL statements of $consumer" /s '≤ 20/s over all servers' 'one open campaign' < "$work/mysql"
