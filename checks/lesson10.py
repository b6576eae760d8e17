"""Checks of lesson 10, Optimizers and regularization, and the functions that the lesson goes on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from checks.grading import by_rules, exercise, seeded

__all__ = [
    "exercise_10_1",
    "exercise_10_2",
    "exercise_10_3",
    "reference_adam_step",
    "reference_momentum_step",
    "reference_steps_needed",
]


def reference_momentum_step(
    weights: np.ndarray, velocity: np.ndarray, gradient: np.ndarray, learning_rate: float, kept: float = 0.9
) -> tuple[np.ndarray, np.ndarray]:
    """New weights and new velocity, as ``keras.optimizers.SGD`` computes them."""
    velocity = kept * velocity - learning_rate * gradient
    return weights + velocity, velocity


def reference_adam_step(
    weights: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    gradient: np.ndarray,
    step: int,
    learning_rate: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """New weights, running mean and running mean of squares (Kingma and Ba, arXiv:1412.6980, algorithm 1)."""
    mean = mean + 0.1 * (gradient - mean)
    square = square + 0.001 * (gradient**2 - square)
    rate = learning_rate / (1 - 0.9**step)
    return weights - rate * mean / (np.sqrt(square / (1 - 0.999**step)) + 1e-7), mean, square


def reference_steps_needed(losses: Sequence[float], goal: float) -> int:
    """The smallest number of steps from which on all losses are below the goal; their number where none is."""
    count = len(losses)
    while count and losses[count - 1] < goal:
        count -= 1
    return count


@exercise("10.1")
def exercise_10_1(momentum_step: Callable) -> str:
    """``momentum_step(weights, velocity, gradient, learning_rate, kept)`` gives new weights and new velocity."""
    generator, cases = seeded("10.1"), []
    for shape, rate, kept in (((3,), 0.125, 0.9), ((5,), 0.3, 0.5), ((2, 3), 0.05, 0.8)):
        cases.append((*(generator.normal(size=shape) for _ in range(3)), rate, kept))
    by_rules(
        momentum_step,
        cases,
        lambda *case: np.array(reference_momentum_step(*case)),
        _momentum_mistakes,
        lambda weights, *_: f"weights of shape {weights.shape}",
        "[0, ...] are the weights, [1, ...] the velocity: compute the velocity first, by the formula.",
        shapes=lambda weights, *_: {
            "you return one array of the weights' shape. Two are asked: the new weights, then the new velocity.": (
                weights.shape
            ),
        },
    )
    return "The velocity remembers, and the weights follow it."


def _momentum_mistakes(weights, velocity, gradient, rate, kept) -> dict[str, np.ndarray]:
    new = kept * velocity - rate * gradient

    def moved(other: np.ndarray) -> np.ndarray:
        return np.array([weights + other, other])

    table = {
        "the velocity of before is missing: this is a plain step. Keep a share of it.": moved(-rate * gradient),
        "this goes uphill: the learning rate times the gradient is subtracted from the velocity.": (
            moved(kept * velocity + rate * gradient)
        ),
        "you keep all of the old velocity. Only the share `kept` of it stays.": moved(velocity - rate * gradient),
        "you take 0.9 for the share that is kept every time. Use the argument.": (
            moved(0.9 * velocity - rate * gradient)
        ),
        "the learning rate is missing.": moved(kept * velocity - gradient),
        "you multiply the gradient by 1 - kept, as for a running mean. The velocity takes all of it.": (
            moved(kept * velocity - (1 - kept) * rate * gradient)
        ),
        "`kept` multiplies the gradient too. It belongs to the old velocity alone.": (
            moved(kept * (velocity - rate * gradient))
        ),
        "the weights move by the old velocity. Add the new one.": np.array([weights + velocity, new]),
        "the weights move by a plain step. Add the new velocity to them.": np.array([weights - rate * gradient, new]),
        "you subtract the velocity from the weights. It has its sign already: add it.": np.array([weights - new, new]),
        "your velocity has no learning rate in it, as in PyTorch. Here it holds the step itself: "
        "kept × velocity - learning rate × gradient.": np.array(
            [weights - rate * (kept * velocity + gradient), kept * velocity + gradient]
        ),
        "this is Nesterov's momentum, which looks one step ahead. Add the velocity once.": np.array(
            [weights + kept * new - rate * gradient, new]
        ),
        "your two results are in the wrong order: weights first, then velocity.": np.array([new, weights + new]),
        "you return the old weights. Add the new velocity to them.": np.array([weights, new]),
        "you return the old velocity. The new one is needed at the next step.": np.array([weights + new, velocity]),
        "you multiply the new velocity by the learning rate once more.": np.array([weights + rate * new, new]),
    }
    return table


@exercise("10.2")
def exercise_10_2(adam_step: Callable) -> str:
    """``adam_step(weights, mean, square, gradient, step, learning_rate)`` gives weights, mean and square."""
    generator, cases = seeded("10.2"), []
    for shape, step, rate in (((3,), 1, 0.125), ((4,), 7, 0.3), ((2, 3), 40, 0.05)):
        weights, mean, gradient = (generator.normal(size=shape) for _ in range(3))
        # Beside a gradient of nearly 0, it shows where somebody adds the tiny constant.
        gradient += np.copysign(0.5, gradient)
        square = generator.uniform(0.5, 2.0, shape) * (1 - 0.999**step)
        first = np.zeros(shape)
        cases.append(
            (weights, first, first, gradient, 1, rate) if step == 1 else (weights, mean, square, gradient, step, rate)
        )
    by_rules(
        adam_step,
        cases,
        lambda *case: np.array(reference_adam_step(*case)),
        _adam_mistakes,
        lambda weights, mean, square, gradient, step, rate: f"weights of shape {weights.shape} at step {step}",
        "[0, ...] are the weights, [1, ...] the running mean, [2, ...] that of squares: which of them is off?",
        shapes=lambda weights, *_: {
            "you return one array of the weights' shape. Three are asked: weights, mean, mean of squares.": (
                weights.shape
            ),
            "you return two arrays. Three are asked: weights, mean, mean of squares.": (2, *weights.shape),
        },
    )
    return "Keras takes this step, too, but for where ε is added."


def _adam_mistakes(weights, mean, square, gradient, step, rate) -> dict[str, np.ndarray]:
    new_mean, new_square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
    whole_mean, whole_square = new_mean / (1 - 0.9**step), new_square / (1 - 0.999**step)

    def moved(top, bottom, mean=new_mean, square=new_square) -> np.ndarray:
        return np.array([weights - rate * top / (bottom + 1e-7), mean, square])

    right = moved(whole_mean, np.sqrt(whole_square))
    back = 0.1 * mean + 0.9 * gradient, 0.001 * square + 0.999 * gradient**2
    added = 0.9 * mean + gradient, 0.999 * square + gradient**2
    same = 0.9 * square + 0.1 * gradient**2
    of_mean = 0.999 * square + 0.001 * new_mean**2
    signless = 0.999 * square + 0.001 * gradient

    def whole(mean: np.ndarray, square: np.ndarray) -> np.ndarray:
        return moved(mean / (1 - 0.9**step), np.sqrt(square / (1 - 0.999**step)), mean, square)

    return {
        "the division by the share is missing: both running means start at 0 and are too small at first.": (
            moved(new_mean, np.sqrt(new_square))
        ),
        "only the mean is divided by its share. The mean of squares needs it, too.": moved(
            whole_mean, np.sqrt(new_square)
        ),
        "only the mean of squares is divided by its share. The mean needs it, too.": moved(
            new_mean, np.sqrt(whole_square)
        ),
        "you return the divided running means. Return them as they are: the next step goes on with those.": (
            moved(whole_mean, np.sqrt(whole_square), whole_mean, whole_square)
        ),
        "your step is counted one too high: `step` is 1 for the first step already.": moved(
            new_mean / (1 - 0.9 ** (step + 1)), np.sqrt(new_square / (1 - 0.999 ** (step + 1)))
        ),
        "the share is 1 - 0.9**step. You do not use the power.": moved(new_mean / 0.1, np.sqrt(new_square / 0.001)),
        "the root is missing: divide by the square root of the mean of squares.": moved(whole_mean, whole_square),
        "you do not divide by the root of the mean of squares: this is a step along the mean.": np.array(
            [weights - rate * whole_mean, new_mean, new_square]
        ),
        "you divide the gradient itself. Adam divides the running mean of the gradients.": moved(
            gradient, np.sqrt(whole_square)
        ),
        "you move along the old mean. Compute the new one first.": moved(mean / (1 - 0.9**step), np.sqrt(whole_square)),
        "this goes uphill: subtract the step from the weights.": np.array([2 * weights - right[0], *right[1:]]),
        "the learning rate is missing.": np.array([weights - (weights - right[0]) / rate, *right[1:]]),
        "0.9 and 0.1, 0.999 and 0.001 are exchanged: the larger share is kept from before.": whole(*back),
        "the factors 0.1 and 0.001 of what is new are missing.": whole(*added),
        "you keep 0.9 of the mean of squares. It keeps 0.999.": whole(new_mean, same),
        "you take 0.9 for both running means. That of squares keeps 0.999.": moved(
            whole_mean, np.sqrt(same / (1 - 0.9**step)), square=same
        ),
        "you average the square of the mean. Average the squares of the gradients.": whole(new_mean, of_mean),
        "you average the gradients where their squares belong.": whole(new_mean, signless),
        "you return the old weights. Return them after the step.": np.array([weights, *right[1:]]),
        "you return the step. Return the weights after it.": np.array([weights - right[0], *right[1:]]),
        "your three results are in another order: weights first, then mean, then mean of squares.": np.array(
            [new_mean, new_square, right[0]]
        ),
        "you return the mean of squares before the mean. Weights, mean, mean of squares is the order.": np.array(
            [right[0], new_square, new_mean]
        ),
    }


@exercise("10.3")
def exercise_10_3(steps_needed: Callable) -> str:
    """``steps_needed(losses, goal)``, an array and a number, gives a whole number."""
    cases = [
        (np.array([9.0, 5.0, 2.0, 0.5, 0.25]), 1.0),
        (np.array([9.0, 0.5, 3.0, 0.75, 2.0, 0.125, 0.25, 0.5]), 1.0),
        (np.array([4.0, 2.0, 1.0, 0.5]), 1.0),
        (np.array([0.5, 0.25, 0.125]), 1.0),
        (np.array([8.0, 0.5, 6.0, 4.0]), 2.0),
        (np.array([8.0, 7.0, 0.5, 6.0, np.inf, np.inf]), 2.0),
        (np.array([3.0, 0.1, 0.05, 0.3, 0.02, 0.01]), 0.125),
    ]
    by_rules(
        steps_needed,
        cases,
        reference_steps_needed,
        _steps_mistakes,
        lambda losses, goal: f"the losses {', '.join(f'{loss:g}' for loss in losses)} and the goal {goal:g}",
        "Find the last loss that is not below the goal. What comes after it?",
    )
    return "A loss that dips below the goal and comes back does not count."


def _steps_mistakes(losses: np.ndarray, goal: float) -> dict[str, int]:
    below = losses < goal
    positions = np.flatnonzero(below)
    right, count = reference_steps_needed(losses, goal), len(losses)
    never = not below[-1]
    return {
        "this is the first loss below the goal. It may rise above it again: all later ones must be below, too.": (
            int(positions[0]) if len(positions) else count
        ),
        "this is the last loss that is *not* below the goal. One step later it stays below.": right - 1,
        "this is one step too many: losses[0] is the loss before the first step.": right + 1,
        "this is how many losses are below the goal. Asked is when they begin to stay there.": int(below.sum()),
        "this is how many losses are not below the goal. Some of them may come after one that is.": (
            int((~below).sum())
        ),
        "this counts from the end: how many losses stay below. Asked is after how many steps they begin.": count
        - right,
        "a loss equal to the goal is not below it.": _last_above(losses, goal),
        "where the last loss is not below the goal you return 0. Return len(losses) there.": 0 if never else right,
        "where the last loss is not below the goal you return -1. Return len(losses) there.": -1 if never else right,
        "where the last loss is not below the goal you return len(losses) - 1, which says that the last one is. "
        "Return len(losses) there.": count - 1 if never else right,
        "this is the last loss below the goal. Asked is the first from which on all are.": (
            int(positions[-1]) if len(positions) else count
        ),
        "this is the position of the lowest loss.": int(losses.argmin()),
    }


def _last_above(losses: np.ndarray, goal: float) -> int:
    above = np.flatnonzero(losses > goal)
    return int(above[-1]) + 1 if len(above) else 0
