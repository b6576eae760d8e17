"""Checks of lesson 15, exercises 15.3 and 15.4: six views of an image, and what a training step costs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import by_rules, exercise, seeded, shape_of, wrong

# --- 15.3: six views


def reference_six_views(predict: Callable, images: np.ndarray) -> np.ndarray:
    """The weighted mean of the logits that ``predict`` gives for six views of each image."""
    return _average([predict(view) for view in _views(images)])


WEIGHTS = [1 / 4, 1 / 4, 1 / 8, 1 / 8, 1 / 8, 1 / 8]


@exercise("15.3")
def exercise_15_3(six_views: Callable) -> str:
    """``six_views(predict, images)`` averages the logits (n, classes) that ``predict`` gives for six views."""
    generator = seeded("15.3")
    cases = []
    for n, *side, classes in ((3, 6, 7, 4), (1, 5, 5, 2), (4, 8, 6, 10)):
        images = generator.integers(0, 256, (n, *side, 3), dtype=np.uint8)
        # Every position has weights of its own, so that each view gives other logits.
        weights = generator.normal(0, 4 / math.sqrt(math.prod(side) * 3), (math.prod(side) * 3, classes))
        cases.append((_predictor(weights, (*side, 3)), images))
    by_rules(
        six_views,
        cases,
        lambda predict, images: _average([predict(view) for view in _views(images)]),
        _view_mistakes,
        lambda predict, images: f"{len(images)} image{'s' * (len(images) > 1)} and {predict(images).shape[1]} classes",
        "Take the views one by one: three windows, each as it is and flipped, and their weights add up to 1.",
        _one_array,
        1e-4,
    )
    return "A quarter each for the image and its flipped copy, an eighth for each of the four others."


def _predictor(weights: np.ndarray, shape: tuple[int, ...]) -> Callable:
    """Logits that are no linear function of the images: the mean image has other logits than the mean of the logits."""

    def predict(given) -> np.ndarray:
        given = np.asarray(given)
        if given.ndim != 4 or given.shape[1:] != shape:
            raise ValueError(f"predict wants images of shape (n, {', '.join(map(str, shape))}), got {given.shape}")
        return 5 * np.tanh((given.reshape(len(given), -1).astype(float) / 255 - 0.5) @ weights)

    return predict


def _one_array(answer: Any, case: str, predict: Callable, images: np.ndarray) -> None:
    n, classes = predict(images).shape
    shape = shape_of(answer)
    if shape == (6, n, classes):
        wrong(f"for {case} the six predictions came back side by side. Their weighted mean is wanted.")
    if shape == (n,):
        wrong(f"for {case} one number for each image came back. The averaged logits are wanted, (n, classes).")
    if shape == (classes,):
        wrong(f"for {case} one row for all images came back. Average over the views, not over the images.")


def _views(
    images: np.ndarray,
    corners: tuple = ((1, 1), (0, 0), (2, 2)),
    mode: str = "reflect",
    padding: int = 1,
    flip: Callable = lambda view: view[:, :, ::-1],
) -> list[np.ndarray]:
    """Each window and its flipped copy."""
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)), mode=mode)
    rows, columns = images.shape[1:3]
    windows = [padded[:, top : top + rows, left : left + columns] for top, left in corners]
    return [view for window in windows for view in (window, flip(window))]


def _average(logits: list[np.ndarray], weights: list[float] = WEIGHTS) -> np.ndarray:
    return sum(weight * each for weight, each in zip(weights, logits))


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _view_mistakes(predict: Callable, images: np.ndarray) -> dict[str, np.ndarray]:
    def average(views: list[np.ndarray], weights: list[float] = WEIGHTS) -> np.ndarray:
        return _average([predict(view) for view in views], weights)

    views = [predict(view) for view in _views(images)]
    straight, flipped = views[::2], views[1::2]
    shifted = [np.roll(images, step, axis=(1, 2)) for step in (0, 1, -1)]
    rolled = [view for one in shifted for view in (one, one[:, :, ::-1])]
    other = _views(images, ((1, 1), (0, 2), (2, 0)))
    # Flipped first, then cropped: the same windows of the flipped image are those of the other diagonal, flipped.
    crops = [view for pair in zip(_views(images)[::2], [other[1], other[5], other[3]]) for view in pair]
    mean = _average(views)
    return {
        "all six views count the same in your mean. The image and its flipped copy count a quarter each, the other "
        "four an eighth each.": _average(views, [1 / 6] * 6),
        "this is the prediction for the image alone. Where are the five other views?": straight[0],
        "this is the mean over two views, the image and its flipped copy. The shifted windows are missing.": (
            (straight[0] + flipped[0]) / 2
        ),
        "the flipped copies are missing: this is the mean over the three windows.": (
            _average(straight, [1 / 2, 1 / 4, 1 / 4])
        ),
        "the flipped copies are missing, and all three windows count the same.": _average(straight, [1 / 3] * 3),
        "only the image itself is flipped. Flip the two shifted windows as well.": (
            _average([straight[0], flipped[0], *straight[1:]], [1 / 4] * 4)
        ),
        "the views are flipped upside down. Flip left to right: the axis of the columns is the third one.": (
            average(_views(images, flip=lambda view: view[:, ::-1]))
        ),
        "you flip the axis of the colours instead of that of the columns. Columns are the third: `[:, :, ::-1]`.": (
            average(_views(images, flip=lambda view: view[..., ::-1]))
        ),
        "the colours of your flipped views are in reversed order as well. Flip the third axis only: `[:, :, ::-1]`.": (
            average(_views(images, flip=lambda view: view[:, :, ::-1, ::-1]))
        ),
        "your flipped views are rotated by 180 degrees. Flip the third axis only: `[:, :, ::-1]`.": (
            average(_views(images, flip=lambda view: view[:, ::-1, ::-1]))
        ),
        'the padding is zeros. It is to be the reflected image: `mode="reflect"`.': average(
            _views(images, mode="constant")
        ),
        'the padding repeats the outermost pixels. It is to be the reflected image: `mode="reflect"`.': (
            average(_views(images, mode="edge"))
        ),
        "what leaves the image on one side comes back on the other. Pad it with its reflection instead.": (
            average(rolled)
        ),
        "the windows lie on the other diagonal, upper right and lower left. Take the corners (0, 0) and (2, 2).": (
            average(other)
        ),
        "you flip first and crop then, which gives other windows. Cut out the window, then flip it.": average(crops),
        "the windows are shifted by two pixels. One is wanted.": average(
            _views(images, ((2, 2), (0, 0), (4, 4)), padding=2)
        ),
        "the image itself is missing: the window that begins at (1, 1).": _average(views[2:], [1 / 4] * 4),
        "this is the sum over the six views. Their weighted mean is wanted.": _average(views, [1.0] * 6),
        "your weights add up to 2: a quarter for the image, another one for its flipped copy, an eighth for each other "
        "view.": 2 * mean,
        "your weights add up to 1.5: each of the six views counts a quarter.": _average(views, [1 / 4] * 6),
        "your weights are swapped: the image and its flipped copy count a quarter each, the other four "
        "an eighth each.": _average(views, [1 / 8, 1 / 8, *[1 / 4] * 4]),
        "each view counts an eighth in yours. The image and its flipped copy count a quarter each.": (
            _average(views, [1 / 8] * 6)
        ),
        "you average the *images*, and ask `predict` once. Ask it for each view, and average the logits.": (
            predict(_average(_views(images)))
        ),
        "this is the prediction of one view, the flipped copy. Where are the five others?": flipped[0],
        "the lower right window is missing.": _average(views[:4], [1 / 4] * 4),
        "the upper left window is missing.": _average([*views[:2], *views[4:]], [1 / 4] * 4),
        "these are the flipped copies alone. The windows as they are belong to the mean, too.": (
            _average(flipped, [1 / 2, 1 / 4, 1 / 4])
        ),
        "you average probabilities. Average the logits that `predict` returns.": _average(list(map(_softmax, views))),
        "you average logits well, but return probabilities. Leave the softmax out.": _softmax(mean),
        "you return logarithms of probabilities. Leave the softmax and its logarithm out.": np.log(_softmax(mean)),
    }


# --- 15.4: what a training step costs


def reference_training_flops(stack: list[tuple[int, int, bool]]) -> int:
    """FLOPs of a training step for one image, from a list of (positions, weights, trained)."""
    return _step_flops(stack)


@exercise("15.4")
def exercise_15_4(training_flops: Callable) -> str:
    """``training_flops([(positions, weights, trained), ...])`` gives the FLOPs of a training step for one image."""
    by_rules(
        training_flops,
        [(stack,) for stack in _stacks()],
        _step_flops,
        _flop_mistakes,
        "the stack {0}",
        "Go layer by layer: outputs, gradients of the weights if it is trained, gradients of the inputs if a layer "
        "before is trained; two FLOPs for each MAC.",
    )
    return "For `fast94` that is 681 million FLOPs an image: nearly three times the forward pass."


def _stacks() -> list[list[tuple[int, int, bool]]]:
    """All trained, the first frozen as in the lesson, frozen in the middle, at the end, all frozen; and some drawn."""
    generator = seeded("15.4")
    stacks = [
        [(4, 10, True), (2, 100, True), (1, 50, True)],
        [(961, 288, False), (961, 6912, True), (225, 9216, True), (1, 1280, True)],
        [(9, 20, True), (7, 30, False), (5, 40, False), (3, 50, True)],
        [(9, 20, False), (7, 30, True), (5, 40, False)],
        [(9, 20, False), (7, 30, False)],
        [(12, 34, True)],
    ]
    for layers in (3, 5, 6):
        positions, weights = generator.integers(1, 400, layers), generator.integers(1, 900, layers)
        stacks.append(list(zip(positions.tolist(), weights.tolist(), (generator.random(layers) < 0.6).tolist())))
    return stacks


def _step_flops(stack: list[tuple[int, int, bool]]) -> int:
    """From the end: what a layer's outputs cost, its weights' gradients, and its inputs' where somebody needs them."""
    macs = [positions * weights for positions, weights, _ in stack]
    trained = [index for index, layer in enumerate(stack) if layer[2]]
    needed = macs[trained[0] + 1 :] if trained else []
    return 2 * (sum(macs) + sum(macs[index] for index in trained) + sum(needed))


