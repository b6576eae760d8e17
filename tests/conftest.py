"""Shared by all tests: a quiet TensorFlow, and figures that open no window."""

import os

os.environ["MPLBACKEND"] = "agg"
os.environ.setdefault("CNN_DATASET", "shapes10")

from helpers import start

with start.quiet():
    import keras

    keras.ops.zeros(1)
    start.no_pauses()
