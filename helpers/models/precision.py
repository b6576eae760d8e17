"""What decides between bfloat16 and float32."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from helpers.recipe import Recipe


def bfloat16_products(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """True when the processor multiplies bfloat16 numbers itself (AVX512_BF16 or AMX_BF16); False when unknown.

    There, layers with Keras' policy "mixed_bfloat16" are up to twice as fast. Elsewhere bfloat16 is imitated, and can
    be 50 times slower. (oneDNN's variable ONEDNN_DEFAULT_FPMATH_MODE changes nothing where AMX is missing.)
    """
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = {flag for line in lines if line.startswith("flags") for flag in line.partition(":")[2].split()}
    return bool(flags & {"avx512_bf16", "amx_bf16"})


def precision(recipe: Recipe | None = None) -> str:
    """Keras' dtype policy for the recipe, or for any that allows bfloat16: "mixed_bfloat16" or "float32".

    "mixed_bfloat16" where the recipe allows it and the processor multiplies bfloat16. Weights, their steps and all
    statistics are float32 in both. A GPU rounds float32 products by itself.
    """
    allowed = recipe is None or recipe.bfloat16
    rounded = allowed and bfloat16_products() and not tf.config.list_physical_devices("GPU")
    return "mixed_bfloat16" if rounded else "float32"
