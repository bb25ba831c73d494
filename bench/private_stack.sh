# For the scripts beside it, to be sourced after page.sh: a private stack for as long as the script
# runs, of which couponctl is told.
stack=$(mktemp --directory)/stack
end_stack() {
  couponctl stack down --dir "$stack" 2>/dev/null
  rm -rf "$(dirname "$stack")"
}
trap end_stack EXIT
couponctl stack up --require-real-kafka --dir "$stack" >/dev/null 2>&1
export COUPONCTL_CONFIG=$stack/couponctl.toml
