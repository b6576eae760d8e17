"""Seconds of an epoch of "fast90" on whole images in PyTorch: ``tools.bench.pytorch IMAGES [compiled|airbench]``.

A process without TensorFlow: both in one can crash. PyTorch is optional; without it this is left out. The images are
noise, and the work is that of our recipe: alternating flips, crops, label smoothing, Muon for the kernels and Lookahead
every five steps. ``compiled`` is torch.compile, which needs a C++ compiler. ``airbench`` is a whole training by
airbench94_muon, the public record for 94 %, instead of an epoch.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass

import torch
from torch import nn

from helpers import start

EPOCH, TEST_IMAGES = 50_000, 10_000
MOMENTUM, SHARE = 0.85, 0.4


@dataclass(frozen=True)
class Work:
    """What differs between two recipes: ``rounds`` of Muon; ``every`` so many steps Lookahead, with 0 never."""

    widths: tuple[int, int, int]
    batch: int
    padding: int
    rounds: int
    every: int


FAST90 = Work((32, 128, 128), batch=250, padding=1, rounds=5, every=5)
# github.com/KellerJordan/cifar10-airbench, airbench94_muon.py: EPOCHS of whole images, then six views. SiLU as in ours:
# its GELU takes longer. The bias of 24 filters that it trains for three epochs is left out, and Muon is not compiled.
AIRBENCH = Work((64, 256, 256), batch=2_000, padding=2, rounds=3, every=0)
EPOCHS, VIEWS = 8, 6


def network(widths: tuple[int, int, int] = FAST90.widths) -> nn.Sequential:
    """The same layers as those of ``helpers.models.fast_cnn`` with these widths and SiLU."""
    layers: list[nn.Module] = [nn.Conv2d(3, 24, 2, bias=False), nn.SiLU()]
    channels = 24
    for width in widths:
        layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.MaxPool2d(2)]
        layers += [nn.BatchNorm2d(width), nn.SiLU()]
        layers += [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.SiLU()]
        channels = width
    layers += [nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(channels, 10, bias=False)]
    layers[0].weight.requires_grad = False
    for layer in layers:
        if isinstance(layer, nn.BatchNorm2d):
            layer.weight.requires_grad = False  # no scale is trained, there and here
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def changed(x: torch.Tensor, epoch: int, padding: int) -> torch.Tensor:
    """Images (n, channels, rows, columns) for an epoch: half of them flipped, and a crop of each."""
    flipped = torch.where(((torch.arange(len(x)) + epoch) % 2 == 0)[:, None, None, None], x.flip(3), x)
    padded = nn.functional.pad(flipped.float(), [padding] * 4, mode="reflect").to(x.dtype)
    windows = padded.unfold(2, x.shape[2], 1).unfold(3, x.shape[3], 1)
    top, left = torch.randint(0, 2 * padding + 1, (2, len(x)))
    return windows[torch.arange(len(x)), :, top, left]


def orthogonalised(matrix: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    """What ``helpers.training.muon.orthogonalised`` computes, in the same products of small matrices."""
    upright = matrix.shape[0] > matrix.shape[1]
    matrix = matrix / (matrix.norm() + 1e-7)
    square = matrix.T @ matrix if upright else matrix @ matrix.T
    product = identity = torch.eye(len(square))
    for _ in range(rounds):
        factor = 3.4445 * identity - 4.7750 * square + 2.0315 * square @ square
        product, square = factor @ product, factor @ square @ factor
    return matrix @ product if upright else product @ matrix


def muon_step(kernels: list[torch.Tensor], velocities: list[torch.Tensor], rate: float = 0.01, rounds: int = 5) -> None:
    """A step of Muon with Nesterov's momentum; every kernel keeps its norm, the square root of its filters."""
    with torch.no_grad():
        for kernel, velocity in zip(kernels, velocities):
            velocity.mul_(MOMENTUM).add_(kernel.grad)
            step = (kernel.grad + MOMENTUM * velocity).reshape(len(kernel), -1)
            kernel.mul_(len(kernel) ** 0.5 / (kernel.norm() + 1e-7))
            kernel.sub_(rate * orthogonalised(step, rounds).reshape(kernel.shape))


def prepared(batch: torch.Tensor) -> torch.Tensor:
    """Bytes as the network wants them: channels last in memory, the layout that is quick, channels second by name."""
    return batch.to(memory_format=torch.channels_last).float().sub(120).div(64)


def measure(images: int, compiled: bool = False, work: Work = FAST90) -> float:
    """Seconds for 50,000 images, stretched from so many; the second epoch counts, after what is compiled."""
    x = torch.randint(0, 256, (images, 3, 32, 32), dtype=torch.uint8)
    y = torch.randint(0, 10, (images,))
    model = network(work.widths)
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
        seen, labels = changed(x, epoch, work.padding)[order], y[order]
        for number, first in enumerate(range(0, images - work.batch + 1, work.batch), start=1):
            last = first + work.batch
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                loss = loss_of(forward(prepared(seen[first:last])).float() / 9, labels[first:last])
            model.zero_grad()
            loss.backward()
            optimizer.step()
            muon_step(kernels, velocities, rounds=work.rounds)
            if work.every and number % work.every == 0:
                with torch.no_grad():
                    torch._foreach_lerp_(slow, trained, SHARE)
                    torch._foreach_copy_(trained, slow)
        seconds = time.perf_counter() - began
    return seconds * EPOCH / images


def measure_airbench(images: int) -> float:
    """Seconds of a whole training by airbench94_muon, six views of all test images included."""
    model, x = network(AIRBENCH.widths).eval(), torch.randint(0, 256, (AIRBENCH.batch, 3, 32, 32), dtype=torch.uint8)
    for _ in range(2):  # the second time counts
        began = time.perf_counter()
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=start.bfloat16_products()):
            model(prepared(x))
        seconds = time.perf_counter() - began
    return EPOCHS * measure(images, work=AIRBENCH) + VIEWS * seconds * TEST_IMAGES / len(x)


if __name__ == "__main__":
    count, *how = sys.argv[1:]
    print(json.dumps(measure_airbench(int(count)) if "airbench" in how else measure(int(count), "compiled" in how)))
