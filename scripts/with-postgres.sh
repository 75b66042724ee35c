#!/usr/bin/env bash
# Runs a command beside a PostgreSQL server of its own: a temporary cluster on a spare port of 127.0.0.1, with a
# password of its own, removed afterwards. The command finds it through GELQL_TEST_DATABASE_URL.
# PostgreSQL is taken from PATH or /usr/lib/postgresql; as root in CI it is installed with apt-get where absent.
# Usage: scripts/with-postgres.sh COMMAND...
set -euo pipefail
if [ $# -eq 0 ]; then
  sed -n 's/^# //p' "$0" >&2
  exit 2
fi

find_bin() {
  if command -v initdb >/dev/null; then
    dirname "$(command -v initdb)"
  else
    find /usr/lib/postgresql -maxdepth 3 -name initdb 2>/dev/null | sort -V | tail -1 | xargs -r dirname
  fi
}

bin=$(find_bin)
if [ -z "$bin" ] && [ "$(id -u)" -eq 0 ] && [ -n "${CI:-}" ]; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y postgresql >&2
  bin=$(find_bin)
fi
if [ -z "$bin" ]; then
  echo 'No PostgreSQL found. Install it, for example: apt-get install postgresql' >&2
  exit 1
fi

# PostgreSQL refuses to run as root.
as_server() { "$@"; }
cluster=$(mktemp -d)
if [ "$(id -u)" -eq 0 ]; then
  as_server() { setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@"; }
  chown nobody "$cluster"
fi

stop() {
  as_server "$bin/pg_ctl" -D "$cluster/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$cluster"
}
trap stop EXIT

cd "$cluster"
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '%s' "$password" >password
chmod 644 password
as_server "$bin/initdb" -D data -U gelql -A scram-sha-256 --pwfile=password -E UTF8 --locale=C.UTF-8 >initdb.log 2>&1 ||
  { cat initdb.log >&2; exit 1; }

# Another process may take a port between two commands, so a few are tried.
port=
for candidate in $(shuf -i 20000-30000 -n 5); do
  options="-c port=$candidate -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
  if as_server "$bin/pg_ctl" -D data -w -l data/server.log -o "$options" start >/dev/null; then
    port=$candidate
    break
  fi
done
[ -n "$port" ] || { cat data/server.log >&2; exit 1; }
cd "$OLDPWD"

# In the background, so that a signal ends the command and the server at once instead of after the command.
GELQL_TEST_DATABASE_URL="postgres://gelql:$password@127.0.0.1:$port/postgres" "$@" <&0 &
command=$!
trap 'kill "$command" 2>/dev/null; exit 143' INT TERM
wait "$command"
