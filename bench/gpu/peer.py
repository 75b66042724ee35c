"""PyTorch on the same graphics card: bytes of the host to features on the host, and a head's training. Lines of JSON."""
import json
import statistics
import sys
import time

import numpy as np
import torch
import torchvision

BATCHES = [int(size) for size in (sys.argv[1] if len(sys.argv) > 1 else "1,8,32,128,256").split(",")]
TIMED_S, MIN_RUNS = 1.5, 5


def backbone(name):
    network = getattr(torchvision.models, name)(weights=None)
    if name == "resnet18":
        network.fc = torch.nn.Identity()
    else:
        network.classifier = network.classifier[:-1]
    return network.eval().cuda()


def features(network, pixels):
    grey = pixels.cuda(non_blocking=True).float().div_(255).sub_(0.485).div_(0.229)
    return network(grey.expand(-1, 3, -1, -1)).cpu()


def measure(name, tf32):
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = True
    network = backbone(name)
    for batch in BATCHES:
        pixels = torch.from_numpy(np.random.default_rng(5).integers(0, 256, (batch, 1, 224, 224), dtype=np.uint8)).pin_memory()
        for _ in range(3):
            features(network, pixels)
        times, started = [], time.perf_counter()
        while len(times) < MIN_RUNS or time.perf_counter() - started < TIMED_S:
            before = time.perf_counter()
            features(network, pixels)
            times.append(time.perf_counter() - before)
        ms = 1000 * statistics.median(times)
        print(json.dumps({"engine": "torch " + torch.__version__, "tf32": tf32, "architecture": name, "batch": batch, "ms": ms, "picturesPerSecond": 1000 * batch / ms}), flush=True)


def train_head():
    layers = torch.nn
    inputs, labels = torch.rand(92, 512).cuda(), (torch.arange(92) % 2).cuda()
    for run in ("first", "second"):
        head = layers.Sequential(layers.Linear(512, 512), layers.ReLU(), layers.Dropout(0.25), layers.Linear(512, 256), layers.ReLU(), layers.Dropout(0.5), layers.Linear(256, 2)).cuda()
        optimizer = torch.optim.Adam(head.parameters(), lr=0.001)
        started = time.perf_counter()
        for _ in range(20):
            for rows in torch.randperm(92).cuda().split(23):
                loss = layers.functional.cross_entropy(head(inputs[rows]), labels[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        torch.cuda.synchronize()
        print(json.dumps({"engine": "torch " + torch.__version__, "head": "MULTI", "run": run, "trainMs": 1000 * (time.perf_counter() - started)}), flush=True)


if __name__ == "__main__":
    print(json.dumps({"engine": "torch " + torch.__version__, "card": torch.cuda.get_device_name()}), flush=True)
    with torch.inference_mode():
        for name in ("resnet18", "vgg16", "mobilenet_v3_large"):
            for tf32 in (False, True):
                measure(name, tf32)
    train_head()
