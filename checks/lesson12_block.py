"""Checks of lesson 12, exercise 12.1: a residual block, by what it computes with weights that the check draws."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras
import numpy as np

from checks.grading import NotFilledIn, NotRight, call, close, describe, exercise, guarded, numbers, seeded, wrong
from helpers.models import residual
from helpers.teaching.convolution import convolve

# Shapes of x, and filters: as many as channels first, because the other two need a shortcut that learns.
CASES = (((6, 7, 4), 4), ((7, 5, 3), 5), ((5, 6, 6), 2))
PARTS = "f is a 3 × 3 convolution, batch normalization, ReLU, a 3 × 3 convolution, batch normalization"


def reference_residual_block(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """ReLU(x + f(x)), as in the networks of this lesson."""
    return residual.residual_block(x, filters)


@exercise("12.1")
def exercise_12_1(residual_block: Callable) -> str:
    """``residual_block(x, filters)``, of a Keras tensor (n, rows, columns, channels), gives ReLU(x + f(x))."""
    generator = seeded("12.1")
    for shape, filters in CASES:
        model = _model_of(residual_block, shape, filters)
        found = _drawn(model, generator)
        _are_those_of_a_block(found, shape[-1], filters)
        x = generator.normal(size=shape)
        with guarded():
            got = numbers(model(x[None].astype(np.float32), training=False)[0], "the output of your block")
        _is_the_sum(got, x, found, filters)
    return "With zero weights in f, the block passes its input on, wherever that is not negative."


# --- the answer as a model


def _model_of(block: Callable, shape: tuple[int, ...], filters: int) -> keras.Model:
    """The model from x to the answer, whose output has the right shape."""
    try:
        x, y = _called(block, shape, filters)
    except NotFilledIn:
        raise
    except NotRight as error:
        if " shapes" not in str(error):
            raise
        for side in (5, 3, 2):  # where maps that shrink end in 1 × 1, they can be added to any
            _names_what_shrinks(block, (side, side, shape[-1]), filters)
        if shape[-1] == filters:
            raise
        wrong(
            f"it works where x has as many channels as filters, but not with {shape[-1]} channels and {filters} "
            f"filters: {error} There, a 1 × 1 convolution on the shortcut has to bring x to the filters."
        )
    if not isinstance(y, keras.KerasTensor):
        if isinstance(y, keras.layers.Layer):
            what = "model" if isinstance(y, keras.Model) else "layer"
            wrong(f"you return a {what} ({type(y).__name__}). Call it on its input, and return what comes out.")
        wrong(f"a Keras tensor is wanted, the output of the last layer; this is {describe(y)}.")
    if y is x:
        wrong("your function returns x itself. Return what the last layer makes.")
    try:
        model = keras.Model(x, y)
    except ValueError:
        wrong("what you return does not depend on x. Call the first layer on the argument x, not on another input.")
    if tuple(y.shape[1:]) != (*shape[:2], filters):
        wrong(_shape_sentence(model, tuple(y.shape[1:]), shape, filters))
    return model


def _called(block: Callable, shape: tuple[int, ...], filters: int) -> tuple[keras.KerasTensor, Any]:
    x = keras.Input(shape)
    x.__deepcopy__ = lambda memo: x  # a copy would be the input of no model
    return x, call(block, x, filters)


def _names_what_shrinks(block: Callable, shape: tuple[int, ...], filters: int) -> None:
    try:
        sentence = _shrinking(keras.Model(*_called(block, shape, filters)))
    except Exception:  # this side does not fit
        return
    if sentence:
        wrong(sentence)


def _shrinking(model: keras.Model) -> str:
    """The sentence for a convolution that keeps fewer positions; empty where none does."""
    for layer in model.layers:
        if isinstance(layer, keras.Model) and (sentence := _shrinking(layer)):
            return sentence
        if isinstance(layer, keras.layers.Conv2D):
            if tuple(layer.strides) != (1, 1):
                return f"a convolution has strides {tuple(layer.strides)}. Those of this block keep every position."
            if layer.padding == "valid" and tuple(layer.kernel_size) != (1, 1):
                return "a convolution without padding makes the maps smaller than x: give it padding='same'."
    return ""


def _shape_sentence(model: keras.Model, made: tuple, shape: tuple[int, ...], filters: int) -> str:
    given = f"for x of shape {shape} and {filters} filters your block returns the shape {made}"
    if made[:-1] != shape[:2]:
        return _shrinking(model) or f"{given}. Rows and columns stay as they are."
    if made[-1] == shape[-1] + filters:
        return f"{given}: x and f(x) are put side by side. Add them."
    return f"{given}. Its number of channels is `filters`: use the argument."


# --- its weights


class Found(NamedTuple):
    """The weights of a model by what they belong to; a convolution is its kernel and bias, a norm scale and offset."""

    threes: list[tuple]
    ones: list[tuple]
    others: list[tuple]
    norms: list[tuple]
    strange: list[str]


def _drawn(model: keras.Model, generator: np.random.Generator) -> Found:
    """Draw every weight of the model anew."""
    owners: dict[str, dict[str, np.ndarray]] = {}
    for weight in model.weights:
        owner, _, name = weight.path.rpartition("/")
        drawn = generator.normal(0, 0.5, weight.shape)
        if name == "kernel":
            drawn *= 2 / np.sqrt(max(1, np.prod(weight.shape[:-1])))
        elif name in ("gamma", "moving_variance"):
            # Beside so large a variance, every constant epsilon is too small to count.
            drawn = generator.uniform(50, 150, weight.shape) ** (1 if name == "moving_variance" else 0.5)
        weight.assign(drawn)
        owners.setdefault(owner, {})[name] = drawn
    found = Found([], [], [], [], [])
    for owner, each in owners.items():
        if "kernel" in each and each["kernel"].ndim in (2, 4):
            kernel = each["kernel"]
            kernel = kernel[None, None] if kernel.ndim == 2 else kernel  # Dense works at each position by itself
            kinds = {(3, 3): found.threes, (1, 1): found.ones}
            kinds.get(kernel.shape[:2], found.others).append((kernel, each.get("bias", 0.0)))
        elif "moving_variance" in each:
            scale = each.get("gamma", 1.0) / np.sqrt(each["moving_variance"])
            found.norms.append((scale, each.get("beta", 0.0) - each["moving_mean"] * scale))
        else:
            found.strange.append(owner)
    return found


def _are_those_of_a_block(found: Found, channels: int, filters: int) -> None:
    """Raise with a sentence unless convolutions and normalizations are as many, and of the sizes, that a block has."""
    if found.strange:
        wrong(f"the layer {found.strange[0]!r} has weights that belong to no part of the block: {PARTS}.")
    if found.others:
        sizes = " × ".join(map(str, found.others[0][0].shape[:2]))
        wrong(f"one of your convolutions has kernels of {sizes}. Those of f have 3 × 3.")
    if len(found.threes) == 3 and channels != filters:
        wrong(f"with {channels} channels and {filters} filters there is a third 3 × 3 convolution: take 1 × 1 for it.")
    # One may be called twice, but only where its output has the channels of x.
    if len(found.threes) != 2 and (len(found.threes) != 1 or channels != filters):
        wrong(_count_sentence(found))
    if not _pairs(found, channels, filters):
        wrong(
            f"with {channels} channels and {filters} filters your 3 × 3 kernels have the shapes "
            f"{' and '.join(str(kernel.shape) for kernel, _ in found.threes)}. The first convolution takes x, the "
            "second what the first one made, and both have all filters."
        )
    if found.ones and channels == filters:
        wrong(
            f"there is a 1 × 1 convolution although x has {filters} channels already. Add x as it is: only so does "
            "the block with zero weights in f pass its input on."
        )
    if len(found.ones) > 1:
        wrong(f"your block has {len(found.ones)} convolutions of 1 × 1. The shortcut needs one, f none.")
    if any(kernel.shape[2:] != (channels, filters) for kernel, _ in found.ones):
        wrong("your 1 × 1 convolution gets another tensor than x. The shortcut begins at x and goes around all of f.")
    if any(scale.shape != (filters,) for scale, _ in found.norms):
        wrong("a batch normalization works on other axes than the filters. Put it after a convolution, with no axis.")
    if len(found.norms) > 2 + len(found.ones):
        wrong(
            f"there are {len(found.norms)} batch normalizations. One follows each convolution, and there are no others."
        )


def _count_sentence(found: Found) -> str:
    count = len(found.threes)
    return f"your block has {count} convolution{'s' * (count != 1)} of 3 × 3, and f has two: {PARTS}."


def _pairs(found: Found, channels: int, filters: int) -> list[tuple]:
    """What may be the first and the second convolution, by the shapes of their kernels."""
    pairs = list(itertools.permutations(found.threes, 2)) or [tuple(found.threes * 2)]
    wanted = [(channels, filters), (filters, filters)]
    return [pair for pair in pairs if [kernel.shape[2:] for kernel, _ in pair] == wanted]


# --- what it computes


def _is_the_sum(got: np.ndarray, x: np.ndarray, found: Found, filters: int) -> None:
    """Raise with a sentence unless the output is ReLU(x + f(x)) for one way to assign the weights to their parts."""
    for kernels, norms in _assignments(found, x.shape[-1], filters):
        shortcut = None if x.shape[-1] != filters else x
        if found.ones:
            shortcut = _scaled(_convolved(x, found.ones[0]), norms[2])
        for sentence, made in _results(x, shortcut, kernels, norms):
            if close(got, made, 1e-4):
                if sentence := sentence or _flaw(kernels, norms):
                    wrong(sentence)
                return
    if len(found.threes) == 1:
        wrong(_count_sentence(found))
    if not found.ones and x.shape[-1] != filters:
        wrong(
            f"x has {x.shape[-1]} channels, f(x) has {filters}, and no 1 × 1 convolution brings x to the filters. "
            "Put one on the shortcut where the two numbers differ."
        )
    wrong(
        f"for x of shape {x.shape} and {filters} filters all parts are there, but the output is not ReLU(x + f(x)). "
        f"Compare your lines one by one: {PARTS}; then x is added, and a ReLU follows."
    )


def _assignments(found: Found, channels: int, filters: int) -> Iterator[tuple]:
    """Kernels of the first and of the second convolution; norms after them and on the shortcut, None for none."""
    for pair in _pairs(found, channels, filters):
        for norms in itertools.product([None, *found.norms], repeat=2 + len(found.ones)):
            if all(any(norm is each for each in norms) for norm in found.norms):
                yield pair, norms


def _flaw(kernels: tuple, norms: tuple) -> str:
    """What is wrong although the output is ReLU(x + f(x)): parts that are missing, or used twice."""
    if kernels[0] is kernels[1]:
        return "both convolutions are the same layer, so they share their weights. Make two layers."
    after = ["the first" for norm in norms[:1] if norm is None] + ["the second" for norm in norms[1:2] if norm is None]
    if after:
        return f"batch normalization is missing after {' and '.join(after)} convolution of f."
    used = [id(norm) for norm in norms if norm is not None]
    if len(set(used)) < len(used):
        return "one batch normalization is used twice. Each convolution needs one that measures its own maps."
    return ""


def _convolved(maps: np.ndarray, convolution: tuple) -> np.ndarray:
    return convolve(maps, *convolution, padding="same")


def _scaled(maps: np.ndarray, norm: tuple | None) -> np.ndarray:
    return maps if norm is None else maps * norm[0] + norm[1]


def _relu(maps: np.ndarray) -> np.ndarray:
    return np.maximum(maps, 0)


def _results(x: np.ndarray, shortcut: np.ndarray | None, kernels: tuple, norms: tuple) -> list[tuple[str, np.ndarray]]:
    """What the block gives, with no sentence, and what each usual mistake gives, with its own."""
    first, second = kernels

    def after(hidden: np.ndarray, inside: Callable = lambda maps: maps) -> np.ndarray:
        return _scaled(inside(_convolved(hidden, second)), norms[1])

    start = _convolved(x, first)
    normed, early = _scaled(start, norms[0]), _scaled(_relu(start), norms[0])
    hidden = _relu(normed)
    f = after(hidden)
    plain = "there is no shortcut: this is a plain block. Add x to f(x)"
    late = "the shortcut begins after the first convolution. It goes around all of f: keep x, and add that."
    table = [
        (f"{plain}, then take the ReLU.", _relu(f)),
        (f"{plain}, then take a ReLU, which is missing, too.", f),
        *((late, _relu(each + f)) for each in (hidden, normed, start)),
    ]
    if shortcut is None:
        return table
    linear, inside = after(normed), "an activation stands between the second convolution and its normalization."
    swapped = "the first ReLU comes before its batch normalization. The order: convolution, normalization, ReLU."
    added, grows = shortcut + f, "a ReLU acts on f(x) before the sum, so the block can only add to x, never subtract."
    return [
        ("", _relu(added)),
        *table,
        (f"{grows} Leave it out.", _relu(shortcut + _relu(f))),
        (f"{grows} Take it after the sum.", shortcut + _relu(f)),
        ("a ReLU is missing at the end, after the sum.", added),
        (
            "a ReLU is missing between the two convolutions: without it they do no more than one.",
            _relu(shortcut + linear),
        ),
        ("both ReLUs are missing: one after the first normalization, one after the sum.", shortcut + linear),
        (f"{inside} Leave it out.", _relu(shortcut + after(hidden, _relu))),
        (swapped, _relu(shortcut + after(early))),
        (f"{swapped} The second convolution has no activation at all.", _relu(shortcut + after(early, _relu))),
        (
            "both convolutions have an activation of their own, before their normalization. Leave those out.",
            _relu(shortcut + after(_relu(early), _relu)),
        ),
        (
            "the first convolution has an activation of its own, before its normalization. Leave it out.",
            _relu(shortcut + after(_relu(early))),
        ),
        ("there is a ReLU on the shortcut. It passes x on as it is.", _relu(_relu(shortcut) + f)),
        (
            "the second batch normalization comes after the sum. It belongs to f, before x is added.",
            _relu(_scaled(shortcut + _convolved(hidden, second), norms[1])),
        ),
        *(
            ("normalization and ReLU come before each convolution in yours. Here they come after it.", each)
            for each in _preactivated(x, shortcut, kernels, norms)
        ),
        ("f(x) is subtracted from x. Add it.", _relu(shortcut - f)),
        ("x is subtracted from f(x). Add it.", _relu(f - shortcut)),
        ("x and f(x) are multiplied. Add them.", _relu(shortcut * f)),
        ("you take the mean of x and f(x). Their sum is wanted.", _relu(added / 2)),
        ("you take the larger one of x and f(x). Their sum is wanted.", _relu(np.maximum(shortcut, f))),
    ]


def _preactivated(x: np.ndarray, shortcut: np.ndarray, kernels: tuple, norms: tuple) -> Iterator[np.ndarray]:
    """With and without a last ReLU; only where the first norm fits x."""
    if x.shape[-1] == kernels[0][0].shape[-1]:
        hidden = _convolved(_relu(_scaled(x, norms[0])), kernels[0])
        total = shortcut + _convolved(_relu(_scaled(hidden, norms[1])), kernels[1])
        yield from (total, _relu(total))
