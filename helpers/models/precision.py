"""What decides between bfloat16 and float32."""

import tensorflow as tf

from helpers import start
from helpers.recipe import Recipe


def precision(recipe: Recipe | None = None) -> str:
    """Keras' dtype policy for the recipe, or for any that allows bfloat16: "mixed_bfloat16" or "float32".

    "mixed_bfloat16" where the recipe allows it and the processor multiplies bfloat16. Weights, their steps and all
    statistics are float32 in both. A GPU rounds float32 products by itself.
    """
    allowed = recipe is None or recipe.bfloat16
    rounded = allowed and start.bfloat16_products() and not tf.config.list_physical_devices("GPU")
    return "mixed_bfloat16" if rounded else "float32"
