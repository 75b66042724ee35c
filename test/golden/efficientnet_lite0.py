"""Expected features of EfficientNet-Lite0 and of training inside it, computed by PyTorch: writes efficientnet-lite0.json.

Weights and pictures come from a formula (test/support/formula-weights.ts has it too), so that no weight file is needed.
Needs torch 1.13.1, numpy and efficientnet-lite-pytorch 0.1.0; usage: efficientnet_lite0.py efficientnet-lite0.json

Grey pictures g in [0, 1) are normalised to (g - .485) / .229. `network`: features and logits of two pictures in eval mode.
`cases`: losses of steps of training on labels 0, 1, 0, 1 with cross-entropy; nothing is dropped. What is trained:
 STEM_AND_HEAD  a new first convolution of one channel and the head; BatchNorm normalises by the batch
 LAST_STAGE     blocks 11 to 15 and the 1 x 1 convolution behind them, and the head; BatchNorm by its running statistics
 ALL            everything but the running statistics
"""
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F
from efficientnet_lite_pytorch import EfficientNet
from torch import nn

from formula import tensor, uniform

LAST_STAGE = tuple(f'_blocks.{block}.' for block in range(11, 16)) + ('_conv_head.', '_bn1.')


def pictures(salt, count):
    values = uniform('input', count * 224 * 224, salt) * 0.5 + 0.5
    return (torch.from_numpy(values.astype(np.float32).reshape(count, 1, 224, 224)) - 0.485) / 0.229


def scaled(name, unit, fan_in, normalised):
    if name.rsplit('.', 1)[0] not in normalised:
        return 0.05 * unit if name.endswith('.bias') else unit * np.sqrt(6 / fan_in)
    if name.endswith('.weight'):
        return 1 + 0.1 * unit
    return 1 + 0.25 * unit if name.endswith('.running_var') else 0.1 * unit


def build(salt):
    model = EfficientNet.from_name('efficientnet-lite0', image_size=224, drop_connect_rate=0, dropout_rate=0)
    state = {name: value for name, value in model.state_dict().items() if not name.endswith('num_batches_tracked')}
    normalised = {name.rsplit('.', 1)[0] for name in state if name.endswith('.running_mean')}
    for name, value in state.items():
        values = scaled(name, uniform(name, value.numel(), salt), value.numel() // value.shape[0], normalised)
        state[name] = torch.from_numpy(values.astype(np.float32).reshape(tuple(value.shape)))
    model.load_state_dict(state, strict=False)
    return model.eval(), {name: list(value.shape) for name, value in state.items()}


def prepare(mode, salt):
    model, _ = build(salt)
    for parameter in model.parameters():
        parameter.requires_grad = False
    if mode == 'STEM_AND_HEAD':
        model._change_in_channels(1)
        shape = tuple(model._conv_stem.weight.shape)
        model._conv_stem.weight.data = tensor('stem.weight', shape, np.sqrt(3 / np.prod(shape[1:])), salt)
    else:
        for name, parameter in model.named_parameters():
            parameter.requires_grad = mode == 'ALL' or name.startswith(LAST_STAGE)
    size = model._fc.in_features
    model._fc = nn.Linear(size, 2)
    model._fc.weight.data = tensor('head.weight', (2, size), np.sqrt(3 / size), salt)
    model._fc.bias.data = tensor('head.bias', (2,), 0.05, salt)
    return model


def train(model, mode, optimizer, rate, inputs, labels, steps):
    moved = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if optimizer == 'adam':
        stepper = torch.optim.Adam(moved, lr=rate)
    else:
        stepper = torch.optim.SGD(moved, lr=rate, momentum=0.9)
    model.train(mode == 'STEM_AND_HEAD')
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(model(inputs), labels)
        stepper.zero_grad()
        loss.backward()
        stepper.step()
        losses.append(round(loss.item(), 7))
    model.eval()
    return losses


def rounded(values, digits=7):
    return [round(float(value), digits) for value in values.detach().flatten()[:12]]


def case(mode, optimizer, rate, count=4, steps=5, salt=5):
    grey = pictures(salt, count)
    inputs = grey if mode == 'STEM_AND_HEAD' else grey.repeat(1, 3, 1, 1)
    labels = torch.arange(count) % 2
    double = prepare(mode, salt).double()
    exact = train(double, mode, optimizer, rate, inputs.double(), labels, steps)
    model = prepare(mode, salt)
    losses = train(model, mode, optimizer, rate, inputs, labels, steps)
    with torch.no_grad():
        logits = model(inputs)
        exact_logits = double(inputs.double())
    print(mode, optimizer, losses, exact, file=sys.stderr)
    return {
        'network': 'efficientnet_lite0',
        'mode': mode,
        'optimizer': optimizer,
        'learning_rate': rate,
        'n': count,
        'salt': salt,
        'losses': losses,
        'losses_float64': exact,
        'logits_after': [rounded(row) for row in logits],
        'logits_after_float64': [rounded(row) for row in exact_logits],
        'stem_weight_first12': rounded(model._conv_stem.weight),
        'stem_weight_norm': float(model._conv_stem.weight.detach().double().norm()),
        'head_weight_first12': rounded(model._fc.weight),
        'head_bias': rounded(model._fc.bias),
        'first_bn_running_mean_first12': rounded(model._bn0.running_mean),
        'first_bn_running_var_first12': rounded(model._bn0.running_var),
    }


def network(salt=1, count=2):
    model, parameters = build(salt)
    inputs = pictures(salt, count).repeat(1, 3, 1, 1)
    with torch.no_grad():
        features = model.extract_features(inputs).mean((2, 3))
        logits = model(inputs)
    return {
        'salt': salt,
        'features_shape': list(features.shape),
        'logits_shape': list(logits.shape),
        'features_first16': [[round(float(value), 6) for value in row[:16]] for row in features],
        'logits_first16': [[round(float(value), 6) for value in row[:16]] for row in logits],
        'features_sum': [float(row.double().sum()) for row in features],
        'features_norm': [float(row.double().norm()) for row in features],
        'params': parameters,
    }


if __name__ == '__main__':
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    cases = [case('STEM_AND_HEAD', 'adam', 1e-3), case('STEM_AND_HEAD', 'sgd', 1e-3)]
    cases += [case('LAST_STAGE', 'adam', 1e-5), case('LAST_STAGE', 'sgd', 1e-4)]
    cases += [case('ALL', 'adam', 1e-6), case('ALL', 'sgd', 1e-4)]
    with open(sys.argv[1], 'w') as file:
        json.dump({'torch': '1.13.1', 'network': network(), 'cases': cases}, file, indent=1)
        file.write('\n')
