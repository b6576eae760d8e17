"""Answers to the exercises of lesson 03, written from their cards."""

import functools
import math

import keras
import numpy as np
import scipy.special


def softmax_row_by_row(logits):
    rows = []
    for row in np.asarray(logits).tolist():
        powers = [math.exp(one - max(row)) for one in row]
        rows.append([power / sum(powers) for power in powers])
    return rows


def softmax_of_shifts(logits):
    """Each probability is 1 / sum of exp(difference)."""
    with np.errstate(over="ignore"):
        return 1 / np.exp(logits[:, None, :] - logits[:, :, None]).sum(axis=2)


def naive_softmax(logits, axis=1):
    with np.errstate(all="ignore"):
        return np.exp(logits) / np.exp(logits).sum(axis=axis, keepdims=True)


def clipped_softmax(logits):
    return naive_softmax(np.clip(logits, -500, 500))


def one_sum_for_all(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum()


def one_maximum_for_all(logits):
    with np.errstate(all="ignore"):
        powers = np.exp(logits - logits.max())
        return powers / powers.sum(axis=1, keepdims=True)


def shifted_by_the_mean(logits):
    with np.errstate(all="ignore"):
        powers = np.exp(logits - logits.mean(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)


def entropy_by_logsumexp(logits, labels):
    return float(np.mean([scipy.special.logsumexp(row) - row[label] for row, label in zip(logits, labels)]))


def entropy_by_keras(logits, labels):
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, logits)


def entropy_by_differences(logits, labels):
    correct = np.take_along_axis(logits, labels[:, None], axis=1)
    return np.logaddexp.reduce(logits - correct, axis=1).mean()


def entropies(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]


def entropy_of_probabilities(logits, labels):
    with np.errstate(all="ignore"):
        return -np.log(naive_softmax(logits)[np.arange(len(labels)), labels]).mean()


def entropy_of_clipped_probabilities(logits, labels):
    probabilities = scipy.special.softmax(logits, axis=1)
    return -np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-12)).mean()


def entropy_of_all_classes(logits, labels):
    return -np.log(np.maximum(scipy.special.softmax(logits, axis=1), 1e-300)).mean()


def step_by_tensors(weights, inputs, targets, learning_rate):
    import tensorflow as tf

    variable = tf.Variable(weights)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((tf.linalg.matvec(inputs, variable) - targets) ** 2)
    return variable - learning_rate * tape.gradient(loss, variable)


def step_by_loops(weights, inputs, targets, learning_rate):
    new = list(weights)
    for j in range(len(weights)):
        total = 0
        for row, target in zip(inputs, targets):
            total += 2 * (sum(w * x for w, x in zip(weights, row)) - target) * row[j]
        new[j] -= learning_rate * total / len(targets)
    return new


def step_by_einsum(weights, inputs, targets, learning_rate):
    errors = np.einsum("ij,j->i", inputs, weights) - targets
    return weights - learning_rate * np.einsum("ij,i->j", 2 * inputs, errors) / inputs.shape[0]


def step_by_the_expanded_gradient(weights, inputs, targets, learning_rate):
    return weights - 2 * learning_rate / len(inputs) * (inputs.T @ inputs @ weights - inputs.T @ targets)


def step(weights, inputs, targets, learning_rate, factor=2.0, sign=-1, count=None):
    errors = inputs @ weights - targets
    return weights + sign * learning_rate * factor * inputs.T @ errors / (count or len(targets))


def step_in_place(weights, inputs, targets, learning_rate):
    weights -= learning_rate * 2 * inputs.T @ (inputs @ weights - targets) / len(targets)
    return weights


def gradient_only(weights, inputs, targets, learning_rate):
    return 2 * inputs.T @ (inputs @ weights - targets) / len(targets)


def one_gradient_for_all(weights, inputs, targets, learning_rate):
    return weights - learning_rate * np.mean(2 * inputs.T @ (inputs @ weights - targets) / len(targets))


