#!/bin/sh
# Measures the graphics card of this machine with what lies beside this file: Node.js, the engines and their libraries.
# usage: run.sh [FOLDER FOR THE RESULTS]   (default: the working directory)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
results=${1:-.}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
if command -v xz >/dev/null; then xz -dc "$here/programs.tar.xz" | tar -xf - -C "$place"
else python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$here/programs.tar.xz" "$place"; fi
cp "$here/measure-engine.mjs" "$place"
for engine in webgpu onnxruntime_webgpu; do
  "$place/node" "$place/measure-engine.mjs" "$engine" 2>"$results/$engine.log" | tee "$results/$engine.jsonl"
done
if python3 -c 'import torch, torchvision' 2>/dev/null; then python3 "$here/peer.py" | tee "$results/torch.jsonl"
else echo 'no PyTorch here to compare with'; fi
