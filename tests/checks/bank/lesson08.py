"""Answers to the exercises of lesson 08, written from their cards."""

import math

import numpy as np


def dead_by_loops(maps):
    dead = []
    for channel in range(len(maps[0][0][0])):
        if all(float(row[channel]) == 0 for image in maps for column in image for row in column):
            dead.append(channel)
    return dead


def field_from_the_end(stack):
    field = 1
    for kernel, stride in reversed(stack):
        field = (field - 1) * stride + kernel
    return field


def field_by_steps(stack):
    steps = [math.prod(stride for _, stride in stack[:index]) for index in range(len(stack))]
    return 1 + sum(step * (kernel - 1) for step, (kernel, _) in zip(steps, stack))


def field_by_intervals(stack):
    first = last = 0
    for kernel, stride in stack[::-1]:
        first, last = first * stride, last * stride + kernel - 1
    return np.int64(last - first + 1)


def field_by_recursion(stack):
    if not stack:
        return 1
    kernel, stride = stack[0]
    return kernel + (field_by_recursion(stack[1:]) - 1) * stride


def field(stack, start=1, before=False, strides=True, kernels=lambda kernel: kernel - 1):
    size, step = start, 1
    for kernel, stride in stack:
        if before:
            step *= stride
        size += kernels(kernel) * step
        if strides and not before:
            step *= stride
    return size


def uphill_by_loops(image, gradient, step_size):
    flat, numbers = np.array(image, dtype=float).ravel(), np.asarray(gradient, dtype=float).ravel()
    steepest = max(abs(one) for one in numbers)
    if steepest > 0:
        for index, one in enumerate(numbers):
            flat[index] = min(255.0, max(0.0, flat[index] + step_size * one / steepest))
    return flat.reshape(np.shape(image))


def uphill_by_tensors(image, gradient, step_size):
    import tensorflow as tf

    gradient = tf.cast(gradient, tf.float32)
    scaled = tf.math.divide_no_nan(gradient, tf.reduce_max(tf.abs(gradient)))
    return tf.clip_by_value(tf.cast(image, tf.float32) + step_size * scaled, 0.0, 255.0)


def uphill_float32(image, gradient, step_size):
    steepest = np.linalg.norm(gradient.ravel(), ord=np.inf)
    return np.float32(np.clip(image + gradient * (step_size / steepest if steepest else 0), 0, 255))


def uphill_as_lists(image, gradient, step_size):
    return uphill_by_loops(image, gradient, step_size).tolist()


def uphill(image, gradient, step_size, scale=lambda g: np.abs(g).max(), clip=(0, 255), sign=1):
    with np.errstate(all="ignore"):
        change = np.nan_to_num(sign * step_size * gradient / scale(gradient), posinf=0, neginf=0)
    return np.clip(image + change, *clip)


def in_place(image, gradient, step_size):
    image[...] = uphill(image, gradient, step_size)
    return image


def zero_divided(image, gradient, step_size):
    with np.errstate(all="ignore"):
        return np.clip(image + step_size * gradient / np.abs(gradient).max(), 0, 255)


