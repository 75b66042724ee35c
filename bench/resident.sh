#!/usr/bin/env bash
# Resident memory and processor time of one server with gelql's own PostgreSQL: once it is ready, and after pictures that
# come one after another. Linux only. Usage: bench/resident.sh [PICTURES]      default: 200
set -euo pipefail
cd "$(dirname "$0")/.."
pictures="${1:-200}"
port="${GELQL_PORT:-4917}"
data=$(mktemp -d)
chmod 755 "$data"
GELQL_ENGINE=onnxruntime GELQL_DATA_DIR="$data" GELQL_PORT="$port" node bin/gelql.mjs serve >"$data/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" || true; rm -rf "$data"' EXIT
for _ in $(seq 300); do
  curl -fs "http://127.0.0.1:$port/ready" >/dev/null && break
  sleep 0.1
done
report() {
  awk -v when="$1" '/VmRSS/ {rss = $2} END {printf "%s: %d MB resident", when, rss / 1000}' "/proc/$server/status"
  awk -v tick="$(getconf CLK_TCK)" '{printf ", %.1f s of processor time\n", ($14 + $15) / tick}' "/proc/$server/stat"
}
report 'ready'
files=(dataset/test/gel/*)
for ((number = 0; number < pictures; number++)); do
  curl -fs "http://127.0.0.1:$port/graphql" -H 'x-graphql-yoga-csrf: any' \
    -F operations='{"query":"mutation($upload: Upload!) { classifyGel(upload: $upload) { label } }","variables":{"upload":null}}' \
    -F map='{"file":["variables.upload"]}' -F file=@"${files[number % ${#files[@]}]}" >/dev/null
done
report "after $pictures pictures"
