#!/usr/bin/env bash
# Makes the virtual environment of the peers once: about 2 GB to fetch, 4.5 GB on disk.
# Usage: bench/peers/make-environment.sh DIRECTORY
set -euo pipefail
directory=$1
here=$(cd "$(dirname "$0")" && pwd)
installed="$directory/installed.txt"
cmp -s "$here/requirements.txt" "$installed" && exit 0

python3 -m venv "$directory"
"$directory/bin/python" -m pip install --quiet --no-deps --no-cache-dir --retries 1 --requirement "$here/requirements.txt"
"$directory/bin/python" -c 'import fastapi, onnxruntime, torch, torchvision, uvicorn'
cp "$here/requirements.txt" "$installed"
