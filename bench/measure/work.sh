# For the scripts beside it, through figure.sh: a private stack and what puts work on it.
#
# Variables: USERS, REQUESTS, STARTS, CAMPAIGNS or IDLE_SECONDS where a script has them; and BUILD, the
# directory of the couponctl that is measured. bench/measure.sh sets MEASURE_STACK, the directory of a
# stack that all share.
. "$(dirname "${BASH_SOURCE[0]}")/../page.sh"
set -E
trap 'echo "failed: $BASH_COMMAND" >&2' ERR # set -e alone says nothing
PATH=${BUILD:-$PWD/build}:$PATH
unset "${!COUPONCTL_@}" # a variable goes before the stack's settings

command_seconds_max=900

shared_stack=${MEASURE_STACK:-}
background=() # processes that end with the script
tidy() {
  [ ${#background[@]} = 0 ] || kill "${background[@]}" 2>/dev/null || true
  [ -n "$shared_stack" ] || end_stack
}
if [ -n "$shared_stack" ]; then
  stack=$shared_stack
else
  # shellcheck source=bench/private_stack.sh
  . bench/private_stack.sh
fi
trap tidy EXIT
addresses=$(couponctl stack env --dir "$stack") # or no further: what is there is emptied
eval "$addresses"
work=$(mktemp --directory --tmpdir="$(dirname "$stack")")

bounded() { timeout --foreground "$command_seconds_max" "$@"; }
couponctl() { bounded couponctl "$@"; }
redis() { bounded redis-cli -h 127.0.0.1 -p "$REDIS_PORT" "$@"; }
redis_benchmark() { bounded redis-benchmark -h 127.0.0.1 -p "$REDIS_PORT" "$@"; }
sql() {
  bounded mariadb --no-defaults --batch --skip-column-names --socket "$MYSQL_SOCKET" \
    --user "$MYSQL_USER" "$@"
}

# What the command prints, only where it fails.
quietly() {
  local said
  said=$("$@" 2>&1) || { printf '%s\n' "failed: $*" "$said" >&2; return 1; }
}

# What everything ran with.
settings() {
  printf '%s, redis %s, kafka %s, mariadb %s, %s cpus\n' \
    "$(couponctl --version)" \
    "$(redis INFO server | sed -n 's/^redis_version:\([^\r]*\).*/\1/p')" \
    "$(sed -n '/kafka_2/,/version/s/.*<version>\(.*\)<.*/\1/p' configs/kafka/pom.xml)" \
    "$(sql --execute 'SELECT VERSION()')" "$(nproc)"
}

# --- work -------------------------------------------------------------------------------------------

# Empties Redis and the database of the stack, which is nobody else's.
empty_servers() {
  quietly redis FLUSHALL SYNC
  sql --execute "DROP DATABASE IF EXISTS \`$MYSQL_DATABASE\`; CREATE DATABASE \`$MYSQL_DATABASE\`"
  quietly couponctl migrate
}

# open_campaign NAME QUOTA: a campaign with a topic (of three partitions) and a group that nobody has
# used; from here on commands mean these.
open_campaign() {
  export COUPONCTL_CAMPAIGN=$1 COUPONCTL_TOPIC=$1-$BASHPID-${EPOCHREALTIME/./}
  export COUPONCTL_GROUP=$COUPONCTL_TOPIC
  quietly couponctl stack up --dir "$stack" --topic "$COUPONCTL_TOPIC"
  quietly couponctl campaign open --quota "$2" --outbox-max 100000000
}

# An open campaign and nothing else.
fresh_campaign() {
  empty_servers
  open_campaign measure "$1"
}

# users N [AFTER]: N different users, a line for each, none of them among the first AFTER.
users() {
  awk -v n="$1" -v after="${2:-0}" \
    'BEGIN { for (i = after + 1; i <= after + n; i++) printf "%.0f\n", i * 618033989 % 9999999967 }'
}

# apply_all FILE ACK
apply_all() { couponctl apply --quiet --users-from "$1" --ack "$2" --timeout 10m >/dev/null; }

# A campaign of so many users, all of them on its topic and none in the database.
backlog() {
  fresh_campaign "$1"
  users "$1" > "$work/backlog"
  apply_all "$work/backlog" kafka
}

drain() { couponctl consume --quiet --until-drained >/dev/null; }

coupons() { sql "$MYSQL_DATABASE" --execute 'SELECT COUNT(*) FROM coupon'; }
admitted() { redis HGET "coupon:{$COUPONCTL_CAMPAIGN}:meta" seq; }

# at_least N WHAT COUNT: a run that did less has not measured what it says.
at_least() { [ "$3" -ge "$1" ] || { echo "$2: $3, not $1" >&2; return 1; }; }

# The call that admits one user of the campaign, a word a line without the user, who comes last: as
# Redis has it from couponctl, and knows the script from then on.
single_user_call() {
  local user=9007199254740991 code=0
  quietly redis CONFIG SET slowlog-log-slower-than 0
  quietly redis SLOWLOG RESET
  couponctl apply --quiet --user $user --ack redis >/dev/null || code=$?
  [ $code = 0 ] || [ $code = 11 ] # sold out
  redis SLOWLOG GET 100 | awk -v user=$user '
    $0 == user { found = 1; exit }
    $0 == "EVALSHA" { words = "" }
    { words = words $0 "\n" }
    END { if (!found) exit 1; printf "%s", words }'
  quietly redis CONFIG SET slowlog-log-slower-than 10000
}

# single_users N OPTION…: requests a second of redis-benchmark with that call, of users at random.
single_users() {
  local call words
  call=$(single_user_call)
  mapfile -t words <<<"$call"
  redis_benchmark -n "$1" -r 2000000000 "${@:2}" --csv "${words[@]}" __rand_int__ | requests_a_second
}

# admitted_singly N DEPTH: the same of a new campaign that admits them all, 32 clients with DEPTH calls
# in flight each. Users at random: a few are drawn twice.
admitted_singly() {
  fresh_campaign "$1"
  single_users "$1" -c 32 -P "$2"
  at_least $(($1 * 99 / 100)) 'admitted by redis-benchmark' "$(admitted)"
}

# Of redis-benchmark's CSV.
requests_a_second() { awk -F '","' 'NR == 2 { print $2 }'; }

# raced STRATEGY OPTION…: requests a second of one run of the bench.
raced() {
  couponctl bench --strategy "$1" "${@:2}" --runs 1 --warm-up 0 --quiet --output csv | awk -F , '
    NR == 1 { for (i = 1; i <= NF; i++) if ($i == "requests_per_second_median") column = i }
    NR == 2 { print $column }'
}

# inserted N FILE: rows a second of the client that reads FILE, which inserts N rows into bare (two
# columns, no key), and in $work/client its own share of that time, in percent.
inserted() {
  local TIMEFORMAT='%R %U %S' took
  sql --execute 'DROP DATABASE IF EXISTS measure_bare; CREATE DATABASE measure_bare;
    CREATE TABLE measure_bare.bare (user_id BIGINT NOT NULL, seq BIGINT NOT NULL) ENGINE=InnoDB'
  { time sql measure_bare < "$2" 2>&3; } 3>&2 2> "$work/took"
  at_least "$1" 'rows inserted' "$(sql measure_bare --execute 'SELECT COUNT(*) FROM bare')"
  took=$(< "$work/took")
  awk '{ printf "%.0f\n", 100 * ($2 + $3) / $1 }' <<<"$took" >> "$work/client"
  per "${took%% *}" "$1"
}

# Whether the client of inserted() is what was measured.
client_share() {
  echo "The reference's client took $(sort -n "$work/client" | tail -n 1) % of a core at the most."
}

# --- time -------------------------------------------------------------------------------------------

# per DIVISOR NUMBER
per() { awk -v number="$2" -v divisor="$1" 'BEGIN { printf "%.9g\n", number / divisor }'; }

# Seconds that the command or function takes.
seconds() {
  local begun=${EPOCHREALTIME/./}
  "$@" >/dev/null
  per 1000000 $((${EPOCHREALTIME/./} - begun))
}

# rate N COMMAND…: how many of N a second.
rate() {
  local took
  took=$(seconds "${@:2}")
  per "$took" "$1"
}
