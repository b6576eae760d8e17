"""Answers to the exercises of lesson 15, written from their cards."""

import keras
import numpy as np
import scipy.linalg
import scipy.special


def filters_by_eigh(patches):
    values, vectors = np.linalg.eigh(np.cov(patches.T))
    return np.flip(vectors, axis=1) / np.sqrt(np.flip(values))


def filters_by_eig(patches):
    values, vectors = np.linalg.eig(np.cov(patches, rowvar=False, bias=True))
    order = np.argsort(values)[::-1]
    return vectors[:, order] @ np.diag(values[order] ** -0.5)


def filters_by_svd(patches):
    centred = patches - np.mean(patches, axis=0)
    left, sizes, _ = np.linalg.svd(centred.T @ centred / (len(patches) - 1))
    return left / np.sqrt(sizes)


def filters_by_scipy(patches):
    values, vectors = scipy.linalg.eigh(np.cov(patches, rowvar=False))
    columns = [vectors[:, k] / values[k] ** 0.5 for k in range(len(values) - 1, -1, -1)]
    return np.stack(columns, axis=1).astype("float32")


def filters(patches, matrix=None, power=-0.5, order=-1):
    values, vectors = np.linalg.eigh(np.cov(patches, rowvar=False) if matrix is None else matrix(patches))
    return (vectors * values**power)[:, ::order]


def muon(matrix, rounds, norm=np.linalg.norm, a=3.4445, b=-4.7750, c=2.0315):
    matrix = matrix / norm(matrix)
    for _ in range(rounds):
        square = matrix @ matrix.T
        matrix = a * matrix + (b * square + c * square @ square) @ matrix
    return matrix


def exact(matrix):
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    return left @ right


def muon_with_einsum(matrix, rounds):
    step = matrix / np.sqrt(np.einsum("ij,ij->", matrix, matrix))
    for _ in range(rounds):
        cube = np.einsum("ij,kj,kl->il", step, step, step)
        step = 3.4445 * step - 4.775 * cube + 2.0315 * np.einsum("ij,kj,kl->il", cube, step, step)
    return step


def muon_by_tensors(matrix, rounds):
    step = keras.ops.convert_to_tensor(matrix) / np.linalg.norm(matrix)
    for _ in range(rounds):
        square = keras.ops.matmul(step, keras.ops.transpose(step))
        step = 3.4445 * step + keras.ops.matmul(-4.775 * square + 2.0315 * keras.ops.matmul(square, square), step)
    return step


def muon_upright(matrix, rounds):
    if matrix.shape[0] > matrix.shape[1]:
        return muon_upright(matrix.T, rounds).T
    return muon(matrix, rounds)


def muon_as_lists(matrix, rounds):
    return muon(np.array(matrix, copy=True), rounds).tolist()


def targets_by_loops(y, classes, smoothing):
    rows = []
    for label in y:
        row = [smoothing / classes] * classes
        row[int(label)] += 1 - smoothing
        rows.append(row)
    return rows


def targets_full(y, classes, smoothing):
    rows = np.full((len(y), classes), smoothing / classes, dtype="float32")
    rows[np.arange(len(y)), y] = 1 - smoothing + smoothing / classes
    return rows


def targets_by_keras(y, classes, smoothing):
    return keras.ops.one_hot(y, classes) * (1 - smoothing) + smoothing / classes


def targets_by_lerp(y, classes, smoothing):
    hard = keras.utils.to_categorical(y, classes)
    return hard + smoothing * (1 / classes - hard)


def loss_by_scipy(logits, targets):
    return -np.sum(targets * scipy.special.log_softmax(logits, axis=1)) / len(logits)


def loss_by_keras(logits, targets):
    return keras.losses.CategoricalCrossentropy(from_logits=True)(targets, logits)


def loss_by_loops(logits, targets):
    total = 0
    for row, target in zip(logits, targets):
        log_sum = row.max() + np.log(sum(np.exp(one - row.max()) for one in row))
        total += sum(share * (log_sum - one) for share, one in zip(target, row))
    return float(total) / len(logits)


