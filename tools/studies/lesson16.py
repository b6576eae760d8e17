"""Lesson 16: claims on optimizers and activation functions, each with a learning rate of its own."""

from __future__ import annotations

from helpers.recipe import Recipe
from tools.studies.engine import Asks, Trial, study, together
from tools.studies.search import best_rate


@study()
def optimizers() -> Asks:
    """Does RMSprop beat Adam and SGD (source G)? Five epochs of source C's model, constant learning rate.

    Each optimizer gets its own rate, found in the same way on validation with seed 0 in two epochs, then three fresh
    seeds.
    """
    yield from together(
        _searched("SGD", 0.03),
        _searched("SGD", 0.01, momentum=0.9),
        _searched("RMSprop", 0.001),
        _searched("Adam", 0.001),
    )


@study()
def activations() -> Asks:
    """Does ReLU beat tanh, sigmoid and softmax as hidden activation, and six times (sources G and R)?

    Source C's model for five epochs, Adam; each activation gets its own rate as in ``optimizers``, then three seeds.
    """
    yield from together(
        _searched("Adam", 0.001),
        *(_searched("Adam", 0.001, options={"activation": name}) for name in ("tanh", "sigmoid", "softmax")),
    )


def _searched(optimizer: str, first_rate: float, **fields) -> Asks:
    def trial(rate: float, seed: int = 0) -> Trial:
        return Trial(Recipe("plain_cnn", optimizer, rate, 32, epochs=5 if seed else 2, **fields), seed, final=seed > 0)

    rate = yield from best_rate(trial, first_rate)
    yield [trial(rate, seed) for seed in (1, 2, 3)]
