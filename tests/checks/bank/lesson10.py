"""Answers to the exercises of lesson 10, written from their cards."""

import functools

import keras
import numpy as np


def momentum_by_keras(weights, velocity, gradient, learning_rate, kept=0.9):
    variable = keras.Variable(weights, dtype="float64")
    optimizer = keras.optimizers.SGD(learning_rate, momentum=kept)
    optimizer.build([variable])
    optimizer.momentums[0].assign(velocity)
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return variable.numpy(), optimizer.momentums[0].numpy()


def momentum_in_lists(weights, velocity, gradient, learning_rate, kept=0.9):
    new = [kept * v - learning_rate * g for v, g in zip(velocity.ravel(), gradient.ravel())]
    moved = [w + v for w, v in zip(weights.ravel(), new)]
    return np.reshape(moved, weights.shape).tolist(), np.reshape(new, weights.shape).tolist()


def momentum(weights, velocity, gradient, learning_rate, kept=0.9):
    velocity = kept * velocity - learning_rate * gradient
    return weights + velocity, velocity


def momentum_in_one_array(weights, velocity, gradient, learning_rate, kept=0.9):
    step = learning_rate * gradient - kept * velocity
    return np.stack([weights - step, -step])


def momentum_in_place(weights, velocity, gradient, learning_rate, kept=0.9):
    velocity *= kept
    velocity -= learning_rate * gradient
    return weights + velocity, velocity


def momentum_of_pytorch(weights, velocity, gradient, learning_rate, kept=0.9):
    velocity = kept * velocity + gradient
    return weights - learning_rate * velocity, velocity


def nesterov(weights, velocity, gradient, learning_rate, kept=0.9):
    velocity = kept * velocity - learning_rate * gradient
    return weights + kept * velocity - learning_rate * gradient, velocity


def with_a_fixed_share(weights, velocity, gradient, learning_rate, kept=0.9):
    return momentum(weights, velocity, gradient, learning_rate)


def uphill(weights, velocity, gradient, learning_rate, kept=0.9):
    return momentum(weights, velocity, -gradient, learning_rate, kept)


def by_the_old_velocity(weights, velocity, gradient, learning_rate, kept=0.9):
    return weights + velocity, momentum(weights, velocity, gradient, learning_rate, kept)[1]


def plain_step(weights, velocity, gradient, learning_rate, kept=0.9):
    return momentum(weights, 0 * velocity, gradient, learning_rate, kept)


def adam(weights, mean, square, gradient, step, learning_rate, root=np.sqrt, share=1, kept=0.999, sign=-1):
    mean = 0.9 * mean + 0.1 * gradient
    square = kept * square + (1 - kept) * gradient**2
    whole_mean, whole_square = mean, square
    if share:
        whole_mean, whole_square = mean / (1 - 0.9**step), square / (1 - kept**step)
    return weights + sign * learning_rate * whole_mean / (root(whole_square) + 1e-7), mean, square


def adam_with_one_rate(weights, mean, square, gradient, step, learning_rate):
    mean = mean * 0.9 + gradient * (1 - 0.9)
    square = square * 0.999 + gradient * gradient * (1 - 0.999)
    rate = learning_rate * (1 - 0.999**step) ** 0.5 / (1 - 0.9**step)
    return weights - rate * mean / (square**0.5 + 1e-7), mean, square


def adam_in_lists(weights, mean, square, gradient, step, learning_rate):
    return [each.tolist() for each in adam(weights, mean, square, gradient, step, learning_rate)]


def adam_by_keras(weights, mean, square, gradient, step, learning_rate):
    variable = keras.Variable(weights, dtype="float64")
    optimizer = keras.optimizers.Adam(learning_rate)
    optimizer.build([variable])
    momentum, velocity = optimizer._momentums[0], optimizer._velocities[0]
    momentum.assign(mean)
    velocity.assign(square)
    optimizer.iterations.assign(step - 1)
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return variable.numpy(), momentum.numpy(), velocity.numpy()


def adam_that_forgets_the_mean(weights, mean, square, gradient, step, learning_rate):
    _, mean, square = adam(weights, mean, square, gradient, step, learning_rate)
    return weights - learning_rate * gradient / (np.sqrt(square / (1 - 0.999**step)) + 1e-7), mean, square


def adam_that_returns_the_whole(weights, mean, square, gradient, step, learning_rate):
    weights, mean, square = adam(weights, mean, square, gradient, step, learning_rate)
    return weights, mean / (1 - 0.9**step), square / (1 - 0.999**step)


