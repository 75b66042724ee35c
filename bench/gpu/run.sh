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
cp "$here"/measure-*.mjs "$place"
for engine in webgpu onnxruntime_webgpu; do
  "$place/node" "$place/measure-engine.mjs" "$engine" 2>"$results/$engine.log" | tee "$results/$engine.jsonl"
done
if [ -f "$here/fine-tune.json" ]; then
  "$place/node" "$place/measure-training.mjs" "$here/fine-tune.json" 2>"$results/training.log" | tee "$results/training.jsonl"
fi
if python3 -c 'import torch, torchvision' 2>/dev/null; then
  python3 "$here/peer.py" | tee "$results/torch.jsonl"
  for network in resnet18 mobilenet_v3_large; do for part in STEM_AND_HEAD LAST_STAGE ALL; do for tf32 in false true; do
    for epoch in 1 2 3 4; do
      echo "{\"network\": \"$network\", \"part\": \"$part\", \"layout\": \"contiguous\", \"pictures\": 92, \"batch\": 23, \"tf32\": $tf32}"
    done
  done; done; done >"$place/epochs.jsonl"
  python3 "$here/torch_epochs.py" cuda <"$place/epochs.jsonl" >"$place/seconds.jsonl"
  # The answers follow a first line about the machine, one for each question.
  { head -n 1 "$place/seconds.jsonl"; tail -n +2 "$place/seconds.jsonl" | paste -d ' ' "$place/epochs.jsonl" -; } | tee "$results/torch-training.jsonl"
else echo 'no PyTorch here to compare with'; fi
