"""When a network computes in bfloat16, and that its weights never do."""

import dataclasses

import numpy as np
import pytest
import small_training
import tensorflow as tf

from helpers import models, start


@pytest.mark.parametrize(
    ("found", "gpus", "policy"),
    [(True, [], "mixed_bfloat16"), (False, [], "float32"), (True, ["GPU:0"], "float32")],
)
def test_bfloat16_is_for_processors_that_multiply_it(found, gpus, policy, monkeypatch):
    monkeypatch.setattr(start, "bfloat16_products", lambda: found)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    assert models.precision() == policy
    allowed = dataclasses.replace(small_training.FAST, bfloat16=True)
    assert models.precision(allowed) == policy
    assert models.precision(dataclasses.replace(allowed, bfloat16=False)) == "float32"


def test_four_recipes_allow_bfloat16_and_the_tutorials_do_not(monkeypatch):
    monkeypatch.setattr(start, "bfloat16_products", lambda: True)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    rounded = {name for name, recipe in models.RECIPES.items() if models.precision(recipe) == "mixed_bfloat16"}
    assert rounded == {"residual_cnn", *models.FAST}


def test_in_bfloat16_weights_and_logits_stay_float32_and_predictions_are_about_the_same():
    x = small_training.drawn(30, side=12).x_train
    rounded, exact = (
        models.from_recipe(small_training.FAST, (12, 12, 3), 4, policy, x) for policy in ("mixed_bfloat16", "float32")
    )
    rounded.set_weights(exact.get_weights())
    assert {weight.dtype for weight in rounded.weights} == {"float32"}
    logits = [model.predict(x, verbose=0) for model in (rounded, exact)]
    assert logits[0].dtype == np.float32
    np.testing.assert_allclose(*logits, atol=0.05 * np.abs(logits[1]).max())
    assert not np.array_equal(*logits)
