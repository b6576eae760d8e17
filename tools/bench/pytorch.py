"""Seconds per epoch of the network of "fast90" in PyTorch, on noise: ``python -m tools.bench.pytorch IMAGES``.

A process without TensorFlow: both in one can crash. PyTorch is optional; without it this is left out.
The images are not augmented, the optimizer is SGD, and there is no Lookahead: less work than our recipe has.
"""

from __future__ import annotations

import json
import sys
import time

import torch
from torch import nn

from helpers import start

BATCH, WIDTHS, EPOCH = 250, (32, 128, 128), 50_000


def network() -> nn.Sequential:
    """The same layers as those of ``helpers.models.fast_cnn`` with these widths and SiLU."""
    layers: list[nn.Module] = [nn.Conv2d(3, 24, 2, bias=False), nn.SiLU()]
    channels = 24
    for width in WIDTHS:
        layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.MaxPool2d(2)]
        layers += [nn.BatchNorm2d(width), nn.SiLU()]
        layers += [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.SiLU()]
        channels = width
    layers += [nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(channels, 10, bias=False)]
    layers[0].weight.requires_grad = False
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def measure(images: int) -> float:
    """Seconds for 50,000 images, stretched from so many; the second epoch counts."""
    x = torch.randint(0, 256, (images, 32, 32, 3), dtype=torch.uint8)
    y = torch.randint(0, 10, (images,))
    model = network()
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.SGD(trained, 0.01, momentum=0.85, nesterov=True)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.2)
    bfloat16 = start.bfloat16_products()
    for _ in range(2):
        began = time.perf_counter()
        for first in range(0, images - BATCH + 1, BATCH):
            # Channels last in memory, channels second by name: the layout that is quick on a processor.
            batch = x[first : first + BATCH].permute(0, 3, 1, 2).float().sub(120).div(64)
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                loss = loss_of(model(batch).float() / 9, y[first : first + BATCH])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        seconds = time.perf_counter() - began
    return seconds * EPOCH / images


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
