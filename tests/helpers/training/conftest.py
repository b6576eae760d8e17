"""Shared by the tests of trainings that take a second."""

import pytest
import tensorflow as tf
from small_training import RECIPES, figures, train


@pytest.fixture(scope="module")
def eagerly():
    """Tracing takes most of the time of so small a training."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def compiled(eagerly):
    tf.config.run_functions_eagerly(False)
    yield
    tf.config.run_functions_eagerly(True)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, eagerly):
    """Kind of recipe -> weights and figures of a training that nothing stopped."""
    ends = {}
    for kind, recipe in RECIPES.items():
        model, history = train(tmp_path_factory.mktemp(kind), recipe)
        ends[kind] = model.get_weights(), figures(history)
    return ends
