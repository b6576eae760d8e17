"""Lesson 05: does the deeper model of source S lose to the first one when both are tuned on equal terms?"""

from __future__ import annotations

from helpers.recipe import Recipe
from tools.studies.engine import Asks, Trial, study, together
from tools.studies.search import best


@study()
def depth_first_round() -> Asks:
    """The first round of ``depth``, kept because its outcome decided how the second one was set up.

    5 epochs of the deeper model against 16 of the strided one, and no choice of doing without dropout.
    """
    yield from together(_tuned("strided_cnn", 6, 16), _tuned("deeper_cnn", 2, 5))


@study()
def depth() -> Asks:
    """The second round: more epochs for both, and a search that goes down to no dropout.

    After the first, in which the deeper model lost; the test figures of the first round were known by then, and the
    lesson says so. An epoch of the deeper model counts as four of the strided one, after a first timing;
    ``epoch_seconds`` later measured more.
    """
    yield from together(_tuned("strided_cnn", 8, 32, 20), _tuned("deeper_cnn", 2, 8, 5))


@study()
def depth_confirmed() -> Asks:
    """The lead of the deeper model in ``depth``, put to the test; this protocol was written before it ran.

    Nothing is chosen any more: learning rates and dropout are those that ``depth`` chose on validation. Timings of an
    epoch differed from hour to hour, deeper against strided from 5.7 to 8.5, so the strided model gets eight epochs
    for each one of the deeper model: at least as many seconds. Three seeds that no round has used, the test set once
    for each, and the rule of the lesson: the two differ when the worst seed of one beats the best of the other.
    """
    settings = {"strided_cnn": (64, 0.5), "deeper_cnn": (8, 0.0)}
    yield [
        Trial(_recipe(model, 0.001, epochs, scale), seed, final=True)
        for seed in (4, 5, 6)
        for model, (epochs, scale) in settings.items()
    ]


@study(timed=True)
def epoch_seconds() -> Asks:
    """How long an epoch of either model of ``depth`` takes; they take turns, on a quiet machine."""
    yield [
        Trial(Recipe(model, "RMSprop", 0.001, 32, epochs=1), seed)
        for seed in (0, 1)
        for model in ("strided_cnn", "deeper_cnn")
    ]


def _recipe(model: str, rate: float, epochs: int, scale: float) -> Recipe:
    options = {} if scale == 1 else {"dropout_scale": scale}
    return Recipe(model, "RMSprop", rate, 32, epochs, options, schedule="cosine")


def _tuned(model: str, short: int, long: int, without_dropout: int | None = None) -> Asks:
    """Learning rate, then dropout on validation in ``short`` epochs, then three seeds in ``long`` ones.

    ``without_dropout`` is the epochs of the runs in which no dropout is tried against the winner of the search.
    """
    rates, scales = (0.0003, 0.001, 0.003), (1.0, 0.5)
    rate = best((yield [Trial(_recipe(model, rate, short, 0.5)) for rate in rates]), rates)
    scale = best((yield [Trial(_recipe(model, rate, short, scale)) for scale in scales]), scales)
    if without_dropout:
        scales = (scale, 0.0)
        scale = best((yield [Trial(_recipe(model, rate, without_dropout, scale)) for scale in scales]), scales)
    yield [Trial(_recipe(model, rate, long, scale), seed, final=True) for seed in (1, 2, 3)]
