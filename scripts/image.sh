#!/usr/bin/env bash
# Builds the image and tries it out as an operator would use it: starts it, classifies a picture, and stops it. Fails
# where the first answer takes more than 10 s from the start (FIRST_ANSWER_LIMIT_MS, for a busy machine), where it runs
# as root, where a compiler is left in it, where the health check fails, or where SIGTERM does not end it with 0 in 30 s.
# Takes docker, else buildah (as root).
# Usage: scripts/image.sh [BUILD ARGUMENT...]      for example: scripts/image.sh --secret id=npmrc,src=$HOME/.npmrc
# The database is the image's own PostgreSQL, or GELQL_TEST_DATABASE_URL.
set -euo pipefail
cd "$(dirname "$0")/.."
image=${GELQL_IMAGE:-gelql}
port=${GELQL_PORT:-$(shuf -i 20000-30000 -n 1)}
limit_ms=${FIRST_ANSWER_LIMIT_MS:-10000}
log=$(mktemp)
settings=(GELQL_PORT="$port" GELQL_HOST=127.0.0.1 DATABASE_URL="${GELQL_TEST_DATABASE_URL:-}")

if docker info >/dev/null 2>&1; then
  build() { docker build -t "$image" "$@" .; }
  start() { docker run -d --name "$name" --network host "${settings[@]/#/--env=}" "$image" >/dev/null; }
  inside() { docker exec "$name" "$@"; }
  health() { docker inspect -f '{"Docker":{"config":{{json .Config}}}}' "$image"; }
  # Sets `code`: a subshell could not wait for what this shell has started.
  stop() { docker kill -s TERM "$name" >/dev/null && code=$(docker wait "$name"); }
  clean() { docker logs "$name" >"$log" 2>&1 || true; docker rm -f "$name" >/dev/null 2>&1 || true; }
  sizes() { docker history --format '{{.Size}}\t{{.CreatedBy}}' --no-trunc "$image" | cut -c1-120; }
elif command -v buildah >/dev/null; then
  run=(buildah run --isolation chroot "${settings[@]/#/--env=}")
  build() { buildah build --isolation chroot --format docker --layers -t "$image" "$@" .; }
  start() {
    buildah from --pull-never --name "$name" "$image" >/dev/null
    root=$(buildah mount "$name")
    # In this isolation the processes of the container are those of the host: the number is good for the signal.
    "${run[@]}" "$name" -- sh -c 'echo $$ >/var/lib/gelql/pid && exec gelql serve' >"$log" 2>&1 &
    running=$!
  }
  inside() { "${run[@]}" "$name" -- "$@"; }
  health() { buildah inspect --type image "$image"; }
  stop() {
    code=0
    kill -TERM "$(cat "$root/var/lib/gelql/pid")"
    wait "$running" || code=$?
  }
  clean() {
    [ -z "$root" ] || kill -KILL "$(cat "$root/var/lib/gelql/pid" 2>/dev/null)" 2>/dev/null || true
    buildah rm "$name" >/dev/null 2>&1 || true
  }
  sizes() { (cd "$root" && du -sh . usr var/cache/gelql/tensorflow opt/gelql/* | sort -rh | head -8); }
else
  echo 'Neither docker (with its daemon) nor buildah is there. Install one, for example: apt-get install buildah' >&2
  exit 1
fi

name=gelql-trial-$$ root= running=
fail() {
  clean
  tail -20 "$log" >&2
  echo "FAILED: $1" >&2
  exit 1
}
trap 'clean; rm -f "$log"' EXIT
now_ms() { date +%s%3N; }
classify() {
  curl -sf --max-time 30 "http://127.0.0.1:$port/graphql" -H 'x-graphql-yoga-csrf: any' \
    -F operations='{"query":"mutation($u: Upload!) { classifyGel(upload: $u) { label model { name } timing { engine inferMs } } }","variables":{"u":null}}' \
    -F map='{"file":["variables.u"]}' -F file=@dataset/test/gel/gel_001.png
}

build "$@"
began_ms=$(now_ms)
start
until answer=$(classify 2>/dev/null); do
  [ $(($(now_ms) - began_ms)) -lt 60000 ] || fail 'no answer within 60 s'
  sleep 0.1
done
first_ms=$(($(now_ms) - began_ms))
echo "first answer ${first_ms} ms after the start: $answer"
[[ $answer == *'"label":"gel"'* ]] || fail 'not the right answer'
[ "$first_ms" -le "$limit_ms" ] || fail "the first answer took more than $limit_ms ms"

user=$(inside id -u)
[ "$user" != 0 ] || fail 'runs as root'
inside sh -c '! command -v g++ && ! command -v cc && ! command -v python3' || fail 'a compiler or Python is left in the image'
mapfile -t check < <(health | node -e '
  const { Docker } = JSON.parse(require("fs").readFileSync(0));
  const { Healthcheck } = Docker.config;
  for (const part of Healthcheck.Test.slice(1)) console.log(part);')
inside "${check[@]}" || fail 'the health check fails on a running server'
echo "user $user, no compiler, health check passes"
sizes

began_ms=$(now_ms)
stop
echo "SIGTERM ended it with $code after $(($(now_ms) - began_ms)) ms"
[ "$code" = 0 ] || fail 'it did not stop in good order'
[ $(($(now_ms) - began_ms)) -lt 30000 ] || fail 'it took more than 30 s to stop'
