"""The named models and the recipes they are trained by.

``BUILDERS`` has the function that builds each network, ``RECIPES`` the recipes: one for each tutorial's model, under
its name, and "fast90" and "fast94" for ``fast_cnn``. To add a model: its builder and its recipe.
"""

from collections.abc import Callable

import keras
import numpy as np
from keras import layers as keras_layers

from helpers.models.fast_cnn import adapt, fast_cnn
from helpers.models.layers import Dirac, FrozenConv2D, whitening_kernel
from helpers.models.precision import precision
from helpers.models.speed_layers import FusedBatchNormalization, QuickConv2D, silu
from helpers.models.tutorials import (
    batchnorm_cnn,
    deeper_cnn,
    dense_head_cnn,
    guide_cnn,
    improved_cnn,
    plain_cnn,
    strided_cnn,
)
from helpers.recipe import Recipe

BUILDERS: dict[str, Callable[..., keras.Sequential]] = {
    build.__name__: build
    for build in (strided_cnn, deeper_cnn, plain_cnn, dense_head_cnn, batchnorm_cnn, guide_cnn, improved_cnn, fast_cnn)
}

# What the two fast recipes share: airbench (Jordan 2024, arXiv:2404.00498) with Muon, on small images first.
# Its rate is 11.5 a thousand images for batches of 1,024 and its decay 0.0153, both for a momentum that is not damped:
# 11.5 / 1024 / (1 + 1 / (1 - 0.85)) = 0.001465 an image, 250 images here, and 0.0153 / 11.5 / (1 - 0.85) = 0.00887.
_FAST = {
    "model": "fast_cnn",
    "optimizer": "Muon",
    "learning_rate": 0.36625,
    "batch_size": 250,
    "bfloat16": True,
    "schedule": "triangle",
    "momentum": 0.85,
    "nesterov": True,
    "weight_decay": 8.87e-3,
    "lookahead": True,
    "equal_batches": True,
    "label_smoothing": 0.2,
    "flip": "alternating",
}

RECIPES: dict[str, Recipe] = {
    "strided_cnn": Recipe("strided_cnn", "RMSprop", 0.0005, 32, epochs=15, schedule="inverse_time", decay=1e-6),
    "deeper_cnn": Recipe("deeper_cnn", "RMSprop", 0.0001, 32, epochs=5, schedule="inverse_time", decay=1e-6),
    "plain_cnn": Recipe("plain_cnn", "Adam", 0.001, 32, epochs=10),
    "dense_head_cnn": Recipe("dense_head_cnn", "Adam", 0.001, 10, epochs=8),
    "batchnorm_cnn": Recipe("batchnorm_cnn", "RMSprop", 0.001, 64, epochs=5, schedule="cosine"),
    "guide_cnn": Recipe(
        "guide_cnn", "AdamW", 0.002, 128, epochs=40, schedule="cosine", weight_decay=0.1, flip="alternating"
    ),
    "improved_cnn": Recipe(
        "improved_cnn",
        "Adam",
        0.003,
        128,
        epochs=30,
        schedule="cosine",
        label_smoothing=0.1,
        flip="alternating",
        crop_padding=2,
    ),
    "fast90": Recipe(
        **_FAST,
        options={"widths": [32, 128, 128]},
        epochs=5,
        kernel_rate=0.08,
        crop_padding=1,
        small_epochs=3,
        small_side=22,
        views=6,
    ),
    "fast94": Recipe(
        **_FAST,
        options={"widths": [64, 256, 256]},
        epochs=10,
        kernel_rate=0.05,
        crop_padding=2,
        small_epochs=6,
        small_side=24,
        views=18,
        view_margin=1.0,
    ),
}
TUTORIALS = tuple(name for name in RECIPES if name in BUILDERS)
FAST = tuple(name for name in RECIPES if name not in BUILDERS)


def build(name: str, input_shape=(32, 32, 3), classes: int = 10) -> keras.Sequential:
    """The network of the named recipe, freshly initialised. Raises ValueError with all names for an unknown one."""
    return from_recipe(RECIPES[known(name)], input_shape, classes)


def from_recipe(
    recipe: Recipe,
    input_shape=(32, 32, 3),
    classes: int = 10,
    policy: str = "float32",
    images: np.ndarray | None = None,
) -> keras.Sequential:
    """The recipe's network, freshly initialised and not compiled; ``images`` are those of the training set.

    Layers that know the training images, such as whitening, learn them from ``images``; leave these out only where
    weights are loaded afterwards. ``policy`` is Keras' dtype policy, for networks that take another than "float32".
    Raises ValueError for a model without a builder.
    """
    if recipe.model not in BUILDERS:
        raise ValueError(f"There is no builder {recipe.model!r}. The names are: {', '.join(BUILDERS)}.")
    options = recipe.options if policy == "float32" else recipe.options | {"policy": policy}
    model = BUILDERS[recipe.model](input_shape, classes, **options)
    if images is not None and recipe.model == "fast_cnn":
        adapt(model, images)
    return model


def known(name: str) -> str:
    """The name itself, when there is such a recipe; ValueError with the list of names when not."""
    if name not in RECIPES:
        raise ValueError(f"There is no model {name!r}. The names are: {', '.join(RECIPES)}.")
    return name


def outputs_logits(model: keras.Model) -> bool:
    """True when the model does not end in a softmax, so that the loss must be told ``from_logits=True``."""
    last = model.layers[-1]
    softmax = getattr(last, "activation", None) is keras.activations.softmax
    return not (softmax or isinstance(last, keras_layers.Softmax))
