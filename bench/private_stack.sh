# For the scripts beside it, to be sourced: a private stack for as long as the script runs, and the
# build's couponctl, which is told of it.
PATH=$PWD/build:$PATH
export LC_ALL=C.UTF-8 # pages have ✓ and µ, wherever they are made
stack=$(mktemp --directory)/stack
trap 'couponctl stack down --dir "$stack" 2>/dev/null; rm -rf "$(dirname "$stack")"' EXIT
couponctl stack up --require-real-kafka --dir "$stack" >/dev/null 2>&1
export COUPONCTL_CONFIG=$stack/couponctl.toml
