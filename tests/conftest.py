"""Shared by all tests: a quiet TensorFlow, figures without a window, and the number of examples of a property."""

import os

os.environ["MPLBACKEND"] = "agg"
os.environ.setdefault("CNN_DATASET", "shapes10")

import hypothesis

from helpers import start

# The same examples at each run, and on a slow machine too.
SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile(
    "default", derandomize=True, deadline=None, database=None, max_examples=25, suppress_health_check=SLOW
)
hypothesis.settings.register_profile("long", hypothesis.settings.get_profile("default"), max_examples=1000)
hypothesis.settings.load_profile("default")

with start.quiet():
    import keras

    keras.ops.zeros(1)
    start.no_pauses()
