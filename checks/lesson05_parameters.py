"""Checks of lesson 05, exercises 5.2 and 5.4: the parameters of each layer, and the layer that holds most."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
from keras import layers as kinds

from checks.grading import NotFilledIn, call, describe, exercise, name_mistake, number, numbers, whole, wrong
from checks.lesson05_pattern import INPUT_SHAPE
from helpers import anatomy, models

# What goes into the formula for each layer of the reference: kernel side and channels in (None and numbers in for
# a dense layer), filters or units.
COUNTED = {
    "conv1": (5, 3, 32),
    "conv2": (5, 32, 32),
    "conv3": (3, 32, 32),
    "conv4": (3, 32, 16),
    "dense1": (None, 400, 512),
    "dense2": (None, 512, 10),
}


@exercise("5.2")
def exercise_5_2(predicted: Any) -> str:
    """The parameters of the six layers of deeper_cnn that learn: a dictionary by name, or a list in their order."""
    if isinstance(predicted, Mapping):
        missing = [name for name in COUNTED if name not in predicted]
        if missing:
            wrong(f"your dictionary has no {missing[0]!r}. Its keys are {', '.join(COUNTED)}.")
        answers = [predicted[name] for name in COUNTED]
        if any(answer is None or answer is Ellipsis for answer in answers):
            raise NotFilledIn
    else:
        if isinstance(predicted, (int, float, np.number)):
            wrong(f"{predicted:,} is one number. Six layers learn: give one number for each of {', '.join(COUNTED)}.")
        listed = isinstance(predicted, (list, tuple))
        if listed and any(answer is None or answer is Ellipsis for answer in predicted):
            raise NotFilledIn
        answers = list(np.ravel(numbers(predicted, "your prediction")))
        if len(answers) != len(COUNTED):
            wrong(
                f"you have {len(answers)} numbers. Six layers learn: {', '.join(COUNTED)}. Leave out those with none."
            )
    for (name, facts), answer in zip(COUNTED.items(), answers):
        _count_is_right(name, *facts, answer)
    return f"Together {sum(map(_count, COUNTED.values())):,}, as in the published table."


def _count(facts: tuple[int | None, int, int]) -> int:
    # As a layer holds them: an array for the kernel, another one for the biases.
    side, given, made = facts
    kernel = (given, made) if side is None else (side, side, given, made)
    return np.empty(kernel).size + np.empty(made).size


def _count_is_right(name: str, side: int | None, given: int, made: int, answer: Any) -> None:
    got = whole(answer, name)
    right = _count((side, given, made))
    if got == right:
        return
    if side is None:
        mistakes = {
            f"{name}: {got:,} is the answer without biases. Each of the {made} units also has one.": given * made,
            f"{name}: {got:,} counts one bias for each input. Who owns a bias, the input or the unit?": (
                given * made + given
            ),
            f"{name}: {got:,} counts a single bias for the whole layer.": given * made + 1,
        }
        if name == "dense1":
            slips = {
                288: "288 inputs, 3×3×32, are those of the first model. What does the second pooling leave here?",
                16: "16 inputs would be one per channel. Flatten keeps every position: how many are there?",
                25: "25 inputs are the positions alone. Each has several channels.",
                256: "256 inputs are 4×4×16: conv1 has same padding and keeps 32.",
                1600: "1,600 inputs are those before the second pooling, which halves both sides.",
                800: "800 inputs are 5×5×32. How many filters has the last convolution?",
                1024: "1,024 inputs are 8×8×16: that is what four convolutions with same padding would leave.",
                784: "784 inputs are 7×7×16. But the 3×3 convolutions have no padding and take something off.",
                576: "576 inputs are 6×6×16. Follow the side once more: 32, 32, 28, 14, ...",
                12544: "12,544 inputs are 28×28×16, without any pooling.",
            }
            mistakes |= {f"dense1: {text}": inputs * made + made for inputs, text in slips.items()}
            mistakes |= {
                f"dense1: {text} The biases are missing, too.": inputs * made for inputs, text in slips.items()
            }
        if name == "dense2":
            mistakes["dense2: 4,010 takes the 400 numbers of Flatten as input. Dense 512 stands between them."] = 4_010
    else:
        mistakes = {
            f"{name}: {got:,} is the answer without biases. Each of the {made} filters also has one.": (
                side * side * given * made
            ),
            f"{name}: {got:,} leaves the input's {given} channels out. A filter is as deep as its input.": (
                (side * side + 1) * made
            ),
            f"{name}: {got:,} counts a bias for every channel of every filter. A filter has one bias.": (
                (side * side + 1) * given * made
            ),
            f"{name}: {got:,} counts one bias for each channel that comes in. Who owns a bias, channel or filter?": (
                side * side * given * made + given
            ),
            f"{name}: {got:,} counts a single bias for the whole layer.": side * side * given * made + 1,
            f"{name}: {got:,} is one filter's share. The layer has {made} of them.": side * side * given + 1,
            f"{name}: {got:,} takes the kernel as a single row. It is a square of {side}×{side}.": (
                (side * given + 1) * made
            ),
            f"{name}: {got:,} is the count for 3 channels. Those of the image go into the first layer only.": (
                (side * side * 3 + 1) * made
            ),
            f"{name}: {got:,} is the count for {8 - side}×{8 - side} kernels. Here they are {side}×{side}.": (
                ((8 - side) ** 2 * given + 1) * made
            ),
            f"{name}: {got:,} is the count for {48 - made} filters. Look the number of filters up again.": (
                (side * side * given + 1) * (48 - made)
            ),
        }
    # Where two rules agree (3 channels in the first layer), the right count must not be called a mistake.
    name_mistake(got, {text: value for text, value in mistakes.items() if value != right}, tolerance=0)
    wrong(f"{name}: {got:,} is not it. Do this one on paper: what does one of the {made} hold, and how many are there?")


@exercise("5.4")
def exercise_5_4(heaviest: Callable) -> str:
    """``heaviest(rows)``, rows of anatomy.layers, gives the layer with most parameters (text) and its share of all."""
    for model in _models_to_weigh():
        rows = anatomy.layers(model)
        answer = call(heaviest, rows)
        if isinstance(answer, (str, bytes)) or not isinstance(answer, (tuple, list)) or len(answer) != 2:
            wrong(f"two things were expected, the layer and its share; your function returned {describe(answer)}.")
        _heaviest_is_right(rows, *answer, model.name)
    layer, share = call(heaviest, anatomy.layers(models.build("guide_cnn")))
    return f"In guide_cnn {getattr(layer, 'layer', layer)} holds {number(share):.1%} of all parameters."


def _models_to_weigh() -> Iterator[keras.Model]:
    yield models.build("guide_cnn")
    yield models.build("strided_cnn")
    # The most parameters in a convolution, and not in the last of the layers that have any.
    yield keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            kinds.Conv2D(8, 3),
            kinds.Conv2D(64, 5),
            kinds.MaxPooling2D(8),
            kinds.Flatten(),
            kinds.Dense(10),
        ],
        name="two_convolutions",
    )


def _heaviest_is_right(rows: list[anatomy.Row], layer: Any, share: Any, model: str) -> None:
    counts = np.array([row.parameters for row in rows])
    right = rows[int(counts.argmax())]
    right_share = counts.max() / counts.sum()
    if isinstance(layer, anatomy.Row):
        layer = layer.layer
    if not isinstance(layer, str):
        hint = " That looks like an index: return what the row at it calls its layer." * isinstance(layer, int)
        wrong(f"the first thing should be the row's layer, a text; it is {describe(layer)}.{hint}")
    share = number(share, "the share")
    if layer not in (right.layer, right.name):
        work = rows[int(np.argmax([row.macs for row in rows]))]
        memory = rows[int(np.argmax([row.memory for row in rows]))]
        learning = [row for row in rows if row.parameters]
        for wrong_row, text in (
            (work, "has the most MACs. Asked for is the layer with the most parameters"),
            (memory, "has the largest output. Asked for is the layer with the most parameters"),
            (learning[-1], "is the last layer. Look for the largest number of parameters in all rows"),
            (min(learning, key=lambda row: row.parameters), "has the fewest parameters"),
        ):
            if layer in (wrong_row.layer, wrong_row.name):
                wrong(f"in {model}, {layer!r} {text}.")
        wrong(f"in {model}, {layer!r} is not the layer with the most parameters.")
    if math.isclose(share, right_share, rel_tol=0.005):
        return
    name_mistake(
        share,
        {
            f"{share:.4g} is the share in per cent. Return it between 0 and 1.": 100 * right_share,
            f"{share:,.0f} is the layer's number of parameters. Divide it by that of all layers.": counts.max(),
            f"{share:.4g} is the share of a mean layer's parameters. Divide by the sum of all layers.": (
                counts.max() / counts.mean()
            ),
            f"{share:.4g} compares the layer with all others. A share is a part of the whole, itself included.": (
                counts.max() / (counts.sum() - counts.max())
            ),
            f"{share:.4g} is this layer's share of the MACs. Asked for is its share of the parameters.": (
                right.macs / sum(row.macs for row in rows)
            ),
        },
        tolerance=0.002,
    )
    wrong(
        f"in {model}, the layer is right; its share is not {share:.4g}. Divide its parameters by the sum over all rows."
    )