def differences(function, point, step=1e-4, ahead=1.0, behind=1.0, width=2.0):
    gradient = np.zeros(point.shape)
    for index in range(point.size):
        high, low = point.astype(float), point.astype(float)
        high.flat[index] += ahead * step
        low.flat[index] -= behind * step
        gradient.flat[index] = (function(high) - function(low)) / (width * step)
    return gradient


def differences_in_a_list(function, point, step=1e-4):
    flat = np.asarray(point, dtype=float).ravel()
    units = np.eye(flat.size) * step
    derivatives = [
        (function((flat + unit).reshape(np.shape(point))) - function((flat - unit).reshape(np.shape(point)))) / 2 / step
        for unit in units
    ]
    return np.reshape(derivatives, np.shape(point)).tolist()


def differences_put_back(function, point, step=1e-4):
    point = point.copy()
    gradient = np.empty_like(point)
    for index, value in np.ndenumerate(point):
        point[index] = value + step
        ahead = function(point)
        point[index] = value - step
        gradient[index] = (ahead - function(point)) / (2 * step)
        point[index] = value
    return gradient


def differences_that_forget_to_put_back(function, point, step=1e-4):
    point = point.copy()
    gradient = np.empty_like(point)
    for index, value in np.ndenumerate(point):
        point[index] = value + step
        ahead = function(point)
        point[index] = value - step
        gradient[index] = (ahead - function(point)) / (2 * step)
    return gradient


def all_numbers_at_once(function, point, step=1e-4):
    return np.full(point.shape, (function(point + step) - function(point - step)) / (2 * step))


def flattened(function, point, step=1e-4):
    return differences(function, point, step).ravel()


def a_step_of_its_own(function, point, step=1e-4):
    return differences(function, point, 0.5)


def scatter_by_loops(convolved, pooled_gradient):
    gradient = np.zeros_like(convolved, dtype=float)
    for i in range(pooled_gradient.shape[0]):
        for j in range(pooled_gradient.shape[1]):
            largest, position = 0.0, None
            for a in (2 * i, 2 * i + 1):
                for b in (2 * j, 2 * j + 1):
                    if convolved[a, b] > largest:
                        largest, position = convolved[a, b], (a, b)
            if position:
                gradient[position] = pooled_gradient[i, j]
    return gradient


def scatter_by_kron(convolved, pooled_gradient):
    rows, columns = pooled_gradient.shape
    highest = np.maximum(convolved, 0).reshape(rows, 2, columns, 2).max(axis=(1, 3))
    kept = (convolved == np.kron(highest, np.ones((2, 2)))) & (convolved > 0)
    return kept * np.kron(pooled_gradient, np.ones((2, 2)))


def scatter_by_tape(convolved, pooled_gradient):
    import tensorflow as tf

    responses = tf.Variable(convolved[None, :, :, None])
    with tf.GradientTape() as tape:
        pooled = tf.nn.max_pool2d(tf.nn.relu(responses), 2, 2, "VALID")
    return tape.gradient(pooled, responses, output_gradients=pooled_gradient[None, :, :, None])[0, :, :, 0]


def scatter_in_a_list(convolved, pooled_gradient):
    rows = [[0.0] * convolved.shape[1] for _ in range(convolved.shape[0])]
    for (i, j), value in np.ndenumerate(pooled_gradient):
        window = [(a, b) for a in (2 * i, 2 * i + 1) for b in (2 * j, 2 * j + 1)]
        a, b = max(window, key=lambda position: convolved[position])
        rows[a][b] = float(value) * (convolved[a, b] > 0)
    return rows


