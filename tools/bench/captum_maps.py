"""Maps of ``guide_cnn`` by captum, in PyTorch: for a process of its own, as TensorFlow and PyTorch in one can crash.

Both are optional, and imported only where a function is called, so that anybody may import this module.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

_ways: dict[str, Callable] = {}


def prepare(weights: list[np.ndarray], images: np.ndarray, classes: np.ndarray, fill: float, patch: int) -> None:
    """Build the network from Keras' weights, and what ``timed`` calls; images are (n, rows, columns, 3)."""
    import torch
    from captum import attr

    network = _network(weights)
    last = [layer for layer, before in zip(network[1:], network) if isinstance(before, torch.nn.Conv2d)][-1]
    x = torch.tensor(images, dtype=torch.float32).permute(0, 3, 1, 2).requires_grad_()
    target, covered = torch.tensor(classes), {"sliding_window_shapes": (3, patch, patch), "baselines": fill}
    # As many images at a time as ours: by default, captum covers one position at a time.
    covered["perturbations_per_eval"] = max(1, 256 // len(images))
    saliency, grad_cam, occlusion = attr.Saliency(network), attr.LayerGradCam(network, last), attr.Occlusion(network)
    _ways["saliency"] = lambda: saliency.attribute(x, target, abs=False).permute(0, 2, 3, 1)
    _ways["Grad-CAM"] = lambda: grad_cam.attribute(x, target, relu_attributions=True)[:, 0]
    _ways["occlusion"] = lambda: occlusion.attribute(x, target=target, **covered)[:, 0]


def timed(job: str) -> tuple[np.ndarray, float]:
    """The maps of one job, and the seconds that they took."""
    began = time.perf_counter()
    maps = _ways[job]().detach().numpy()
    return maps, time.perf_counter() - began


def _network(weights: list[np.ndarray]):
    """``guide_cnn`` without softmax and dropout; the first kernel takes grey values, and so no layer scales them."""
    import torch
    from torch import nn

    layers: list[nn.Module] = []
    for number, (kernel, bias) in enumerate(zip(weights[::2], weights[1::2])):
        if kernel.ndim == 4:
            layer = nn.Conv2d(*kernel.shape[2:], kernel.shape[:2])
            kernel = kernel.transpose(3, 2, 0, 1) / (255 if number == 0 else 1)
        else:
            layer = nn.Linear(*kernel.shape)
            if isinstance(layers[-1], nn.MaxPool2d):
                # Keras flattens rows, columns, channels; PyTorch channels, rows, columns.
                channels = weights[2 * number - 1].size
                side = round((len(kernel) / channels) ** 0.5)
                kernel = kernel.reshape(side, side, channels, -1).transpose(2, 0, 1, 3).reshape(len(kernel), -1)
                layers.append(nn.Flatten())
            kernel = kernel.T
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(kernel))
            layer.bias.copy_(torch.tensor(bias))
        layers += [layer, nn.ReLU()]
        if kernel.ndim == 4 and number % 2:
            layers.append(nn.MaxPool2d(2))
    # The layout that is quick on a processor; behind the logits stands no ReLU.
    return nn.Sequential(*layers[:-1]).to(memory_format=torch.channels_last).eval()