def loss_by_logsumexp(logits, targets):
    return np.mean(np.sum(targets * (scipy.special.logsumexp(logits, axis=1, keepdims=True) - logits), axis=1))


def losses(logits, targets):
    return -(targets * scipy.special.log_softmax(logits, axis=1)).sum(axis=1)


def loss_that_overflows(logits, targets):
    with np.errstate(all="ignore"):
        return -(targets * np.log(np.exp(logits) / np.exp(logits).sum(1, keepdims=True))).sum(1).mean()


def loss_with_a_floor(logits, targets):
    return -(targets * np.log(np.maximum(scipy.special.softmax(logits, 1), 1e-12))).sum(1).mean()


def views(
    predict,
    images,
    mode="reflect",
    weights=(1 / 4, 1 / 8, 1 / 8),
    corners=((1, 1), (0, 0), (2, 2)),
    flips=(1, -1),
    axis=2,
    first=False,
):
    rows, columns = images.shape[1:3]
    total = 0
    for weight, (down, right) in zip(weights, corners):
        padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode=mode)
        for step in flips:
            source = np.flip(padded, axis) if first and step == -1 else padded
            window = source[:, down : down + rows, right : right + columns]
            if step == -1 and not first:
                window = np.flip(window, axis)
            total = total + weight * np.asarray(predict(window))
    return total


def views_in_one_batch(predict, images):
    rows, columns = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    windows = [padded[:, k : k + rows, k : k + columns] for k in (1, 0, 2)]
    batch = np.concatenate([view for window in windows for view in (window, window[:, :, ::-1])])
    logits = np.asarray(predict(batch)).reshape(6, len(images), -1)
    return np.tensordot([1 / 4, 1 / 4, 1 / 8, 1 / 8, 1 / 8, 1 / 8], logits, axes=1)


def views_by_tensors(predict, images):
    import tensorflow as tf

    padded = tf.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="REFLECT")
    total = 0
    for offset, weight in ((0, 1 / 8), (1, 1 / 4), (2, 1 / 8)):
        window = padded[:, offset : offset + images.shape[1], offset : offset + images.shape[2]]
        for view in (window, tf.image.flip_left_right(window)):
            total += weight * tf.convert_to_tensor(predict(view.numpy()))
    return total


def views_as_lists(predict, images):
    return views_in_one_batch(predict, images).tolist()


def views_one_image_at_a_time(predict, images):
    return np.concatenate([views(predict, images[k : k + 1]) for k in range(len(images))])


