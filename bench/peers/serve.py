"""A FastAPI server for one model, as small as such services are: nothing is stored, nothing is batched.

Usage: serve.py pytorch|onnxruntime WEIGHTS MODEL THREADS
MODEL is a folder of gelql's format (model.json, head.safetensors). It takes the multipart body that gelql takes and
answers in the same envelope, so that the same clients measure both.
"""

import asyncio
import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import uvicorn
from fastapi import FastAPI, UploadFile

from networks import Network, load_onnxruntime, load_pytorch
from prepare_picture import prepare_picture


def create_app(network: Network, record: dict, threads: int) -> FastAPI:
    app = FastAPI()
    # As many pictures are decoded at once as there are cores; one goes through the network at a time, on all of them.
    decoders = ThreadPoolExecutor(threads)
    engine = ThreadPoolExecutor(1)

    @app.post("/graphql")
    async def classify(file: UploadFile) -> dict:
        loop = asyncio.get_running_loop()
        data = await file.read()
        values, decode_ms = await loop.run_in_executor(decoders, timed(prepare_picture), data)
        waiting_since = time.perf_counter()
        logits, infer_ms = await loop.run_in_executor(engine, timed(network), values)
        queue_ms = 1000 * (time.perf_counter() - waiting_since) - infer_ms
        powers = np.exp(logits - logits.max())
        scores = zip(record["classes"], logits.tolist(), (powers / powers.sum()).tolist())
        answer = {
            "label": record["classes"][int(np.argmax(logits))],
            "modelDigest": record["digest"],
            "probabilities": [
                {"label": label, "logit": logit, "probability": probability}
                for label, logit, probability in scores
            ],
            "timing": {"decodeMs": decode_ms, "queueMs": queue_ms, "inferMs": infer_ms, "batchSize": 1},
        }
        return {"data": {"classifyGel": answer}}

    return app


def timed(work):
    """The same function, with the milliseconds that it took beside its result."""

    def run(*arguments):
        started_at = time.perf_counter()
        result = work(*arguments)
        return result, 1000 * (time.perf_counter() - started_at)

    return run


def main(engine: str, weights: str, model: str, threads: str) -> None:
    record = json.loads((Path(model) / "model.json").read_text())
    count = int(threads)
    if engine == "pytorch":
        head = Path(model) / record["head"]["file"]
        backbone = record["backbone"]
        mean, deviation = backbone["mean"][0], backbone["standardDeviation"][0]
        network = load_pytorch(Path(weights), head, mean, deviation, count)
    else:
        network = load_onnxruntime(Path(weights), count)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    server = uvicorn.Server(uvicorn.Config(create_app(network, record, count), log_level="warning"))
    # It listens: connections wait in the backlog until the loop runs.
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/graphql", file=sys.stderr, flush=True)
    server.run(sockets=[listener])


main(*sys.argv[1:])
