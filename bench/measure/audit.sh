#!/bin/bash
# Does audit take ten times as long for ten times the users?
. "$(dirname "$0")/figure.sh"
all=${USERS:-1000000}

# A campaign of so many users, all of them written.
filled() {
  open_campaign "users-$1" "$1"
  users "$1" > "$work/asking"
  apply_all "$work/asking" kafka
  drain
  topic_of[$1]=$COUPONCTL_TOPIC
}

audited() {
  export COUPONCTL_CAMPAIGN=users-$1 COUPONCTL_TOPIC=${topic_of[$1]} COUPONCTL_GROUP=${topic_of[$1]}
  seconds couponctl audit --quiet
}

declare -A topic_of
empty_servers
for size in $((all / 100)) $((all / 10)) "$all"; do filled "$size"; done

whole() { audited "$all"; }
tenth() { audited $((all / 10)); }
hundredth() { audited $((all / 100)); }

compare "\`audit\`, $(number "$all") users" s whole '≤ 10' "$(number $((all / 10))) users" tenth
compare "\`audit\`, $(number $((all / 10))) users" s tenth \
  '≤ 10' "$(number $((all / 100))) users" hundredth
