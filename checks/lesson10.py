"""Checks of lesson 10, Ninety-four per cent on a laptop."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from checks.grading import call, close, exercise, name_mistake, number, numbers, whole, wrong

# --- 10.1: smoothed labels and their loss


@exercise("10.1")
def exercise_10_1(smoothed_targets: Callable, smoothed_loss: Callable) -> str:
    generator = np.random.default_rng(101)
    for images, classes, smoothing in ((3, 4, 0.2), (6, 10, 0.2), (5, 3, 0.5), (4, 10, 0.0), (1, 2, 0.1)):
        y = generator.integers(0, classes, images)
        y[0] = classes - 1
        _compare_targets(call(smoothed_targets, y, classes, smoothing), y, classes, smoothing)
    for images, classes, size in ((3, 4, 2.0), (6, 10, 3.0), (1, 3, 1.0), (5, 10, 1000.0)):
        y = generator.integers(0, classes, images)
        logits = generator.normal(0, size, (images, classes))
        _compare_loss(smoothed_loss, logits, np.array(_targets(y, classes, 0.2)))
    return "With 0.2 and ten classes the loss is lowest at 82 %, and is 0.87 there, not 0."


def _targets(y: np.ndarray, classes: int, smoothing: float) -> list[list[float]]:
    """Class by class: what all get, and what the true one keeps."""
    return [
        [smoothing / classes + (1 - smoothing if label == true else 0) for label in range(classes)]
        for true in y.tolist()
    ]


def _compare_targets(answer, y: np.ndarray, classes: int, smoothing: float) -> None:
    case = f"for the labels {y.tolist()}, {classes} classes and a smoothing of {smoothing}"
    got = numbers(answer, f"the targets {case}", (len(y), classes))
    expected, hot = np.array(_targets(y, classes, smoothing)), np.eye(classes)[y]
    if close(got, expected):
        return
    if smoothing and np.array_equal(got, np.floor(expected)):
        wrong(
            f"{case} all targets are whole numbers. An array of integers cuts off the decimals of what you write "
            "into it: begin with floats."
        )
    if not smoothing:
        wrong(f"{case} nothing is to be taken away: one-hot labels are wanted.")
    name_mistake(
        got,
        {
            f"{case} the share is spread over the *other* classes only. Spread it over all of them, the true one "
            "included.": (1 - smoothing) * hot + smoothing / (classes - 1) * (1 - hot),
            f"{case} the true class has {1 - smoothing:g}. It gets its part of what is spread, too: each row has "
            "the sum 1.": (1 - smoothing) * hot + smoothing / classes * (1 - hot),
            f"{case} the true class still has 1, so each row adds up to more than 1. What is spread has to be taken "
            "from somewhere.": hot + smoothing / classes * (1 - hot),
            f"{case} the true class has more than 1. Take the share away from it before you spread it.": (
                hot + smoothing / classes
            ),
            f"{case} the share is taken away and given to nobody. Spread it evenly over all classes.": (
                (1 - smoothing) * hot
            ),
            f"{case} every class gets the whole share. It is to be divided by the number of classes.": (
                (1 - smoothing) * hot + smoothing
            ),
            f"{case} these are one-hot labels. Where does `smoothing` come in?": hot,
            f"{case} the two shares have changed places: `smoothing` is what is spread, 1 − smoothing stays.": (
                smoothing * hot + (1 - smoothing) / classes
            ),
        },
    )
    sums = got.sum(axis=1)
    if not close(sums, np.ones(len(y))):
        wrong(f"{case} the first row adds up to {sums[0]:.3f}. Targets are a distribution: each row has the sum 1.")
    wrong(f"{case} the first row is {np.round(got[0], 3).tolist()}. How much should the true class have, and the rest?")


def _compare_loss(smoothed_loss: Callable, logits: np.ndarray, targets: np.ndarray) -> None:
    images, classes = logits.shape
    case = f"for {images} image{'s' if images > 1 else ''} and {classes} classes"
    large = np.abs(logits).max() > 100
    with np.errstate(all="ignore"):
        # What overflows is said in a sentence; NumPy's warning would stand before it.
        answer = call(smoothed_loss, logits, targets)
    if np.shape(answer) == (images,) and images > 1:
        wrong("your loss is one number for each image. One number is wanted: their mean.")
    try:
        lost = large and not np.isfinite(float(answer))
    except (TypeError, ValueError, OverflowError):
        lost = False
    if lost:
        wrong(
            f"with logits up to {np.abs(logits).max():,.0f} your loss is {float(answer)}: an exponential is too large, "
            "or a probability is 0. Subtract each row's largest logit first, and take the logarithm of the *sum*."
        )
    got = number(answer, f"the loss {case}")
    parts = _loss_parts(logits, targets)
    expected = math.fsum(parts) / images
    if close(got, expected, 1e-4):
        return
    log_sum = np.logaddexp.reduce(logits, axis=0)
    own = [math.log(math.fsum(math.exp(z - max(row)) for z in row)) + max(row) for row in logits.tolist()]
    true = targets.argmax(axis=1)
    entropy = -float((targets * np.log(targets)).sum() / images)
    mistakes = {
        f"{case} you have the sum over the images. Their mean is wanted.": expected * images,
        f"{case} you have the mean over images *and* classes. Add up the classes of an image, then take the mean "
        "over the images.": expected / classes,
        f"{case} you have {got:.3f}: the sign is turned round. Logarithms of probabilities are negative.": -expected,
        f"{case} you have {got:.3f}: no softmax was taken. Logits become probabilities first.": (
            -float((targets * logits).sum() / images)
        ),
        f"{case} you have {got:.3f}: the sum of exponentials runs over the images. Each image has its own, over "
        "its classes.": -float((targets * (logits - log_sum)).sum() / images),
        f"{case} you have {got:.3f}: only the true class counts in it. Every class counts, with its target.": (
            math.fsum(total - row[label] for total, row, label in zip(own, logits.tolist(), true)) / images
        ),
        f"{case} you have {got:.3f}, the distance above the lowest possible loss. The loss itself is wanted.": (
            expected - entropy
        ),
        f"{case} you have {got:.3f}: that is the logarithm to the base 2. The natural one is wanted.": (
            expected / math.log(2)
        ),
        f"{case} you have {got:.3f}: that is the logarithm to the base 10. The natural one is wanted.": (
            expected / math.log(10)
        ),
    }
    name_mistake(got, {text: value for text, value in mistakes.items() if np.isfinite(value)}, 1e-4)
    if large:
        wrong(
            f"with logits up to {np.abs(logits).max():,.0f} you have {got:.1f} instead of {expected:.1f}. A "
            "probability that is 0 for the computer has a logarithm all the same: do not cut it off, but subtract each "
            "row's largest logit first, and take the logarithm of the *sum*."
        )
    wrong(f"{case} you have {got:.4f}. The first image alone should give {parts[0]:.4f}: do this one on paper.")


def _loss_parts(logits: np.ndarray, targets: np.ndarray) -> list[float]:
    """The loss of each image, number by number."""
    losses = []
    for row, shares in zip(logits.tolist(), targets.tolist()):
        top = max(row)
        log_sum = top + math.log(math.fsum(math.exp(logit - top) for logit in row))
        losses.append(math.fsum(share * (log_sum - logit) for share, logit in zip(shares, row)))
    return losses


# --- 10.2: a triangular schedule


@exercise("10.2")
def exercise_10_2(triangle: Callable) -> str:
    generator = np.random.default_rng(102)
    settings = [(0.2, 0.23, 0.07), (0.0, 0.5, 0.3), (0.5, 0.1, 0.0)]
    settings += [tuple(np.round(generator.uniform(0.05, 0.9, 3), 3).tolist()) for _ in range(5)]
    for rising in (True, False):
        # The peak itself belongs to either side: it is asked for at the end.
        cases = [
            (share * peak if rising else peak + share * (1 - peak), start, peak, end)
            for start, peak, end in settings
            for share in ((0.0, 0.25, 0.5, 0.8, 0.97) if rising else (0.03, 0.2, 0.5, 0.75, 1.0))
        ]
        got = []
        for case in cases:
            answer = number(call(triangle, *case), "the rate ({:.3g} done, start {}, peak {}, end {})".format(*case))
            got.append(answer)
        _compare_side(np.array(got), cases, rising)
    for start, peak, end in settings:
        at_peak = number(call(triangle, peak, start, peak, end), "the rate at the peak")
        if not close(at_peak, 1.0, 1e-4):
            wrong(f"at the peak itself ({peak:g} done) you have {at_peak:.4f}. There the rate is 1.")
    return "With 900 steps and a peak at 0.23, the top comes after 207."


def _line(done: float, start: float, peak: float, end: float) -> float:
    return float(np.interp(done, [0, peak, 1], [start, 1, end]))


def _compare_side(got: np.ndarray, cases: list[tuple], rising: bool) -> None:
    expected = np.array([_line(*case) for case in cases])
    if close(got, expected, 1e-4):
        return

    def under(rule: Callable) -> np.ndarray:
        return np.array([rule(*case) for case in cases])

    if rising:
        side = "on the rise"
        mistakes = {
            "the rate begins at 0. It begins at `start`, and has only 1 − start left to climb.": lambda d, s, p, e: (
                d / p
            ),
            "the rate climbs by 1, and ends at 1 + start. Only 1 − start is left to climb.": (
                lambda d, s, p, e: s + d / p
            ),
            "the rate climbs too slowly: it should be there when `done` equals `peak`, not at the end.": (
                lambda d, s, p, e: s + (1 - s) * d
            ),
            "the rate begins at `end`. `start` and `end` have changed places.": lambda d, s, p, e: e + (1 - e) * d / p,
            "the rate climbs from `start` to `peak`. `peak` says *when* the top is reached; its height is 1.": (
                lambda d, s, p, e: s + (p - s) * d / p
            ),
            "the rate is at its top all the time. It begins at `start`.": lambda d, s, p, e: 1.0,
            "the rate stays at `start`.": lambda d, s, p, e: s,
            "the rise always takes half of the training. It takes the share `peak`.": (
                lambda d, s, p, e: float(np.interp(d, [0, 0.5, 1], [s, 1, e]))
            ),
            "the rate follows a cosine. A straight line is wanted.": (
                lambda d, s, p, e: s + (1 - s) * (1 - math.cos(math.pi * d / p)) / 2
            ),
            "the rate grows by the same *factor* in equal times. A straight line is wanted.": (
                lambda d, s, p, e: s ** (1 - d / p)
            ),
        }
    else:
        side = "on the fall"
        mistakes = {
            "the rate falls to 0. It stops at `end`.": lambda d, s, p, e: (1 - d) / (1 - p),
            "the rate begins to fall from 1 + end. At the peak it is 1, and has 1 − end to lose.": (
                lambda d, s, p, e: e + (1 - d) / (1 - p)
            ),
            "it is counted from the beginning of the training. It begins at `peak`, and lasts 1 − peak.": (
                lambda d, s, p, e: 1 - (1 - e) * d
            ),
            "the rate falls to `start`. `start` and `end` have changed places.": lambda d, s, p, e: (
                s + (1 - s) * (1 - d) / (1 - p)
            ),
            "the rate goes on climbing after the peak.": lambda d, s, p, e: s + (1 - s) * d / p,
            "the rate stays at its top after the peak. It falls to `end`.": lambda d, s, p, e: 1.0,
            "the rate falls too late: the top always comes after half of the training. It comes at `peak`.": (
                lambda d, s, p, e: float(np.interp(d, [0, 0.5, 1], [s, 1, e]))
            ),
            "the fall is as steep as if it lasted the share `peak`. It lasts 1 − peak.": (
                lambda d, s, p, e: 1 - (1 - e) * (d - p) / p
            ),
            "the rate falls from `peak`. `peak` says *when* the top is reached; its height is 1.": (
                lambda d, s, p, e: p + (e - p) * (d - p) / (1 - p)
            ),
            "the rate follows a cosine. A straight line is wanted.": (
                lambda d, s, p, e: e + (1 - e) * (1 + math.cos(math.pi * (d - p) / (1 - p))) / 2
            ),
            "the rate falls by the same *factor* in equal times. A straight line is wanted.": (
                lambda d, s, p, e: e ** ((d - p) / (1 - p))
            ),
        }
    with np.errstate(all="ignore"):
        for sentence, rule in mistakes.items():
            if close(got, under(rule), 1e-4):
                wrong(f"{side} {sentence}")
    if close(got, np.array([_line(d, 0.2, 0.23, 0.07) for d, *_ in cases]), 1e-4):
        wrong("your rate only knows the lesson's 0.2, 0.23 and 0.07. The three come as arguments.")
    index = int(np.argmax(np.abs(got - expected) > 1e-4))
    done, start, peak, end = cases[index]
    wrong(
        f"{side}, with {done:.3g} done, start {start:g}, peak {peak:g} and end {end:g}, you have {got[index]:.4f}. "
        f"Which share of the {'rise' if rising else 'fall'} is over then, and how far does it go in all?"
    )


# --- 10.3: six views


@exercise("10.3")
def exercise_10_3(six_views: Callable) -> str:
    generator = np.random.default_rng(103)
    for n, rows, columns, classes in ((3, 6, 7, 4), (1, 5, 5, 2), (4, 8, 6, 10)):
        images = generator.integers(0, 256, (n, rows, columns, 3), dtype=np.uint8)
        # Every place has weights of its own, so that each view gives another answer.
        weights = generator.normal(0, 1 / 100, (rows * columns * 3, classes))

        def answer(given, weights=weights, shape=(rows, columns, 3)) -> np.ndarray:
            given = np.asarray(given)
            if given.ndim != 4 or given.shape[1:] != shape:
                raise ValueError(f"answer wants images of shape (n, {', '.join(map(str, shape))}), got {given.shape}")
            return given.reshape(len(given), -1).astype(float) @ weights

        got = numbers(call(six_views, answer, images), f"the answer for {n} images and {classes} classes")
        if got.shape == (6, n, classes):
            wrong("the six answers came back side by side. Their weighted mean is wanted.")
        if got.shape == (n,) != (n, classes):
            wrong("one class for each image came back. The averaged logits are wanted, (n, classes).")
        got = numbers(got, f"the answer for {n} images and {classes} classes", (n, classes))
        _compare_views(got, answer, images)
    return "A quarter each for the image and its mirror image, an eighth for each of the four others."


def _windows(images: np.ndarray, corners: list[tuple[int, int]], mode: str = "reflect", reach: int = 1) -> list:
    padded = np.pad(images, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode=mode)
    rows, columns = images.shape[1:3]
    return [padded[:, top : top + rows, left : left + columns] for top, left in corners]


def _average(answers: list[np.ndarray], weights: list[float]) -> np.ndarray:
    return sum(weight * answer for weight, answer in zip(weights, answers))


def _compare_views(got: np.ndarray, answer: Callable, images: np.ndarray) -> None:
    right_corners, sixths = [(1, 1), (0, 0), (2, 2)], [1 / 6] * 6
    weights = [1 / 4, 1 / 4, 1 / 8, 1 / 8, 1 / 8, 1 / 8]

    def views(corners=right_corners, mode="reflect", reach=1, mirror=lambda view: view[:, :, ::-1]) -> list[np.ndarray]:
        each = _windows(images, corners, mode, reach)
        return [answer(view) for window in each for view in (window, mirror(window))]

    expected = _average(views(), weights)
    if close(got, expected, 1e-4):
        return
    moved = [images, np.roll(images, 1, axis=(1, 2)), np.roll(images, -1, axis=(1, 2))]
    rolled = [answer(view) for one in moved for view in (one, one[:, :, ::-1])]
    other = views([(1, 1), (0, 2), (2, 0)])
    straight, turned = views()[::2], views()[1::2]
    # Mirrored first, then moved: the same windows of the mirror image are those of the other diagonal, mirrored.
    before = [logits for pair in zip(straight, [other[1], other[5], other[3]]) for logits in pair]

    def softmax(logits: np.ndarray) -> np.ndarray:
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    mistakes = {
        "all six views count the same in your mean. The image and its mirror image count a quarter each, the other "
        "four an eighth each.": _average(views(), sixths),
        "this is the answer to the image alone. Where are the five other views?": straight[0],
        "this is the mean over two views, the image and its mirror image. The moved windows are missing.": (
            (straight[0] + turned[0]) / 2
        ),
        "the mirror images are missing: this is the mean over the three windows.": _average(
            straight, [1 / 2, 1 / 4, 1 / 4]
        ),
        "the mirror images are missing, and all three windows count the same.": _average(straight, [1 / 3] * 3),
        "only the image itself is mirrored. Mirror the two moved windows as well.": (
            _average([straight[0], turned[0], straight[1], straight[2]], [1 / 4] * 4)
        ),
        "the views are turned upside down. Mirror left to right: the axis of the columns is the third one.": (
            _average(views(mirror=lambda view: view[:, ::-1]), weights)
        ),
        "the colours are turned round as well or instead: mirror the axis of the columns, `[:, :, ::-1]`.": (
            _average(views(mirror=lambda view: view[..., ::-1]), weights)
        ),
        'the gap is filled with zeros. It is to be mirrored: `mode="reflect"`.': _average(
            views(mode="constant"), weights
        ),
        'the gap repeats the outermost pixels. They are to be mirrored: `mode="reflect"`.': (
            _average(views(mode="edge"), weights)
        ),
        "what leaves the image on one side comes back on the other. Pad it with its mirror image instead.": (
            _average(rolled, weights)
        ),
        "the windows lie on the other diagonal, upper right and lower left. Take the corners (0, 0) and (2, 2).": (
            _average(other, weights)
        ),
        "you mirror first and move then, which gives other windows. Cut out the window, then mirror it.": (
            _average(before, weights)
        ),
        "the windows are moved by two pixels. One is wanted.": (
            _average(views([(2, 2), (0, 0), (4, 4)], reach=2), weights)
        ),
        "the image itself is missing: the window that begins at (1, 1).": _average(views()[2:], [1 / 4] * 4),
        "this is the sum over the six views. Their weighted mean is wanted.": _average(views(), [1.0] * 6),
        "your weights add up to 2: a quarter for the image, another one for its mirror image, an eighth for each "
        "other view.": 2 * expected,
        "you average probabilities. Average the logits that `answer` returns.": _average(
            [softmax(logits) for logits in views()], weights
        ),
        "you average logits well, but return probabilities. Leave the softmax out.": softmax(expected),
    }
    name_mistake(got, mistakes, 1e-4)
    wrong(
        f"for {len(images)} images the first logit is {got[0, 0]:.4f} and should be {expected[0, 0]:.4f}. Take the "
        "views one by one: three windows, each as it is and mirrored, and their weights add up to 1."
    )


# --- 10.4: what a training step costs


@exercise("10.4")
def exercise_10_4(training_flops: Callable) -> str:
    stacks = _stacks()
    got = [whole(call(training_flops, list(stack)), f"the FLOPs of {_said(stack)}") for stack in stacks]
    expected = [_step_flops(stack) for stack in stacks]
    if got == expected:
        return "For `fast94` that is 681 million FLOPs an image: nearly three times the forward pass."
    mistakes = {
        "these are MACs. A MAC is a multiplication and an addition: two FLOPs.": lambda out, own, back: (
            out + own + back
        ),
        "this is the forward pass alone. A training step also needs slopes.": lambda out, own, back: 2 * out,
        "the slopes of the inputs are missing. Every layer behind a trained one hands them on.": (
            lambda out, own, back: 2 * (out + own)
        ),
        "the slopes of the weights are missing.": lambda out, own, back: 2 * (out + back),
        "the outputs are missing: the forward pass comes before any slope.": lambda out, own, back: 2 * (own + back),
        "you count four FLOPs for a MAC. A multiplication and an addition are two.": lambda out, own, back: (
            4 * (out + own + back)
        ),
    }
    parts = [_parts(stack) for stack in stacks]
    for sentence, rule in mistakes.items():
        if got == [sum(rule(*layer) for layer in stack) for stack in parts]:
            wrong(sentence)
    rules: dict[str, Callable[[list], int]] = {
        "you count three times the forward pass for every layer. Frozen layers need no slopes of their weights, and "
        "where no layer before is trained, nobody needs the slopes of the inputs.": lambda stack: sum(
            6 * places * weights for places, weights, _ in stack
        ),
        "you count the slopes of the inputs in every trained layer. The first trained one has nobody before it who "
        "needs them, and a frozen layer behind a trained one does hand them on.": lambda stack: sum(
            2 * places * weights * (3 if trained else 1) for places, weights, trained in stack
        ),
        "you count the slopes of the inputs in every layer. Where no layer before is trained, nobody needs them.": (
            lambda stack: sum(2 * places * weights * (2 + bool(trained)) for places, weights, trained in stack)
        ),
        "a layer counts as one before itself in your answer. Remember that a trained layer has come only when you "
        "have counted it.": lambda stack: sum(
            2 * places * weights * (1 + bool(trained) + any(earlier for *_, earlier in stack[: place + 1]))
            for place, (places, weights, trained) in enumerate(stack)
        ),
        "you count the slopes of the weights of frozen layers too. Nobody needs these.": lambda stack: sum(
            2 * out * 2 + 2 * back for out, _, back in _parts(stack)
        ),
        "frozen layers cost something too: their outputs, and behind a trained layer the slopes of their inputs.": (
            lambda stack: sum(2 * sum(part) for part, (*_, trained) in zip(_parts(stack), stack) if trained)
        ),
        "a frozen layer behind a trained one hands the slopes of its inputs on: layers before it learn from them.": (
            lambda stack: sum(
                2 * (out + own + (back if trained else 0))
                for (out, own, back), (*_, trained) in zip(_parts(stack), stack)
            )
        ),
        "the slopes of the inputs are left out in the first layer of the list only. They are left out until a "
        "*trained* layer has come.": lambda stack: sum(
            2 * places * weights * (1 + bool(trained) + (place > 0))
            for place, (places, weights, trained) in enumerate(stack)
        ),
        "you look at the layers *behind* instead of those before: slopes of inputs are for the layers before.": (
            lambda stack: sum(
                2 * places * weights * (1 + bool(trained) + any(later for *_, later in stack[place + 1 :]))
                for place, (places, weights, trained) in enumerate(stack)
            )
        ),
        "only the layer directly before decides in your answer. Slopes are handed on through frozen layers to any "
        "trained layer before.": lambda stack: sum(
            2 * places * weights * (1 + bool(trained) + bool(place and stack[place - 1][2]))
            for place, (places, weights, trained) in enumerate(stack)
        ),
        "the places are left out: every weight works once at each place.": lambda stack: sum(
            2 * weights * (1 + bool(trained) + any(earlier for *_, earlier in stack[:place]))
            for place, (_, weights, trained) in enumerate(stack)
        ),
        "this is the last layer alone. Add up all of them.": lambda stack: 2 * sum(_parts(stack)[-1]),
    }
    for sentence, stack_rule in rules.items():
        if got == [stack_rule(stack) for stack in stacks]:
            wrong(sentence)
    stack, value, right = next((s, g, r) for s, g, r in zip(stacks, got, expected) if g != r)
    wrong(
        f"for {_said(stack)} you have {value:,} and should have {right:,}. Go layer by layer: outputs, slopes of the "
        "weights if trained, slopes of the inputs if a layer before is trained; two FLOPs for each MAC."
    )


def _stacks() -> list[list[tuple[int, int, bool]]]:
    """All trained, the first frozen as in the lesson, frozen in the middle, at the end, all frozen; and some drawn."""
    generator = np.random.default_rng(104)
    stacks = [
        [(4, 10, True), (2, 100, True), (1, 50, True)],
        [(961, 288, False), (961, 6912, True), (225, 9216, True), (1, 1280, True)],
        [(9, 20, True), (7, 30, False), (5, 40, False), (3, 50, True)],
        [(9, 20, False), (7, 30, True), (5, 40, False)],
        [(9, 20, False), (7, 30, False)],
        [(12, 34, True)],
    ]
    for layers in (3, 5, 6):
        places, weights = generator.integers(1, 400, layers), generator.integers(1, 900, layers)
        stacks.append(list(zip(places.tolist(), weights.tolist(), (generator.random(layers) < 0.6).tolist())))
    return stacks


def _parts(stack: list[tuple[int, int, bool]]) -> list[tuple[int, int, int]]:
    """MACs of each layer: of its outputs, of the slopes of its weights, of those of its inputs."""
    trained_layers = [place for place, (*_, trained) in enumerate(stack) if trained]
    parts = []
    for place, (places, weights, trained) in enumerate(stack):
        macs = places * weights
        parts.append((macs, macs if trained else 0, macs if any(first < place for first in trained_layers) else 0))
    return parts


def _step_flops(stack: list[tuple[int, int, bool]]) -> int:
    return 2 * sum(map(sum, _parts(stack)))


def _said(stack: list[tuple[int, int, bool]]) -> str:
    return f"the stack {stack}"
