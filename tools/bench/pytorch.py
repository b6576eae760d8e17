"""Seconds per epoch of "fast90" on whole images in PyTorch: ``python -m tools.bench.pytorch IMAGES [compiled]``.

A process without TensorFlow: both in one can crash. PyTorch is optional; without it this is left out. The images are
noise, and the work is that of our recipe: alternating flips, crops, label smoothing, Muon for the kernels and Lookahead
every five steps. ``compiled`` is torch.compile, which needs a C++ compiler.
"""

from __future__ import annotations

import json
import sys
import time

import torch
from torch import nn

from helpers import start

BATCH, WIDTHS, EPOCH = 250, (32, 128, 128), 50_000
MOMENTUM, EVERY, SHARE = 0.85, 5, 0.4


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


def changed(x: torch.Tensor, epoch: int, padding: int = 1) -> torch.Tensor:
    """Images (n, channels, rows, columns) for an epoch: half of them flipped, and a crop of each."""
    flipped = torch.where(((torch.arange(len(x)) + epoch) % 2 == 0)[:, None, None, None], x.flip(3), x)
    padded = nn.functional.pad(flipped.float(), [padding] * 4, mode="reflect").to(x.dtype)
    windows = padded.unfold(2, x.shape[2], 1).unfold(3, x.shape[3], 1)
    top, left = torch.randint(0, 2 * padding + 1, (2, len(x)))
    return windows[torch.arange(len(x)), :, top, left]


def orthogonalised(matrix: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """What ``helpers.training.muon.orthogonalised`` computes, in the same products of small matrices."""
    upright = matrix.shape[0] > matrix.shape[1]
    matrix = matrix / (matrix.norm() + 1e-7)
    square = matrix.T @ matrix if upright else matrix @ matrix.T
    product = identity = torch.eye(len(square))
    for _ in range(steps):
        factor = 3.4445 * identity - 4.7750 * square + 2.0315 * square @ square
        product, square = factor @ product, factor @ square @ factor
    return matrix @ product if upright else product @ matrix


def muon_step(kernels: list[torch.Tensor], velocities: list[torch.Tensor], rate: float = 0.01) -> None:
    """A step of Muon with Nesterov's momentum; every kernel keeps its norm, the square root of its filters."""
    with torch.no_grad():
        for kernel, velocity in zip(kernels, velocities):
            velocity.mul_(MOMENTUM).add_(kernel.grad)
            step = (kernel.grad + MOMENTUM * velocity).reshape(len(kernel), -1)
            kernel.mul_(len(kernel) ** 0.5 / (kernel.norm() + 1e-7))
            kernel.sub_(rate * orthogonalised(step).reshape(kernel.shape))


def measure(images: int, compiled: bool = False) -> float:
    """Seconds for 50,000 images, stretched from so many; the second epoch counts, after what is compiled."""
    x = torch.randint(0, 256, (images, 3, 32, 32), dtype=torch.uint8)
    y = torch.randint(0, 10, (images,))
    model = network()
    forward = torch.compile(model) if compiled else model
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    kernels = [weight for weight in trained if weight.dim() == 4]
    velocities = [torch.zeros_like(kernel) for kernel in kernels]
    optimizer = torch.optim.SGD([w for w in trained if w.dim() != 4], 0.01, momentum=MOMENTUM, nesterov=True)
    slow = [weight.detach().clone() for weight in trained]
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.2)
    bfloat16 = start.bfloat16_products()
    for epoch in range(2):
        began = time.perf_counter()
        order = torch.randperm(images)
        seen, labels = changed(x, epoch)[order], y[order]
        for number, first in enumerate(range(0, images - BATCH + 1, BATCH), start=1):
            # Channels last in memory, channels second by name: the layout that is quick on a processor.
            batch = seen[first : first + BATCH].to(memory_format=torch.channels_last).float().sub(120).div(64)
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                loss = loss_of(forward(batch).float() / 9, labels[first : first + BATCH])
            model.zero_grad()
            loss.backward()
            optimizer.step()
            muon_step(kernels, velocities)
            if number % EVERY == 0:
                with torch.no_grad():
                    torch._foreach_lerp_(slow, trained, SHARE)
                    torch._foreach_copy_(trained, slow)
        seconds = time.perf_counter() - began
    return seconds * EPOCH / images


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), compiled="compiled" in sys.argv[2:])))
