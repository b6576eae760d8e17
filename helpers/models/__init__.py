"""The named models: ``BUILDERS``, the functions that build the networks, and ``RECIPES``, by which they are trained."""

import keras
import numpy as np
import tensorflow as tf

from helpers import start
from helpers.models.fast_cnn import Dirac, adapt, fast_cnn
from helpers.models.residual import deep_cnn, residual_cnn
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
from helpers.models.whitening import FrozenConv2D, whitening_kernel
from helpers.recipe import Recipe

_TUTORIALS = (strided_cnn, deeper_cnn, plain_cnn, dense_head_cnn, batchnorm_cnn, guide_cnn, improved_cnn)
BUILDERS = {build.__name__: build for build in (*_TUTORIALS, fast_cnn, deep_cnn, residual_cnn)}

# What the three fast recipes share: airbench (Jordan 2024, arXiv:2404.00498) with Muon, on small images first.
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

_COSINE = {"schedule": "cosine", "flip": "alternating"}
RECIPES: dict[str, Recipe] = {
    "strided_cnn": Recipe("strided_cnn", "RMSprop", 0.0005, 32, epochs=15, schedule="inverse_time", decay=1e-6),
    "deeper_cnn": Recipe("deeper_cnn", "RMSprop", 0.0001, 32, epochs=5, schedule="inverse_time", decay=1e-6),
    "plain_cnn": Recipe("plain_cnn", "Adam", 0.001, 32, epochs=10),
    "dense_head_cnn": Recipe("dense_head_cnn", "Adam", 0.001, 10, epochs=8),
    "batchnorm_cnn": Recipe("batchnorm_cnn", "RMSprop", 0.001, 64, epochs=5, schedule="cosine"),
    "guide_cnn": Recipe("guide_cnn", "AdamW", 0.002, 128, epochs=40, weight_decay=0.1, **_COSINE),
    "improved_cnn": Recipe(
        "improved_cnn", "Adam", 0.003, 128, epochs=30, label_smoothing=0.1, crop_padding=2, **_COSINE
    ),
    "residual_cnn": Recipe(
        "residual_cnn",
        "Muon",
        0.1,
        250,
        epochs=30,
        bfloat16=True,
        schedule="triangle",
        momentum=0.85,
        nesterov=True,
        weight_decay=5e-3,
        kernel_rate=0.02,
        label_smoothing=0.1,
        flip="alternating",
        crop_padding=2,
        small_epochs=15,
        small_side=24,
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
    # As many filters as airbench95; not tried on held-out images, which do not distinguish a tenth of a point.
    "fast95": Recipe(
        **_FAST,
        options={"widths": [128, 384, 384]},
        epochs=18,
        kernel_rate=0.04,
        crop_padding=4,
        small_epochs=10,
        small_side=24,
        views=18,
        view_margin=1.0,
    ),
}
FAST = tuple(name for name, recipe in RECIPES.items() if recipe.model == "fast_cnn")
TUTORIALS = tuple(build.__name__ for build in _TUTORIALS)


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
    """The recipe's network, freshly initialised and not compiled; ValueError for a model without a builder.

    Whitening learns the training images from ``images``; leave these out only where weights are loaded afterwards.
    """
    if recipe.model not in BUILDERS:
        raise ValueError(f"There is no builder {recipe.model!r}. The names are: {', '.join(BUILDERS)}.")
    options = recipe.options if policy == "float32" else recipe.options | {"policy": policy}
    model = BUILDERS[recipe.model](input_shape, classes, **options)
    if images is not None and recipe.model == "fast_cnn":
        adapt(model, images)
    return model


def precision(recipe: Recipe | None = None) -> str:
    """Keras' dtype policy for the recipe, or for any that allows bfloat16: "mixed_bfloat16" or "float32".

    "mixed_bfloat16" where the recipe allows it and the processor multiplies bfloat16; a GPU rounds by itself. Weights,
    their steps and all statistics are float32 in both.
    """
    allowed = recipe is None or recipe.bfloat16
    rounded = allowed and start.bfloat16_products() and not tf.config.list_physical_devices("GPU")
    return "mixed_bfloat16" if rounded else "float32"


def known(name: str) -> str:
    """The name itself, when there is such a recipe; ValueError with the list of names when not."""
    if name not in RECIPES:
        raise ValueError(f"There is no model {name!r}. The names are: {', '.join(RECIPES)}.")
    return name


def outputs_logits(model: keras.Model) -> bool:
    """True when the model does not end in a softmax, so that the loss must be told ``from_logits=True``."""
    last = model.layers[-1]
    softmax = getattr(last, "activation", None) is keras.activations.softmax
    return not (softmax or isinstance(last, keras.layers.Softmax))
