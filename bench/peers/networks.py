"""The same network in two engines: from grey levels [1, 1, 224, 224] to logits [classes]."""

import warnings
from pathlib import Path
from typing import Callable

import numpy as np

Network = Callable[[np.ndarray], np.ndarray]


def load_pytorch(weights: Path, head: Path, mean: float, deviation: float, threads: int) -> Network:
    """torchvision's resnet18 with the shipped weights, traced and frozen, so that BatchNorm is folded."""
    import torch
    import torchvision
    from safetensors.torch import load_file

    torch.set_num_threads(threads)
    parameters = {name: tensor.float() for name, tensor in load_file(weights).items()}
    # The three planes of a grey picture are equal: a kernel summed over them takes one, as gelql's does.
    parameters["conv1.weight"] = parameters["conv1.weight"].sum(dim=1, keepdim=True)
    layer = {name.removeprefix("0."): tensor.float() for name, tensor in load_file(head).items()}
    model = torchvision.models.resnet18()
    model.conv1 = torch.nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)
    model.fc = torch.nn.Linear(*reversed(layer["weight"].shape))
    model.fc.load_state_dict(layer)
    missing, unexpected = model.load_state_dict(parameters, strict=False)
    without_use = ("fc.", "num_batches_tracked")
    if unexpected or any(not any(part in name for part in without_use) for name in missing):
        raise ValueError(f"{weights} is not a resnet18: missing {missing}, unexpected {unexpected}")
    model.eval()
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        traced = torch.jit.trace(model, torch.zeros(1, 1, 224, 224))
        frozen = torch.jit.optimize_for_inference(traced)

    def run(values: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            levels = torch.tensor(values, dtype=torch.float32)
            return frozen((levels / 255 - mean) / deviation)[0].numpy()

    return run


def load_onnxruntime(weights: Path, threads: int) -> Network:
    """A classifier that gelql wrote, which normalises inside, with the options that gelql gives its own session."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    return lambda values: session.run(["logits"], {"picture": values})[0][0]
