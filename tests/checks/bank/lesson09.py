"""Answers to the exercises of lesson 09, written from their cards."""

import numpy as np


def covered(image, row, column, side, fill, kind=np.float32):
    copy = np.array(image, dtype=kind)
    copy[row : row + side, column : column + side] = fill
    return copy


def probability(predict, image):
    return float(np.ravel(predict(np.asarray(image, dtype=np.float32)[None]))[0])


def one_after_the_other(predict, image, row, column, side, fill):
    return probability(predict, image) - probability(predict, covered(image, row, column, side, fill))


def by_a_mask(predict, image, row, column, side, fill):
    rows, columns = np.indices(image.shape[:2])
    inside = (rows >= row) & (rows < row + side) & (columns >= column) & (columns < column + side)
    hidden = np.where(inside[..., None], fill, image)
    return -np.diff(predict(np.stack([image, hidden]).astype("float64")))[0]


def pixel_by_pixel(predict, image, row, column, side, fill):
    batch = np.stack([image, image]).astype("float32")
    for down in range(side):
        for right in range(side):
            batch[1, row + down, column + right] = fill
    before, after = np.asarray(predict(batch)).tolist()
    return before - after


def two_in_a_batch(predict, image, row, column, side, fill):
    return np.subtract(*predict(np.array([image, covered(image, row, column, side, fill)])))


def importance(change):
    """What ``change`` makes of an image, as an answer."""

    def answer(predict, image, row, column, side, fill):
        return probability(predict, image) - probability(predict, change(image, row, column, side, fill))

    return answer


def fill_of_one_channel(image, row, column, side, fill):
    copy = np.array(image, dtype=np.float32)
    copy[row : row + side, column : column + side] = np.asarray(fill)[0]
    return copy


def everything_else(image, row, column, side, fill):
    copy = np.broadcast_to(np.asarray(fill, np.float32), image.shape).copy()
    copy[row : row + side, column : column + side] = image[row : row + side, column : column + side]
    return copy