def images_averaged(predict, images):
    rows, columns = images.shape[1:3]
    padded = np.pad(images.astype(float), ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    mean = 0
    for k, weight in ((1, 1 / 4), (0, 1 / 8), (2, 1 / 8)):
        window = padded[:, k : k + rows, k : k + columns]
        mean = mean + weight * (window + window[:, :, ::-1])
    return np.asarray(predict(mean))


def probabilities(predict, images):
    return views(lambda x: scipy.special.softmax(np.asarray(predict(x)), axis=1), images)


def flops_by_index(stack):
    total = 0
    for index, (positions, weights, trained) in enumerate(stack):
        passes = 1 + bool(trained) + any(earlier for _, _, earlier in stack[:index])
        total += 2 * positions * weights * passes
    return total


def flops_by_recursion(stack, before=False):
    if not stack:
        return 0
    (positions, weights, trained), *rest = stack
    return positions * weights * 2 * sum([1, trained, before]) + flops_by_recursion(rest, before or trained)


def flops_by_first(stack):
    first = next((index for index, layer in enumerate(stack) if layer[2]), len(stack))
    forward = sum(p * w for p, w, _ in stack)
    of_weights = sum(p * w for p, w, trained in stack if trained)
    of_inputs = sum(p * w for p, w, _ in stack[first + 1 :])
    return float(2 * (forward + of_weights + of_inputs))


def flops_by_numpy(stack):
    work = np.array([p * w for p, w, _ in stack])
    trained = np.array([t for *_, t in stack], dtype=bool)
    before = np.concatenate([[False], np.logical_or.accumulate(trained)[:-1]])
    return np.int64(2 * (work * (1 + trained.astype(int) + before)).sum())


def flops(stack, two=2, forward=True, weights_of=lambda trained: trained, inputs_of=lambda trained, before: before):
    total, before = 0, False
    for positions, weights, trained in stack:
        total += two * positions * weights * (forward + weights_of(trained) + inputs_of(trained, before))
        before = before or trained
    return total


RIGHT = {
    "15.1": [
        ("eigh", filters_by_eigh),
        ("eig", filters_by_eig),
        ("svd", filters_by_svd),
        ("columns", filters_by_scipy),
    ],
    "15.2": [
        ("einsum", muon_with_einsum),
        ("tensors", muon_by_tensors),
        ("upright", muon_upright),
        ("lists", muon_as_lists),
    ],
    "15.5": [
        ("loops", targets_by_loops, loss_by_loops),
        ("filled", targets_full, loss_by_scipy),
        ("Keras", targets_by_keras, loss_by_keras),
        ("between", targets_by_lerp, loss_by_logsumexp),
    ],
    "15.3": [
        ("one batch", views_in_one_batch),
        ("tensors", views_by_tensors),
        ("lists", views_as_lists),
        ("image by image", views_one_image_at_a_time),
    ],
    "15.4": [
        ("index", flops_by_index),
        ("recursion", flops_by_recursion),
        ("sums", flops_by_first),
        ("NumPy", flops_by_numpy),
    ],
}
WRONG = {
    "15.1": [
        ("smallest first", "order|largest|smallest", lambda p: filters(p, order=1)),
        ("divided by the variance", "root", lambda p: filters(p, power=-1.0)),
        ("not divided", "divided", lambda p: filters(p, power=0.0)),
        ("multiplied", "multipl|[Dd]ivide", lambda p: filters(p, power=0.5)),
        ("rows", "row|column", lambda p: filters(p).T),
        ("mean forgotten", "mean", lambda p: filters(p, lambda p: p.T @ p / len(p))),
        ("correlations", "correlation", lambda p: filters(p, lambda p: np.corrcoef(p, rowvar=False))),
        ("whitened patches", "patches", lambda p: (p - p.mean(axis=0)) @ filters(p)),
        ("variances", "one number", lambda p: np.linalg.eigvalsh(np.cov(p.T))),
        ("covariance", "covariance", lambda p: np.cov(p.T)),
        ("of rows", "rowvar|numbers of a patch", lambda p: np.cov(p)),
        ("standardised alone", "", lambda p: np.diag(1 / p.std(axis=0))),
    ],
    "15.2": [
        ("norm forgotten", "norm", lambda m, r: muon(m, r, lambda m: 1)),
        ("spectral norm", "largest singular", lambda m, r: muon(m, r, lambda m: np.linalg.norm(m, 2))),
        ("largest entry", "largest number", lambda m, r: muon(m, r, lambda m: np.abs(m).max())),
        ("all plus", "minus|sign", lambda m, r: muon(m, r, b=4.775)),
        ("last term forgotten", "2.0315|last", lambda m, r: muon(m, r, c=0)),
        ("one round", "round", lambda m, r: muon(m, 1)),
        ("five rounds", "round", lambda m, r: muon(m, 5)),
        ("one too many", "round", lambda m, r: muon(m, r + 1)),
        ("unit matrix", "nothing happens|norm", lambda m, r: m / np.linalg.norm(m)),
        ("exact", "exact", lambda m, r: exact(m)),
        ("transposed", "swapped|rows", lambda m, r: muon(m, r).T),
        ("length kept", "norm", lambda m, r: muon(m, r) * np.linalg.norm(m)),
    ],
    "15.5": [
        (
            "true class without its part",
            "part|adds up|add up|sum|true class",
            lambda y, c, s: np.where(np.eye(c)[y] == 1, 1 - s, s / c),
            loss_by_scipy,
        ),
        (
            "spread over the others",
            "other.* classes",
            lambda y, c, s: np.where(np.eye(c)[y] == 1, 1 - s, s / (c - 1)),
            loss_by_scipy,
        ),
        ("not smoothed", "smooth", lambda y, c, s: np.eye(c)[y], loss_by_scipy),
        ("not divided", "divid|classes|adds up|sum", lambda y, c, s: (1 - s) * np.eye(c)[y] + s, loss_by_scipy),
        (
            "share swapped",
            "smoothing|swapped|1 -|other way",
            lambda y, c, s: s * np.eye(c)[y] + (1 - s) / c,
            loss_by_scipy,
        ),
        ("transposed", "swapped|transpose|shape", lambda y, c, s: targets_full(y, c, s).T, loss_by_scipy),
        ("summed", "sum|mean", targets_full, lambda z, t: losses(z, t).sum()),
        ("one each", "one number|each image", targets_full, losses),
        ("over all entries", "classes|mean|images", targets_full, lambda z, t: losses(z, t).mean() / z.shape[1]),
        ("sign", "sign|minus|negative", targets_full, lambda z, t: -losses(z, t).mean()),
        ("overflows", "overflow|1000|1,000|NaN|inf", targets_full, loss_that_overflows),
        ("a floor", "1000|1,000|limit|floor|small|clip", targets_full, loss_with_a_floor),
        (
            "the label alone",
            "label|target|largest|all classes",
            targets_full,
            lambda z, t: -scipy.special.log_softmax(z, 1)[np.arange(len(z)), t.argmax(1)].mean(),
        ),
        ("logits not turned into logarithms", "softmax|logit|log", targets_full, lambda z, t: -(t * z).sum(1).mean()),
    ],
    "15.3": [
        ("images averaged", "image|average", images_averaged),
        ("equal weights", "weight|sixth|equal|quarter", lambda f, x: views(f, x, weights=(1 / 6,) * 3)),
        ("zeros", "reflect|0|zero", lambda f, x: views(f, x, mode="constant")),
        ("edge", "reflect|edge", lambda f, x: views(f, x, mode="edge")),
        ("no flips", "flip", lambda f, x: 2 * views(f, x, flips=(1,))),
        ("upside down", "row|top|upside|left", lambda f, x: views(f, x, axis=1)),
        ("other corners", "corner|window", lambda f, x: views(f, x, corners=((1, 1), (0, 2), (2, 0)))),
        ("probabilities", "probabilit|softmax|logit", probabilities),
        ("sum", "weight|average|add up|sum|times", lambda f, x: 8 * views(f, x)),
        ("the image alone", "view|alone|itself", lambda f, x: np.asarray(f(x))),
        (
            "padded image flipped",
            "flip|window",
            lambda f, x: views(f, x, first=True),
        ),
        ("two views", "view|window|corner|crop", lambda f, x: views(f, x, weights=(1 / 2, 0, 0))),
        ("classes", "shape|class", lambda f, x: views(f, x).argmax(axis=1)),
    ],
    "15.4": [
        ("MACs", "MAC|two|2|half", lambda stack: flops(stack, two=1)),
        (
            "forward alone",
            "forward|gradient|outputs|training",
            lambda stack: flops(stack, weights_of=lambda t: 0, inputs_of=lambda t, b: 0),
        ),
        (
            "three of all",
            "frozen|trained|three",
            lambda stack: flops(stack, weights_of=lambda t: 1, inputs_of=lambda t, b: 1),
        ),
        ("inputs of every layer", "first|input|before", lambda stack: flops(stack, inputs_of=lambda t, b: 1)),
        (
            "frozen layers pass nothing",
            "frozen|pass|input|before",
            lambda stack: flops(stack, inputs_of=lambda t, b: b and t),
        ),
        ("weights of frozen ones", "frozen|weights", lambda stack: flops(stack, weights_of=lambda t: 1)),
        ("no gradient of inputs", "input", lambda stack: flops(stack, inputs_of=lambda t, b: 0)),
        ("no outputs", "output|forward", lambda stack: flops(stack, forward=False)),
        ("weights alone", "position", lambda stack: flops([(1, w, t) for _, w, t in stack])),
        ("from the end", "after", lambda stack: flops(stack[::-1])),
        ("one layer each", "one number", lambda stack: [2 * p * w for p, w, _ in stack]),
    ],
}