def adam_one_step_late(weights, mean, square, gradient, step, learning_rate):
    return adam(weights, mean, square, gradient, step + 1, learning_rate)


def adam_swapped(*given):
    weights, mean, square = adam(*given)
    return weights, square, mean


def adam_in_place(weights, mean, square, gradient, step, learning_rate):
    mean *= 0.9
    mean += 0.1 * gradient
    return adam(weights, mean, square, gradient, step, learning_rate)


def steps_from_the_end(losses, goal):
    for back, loss in enumerate(reversed(list(losses))):
        if not loss < goal:
            return len(losses) - back
    return 0


def steps_by_trying(losses, goal):
    return next((k for k in range(len(losses)) if all(loss < goal for loss in losses[k:])), len(losses))


def steps_by_running_maximum(losses, goal):
    highest_from_here = np.maximum.accumulate(np.asarray(losses)[::-1])[::-1]
    return int(np.sum(highest_from_here >= goal))


def steps_by_flatnonzero(losses, goal):
    above = np.flatnonzero(np.asarray(losses) >= goal)
    return above[-1] + 1 if above.size else 0


def first_below(losses, goal):
    below = np.flatnonzero(losses < goal)
    return below[0] if len(below) else len(losses)


def strictly_above(losses, goal):
    above = np.flatnonzero(losses > goal)
    return above[-1] + 1 if len(above) else 0


RIGHT = {
    "10.1": [
        ("Keras", momentum_by_keras),
        ("lists", momentum_in_lists),
        ("formula", momentum),
        ("one array", momentum_in_one_array),
    ],
    "10.2": [
        ("formula", adam),
        ("one rate", adam_with_one_rate),
        ("lists", adam_in_lists),
        ("Keras", adam_by_keras),
    ],
    "10.3": [
        ("from the end", steps_from_the_end),
        ("trying", steps_by_trying),
        ("running maximum", steps_by_running_maximum),
        ("flatnonzero", steps_by_flatnonzero),
    ],
}
WRONG = {
    "10.1": [
        ("in place", "changed its input", momentum_in_place),
        ("PyTorch", "PyTorch", momentum_of_pytorch),
        ("Nesterov", "Nesterov", nesterov),
        ("fixed share", "0.9", with_a_fixed_share),
        ("uphill", "uphill", uphill),
        ("old velocity", "old velocity", by_the_old_velocity),
        ("plain", "velocity of before", plain_step),
        ("weights alone", "Two are asked", lambda *given: momentum(*given)[0]),
        ("order", "order", lambda *given: momentum(*given)[::-1]),
        ("old weights", "old weights", lambda w, *given: (w, momentum(w, *given)[1])),
        ("velocity twice", "", lambda *given: (momentum(*given)[1], momentum(*given)[1])),
    ],
    "10.2": [
        ("no share", "share", functools.partial(adam, share=0)),
        ("no root", "root", functools.partial(adam, root=lambda square: square)),
        ("uphill", "uphill", functools.partial(adam, sign=1)),
        ("0.9 for both", "0.999", functools.partial(adam, kept=0.9)),
        ("gradient for mean", "gradient itself", adam_that_forgets_the_mean),
        ("whole means returned", "as they are", adam_that_returns_the_whole),
        ("one late", "one too high", adam_one_step_late),
        ("swapped", "order", adam_swapped),
        ("in place", "changed its input", adam_in_place),
        ("weights alone", "Three are asked", lambda *given: adam(*given)[0]),
        ("two arrays", "Three are asked", lambda *given: adam(*given)[:2]),
    ],
    "10.3": [
        ("first below", "first loss below", first_below),
        ("last above", "not\\* below", lambda losses, goal: steps_from_the_end(losses, goal) - 1),
        ("one more", "one step too many", lambda losses, goal: steps_from_the_end(losses, goal) + 1),
        ("number below", "how many losses are below", lambda losses, goal: np.sum(losses < goal)),
        ("number above", "how many losses are not", lambda losses, goal: np.sum(losses >= goal)),
        ("equal counts", "equal to the goal", strictly_above),
        ("lowest", "lowest", lambda losses, goal: np.argmin(losses)),
        ("from the end", "from the end", lambda losses, goal: len(losses) - steps_from_the_end(losses, goal)),
        ("none", "None", lambda losses, goal: steps_from_the_end(losses, goal) if losses[-1] < goal else None),
        ("a boolean", "", lambda losses, goal: losses[-1] < goal),
    ],
}
