"""Checks of lesson 03, Loss and gradient descent."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import NotFilledIn, NotRight, call, close, exercise, name_mistake, number, numbers, wrong


def _blows_up(result: Any) -> bool:
    """True where the result holds NaN or infinity; what is not made of numbers is left to ``numbers``."""
    try:
        return not np.isfinite(np.asarray(result, dtype=float)).all()
    except (TypeError, ValueError):
        return False


def _shape(result: Any) -> tuple[int, ...] | None:
    """The shape of a result; None where it has none, such as rows of different lengths."""
    try:
        return np.shape(result)
    except ValueError:
        return None


def _written(values: np.ndarray) -> str:
    return np.array2string(np.asarray(values), precision=4, suppress_small=True, separator=", ")


@exercise("3.1")
def exercise_3_1(mean_squared_error: Callable) -> str:
    generator = np.random.default_rng(31)
    for shape in ((7,), (1,), (4, 5)):
        predictions, targets = generator.normal(2.0, 3.0, shape), generator.normal(size=shape)
        got = number(call(mean_squared_error, predictions, targets), f"the error for arrays of shape {shape}")
        errors = (predictions - targets).ravel().tolist()
        count = len(errors)
        sum_of_squares = math.fsum(error * error for error in errors)
        if close(got, sum_of_squares / count):
            continue
        mistakes = {
            "these are the errors themselves, averaged: -1 and +1 cancel. Square each error first.": np.mean(errors),
            "these are absolute errors, averaged. An error of 3 should cost 9, not 3.": np.mean(np.abs(errors)),
            "this is the sum of the squares. Divide by their number, or a larger batch looks worse.": sum_of_squares,
            "this is half of it. Some textbooks halve the square so that its slope is tidier; Keras does not.": (
                sum_of_squares / count / 2
            ),
            "this is the square root of the mean squared error. Leave the last step away.": (
                math.sqrt(sum_of_squares / count)
            ),
            "you average first and square the average. Square each error, then average.": np.mean(errors) ** 2,
            "you divide by the number of rows. A table has rows × columns elements.": sum_of_squares / len(predictions),
            "you divide by one less than the number of errors, as for a variance. This is a plain mean.": (
                sum_of_squares / max(count - 1, 1)
            ),
            "this is minus the mean squared error. A loss grows as the predictions get worse.": -sum_of_squares / count,
        }
        name_mistake(got, mistakes)
        wrong(f"for arrays of shape {shape} you have {got:.4f}. Try errors 0, +1, -1 on paper: 2/3 should come out.")
    return "It is the same for one number, a row of them, or a whole table."


def _probabilities(logits: np.ndarray) -> np.ndarray:
    """p_i = 1 / sum_j exp(z_j - z_i): another way to the same numbers, safe because 1 / infinity is 0."""
    with np.errstate(over="ignore"):
        return 1 / np.exp(logits[:, None, :] - logits[:, :, None]).sum(axis=2)


@exercise("3.2")
def exercise_3_2(softmax: Callable) -> str:
    with np.errstate(all="ignore"):
        _softmax_of_usual_logits(softmax)
        _softmax_of_large_logits(softmax)
    return "Logits of 1000 and of -1000 come through, each row by itself."


def _call_softmax(softmax: Callable, logits: np.ndarray) -> Any:
    try:
        return call(softmax, logits)
    except NotFilledIn:
        raise
    except NotRight as error:
        if "broadcast" in str(error) or "Incompatible shapes" in str(error):
            wrong(
                f"{error} One number for each row seems to have lost its axis: keepdims=True keeps maxima and sums a "
                "column, which fits beside the rows."
            )
        raise


def _softmax_of_usual_logits(softmax: Callable) -> None:
    generator = np.random.default_rng(32)
    for shape in ((4, 3), (1, 10), (6, 2)):
        logits = generator.normal(scale=2.0, size=shape)
        result = _call_softmax(softmax, logits)
        if _blows_up(result):
            wrong(
                f"{_written(logits[0])} already gives NaN or infinity. If you subtract a fixed number, such as 1000: "
                "then exp(-1000) is rounded to 0 here, and 0 is divided by 0. Which number of its own does each row "
                "offer?"
            )
        if _shape(result) == shape[::-1]:
            wrong(f"the result should have the shape {shape}, yours is turned: {shape[::-1]}.")
        got = numbers(result, "the result", shape)
        expected = _probabilities(logits)
        if close(got, expected):
            continue
        exponentials = np.exp(logits)
        mistakes = {
            "your columns add up to 1. Each row is one image: sum over its classes, which is axis 1.": (
                exponentials / exponentials.sum(axis=0)
            ),
            "you divide by the sum over the whole batch. Each image has its own sum: keep the rows apart.": (
                exponentials / exponentials.sum()
            ),
            "these are the exponentials. Divide each row by its sum, so that it adds up to 1.": exponentials,
            "you divide the logits themselves by their sum. Take the exponential first: it is positive.": (
                logits / logits.sum(axis=1, keepdims=True)
            ),
            "these are the logarithms of the probabilities. Take the exponential of what you have.": np.log(expected),
            "this is the sigmoid of every logit by itself. Probabilities of one image share a total of 1.": (
                1 / (1 + np.exp(-logits))
            ),
            "you raise 2 to the logits. Softmax raises e: np.exp.": (
                np.exp2(logits) / np.exp2(logits).sum(axis=1, keepdims=True)
            ),
            "you give all to the largest logit. Softmax is softer: the others keep a share.": (
                (logits == logits.max(axis=1, keepdims=True)).astype(float)
            ),
        }
        name_mistake(got, mistakes)
        wrong(f"for the logits {_written(logits[0])} you have {_written(got[0])}, whose sum is {got[0].sum():.4f}.")


def _softmax_of_large_logits(softmax: Callable) -> None:
    for row in ([1000.0, 998.0, 999.0], [-1000.0, -1001.0, -1003.0]):
        logits = np.array([row])
        result = _call_softmax(softmax, logits)
        if _blows_up(result):
            wrong(
                f"right for small logits, but {_written(logits[0])} gives NaN: exp(1000) is larger than any float64, "
                "and exp(-1000) is rounded to 0. What may you take away from all logits of a row without changing the "
                "result?"
            )
        got = numbers(result, "the result", logits.shape)
        if close(got, np.full_like(logits, 1 / 3)):
            wrong(
                f"the logits {_written(logits[0])} come out equal. Clipping them loses their differences; "
                "shifting them keeps those."
            )
        if not close(got, _probabilities(logits)):
            wrong(f"for the logits {_written(logits[0])} you have {_written(got[0])}. Only their differences count.")
    for row in ([0.0, 1000.0, -1000.0], [-1000.0, 1000.0, 0.0]):
        logits = np.array([row])
        result = _call_softmax(softmax, logits)
        if _blows_up(result):
            wrong(
                f"it still overflows where one row holds both large and small logits, such as {_written(logits[0])}: "
                "what is left after your subtraction is too large for exp. Which number must you take away so that "
                "nothing above 0 is left?"
            )
        if not close(numbers(result, "the result", logits.shape), _probabilities(logits)):
            wrong(f"for the logits {_written(logits[0])} you have {_written(np.asarray(result, dtype=float)[0])}.")
    logits = np.array([[1000.0, 999.0, 998.0], [-1000.0, -1001.0, -999.0]])
    result = _call_softmax(softmax, logits)
    if _blows_up(result) or not close(numbers(result, "the result", logits.shape), _probabilities(logits)):
        wrong(
            "one row at a time works, but not logits of 1000 in one row and of -1000 in the next. You take the same "
            "number from the whole batch: each row needs its own."
        )


@exercise("3.3")
def exercise_3_3(cross_entropy: Callable) -> str:
    with np.errstate(all="ignore"):
        _cross_entropy_of_usual_logits(cross_entropy)
        _cross_entropy_of_a_certain_mistake(cross_entropy)
        _cross_entropy_of_large_logits(cross_entropy)
    return "A mistake made with full confidence costs 1000 here, not infinity."


def _cross_entropy_of_usual_logits(cross_entropy: Callable) -> None:
    generator = np.random.default_rng(33)
    for images, classes in ((6, 4), (1, 10), (30, 3)):
        logits = generator.normal(scale=2.0, size=(images, classes))
        labels = generator.integers(classes, size=images)
        result = call(cross_entropy, logits, labels)
        if images > 1 and _shape(result) in ((images,), (images, 1)):
            wrong(f"you return {images} losses, one for each image. Their mean is the loss of the batch.")
        got = number(result, "the loss")
        own = logits[np.arange(images), labels]
        losses = np.logaddexp.reduce(logits - own[:, None], axis=1)
        if close(got, losses.mean()):
            continue
        name_mistake(got, _cross_entropy_mistakes(logits, labels, losses))
        wrong(
            f"for {images} images and {classes} classes you have {got:.4f}. Check one case on paper: equal logits "
            "for 10 classes should cost log 10 = 2.303."
        )


def _cross_entropy_mistakes(logits: np.ndarray, labels: np.ndarray, losses: np.ndarray) -> dict[str, float]:
    images, classes = logits.shape
    rows = np.arange(images)
    probabilities = _probabilities(logits)
    of_label = probabilities[rows, labels]
    whole_batch = np.exp(logits) / np.exp(logits).sum()
    columns = np.exp(logits) / np.exp(logits).sum(axis=0)
    # What Keras computes from logits that it takes for probabilities: clipped, then divided by their sum.
    clipped = np.clip(logits, 1e-7, 1 - 1e-7)
    return {
        "this is the sum over the batch. Take the mean, or the loss grows with the batch size.": losses.sum(),
        "this is in bits: you used log2. Keras, and the 2.303 above, use the natural logarithm, np.log.": (
            losses.mean() / math.log(2)
        ),
        "you used log10. The natural logarithm is np.log.": losses.mean() / math.log(10),
        "the sign is reversed: the logarithm of a probability is negative, its cost is minus that.": -losses.mean(),
        "you divide by images × classes. Only one number for each image counts: divide by the images.": (
            losses.mean() / classes
        ),
        "this is the mean over all classes, the wrong ones too. Only the probability of the label counts.": (
            -np.log(probabilities).mean()
        ),
        "logits[:, labels] picks every label's column for every image. Pair each row with its own label.": (
            -np.log(probabilities)[:, labels].mean()
        ),
        "your softmax runs over the columns. The classes of an image lie along axis 1.": (
            -np.log(columns[rows, labels]).mean()
        ),
        "your softmax adds up the whole batch. Each image has its own sum.": -np.log(whole_batch[rows, labels]).mean(),
        "you apply softmax twice.": -np.log(_probabilities(probabilities)[rows, labels]).mean(),
        "these are the logits of the labels, without softmax.": -logits[rows, labels].mean(),
        "you average the probabilities and then take the logarithm. Each image has its own logarithm.": (
            -math.log(of_label.mean())
        ),
        "the logarithm is missing: this is 1 - p.": (1 - of_label).mean(),
        "this is the squared error of the probabilities, not the cross-entropy.": (
            ((probabilities - np.eye(classes)[labels]) ** 2).mean()
        ),
        "Keras takes these for probabilities. Tell it that they are logits: from_logits=True.": (
            -np.log((clipped / clipped.sum(axis=1, keepdims=True))[rows, labels]).mean()
        ),
    }


def _cross_entropy_of_a_certain_mistake(cross_entropy: Callable) -> None:
    logits, labels = np.array([[0.0, 1000.0, 0.0]]), np.array([2])
    if _blows_up(call(cross_entropy, logits, np.array([1]))):
        wrong(
            "right for small logits, but [0, 1000, 0] with label 1 gives NaN or infinity: exp(1000) in your sum "
            "overflows. What did exercise 3.2 do about that?"
        )
    result = call(cross_entropy, logits, labels)
    if _blows_up(result):
        wrong(
            "right for small logits, but [0, 1000, 0] with label 2 gives NaN or infinity: the probability is rounded "
            "to 0, and log 0 is minus infinity. On paper, write the logarithm of the quotient as a difference first."
        )
    got = number(result, "the loss")
    if close(got, 1000.0):
        return
    if 0 < got < 1000:
        wrong(
            f"[0, 1000, 0] with label 2 should cost 1000, you have {got:.4g}: a probability was clipped, or a small "
            "number added. From the logits no such help is needed."
        )
    wrong(f"[0, 1000, 0] with label 2 should cost 1000, you have {got:.4g}.")


def _cross_entropy_of_large_logits(cross_entropy: Callable) -> None:
    for row, label in (([0.0, 2000.0, 0.0], 2), ([-1000.0, 1000.0, 0.0], 0), ([1000.0, -1000.0, 1000.0, 0.0], 1)):
        result = call(cross_entropy, np.array([row]), np.array([label]))
        cost = np.logaddexp.reduce(row) - row[label]
        case = f"{_written(np.array(row))} with label {label}"
        if _blows_up(result):
            wrong(
                f"[0, 1000, 0] works, but {case} gives NaN or infinity: after your subtraction, exp still overflows. "
                "Which number must you take away so that nothing above 0 is left?"
            )
        got = number(result, "the loss")
        if not close(got, cost):
            wrong(
                f"{case} should cost {cost:.1f}, you have {got:.4g}. No limit and no substitute for infinity is "
                "needed when the logarithm of the quotient is written as a difference."
            )
    logits, labels = np.array([[1000.0, 999.0, 998.0], [-1000.0, -1001.0, -999.0]]), np.array([1, 0])
    result = call(cross_entropy, logits, labels)
    expected = (np.logaddexp.reduce(logits, axis=1) - logits[[0, 1], labels]).mean()
    if _blows_up(result) or not close(number(result, "the loss"), expected):
        wrong(
            "one image at a time works, but not logits of 1000 for one image and of -1000 for the next. You take "
            "the same number from the whole batch: each row needs its own."
        )


@exercise("3.4")
def exercise_3_4(descent_step: Callable) -> str:
    generator = np.random.default_rng(34)
    for examples, count in ((7, 3), (20, 1), (4, 4), (5, 6)):
        weights, inputs = generator.normal(size=count), generator.normal(1.0, 2.0, (examples, count))
        targets, rate = generator.normal(size=examples), 0.125
        got = numbers(call(descent_step, weights, inputs, targets, rate), "the new weights", (count,))
        gradient = [
            math.fsum(2 * (row @ weights - target) * row[index] for row, target in zip(inputs, targets)) / examples
            for index in range(count)
        ]
        if close(got, weights - rate * np.array(gradient)):
            continue
        name_mistake(got, _step_mistakes(weights, inputs, targets, rate, np.array(gradient)))
        wrong(
            f"for {examples} examples and {count} weights you have {_written(got)}. Compute the predictions, the "
            "errors and the gradient one by one, and look at their shapes."
        )
    return "Downhill for any number of weights."


def _step_mistakes(weights, inputs, targets, rate, gradient) -> dict[str, np.ndarray]:
    errors = inputs @ weights - targets
    examples = len(inputs)
    one_by_one = weights.copy()
    for index in range(len(weights)):
        one_by_one[index] -= rate * 2 * np.mean((inputs @ one_by_one - targets) * inputs[:, index])
    return {
        "these are the old weights. Return what is left after the step has been subtracted.": weights,
        "you change one weight after another, so the later slopes already see the new values of the earlier weights. "
        "Compute the whole gradient first, then change all weights at once.": one_by_one,
        "this step goes uphill: the gradient points to where the loss grows. Check the sign (or the order "
        "in your errors).": weights + rate * gradient,
        "your step is half as long. The slope of a square has a factor 2: which one is missing?": (
            weights - rate * gradient / 2
        ),
        "your step is twice as long. One factor 2 is enough.": weights - rate * gradient * 2,
        "you add up the examples instead of averaging them: the step grows with their number.": (
            weights - rate * gradient * examples
        ),
        "you add up the examples instead of averaging them, and the factor 2 of the square is missing.": (
            weights - rate * gradient * examples / 2
        ),
        "the learning rate is missing.": weights - gradient,
        "this is the gradient. The new weights are asked: the old ones minus a step.": gradient,
        "this is the step alone. Add it to the old weights.": -rate * gradient,
        "every weight gets the same step: each error must be multiplied by that weight's own input.": (
            weights - rate * 2 * errors.mean()
        ),
        "one mean for all weights: average over the examples only (axis 0), so that each weight keeps its slope.": (
            weights - rate * 2 * (errors[:, None] * inputs).mean()
        ),
        "you divide by examples × weights. Divide by the number of examples.": weights - rate * gradient / len(weights),
        "you divide by the learning rate. Multiply by it.": weights - gradient / rate,
    }


@exercise("3.5")
def exercise_3_5(numerical_gradient: Callable) -> str:
    generator = np.random.default_rng(35)
    step = 1e-3
    for shape in ((3,), (1,), (3, 3), (2, 2, 3)):
        point = generator.uniform(0.5, 1.0, shape)
        cubic, linear, mixed = (generator.uniform(0.5, 1.0, shape) for _ in range(3))
        distances = []

        def loss(p, point=point, cubic=cubic, linear=linear, mixed=mixed, distances=distances):
            distances.append(float(np.abs(p - point).max()))
            return float((cubic * p**3 + linear * p).sum() + (mixed * p).sum() ** 2)

        result = _call_gradient(numerical_gradient, loss, point, step)
        if isinstance(result, (float, np.floating)):
            wrong(
                f"you return one slope, {result:.4g}. Every number of the point has its own: move one at a time, and "
                f"return an array of shape {shape}."
            )
        got = numbers(result, "the gradient", shape)
        if not got.any():
            wrong(f"all your slopes are 0. {_SECOND_NAME}")
        # Half a step to each side is a central difference too, and finer rules look two steps away.
        if distances and not step / 2.1 < max(distances) < step * 2.1:
            wrong(
                f"you move by {max(distances):.3g}, but the call asks for step={step:g}. Use the argument `step` "
                "wherever you move and divide: whoever calls the function chooses it."
            )
        exact = 3 * cubic * point**2 + linear + 2 * (mixed * point).sum() * mixed
        if close(got, exact, 2e-5):
            continue
        mistakes = _gradient_mistakes(loss, point, step)
        name_mistake(got, mistakes, 2e-6)
        if any(close(got / step**2, exact * factor, 1e-4) for factor in (1, 2)):
            wrong("`/ 2 * step` divides by 2 and then multiplies by the step. Put the distance in brackets.")
        wrong(
            f"for a point of shape {shape} you are off by up to {np.abs(got - exact).max():.2g}. Move one number by "
            f"+{step:g} and by -{step:g}, all others as they were, and compare with a function you can derive."
        )
    return "It agrees with the exact gradient, for points of any shape."


_SECOND_NAME = "Is there a line like `ahead = point`? It is a second name for the same array, not a copy: point.copy()."


def _call_gradient(numerical_gradient: Callable, loss: Callable, point: np.ndarray, step: float) -> Any:
    try:
        return call(numerical_gradient, loss, point, step)
    except NotFilledIn:
        raise
    except NotRight as error:
        if "changed its input" in str(error):
            wrong(f"{error} {_SECOND_NAME}")
        raise


def _gradient_mistakes(loss: Callable, point: np.ndarray, step: float) -> dict[str, np.ndarray]:
    def slope(forward: float, back: float) -> np.ndarray:
        """(loss at +forward steps - loss at -back steps) / distance, for each number by itself."""
        result = np.empty(point.shape)
        for place in np.ndindex(point.shape):
            change = np.zeros(point.shape)
            change[place] = step
            result[place] = (loss(point + forward * change) - loss(point - back * change)) / ((forward + back) * step)
        return result

    central, ahead, behind = slope(1, 1), slope(1, 0), slope(0, 1)
    together = (loss(point + step) - loss(point - step)) / (2 * step)
    by_row = np.empty(point.shape)
    for row in range(len(point)):
        change = np.zeros(point.shape)
        change[row] = step
        by_row[row] = (loss(point + change) - loss(point - change)) / (2 * step)
    left_behind, moved = np.empty(point.shape), point.copy()
    together_so_far, change = np.empty(point.shape), np.zeros(point.shape)
    for place in np.ndindex(point.shape):
        change[place] = step
        together_so_far[place] = (loss(point + change) - loss(point - change)) / (2 * step)
        moved[place] += step
        higher = loss(moved)
        moved[place] -= 2 * step
        left_behind[place] = (higher - loss(moved)) / (2 * step)
    return {
        "this is the difference between one step forward and the point itself. Step to both sides: the error then "
        "shrinks with the square of the step.": ahead,
        "this is the difference between the point and one step back. Step to both sides.": behind,
        "your slopes are twice as large: between +step and -step lie two steps.": 2 * central,
        "your slopes are half as large: how far apart are the two places where you evaluate the function?": central / 2,
        "your slopes are half as large: from the point to one step forward is one step, not two. (If you also step "
        "back: is the array you move back the one that you moved ahead? A copy needs point.copy().)": ahead / 2,
        "the sign is reversed: the value behind is to be taken from the value ahead.": -central,
        "these are differences. Divide by the distance between the two places to get slopes.": central * 2 * step,
        "a number that was moved must go back before the next one moves.": left_behind,
        "the steps of the numbers before are still in your array of zeros when the next number's turn comes. Make a "
        "new one inside the loop.": together_so_far,
        "you move a whole row of the array at a time. Go through every number: np.ndindex(point.shape).": by_row,
        "you move all numbers at once. A gradient needs them one at a time.": np.full(point.shape, together),
    }
