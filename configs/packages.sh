#!/bin/bash
# Which Debian packages does couponctl need? Installs those that are missing; quiet when none is.
# Arguments are further packages to ask for. Without the rights it prints the one command to run.
set -euo pipefail

# MySQL's own client library will do where it is: the two exclude each other.
mysql_client=libmariadb-dev
if dpkg-query -W -f '${db:Status-Status}\n' libmysqlclient-dev 2>/dev/null | grep -qx installed; then
  mysql_client=libmysqlclient-dev
fi

wanted=(
  g++ cmake ninja-build pkgconf
  libcli11-dev libhiredis-dev librdkafka-dev "$mysql_client" libssl-dev libboost-dev libgtest-dev
  libfmt-dev libspdlog-dev nlohmann-json3-dev libtomlplusplus-dev
  # mariadbd and what sets up its directory. Not mariadb-server: that one starts a service.
  mariadb-server-core mariadb-client-core
  redis-server
  patch  # plants bugs in copies of the sources, which the fault driver must notice
  faketime  # some tests ask with a clock that is a day off
  "$@"
)
# Java and Maven fetch and run Apache Kafka. Those that came from elsewhere count too.
java_major=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p') || true
[ "${java_major:-0}" -ge 17 ] || wanted+=(default-jre-headless)
command -v mvn >/dev/null || wanted+=(maven)

if ! command -v apt-get >/dev/null; then
  echo "make deps knows Debian and its kin only; elsewhere install the like of:" >&2
  echo "  ${wanted[*]}" >&2
  exit 0  # They may all be there: CMake names what is not.
fi

installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null) || true
missing=()
for package in "${wanted[@]}"; do
  grep -qxF "installed $package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

# --no-remove: rather fail than take away, say, the MySQL server that MariaDB's conflicts with.
install="apt-get -qq update && apt-get -qq --yes --no-install-recommends --no-remove"
install+=" -o DPkg::Lock::Timeout=300 install ${missing[*]}"
# Debian starts Redis when it installs it. We start our own: this one neither runs on nor at boot.
if [[ " ${missing[*]} " == *" redis-server "* ]]; then
  install+=" && { invoke-rc.d redis-server stop; update-rc.d redis-server disable; }"
fi

as_root=(env DEBIAN_FRONTEND=noninteractive sh -c)
[ "$(id -u)" -eq 0 ] || as_root=(sudo "${as_root[@]}")
may_become_root() { [ "$(id -u)" -eq 0 ] || sudo -n true || { command -v sudo && [ -t 0 ]; }; }
if ! may_become_root >/dev/null 2>&1; then
  printf 'make deps lacks the rights to install. As root, run:\n  %s\n' "$install" >&2
  exit 1
fi

echo "Installing ${#missing[@]} packages: ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! "${as_root[@]}" "$install" >"$log" 2>&1; then
  cat "$log" >&2
  printf 'make deps could not install. The command was, as root:\n  %s\n' "$install" >&2
  exit 1
fi