def _flop_mistakes(stack: list[tuple[int, int, bool]]) -> dict[str, int]:
    positions, weights, trained = np.array(stack, dtype=int).T
    macs, index = positions * weights, np.arange(len(stack))
    before = np.array([trained[:i].any() for i in index]).astype(int)
    after = np.array([trained[i + 1 :].any() for i in index])
    right = 2 * macs * (1 + trained + before)
    layers = {
        "these are MACs. A MAC is a multiplication and an addition: two FLOPs.": right / 2,
        "this is the forward pass alone. A training step also needs gradients.": 2 * macs,
        "the gradients of the inputs are missing. Every layer after a trained one hands them on.": (
            2 * macs * (1 + trained)
        ),
        "the gradients of the weights are missing.": 2 * macs * (1 + before),
        "the outputs are missing: the forward pass comes before any gradient.": 2 * macs * (trained + before),
        "you count four FLOPs for a MAC. A multiplication and an addition are two.": 2 * right,
        "you count three times the forward pass for every layer. Frozen layers need no gradients of their weights, and "
        "where no layer before is trained, nobody needs the gradients of the inputs.": 6 * macs,
        "you count the gradients of the inputs in every trained layer. The first trained one has nobody before it who "
        "needs them, and a frozen layer after a trained one does hand them on.": 2 * macs * (1 + 2 * trained),
        "you count the gradients of the inputs in every layer. Where no layer before is trained, nobody needs them.": (
            2 * macs * (2 + trained)
        ),
        "a layer counts as one before itself in your answer. Remember that a trained layer has come only when you have "
        "counted it.": 2 * macs * (1 + trained + (trained | before)),
        "you count the gradients of the weights of frozen layers too. Nobody needs these.": 2 * macs * (2 + before),
        "frozen layers cost something too: their outputs, and after a trained layer the gradients of their inputs.": (
            right * trained
        ),
        "a frozen layer after a trained one hands the gradients of its inputs on: layers before it learn from them.": (
            2 * macs * (1 + trained + (trained & before))
        ),
        "the gradients of the inputs are left out in the first layer of the list only. They are left out until a "
        "*trained* layer has come.": 2 * macs * (1 + trained + (index > 0)),
        "you look at the layers *after* instead of those before: gradients of inputs are for the layers before.": (
            2 * macs * (1 + trained + after)
        ),
        "only the layer directly before decides in your answer. Gradients are handed on through frozen layers to any "
        "trained layer before.": 2 * macs * (1 + trained + np.r_[0, trained[:-1]]),
        "the positions are left out: every weight works once at each position.": right / positions,
        "the weights are left out: at each position every weight works once.": right / weights,
        "this is the last layer alone. Add up all of them.": right[-1:],
        "the last layer is missing.": right[:-1],
        "the first layer is missing. Frozen or not, its outputs cost something.": right[1:],
        "you count twice the forward pass for every layer.": 4 * macs,
        "you count the forward pass twice: once is enough, before the gradients.": right + 2 * macs,
        "a frozen layer's outputs are left out. They cost something although its weights are not trained.": (
            right - 2 * macs * (1 - trained)
        ),
    }
    return {sentence: flops.sum() for sentence, flops in layers.items()}
