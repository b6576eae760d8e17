"""Answers to the exercises of lesson 14, written from their cards."""

import math

import numpy as np


def noise_by_loops(images, noise):
    flat = []
    for pixel, change in zip(images.ravel().tolist(), noise.ravel().tolist()):
        flat.append(min(255, max(0, round(pixel + change))))
    return np.array(flat, np.uint8).reshape(images.shape)


def noise_in_int16(images, noise):
    total = images.astype(np.int16) + np.rint(noise).astype(np.int16)
    total[total < 0] = 0
    total[total > 255] = 255
    return total.astype("uint8")


def noise_by_tensors(images, noise):
    import tensorflow as tf

    return tf.cast(tf.clip_by_value(tf.round(tf.cast(images, tf.float64) + noise), 0, 255), tf.uint8)


def wrapped(images, noise):
    return np.mod(np.rint(images + noise), 256).astype(np.uint8)


def in_place(images, noise):
    images[...] = np.clip(np.rint(images + noise), 0, 255)
    return images


def interval_by_counts(first, second):
    n = len(first)
    gained = sum(1 for a, b in zip(first, second) if b and not a)
    lost = sum(1 for a, b in zip(first, second) if a and not b)
    gap = (gained - lost) / n
    return gap, 1.96 * math.sqrt(((gained + lost) / n - gap**2) / n)


def interval_by_scipy(first, second):
    from scipy import stats

    change = second.astype(int) - first.astype(int)
    return change.mean(), stats.norm.ppf(0.975) * stats.sem(change)


def interval_as_array(first, second):
    change = 1.0 * second - 1.0 * first
    return np.array([np.mean(change), 1.96 * np.std(change, ddof=1) / len(change) ** 0.5])


def interval(first, second, factor=1.96, root=True, paired=True):
    change = second.astype(float) - first
    spread = change.std() if paired else np.sqrt(first.var() + second.var())
    return change.mean(), factor * spread / (np.sqrt(len(change)) if root else 1)


def step_by_loops(images, gradient, bound):
    moved = np.empty(images.shape)
    for index in np.ndindex(images.shape):
        way = 1 if gradient[index] > 0 else -1
        moved[index] = min(255.0, max(0.0, float(images[index]) + bound * way))
    return moved


def step_by_tensors(images, gradient, bound):
    import tensorflow as tf

    moved = tf.cast(images, tf.float32) + bound * tf.sign(gradient)
    return tf.clip_by_value(moved, 0.0, 255.0)


def step_by_where(images, gradient, bound):
    brighter, darker = np.minimum(images + float(bound), 255), np.maximum(images - float(bound), 0)
    return np.where(gradient > 0, brighter, darker)


def step(images, gradient, bound, clip=(0, 255), sign=1):
    return np.clip(images + sign * bound * np.sign(gradient), *clip)


RIGHT = {
    "14.1": [
        ("loops", noise_by_loops),
        ("int16", noise_in_int16),
        ("tensors", noise_by_tensors),
        ("one line", lambda images, noise: (images + noise).round().clip(0, 255).astype(np.uint8)),
        ("half added", lambda images, noise: np.floor(np.clip(images + noise, 0, 255) + 0.5).astype(np.uint8)),
    ],
    "14.2": [
        ("counts", interval_by_counts),
        ("scipy", interval_by_scipy),
        ("array, ddof 1", interval_as_array),
        ("list", lambda first, second: list(interval(first, second))),
    ],
    "14.3": [
        ("loops", step_by_loops),
        ("tensors", step_by_tensors),
        ("where", step_by_where),
        ("float32", lambda images, gradient, bound: step(np.float32(images), gradient, bound)),
        ("minimum and maximum", lambda i, g, b: np.maximum(0, np.minimum(255, i + b * np.sign(g)))),
    ],
}
WRONG = {
    "14.1": [
        ("wrapped", "other end", wrapped),
        ("truncated", "decimals", lambda images, noise: np.clip(images + noise, 0, 255).astype(np.uint8)),
        ("float", "type float64.*uint8", lambda images, noise: np.clip(np.rint(images + noise), 0, 255)),
        ("whole but int64", "type int64", lambda images, noise: np.clip(np.rint(images + noise), 0, 255).astype(int)),
        ("subtracted", "subtract", lambda images, noise: np.clip(np.rint(images - noise), 0, 255).astype(np.uint8)),
        ("not cut above", "above 255", lambda i, n: np.mod(np.maximum(np.rint(i + n), 0), 256).astype(np.uint8)),
        ("not cut below", "below 0", lambda i, n: np.mod(np.minimum(np.rint(i + n), 255), 256).astype(np.uint8)),
        ("unchanged", "as they were", lambda images, noise: images),
        ("in place", "changed its input", in_place),
        ("noise alone", "noise alone", lambda images, noise: np.clip(np.rint(noise), 0, 255).astype(np.uint8)),
    ],
    "14.2": [
        ("unpaired", "separate", lambda first, second: interval(first, second, paired=False)),
        ("other sign", "sign is the other way", lambda first, second: interval(second, first)),
        ("standard error", "standard error", lambda first, second: interval(first, second, factor=1)),
        ("no root", "root of their number", lambda first, second: interval(first, second, root=False)),
        ("factor 2", "1.96", lambda first, second: interval(first, second, factor=2)),
        ("per cent", "per cent", lambda first, second: tuple(100 * np.array(interval(first, second)))),
        ("ends", "two ends", lambda f, s: (interval(f, s)[0] - interval(f, s)[1], sum(interval(f, s)))),
        ("whole width", "whole width", lambda first, second: interval(first, second, factor=2 * 1.96)),
        ("one number", "one number", lambda first, second: interval(first, second)[0]),
    ],
    "14.3": [
        ("downhill", "downhill", lambda images, gradient, bound: step(images, gradient, bound, sign=-1)),
        ("not cut", "leave 0 to 255", lambda images, gradient, bound: images + bound * np.sign(gradient)),
        ("gradient", "sign", lambda images, gradient, bound: np.clip(images + bound * gradient, 0, 255)),
        ("steepest", "largest entry", lambda i, g, b: np.clip(i + b * g / np.abs(g).max(), 0, 255)),
        ("norm", "norm", lambda i, g, b: np.clip(i + b * g / np.linalg.norm(g), 0, 255)),
        ("times 255", "by 255", lambda images, gradient, bound: step(images, gradient, 255 * bound)),
        ("over 255", "by 255", lambda images, gradient, bound: step(images, gradient, bound / 255)),
        ("to 1", "0 to 1", lambda images, gradient, bound: step(images, gradient, bound, clip=(0, 1))),
        ("change alone", "change alone", lambda images, gradient, bound: bound * np.sign(gradient)),
        ("whole numbers", "decimals", lambda i, g, b: step(i, g, b).astype(np.uint8)),
    ],
}
