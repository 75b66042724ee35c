"""Steps of training with class weights, label smoothing, weight decay and schedules, computed by PyTorch: writes training-rules.json.

Weights and inputs come from formula.py. Needs torch and numpy; usage: training_rules.py training-rules.json

`heads`: a linear layer of 6 features and 3 classes on 14 rows in batches of 5, 5 and 4, over and over. `networks`: the
residual network of test/support/tiny-network.ts with a linear head, its BatchNorm by the running statistics, on batches of
6 pictures of 24 x 24; everything is trained. `losses` are those of the steps, each before its own, in double precision;
so is what the parameters are after the last.
"""
import json
import sys

import torch
from torch import nn

from formula import tensor

SALT, CLASSES, STEPS = 3, 3, 9
FEATURES, ROWS, BATCH = 6, 14, 5
SIDE, CHANNELS, COUNT = 24, 8, 6
LABELS = [0, 1, 0, 2, 0, 0, 1, 0, 0, 0, 1, 0, 2, 0]
# n / (C n_c) over LABELS.
BALANCED = [ROWS / (CLASSES * LABELS.count(label)) for label in range(CLASSES)]
RULES = [
    {'class_weights': BALANCED},
    {'label_smoothing': 0.1},
    {'weight_decay': 0.05},
    {'schedule': 'COSINE'},
    {'warmup_steps': 4},
    {'class_weights': BALANCED, 'label_smoothing': 0.2, 'weight_decay': 0.01, 'schedule': 'COSINE', 'warmup_steps': 3},
]
PLAIN = {'class_weights': None, 'label_smoothing': 0, 'weight_decay': 0, 'schedule': 'CONSTANT', 'warmup_steps': 0}


def renamed(name):
    return name.replace('conv2', 'layer4.0.conv1').replace('bn2', 'layer4.0.bn1')


def formula(module, scales):
    for name, parameter in list(module.named_parameters()) + list(module.named_buffers()):
        if name.endswith('num_batches_tracked'):
            continue
        centre, scale = scales[name.rsplit('.', 1)[1]]
        parameter.data = (centre + tensor(renamed(name), tuple(parameter.shape), scale, SALT)).double()
    return module.double()


def linear(name, inputs):
    layer = nn.Linear(inputs, CLASSES).double()
    layer.weight.data = tensor(f'{name}.weight', (CLASSES, inputs), 0.4, SALT).double()
    layer.bias.data = tensor(f'{name}.bias', (CLASSES,), 0.05, SALT).double()
    return layer


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, CHANNELS, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(CHANNELS)
        self.conv2 = nn.Conv2d(CHANNELS, CHANNELS, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(CHANNELS)

    def forward(self, inputs):
        maps = nn.functional.max_pool2d(torch.relu(self.bn1(self.conv1(inputs))), 3, 2, 1)
        return torch.relu(maps + self.bn2(self.conv2(maps))).mean((2, 3))


def stepper(optimizer, parameters, rate, decay):
    if optimizer == 'adam':
        return torch.optim.Adam(parameters, lr=rate, weight_decay=decay)
    return torch.optim.SGD(parameters, lr=rate, momentum=0.9, weight_decay=decay)


def scheduler(optimizer, rules):
    warmup = rules['warmup_steps']
    if rules['schedule'] == 'COSINE':
        after = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS - warmup)
    else:
        after = torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1)
    if warmup == 0:
        return after
    rising = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup - 1)
    return torch.optim.lr_scheduler.SequentialLR(optimizer, [rising, after], [warmup])


def train(model, batches, optimizer, rate, rules):
    weights = rules['class_weights']
    criterion = nn.CrossEntropyLoss(
        weight=None if weights is None else torch.tensor(weights).double(),
        label_smoothing=rules['label_smoothing'],
    )
    step = stepper(optimizer, model.parameters(), rate, rules['weight_decay'])
    schedule = scheduler(step, rules)
    losses = []
    for inputs, labels in batches:
        loss = criterion(model(inputs), labels)
        step.zero_grad()
        loss.backward()
        step.step()
        schedule.step()
        losses.append(round(loss.item(), 9))
    return losses


def rounded(values):
    return [round(float(value), 9) for value in values.detach().flatten()]


def head_case(optimizer, rate, rules):
    rows = tensor('rows', (ROWS, FEATURES), 1, SALT).double()
    labels = torch.tensor(LABELS)
    cuts = [slice(start, start + BATCH) for start in range(0, ROWS, BATCH)]
    batches = [(rows[cuts[step % len(cuts)]], labels[cuts[step % len(cuts)]]) for step in range(STEPS)]
    head = linear('head', FEATURES)
    losses = train(head, batches, optimizer, rate, rules)
    after = {'weight': rounded(head.weight), 'bias': rounded(head.bias)}
    return {'optimizer': optimizer, 'learning_rate': rate, 'rules': rules, 'losses': losses, **after}


def network_case(optimizer, rate, rules):
    scales = {'weight': (0, 0.2), 'bias': (0, 0.1), 'running_mean': (0, 0.1), 'running_var': (1, 0.2)}
    backbone = formula(Tiny(), scales).eval()
    model = nn.Sequential(backbone, linear('head', CHANNELS))
    batches = [
        (tensor(f'batch {step}', (COUNT, 1, SIDE, SIDE), 1, SALT).double(),
         torch.tensor([(row * row + step) % CLASSES for row in range(COUNT)]))
        for step in range(STEPS)
    ]
    losses = train(model, batches, optimizer, rate, rules)
    after = {renamed(name): rounded(value)[:12] for name, value in backbone.named_parameters()}
    return {'optimizer': optimizer, 'learning_rate': rate, 'rules': rules, 'losses': losses, **after}


if __name__ == '__main__':
    optimizers = [('adam', 0.01), ('sgd', 0.05)]
    heads = [head_case(*optimizer, PLAIN | rules) for optimizer in optimizers for rules in RULES]
    networks = [network_case(*optimizer, PLAIN | RULES[place]) for optimizer in optimizers for place in (2, 5)]
    with open(sys.argv[1], 'w') as file:
        json.dump({'torch': torch.__version__, 'labels': LABELS, 'heads': heads, 'networks': networks}, file, indent=1)
        file.write('\n')