RIGHT = {
    "8.1": [
        ("loops", dead_by_loops),
        ("flatnonzero", lambda maps: np.flatnonzero(~maps.any(axis=(0, 1, 2)))),
        ("sums", lambda maps: [int(k) for k in np.where(maps.sum((0, 1, 2)) == 0)[0]]),
        ("a tuple", lambda maps: tuple(k for k in range(maps.shape[3]) if not np.count_nonzero(maps[:, :, :, k]))),
        ("a set", lambda maps: set(np.flatnonzero(maps.max((0, 1, 2)) == 0).tolist())),
    ],
    "8.2": [
        ("from the end", field_from_the_end),
        ("products of strides", field_by_steps),
        ("intervals", field_by_intervals),
        ("recursion", field_by_recursion),
        ("a float", lambda stack: float(field_by_steps(stack))),
    ],
    "8.3": [
        ("loops", uphill_by_loops),
        ("tensors", uphill_by_tensors),
        ("float32", uphill_float32),
        ("lists", uphill_as_lists),
    ],
}
WRONG = {
    "8.1": [
        ("the first image alone", "image", lambda maps: np.flatnonzero(maps[0].max((0, 1)) == 0).tolist()),
        ("the last image alone", "image", lambda maps: np.flatnonzero(maps[-1].max((0, 1)) == 0).tolist()),
        ("alive", "alive|not dead|other way|living", lambda maps: np.flatnonzero(maps.max((0, 1, 2)) > 0).tolist()),
        (
            "silent on some image",
            "some image|every image|one image",
            lambda maps: np.flatnonzero((maps.max((1, 2)) == 0).any(0)).tolist(),
        ),
        ("zero somewhere", "somewhere|some|every", lambda maps: np.flatnonzero(maps.min((0, 1, 2)) == 0).tolist()),
        ("how many", "list|indices|number", lambda maps: int((maps.max((0, 1, 2)) == 0).sum())),
        ("truth values", "True|indices", lambda maps: (maps.max((0, 1, 2)) == 0).tolist()),
        ("from 1", "from 0|from 1|one too", lambda maps: (np.flatnonzero(maps.max((0, 1, 2)) == 0) + 1).tolist()),
        ("images", "", lambda maps: np.flatnonzero(maps.max((1, 2, 3)) == 0).tolist()),
        (
            "one position",
            "position|corner|pixel",
            lambda maps: np.flatnonzero(maps[:, 0, 0].max(0) == 0).tolist(),
        ),
    ],
    "8.2": [
        ("strides ignored", "stride", lambda stack: field(stack, strides=False)),
        ("own stride first", "stride|before|after|order", lambda stack: field(stack, before=True)),
        ("from 0", "1|start", lambda stack: field(stack, start=0)),
        ("kernels summed", "kernel - 1|neighbours|kernel", lambda stack: field(stack, start=0, kernels=lambda k: k)),
        ("area", "side|square|area", lambda stack: field(stack) ** 2),
        ("last first", "last|order|first|reverse|back", lambda stack: field(stack[::-1])),
        ("the step", "step|stride", lambda stack: math.prod(stride for _, stride in stack)),
        ("a pair", "one number|side", lambda stack: (field(stack), field(stack))),
        ("one layer fewer", "last layer|last|layer", lambda stack: field(stack[:-1])),
        ("kernels multiplied", "", lambda stack: math.prod(kernel for kernel, _ in stack)),
    ],
    "8.3": [
        ("downhill", "downhill|sign|opposite|minus", lambda i, g, s: uphill(i, g, s, sign=-1)),
        ("not scaled", "scale|divide|largest", lambda i, g, s: uphill(i, g, s, scale=lambda g: 1)),
        ("scaled by the norm", "norm|largest", lambda i, g, s: uphill(i, g, s, scale=np.linalg.norm)),
        ("largest without sign", "absolute|negative", lambda i, g, s: uphill(i, g, s, scale=np.max)),
        ("not clipped", "255|clip|0 to 255", lambda i, g, s: uphill(i, g, s, clip=(-1e9, 1e9))),
        ("clipped to 1", "255|1", lambda i, g, s: uphill(i, g, s, clip=(0, 1))),
        ("0 / 0", "0|NaN|zero", zero_divided),
        ("in place", "changed its input", in_place),
        ("signs alone", "sign", lambda i, g, s: np.clip(i + s * np.sign(g), 0, 255)),
        ("the change", "image|change|add", lambda i, g, s: s * g / max(np.abs(g).max(), 1e-9)),
        ("mean", "mean|largest", lambda i, g, s: uphill(i, g, s, scale=lambda g: np.abs(g).mean())),
        ("whole numbers", "whole numbers|fractions|uint8", lambda i, g, s: uphill(i, g, s).astype("uint8")),
    ],
}
