"""Shared by the tests of trainings that take a second."""

import pytest
import tensorflow as tf


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