def scatter(convolved, pooled_gradient, chooses=np.argmax, passes=lambda response, gradient: response > 0):
    gradient = np.zeros(convolved.shape)
    for i, j in np.ndindex(pooled_gradient.shape):
        window = convolved[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        a, b = np.unravel_index(chooses(window), (2, 2))
        if passes(window[a, b], pooled_gradient[i, j]):
            gradient[2 * i + a, 2 * j + b] = pooled_gradient[i, j]
    return gradient


def always(response, gradient):
    return True


def enlarged(pooled_gradient):
    return pooled_gradient.repeat(2, axis=0).repeat(2, axis=1)


def windows_with_a_stride_of_one(convolved, pooled_gradient):
    gradient = np.zeros(convolved.shape)
    for i, j in np.ndindex(pooled_gradient.shape):
        window = convolved[i : i + 2, j : j + 2]
        a, b = np.unravel_index(window.argmax(), (2, 2))
        if window[a, b] > 0:
            gradient[i + a, j + b] += pooled_gradient[i, j]
    return gradient


RIGHT = {
    "3.1": [
        ("row by row", softmax_row_by_row),
        ("differences", softmax_of_shifts),
        ("SciPy", functools.partial(scipy.special.softmax, axis=1)),
        ("keras.ops", lambda logits: keras.ops.softmax(logits, axis=-1)),
        ("exp of log_softmax", lambda logits: np.exp(scipy.special.log_softmax(logits, axis=1))),
    ],
    "3.2": [
        ("loops", scatter_by_loops),
        ("kron", scatter_by_kron),
        ("GradientTape", scatter_by_tape),
        ("lists", scatter_in_a_list),
        ("argmax", scatter),
    ],
    "3.3": [
        ("logsumexp", entropy_by_logsumexp),
        ("Keras", entropy_by_keras),
        ("logaddexp", entropy_by_differences),
        ("log_softmax", lambda z, y: -scipy.special.log_softmax(z, axis=1)[range(len(y)), y].mean()),
    ],
    "3.4": [
        ("GradientTape", step_by_tensors),
        ("loops", step_by_loops),
        ("einsum", step_by_einsum),
        ("expanded", step_by_the_expanded_gradient),
    ],
    "3.5": [
        ("flat", differences),
        ("lists", differences_in_a_list),
        ("put back", differences_put_back),
        ("another default", lambda f, p, step=1e-6: differences(f, p, step)),
    ],
}
WRONG = {
    "3.1": [
        ("overflows", "overflow|1000|NaN", naive_softmax),
        ("along the images", "row|column|axis", lambda z: scipy.special.softmax(z, axis=0)),
        ("one sum for all", "row|sum", one_sum_for_all),
        ("one maximum for all", "row|1000|maximum|largest", one_maximum_for_all),
        ("clipped", "1000|500|clip|limit|cut", clipped_softmax),
        ("mean subtracted", "largest|mean|1000|overflow", shifted_by_the_mean),
        ("logarithms", "log", lambda z: scipy.special.log_softmax(z, axis=1)),
        (
            "powers of 2",
            "2|base|e",
            lambda z: np.exp2(z - z.max(1, keepdims=True)) / np.exp2(z - z.max(1, keepdims=True)).sum(1, keepdims=True),
        ),
        ("not divided", "divide|add up|sum", lambda z: np.exp(z - z.max(1, keepdims=True))),
        ("the largest one-hot", "largest|1", lambda z: np.eye(z.shape[1])[z.argmax(axis=1)]),
        ("sigmoid", "sigmoid|add up|sum", lambda z: scipy.special.expit(z)),
        ("rounded", "rounded", lambda z: scipy.special.softmax(z, axis=1).round(2)),
    ],
    "3.2": [
        ("all four", "all four|only the largest", lambda c, g: enlarged(g)),
        ("a quarter", "mean pooling", lambda c, g: enlarged(g) / 4),
        ("ReLU only", "ReLU passes", lambda c, g: enlarged(g) * (c > 0)),
        ("no ReLU", "ReLU is missing", lambda c, g: scatter(c, g, passes=always)),
        ("sign of the gradient", "sign of the gradient", lambda c, g: scatter(c, g, passes=lambda r, d: d > 0)),
        ("both positive", "positive gradient", lambda c, g: scatter(c, g, passes=lambda r, d: r > 0 and d > 0)),
        ("smallest", "smallest", lambda c, g: scatter(c, g, np.argmin, always)),
        ("largest of absolute values", "without its sign", lambda c, g: scatter(c, g, lambda w: np.abs(w).argmax())),
        ("times the response", "multiply", lambda c, g: scatter(c, g) * c),
        ("the mask", "1 where", lambda c, g: (scatter(c, g) != 0) * 1.0),
        ("the way forward", "forward", lambda c, g: (scatter(c, g) != 0) * c),
        ("the pooled gradient", "window", lambda c, g: g),
        ("one row", "row", lambda c, g: scatter(c, g).ravel()),
        ("stride of one", "", windows_with_a_stride_of_one),
        ("sign", "sign", lambda c, g: -scatter(c, g)),
    ],
    "3.3": [
        ("sum", "sum|mean", lambda z, y: entropies(z, y).sum()),
        ("one each", "one number|each image", entropies),
        ("overflows", "overflow|1000|inf|NaN", entropy_of_probabilities),
        ("clipped", "1000|limit|clip|small|replac", entropy_of_clipped_probabilities),
        ("sign", "sign|minus|negative", lambda z, y: -entropies(z, y).mean()),
        ("base 2", "base|log2|natural|2", lambda z, y: entropies(z, y).mean() / np.log(2)),
        ("base 10", "base|natural|10", lambda z, y: entropies(z, y).mean() / np.log(10)),
        ("probability", "probabilit|log", lambda z, y: np.exp(-entropies(z, y)).mean()),
        ("log of the mean", "mean|log", lambda z, y: -np.log(np.exp(-entropies(z, y)).mean())),
        ("the largest class", "label|largest", lambda z, y: entropies(z, z.argmax(axis=1)).mean()),
        ("median", "", lambda z, y: float(np.median(entropies(z, y)))),
    ],
    "3.4": [
        ("uphill", "uphill|sign|plus|add|direction", functools.partial(step, sign=1)),
        ("no 2", "2|half", functools.partial(step, factor=1.0)),
        ("not divided", "averag|mean|divide", functools.partial(step, count=1)),
        ("in place", "changed its input", step_in_place),
        ("the gradient", "gradient", gradient_only),
        ("no learning rate", "learning rate", lambda w, x, t, rate: step(w, x, t, 1.0)),
        ("one number for all", "each weight|every weight|mean|one", one_gradient_for_all),
        ("divided by weights", "weights|examples", lambda w, x, t, rate: step(w, x, t, rate, count=len(w))),
        ("the change only", "change|subtract|old weights|new weights", lambda w, x, t, rate: step(w, x, t, rate) - w),
        ("two steps", "", lambda w, x, t, rate: step(step(w, x, t, rate), x, t, rate)),
    ],
    "3.5": [
        ("forward", "forward|one side|both|ahead|central", functools.partial(differences, behind=0.0, width=1.0)),
        ("divided by one step", "2|two steps|apart", functools.partial(differences, width=1.0)),
        ("backward", "backward|one side|both|behind|central", functools.partial(differences, ahead=0.0, width=1.0)),
        ("one side over 2", "side|half", functools.partial(differences, behind=0.0)),
        ("all at once", "at once|every number|each number|one number|same", all_numbers_at_once),
        ("flattened", "shape", flattened),
        ("not put back", "back|before|earlier|again", differences_that_forget_to_put_back),
        ("sign", "sign", lambda f, p, step=1e-4: -differences(f, p, step)),
        ("not divided", "Divide|step", lambda f, p, step=1e-4: differences(f, p, step) * 2 * step),
        ("another step", "", a_step_of_its_own),
    ],
}
