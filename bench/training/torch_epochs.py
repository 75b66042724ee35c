"""
Epochs of training inside networks with PyTorch, as the program defines them (docs/fine-tuning.md): one line of JSON in for
each, `{"network", "part", "layout", "pictures", "batch"}`, seconds out. `torch_epochs.py [cpu|cuda] [THREADS]`.
"""
import json
import os
import sys
import time

import torch
import torchvision

DEVICE = sys.argv[1] if len(sys.argv) > 1 else "cpu"
if len(sys.argv) > 2:
    torch.set_num_threads(int(sys.argv[2]))
STEMS = {"resnet18": "conv1", "mobilenet_v3_large": "features.0.0", "vgg16": "features.0"}
LAST_STAGES = {
    "resnet18": ("layer4.",),
    "vgg16": ("features.24.", "features.26.", "features.28."),
    "mobilenet_v3_large": ("features.13.", "features.14.", "features.15.", "features.16.", "classifier.0."),
}
LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def replace(model, name, layer):
    owner, _, last = name.rpartition(".")
    setattr(model.get_submodule(owner), last, layer)


def build(network, part):
    model = getattr(torchvision.models, network)(weights=None)
    for parameter in model.parameters():
        parameter.requires_grad = part == "ALL"
    if part == "STEM_AND_HEAD":
        old = model.get_submodule(STEMS[network])
        has_bias = old.bias is not None
        replace(model, STEMS[network], torch.nn.Conv2d(1, old.out_channels, old.kernel_size, old.stride, old.padding, bias=has_bias))
    if part == "LAST_STAGE":
        for name, parameter in model.named_parameters():
            parameter.requires_grad = name.startswith(LAST_STAGES[network])
    head = "fc" if network == "resnet18" else f"classifier.{len(model.classifier) - 1}"
    replace(model, head, torch.nn.Linear(model.get_submodule(head).in_features, 2))
    return model.train(part == "STEM_AND_HEAD").to(DEVICE)


class Trainings:
    """Those that have begun: each epoch goes on where the one before ended."""

    def __init__(self):
        self.known = {}

    def run(self, network, part, layout, pictures, batch, tf32=False):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.backends.cudnn.allow_tf32 = tf32
        torch.backends.cudnn.benchmark = True
        key = (network, part, layout, pictures, batch, tf32)
        if key not in self.known:
            # Another training is never gone back to; another layout of the same one is.
            self.known = {old: kept for old, kept in self.known.items() if old[:2] == key[:2]}
            self.known[key] = self.begin(network, part, layout, pictures)
        model, optimizer, inputs, labels = self.known[key]
        started = time.perf_counter()
        for start in range(0, pictures, batch):
            rows = slice(start, start + batch)
            loss = torch.nn.functional.cross_entropy(model(inputs[rows].to(DEVICE)), labels[rows].to(DEVICE))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
        return time.perf_counter() - started

    @staticmethod
    def begin(network, part, layout, pictures):
        model = build(network, part).to(memory_format=LAYOUTS[layout])
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        planes = 1 if part == "STEM_AND_HEAD" else 3
        inputs = torch.rand(pictures, planes, 224, 224).to(memory_format=LAYOUTS[layout])
        return model, torch.optim.Adam(trained, lr=1e-6), inputs, torch.arange(pictures) % 2


if __name__ == "__main__":
    trainings = Trainings()
    name = torch.cuda.get_device_name() if DEVICE == "cuda" else f"{torch.get_num_threads()} of {os.cpu_count()} threads"
    print(json.dumps({"version": torch.__version__, "device": name}), flush=True)
    for line in sys.stdin:
        print(json.dumps({"seconds": trainings.run(**json.loads(line))}), flush=True)