def centred(image, row, column, side, fill):
    return covered(image, max(row - side // 2, 0), max(column - side // 2, 0), side, fill)


def writes_on_the_image(predict, image, row, column, side, fill):
    before = probability(predict, image)
    image[row : row + side, column : column + side] = fill
    return before - probability(predict, image)


def cam(maps, gradients, weights=lambda g: g.mean(axis=(0, 1)), cut=True):
    total = (np.asarray(maps) * weights(np.asarray(gradients))).sum(axis=-1)
    return np.maximum(total, 0) if cut else total


def cam_channel_by_channel(maps, gradients):
    total = 0
    for channel in range(maps.shape[2]):
        total = total + gradients[:, :, channel].mean() * maps[:, :, channel]
    return total * (total > 0)


def cam_pixel_by_pixel(maps, gradients):
    weights = np.einsum("rck->k", gradients) / gradients[..., 0].size
    return [[max(float(position @ weights), 0.0) for position in row] for row in maps]


def cam_as_matrices(maps, gradients):
    rows, columns, channels = maps.shape
    weights = gradients.reshape(-1, channels).mean(axis=0)
    return (maps.reshape(-1, channels) @ weights).reshape(rows, columns).clip(min=0)


def share(values, mask, change=lambda v: np.maximum(v, 0)):
    changed = change(np.asarray(values, float))
    whole = changed.sum()
    return changed[mask].sum() / whole if whole else 0.0


def share_pixel_by_pixel(values, mask):
    inside = whole = 0.0
    for index in np.ndindex(*values.shape):
        if values[index] > 0:
            whole += float(values[index])
            inside += float(values[index]) if mask[index] else 0.0
    return 0 if whole == 0 else inside / whole


def share_by_lists(values, mask):
    positive = [(value, one) for value, one in zip(values.ravel(), mask.ravel()) if value > 0]
    return sum(value for value, one in positive if one) / (sum(value for value, _ in positive) or 1)


def share_of_products(values, mask):
    kept = values * (values > 0)
    return float((kept * mask).sum() / max(kept.sum(), 1e-30))


RIGHT = {
    "9.1": [
        ("one after the other", one_after_the_other),
        ("a mask", by_a_mask),
        ("pixel by pixel", pixel_by_pixel),
        ("a batch", two_in_a_batch),
    ],
    "9.2": [
        ("in one line", cam),
        ("channel by channel", cam_channel_by_channel),
        ("pixel by pixel", cam_pixel_by_pixel),
        ("matrices", cam_as_matrices),
    ],
    "9.3": [
        ("in one line", share),
        ("pixel by pixel", share_pixel_by_pixel),
        ("lists", share_by_lists),
        ("products", share_of_products),
    ],
}
WRONG = {
    "9.1": [
        ("after minus before", "sign|before|minus|negative", lambda p, i, *rest: -one_after_the_other(p, i, *rest)),
        ("whole numbers", "whole|uint8|float", importance(lambda *case: covered(*case, kind=np.uint8))),
        ("row and column", "swapped|row|column", importance(lambda i, r, c, s, f: covered(i, c, r, s, f))),
        ("one channel's fill", "channel|colour|fill", importance(fill_of_one_channel)),
        ("everything else", "else|outside|inside|rest", importance(everything_else)),
        ("black", "black|fill|0", importance(lambda i, r, c, s, f: covered(i, r, c, s, 0))),
        ("writes on the image", "changed its input", writes_on_the_image),
        (
            "one pixel larger",
            "side|one pixel|larger|wide",
            importance(lambda i, r, c, s, f: covered(i, r, c, s + 1, f)),
        ),
        (
            "one pixel smaller",
            "side|one pixel|smaller|wide",
            importance(lambda i, r, c, s, f: covered(i, r, c, s - 1, f)),
        ),
        ("centred", "corner|centre", importance(centred)),
        ("two numbers", "one number", lambda p, i, *rest: [one_after_the_other(p, i, *rest)] * 2),
        (
            "a ratio",
            "ratio|divid|minus|difference",
            lambda p, i, *rest: probability(p, covered(i, *rest)) / probability(p, i),
        ),
        ("per cent", "per cent", lambda p, i, *rest: 100 * one_after_the_other(p, i, *rest)),
    ],
    "9.2": [
        ("negative sums kept", "negative", lambda m, g: cam(m, g, cut=False)),
        ("sums of gradients", "mean", lambda m, g: cam(m, g, lambda g: g.sum(axis=(0, 1)))),
        ("each gradient at its position", "one|position", lambda m, g: cam(m, g, lambda g: g)),
        ("weights by position", "channel", lambda m, g: cam(m, g, lambda g: g.mean(axis=2, keepdims=True))),
        ("mean over channels", "sum", lambda m, g: cam(m, g) / m.shape[2]),
        ("cut before the sum", "before|first", lambda m, g: np.maximum(m * g.mean((0, 1)), 0).sum(2)),
        ("absolute weights", "sign", lambda m, g: cam(m, g, lambda g: np.abs(g.mean((0, 1))))),
        ("no weights", "weight", lambda m, g: cam(m, g, lambda g: 1)),
        ("not added up", "[Aa]dd", lambda m, g: m * g.mean((0, 1))),
        ("from 0 to 1", "scale", lambda m, g: cam(m, g) / cam(m, g).max()),
        ("maps as weights", "other way|swap", lambda m, g: cam(g, m)),
        ("the weights", "weights", lambda m, g: g.mean((0, 1))),
        ("median", "", lambda m, g: cam(m, g, lambda g: np.median(g, axis=(0, 1)))),
    ],
    "9.3": [
        ("with negative values", "negative", lambda v, m: share(v, m, lambda v: v)),
        ("absolute values", "negative|absolute", lambda v, m: share(v, m, np.abs)),
        ("outside", "outside", lambda v, m: share(v, ~m)),
        ("not divided", "[Dd]ivide", lambda v, m: np.maximum(v, 0)[m].sum()),
        ("pixels counted", "count|values", lambda v, m: share(v, m, lambda v: (v > 0) * 1.0)),
        ("the area", "area", lambda v, m: m.mean()),
        ("the peak", "peak", lambda v, m: float(m.ravel()[v.argmax()])),
        ("mean inside", "mean|divide", lambda v, m: np.maximum(v, 0)[m].mean()),
        ("per cent", "per cent", lambda v, m: 100 * share(v, m)),
        (
            "0 / 0",
            "0 / 0|NaN",
            lambda v, m: np.float64(np.maximum(v, 0)[m].sum()) / (np.maximum(v, 0).sum() or float("nan")),
        ),
        ("divided by the size", "number of pixels|size", lambda v, m: np.maximum(v, 0)[m].sum() / v.size),
    ],
}
