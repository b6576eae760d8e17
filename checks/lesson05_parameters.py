"""Checks of lesson 05, exercises 5.2 and 5.4: the parameters of each layer, and the layer that holds most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
from keras import layers as kinds

from checks.grading import (
    NotFilledIn,
    call,
    close,
    describe,
    exercise,
    name_mistake,
    name_slip,
    number,
    numbers,
    values,
    whole,
    wrong,
)
from checks.lesson05_pattern import INPUT_SHAPE
from helpers import anatomy, models

# What goes into the formula for each layer of the reference: kernel side and channels in (None and numbers in for
# a dense layer), filters or units; and the side of its output, which does not go into it.
COUNTED = {
    "conv1": (5, 3, 32, 32),
    "conv2": (5, 32, 32, 28),
    "conv3": (3, 32, 32, 12),
    "conv4": (3, 32, 16, 10),
    "dense1": (None, 400, 512, 1),
    "dense2": (None, 512, 10, 1),
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
        listed = isinstance(predicted, (list, tuple))
        if listed and any(answer is None or answer is Ellipsis for answer in predicted):
            raise NotFilledIn
        if values(predicted) is not None and values(predicted).ndim == 0:
            count = whole(predicted, "your prediction")
            wrong(f"{count:,} is one number. Six layers learn: give one number for each of {', '.join(COUNTED)}.")
        answers = list(np.ravel(numbers(predicted, "your prediction")))
        if len(answers) != len(COUNTED):
            wrong(
                f"you have {len(answers)} numbers. Six layers learn: {', '.join(COUNTED)}. Leave out those with none."
            )
    for name, answer in zip(COUNTED, answers):
        _count_is_right(name, answer)
    return f"Together {sum(map(_count, COUNTED.values())):,}, as in the published table."


def _count(facts: tuple[int | None, int, int, int]) -> int:
    # As a layer holds them: an array for the kernel, another one for the biases.
    side, given, made, _ = facts
    kernel = (given, made) if side is None else (side, side, given, made)
    return np.empty(kernel).size + np.empty(made).size


def _count_is_right(name: str, answer: Any) -> None:
    got, right = whole(answer, name), _count(COUNTED[name])
    if got == right:
        return
    # Where two rules agree (3 channels in the first layer), the right count must not be called a mistake.
    name_mistake(
        got, {text: value for text, value in _count_mistakes(name, got).items() if value != right}, tolerance=0
    )
    made = COUNTED[name][2]
    wrong(f"{name}: {got:,} is not it. Do this one on paper: what does one of the {made} hold, and how many are there?")


def _count_mistakes(name: str, got: int) -> dict[str, int]:
    side, given, made, positions = COUNTED[name]
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
            f"{name}: {got:,} is the work, its MACs: a filter is used at every position, and stored once.": (
                positions**2 * side * side * given * made
            ),
            f"{name}: {got:,} counts the numbers that come out. Parameters are those that the layer stores.": (
                positions**2 * made
            ),
            f"{name}: {got:,} is the kernel of one filter in one channel. How many of these has the layer?": side
            * side,
            f"{name}: {got:,} adds a whole kernel to each filter where its bias belongs. A bias is one number.": (
                side * side * (given + 1) * made
            ),
            f"{name}: {got:,} multiplies with {side} once. A kernel has {side}×{side} numbers for each channel.": (
                side * given * made + made
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
    mistakes |= {
        f"{name}: {got:,} belongs to {other}. Go through the layers in their order.": _count(facts)
        for other, facts in COUNTED.items()
    }
    return mistakes


@exercise("5.4")
def exercise_5_4(heaviest: Callable) -> str:
    """``heaviest(rows)``, rows of anatomy.layers, gives the layer with most parameters (text) and its share of all."""
    tables = {model.name: anatomy.layers(model) for model in _models_to_weigh()}
    answers = [_layer_and_share(call(heaviest, rows), model) for model, rows in tables.items()]
    _layers_are_right([layer for layer, _ in answers], tables)
    _shares_are_right([share for _, share in answers], tables)
    return f"In guide_cnn {_heaviest(tables['guide_cnn']).layer} holds {answers[0][1]:.1%} of all parameters."


def _models_to_weigh() -> Iterator[keras.Model]:
    """Models whose most parameters, most work, largest output, first and last layer are not always the same."""
    yield models.build("guide_cnn")
    yield models.build("strided_cnn")
    stack = [kinds.Conv2D(16, 5), kinds.Conv2D(40, 5), kinds.GlobalAveragePooling2D(), kinds.Dense(10, name="scores")]
    yield keras.Sequential([keras.Input(INPUT_SHAPE), *stack], name="two_convolutions")


def _layer_and_share(answer: Any, model: str) -> tuple[str, float]:
    """The two things that an answer should hold; a row counts for its layer."""
    if isinstance(answer, anatomy.Row) or not isinstance(answer, (tuple, list)) or len(answer) != 2:
        wrong(f"two things were expected, the layer and its share; your function returned {describe(answer)}.")
    layer, share = answer
    if isinstance(layer, anatomy.Row):
        layer = layer.layer
    if not isinstance(layer, str):
        order = " The layer comes first, then its share." if isinstance(share, (str, anatomy.Row)) else ""
        index = " That looks like an index: return what the row at it calls its layer."
        hint = order or index * isinstance(layer, (int, np.integer))
        wrong(f"the first thing should be the row's layer, a text; it is {describe(layer)}.{hint}")
    return layer, number(share, f"the share in {model}")


def _heaviest(rows: list[anatomy.Row]) -> anatomy.Row:
    return rows[int(np.argmax([row.parameters for row in rows]))]


def _learning(rows: list[anatomy.Row]) -> list[anatomy.Row]:
    return [row for row in rows if row.parameters]


# What a wrong layer is, and how somebody comes to it.
PICKS: dict[str, Callable[[list[anatomy.Row]], anatomy.Row]] = {
    "has the most MACs. Asked for is the layer with the most parameters": lambda rows: max(rows, key=lambda r: r.macs),
    "has the largest output. Asked for is the layer with the most parameters": (
        lambda rows: max(rows, key=lambda r: r.memory)
    ),
    "is the last layer. Look for the largest number of parameters in all rows": lambda rows: rows[-1],
    "is the last convolution. Look for the largest number of parameters in all rows": (
        lambda rows: [row for row in rows if row.layer.startswith("Conv2D")][-1]
    ),
    "is the first layer that learns. Look for the largest number of parameters in all rows": (
        lambda rows: _learning(rows)[0]
    ),
    "is the first layer. Look for the largest number of parameters in all rows": lambda rows: rows[0],
    "has the fewest parameters of those that learn": lambda rows: min(_learning(rows), key=lambda r: r.parameters),
    "has no parameters at all. Look for the most": lambda rows: min(rows, key=lambda r: r.parameters),
    "has the second most parameters": lambda rows: sorted(rows, key=lambda r: r.parameters)[-2],
    "comes last in the alphabet. Give `max` a `key`, or it compares the names of the layers": max,
    "has the longest text. Give `max` a `key` that returns the row's parameters": (
        lambda rows: max(rows, key=lambda r: len(r.layer))
    ),
}


def _layers_are_right(layers: list[str], tables: dict[str, list[anatomy.Row]]) -> None:
    def agrees(layer: str, row: anatomy.Row) -> bool:
        return layer in (row.layer, row.name)

    off = [index for index, rows in enumerate(tables.values()) if not agrees(layers[index], _heaviest(rows))]
    if not off:
        return
    layer, model = layers[off[0]], list(tables)[off[0]]
    for text, pick in PICKS.items():
        if all(agrees(each, pick(rows)) for each, rows in zip(layers, tables.values())):
            wrong(f"in {model}, {layer!r} {text}.")
    if len(set(layers)) == 1:
        wrong(f"your function returns {describe(layer)} for every model. Let it look into the rows that it gets.")
    wrong(
        f"in {model}, {layer if len(layer) < 60 else layer[:57] + '...'!r} is not the layer with the most parameters."
    )


def _shares_are_right(shares: list[float], tables: dict[str, list[anatomy.Row]]) -> None:
    right = [_heaviest(rows).parameters / sum(row.parameters for row in rows) for rows in tables.values()]
    off = [index for index, share in enumerate(shares) if not close(share, right[index])]
    if not off:
        return
    usual = [_share_mistakes(rows) for rows in tables.values()]
    share, model = shares[off[0]], list(tables)[off[0]]
    for text in usual[0]:
        if all(close(each, values[text]) for each, values in zip(shares, usual)):
            wrong(f"in {model}, {share:,.6g} {text}")
    name_slip(shares, right)
    wrong(
        f"in {model}, the layer is right; its share is not {share:.6g}. Divide its parameters by the sum over all rows."
    )


def _share_mistakes(rows: list[anatomy.Row]) -> dict[str, float]:
    row = _heaviest(rows)
    most, all_of_them = row.parameters, sum(each.parameters for each in rows)
    learning = sorted(each.parameters for each in _learning(rows))
    return {
        "is the share in per cent. Return it between 0 and 1.": 100 * most / all_of_them,
        "is the layer's number of parameters. Divide it by that of all layers.": most,
        "is the number of all parameters. Divide the layer's parameters by it.": all_of_them,
        "is how often the layer fits into the whole. Turn the fraction over.": all_of_them / most,
        "divides by the mean of all rows. Divide by their sum.": most * len(rows) / all_of_them,
        "divides by the mean of the layers that learn. Divide by the sum of all.": most * len(learning) / all_of_them,
        "divides by the number of rows. Divide by the sum of their parameters.": most / len(rows),
        "compares the layer with all others. A share is a part of the whole, itself included.": (
            most / (all_of_them - most)
        ),
        "compares the layer with the one that has the second most. Divide by the sum of all.": most / learning[-2],
        "is this layer's share of the MACs. Asked for is its share of the parameters.": (
            row.macs / sum(each.macs for each in rows)
        ),
        "is this layer's share of the memory. Asked for is its share of the parameters.": (
            row.memory / sum(each.memory for each in rows)
        ),
        "is one layer's part of the number of layers. Asked for is the share of the parameters.": 1 / len(rows),
    }
