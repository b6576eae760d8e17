"""The parts of the fast network, each against a second way to compute it; then all of them together."""

import dataclasses
import hashlib
import json
import math
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from helpers import anatomy, fast, models, training
from helpers.data import shapes10

GENERATOR = np.random.default_rng(7)
TINY = fast.FastRecipe(
    widths=(2, 3, 4), activation="relu", epochs=2, batch_size=10, rate_per_image=0.01, reach=1, views=1
)


def drawn(*shape):
    """Noise that neighbours share: pixels of a photo are not independent of one another either."""
    noise = GENERATOR.normal(size=shape)
    return noise + np.roll(noise, 1, axis=1) + 0.5 * np.roll(noise, 1, axis=2) + noise.mean(axis=-1, keepdims=True)


def coloured(n=40, side=10, classes=4, seed=0):
    """Images whose brightness tells the class, and their labels."""
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(n) % classes)
    images = generator.normal(60 + 40 * labels[:, None, None, None], 40, (n, side, side, 3))
    return images.clip(0, 255).astype(np.uint8), labels


@pytest.fixture
def eagerly():
    """Tracing takes most of the time of so small a training."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def train(recipe=TINY, seed=0, dataset=None, **options):
    x, y = dataset or coloured()
    return fast.train_fast(x, y, recipe, seed, classes=4, progress=False, **options)


def changed(**fields):
    return dataclasses.replace(TINY, **fields)


# Precision


@pytest.mark.parametrize("kernel", [(3, 3), (2, 2), (1, 4), (5, 3)])
@pytest.mark.parametrize("maps", [(1, 7, 6, 4), (5, 4, 4, 3)])
def test_the_slopes_of_a_quick_convolution_are_those_of_the_usual_one(kernel, maps):
    x = tf.constant(GENERATOR.normal(size=maps), tf.float32)
    weights = tf.constant(GENERATOR.normal(size=(*kernel, maps[-1], 6)), tf.float32)
    upstream = tf.constant(GENERATOR.normal(size=(*maps[:-1], 6)), tf.float32)
    slopes = []
    for convolution in (fast._same_convolution, lambda x, kernel: tf.nn.conv2d(x, kernel, 1, "SAME")):
        with tf.GradientTape() as tape:
            tape.watch([x, weights])
            output = convolution(x, weights)
            loss = tf.reduce_sum(output * upstream)
        slopes.append([output, *tape.gradient(loss, [x, weights])])
    for ours, usual in zip(*slopes, strict=True):
        np.testing.assert_allclose(ours, usual, atol=1e-4)


@pytest.mark.parametrize("setting", [{"strides": 2}, {"dilation_rate": 2}, {"groups": 3}])
def test_a_quick_convolution_does_what_it_is_set_to(setting):
    maps = GENERATOR.normal(size=(2, 7, 7, 3)).astype("float32")
    usual = layers.Conv2D(6, 3, padding="same", **setting)
    quick = fast.QuickConv2D(6, 3, padding="same", dtype="mixed_bfloat16", **setting)
    expected, _ = usual(maps), quick(maps)
    quick.set_weights(usual.get_weights())
    np.testing.assert_allclose(keras.ops.cast(quick(maps), "float32"), expected, atol=0.05)


@pytest.mark.parametrize(
    ("side", "padding", "policy", "quick"),
    [
        (7, "same", "mixed_bfloat16", True),
        (15, "same", "mixed_bfloat16", False),
        (7, "valid", "mixed_bfloat16", False),
        (7, "same", "float32", False),
    ],
)
def test_only_small_maps_in_bfloat16_take_the_quick_way(side, padding, policy, quick, monkeypatch):
    taken, ours = [], fast._same_convolution
    monkeypatch.setattr(fast, "_same_convolution", lambda *given: taken.append(1) or ours(*given))
    layer = fast.QuickConv2D(4, 3, padding=padding, dtype=policy)
    usual = layers.Conv2D(4, 3, padding=padding)
    maps = GENERATOR.normal(size=(2, side, side, 3)).astype("float32")
    usual(maps)
    output = layer(maps)
    assert bool(taken) is quick
    layer.set_weights(usual.get_weights())
    np.testing.assert_allclose(keras.ops.cast(layer(maps), "float32"), usual(maps), atol=0.05)
    assert output.dtype.name == layer.compute_dtype


@pytest.mark.parametrize(("dtype", "rounding"), [("float32", 1e-6), ("bfloat16", 1 / 128)])
def test_silu_and_its_slope_follow_the_formula(dtype, rounding):
    numbers = tf.cast(np.r_[5 * drawn(4, 10, 10).ravel(), 0, 60, -60], dtype)
    with tf.GradientTape() as tape:
        tape.watch(numbers)
        outputs = fast.silu(numbers)
    exact = numbers.numpy().astype(float)
    share = 1 / (1 + np.exp(-exact))
    slope = share * (1 + exact * (1 - share))
    np.testing.assert_allclose(outputs.numpy().astype(float), exact * share, rounding, rounding / 10)
    np.testing.assert_allclose(tape.gradient(outputs, numbers).numpy().astype(float), slope, rounding, rounding / 10)


@pytest.mark.parametrize(
    ("found", "gpus", "policy"),
    [(True, [], "mixed_bfloat16"), (False, [], "float32"), (True, ["GPU:0"], "float32")],
)
def test_bfloat16_is_for_processors_that_multiply_it(found, gpus, policy, monkeypatch):
    monkeypatch.setattr(fast.start, "bfloat16_products", lambda: found)
    monkeypatch.setattr(fast.tf.config, "list_physical_devices", lambda kind: gpus)
    assert fast.precision() == policy


def test_in_bfloat16_weights_and_logits_stay_float32_and_answers_about_the_same():
    options = {"widths": (4, 6, 8), "input_shape": (12, 12, 3), "classes": 4}
    x = coloured(30, side=12)[0]
    rounded, exact = (fast.fast_cnn(x, policy=policy, **options) for policy in ("mixed_bfloat16", "float32"))
    rounded.set_weights(exact.get_weights())
    assert {weight.dtype for weight in rounded.weights} == {"float32"}
    answers = [model.predict(x, verbose=0) for model in (rounded, exact)]
    assert answers[0].dtype == np.float32
    np.testing.assert_allclose(*answers, atol=0.05 * np.abs(answers[1]).max())
    assert not np.array_equal(*answers)


# Whitening


@pytest.mark.parametrize(("size", "channels", "rows"), [(1, 3, 6), (2, 3, 7), (2, 1, 9), (3, 2, 8)])
def test_whitened_patches_have_variance_1_and_do_not_go_together(size, channels, rows):
    images = drawn(60, rows, rows + 2, channels)
    kernel = fast.whitening_kernel(images, size, epsilon=1e-9)
    numbers = size * size * channels
    assert kernel.shape == (size, size, channels, 2 * numbers)
    # One output at a time, place by place: no reshaping that could hide a wrong order of the patch's numbers.
    outputs = np.stack(
        [
            sum(
                kernel[i, j, c, k] * images[:, i : rows - size + 1 + i, j : rows + 3 - size + j, c]
                for i, j, c in np.ndindex(size, size, channels)
            ).ravel()
            for k in range(2 * numbers)
        ]
    )
    np.testing.assert_allclose(np.cov(outputs[:numbers]), np.eye(numbers), atol=2e-3)
    np.testing.assert_array_equal(kernel[..., numbers:], -kernel[..., :numbers])
    lengths = np.linalg.norm(kernel.reshape(numbers, -1)[:, :numbers], axis=0)
    assert (np.diff(lengths) >= 0).all(), "the direction in which patches differ most comes first"


def test_epsilon_holds_back_directions_in_which_patches_hardly_differ():
    images = GENERATOR.normal(size=(50, 6, 6, 3)) * [1, 0.05, 0]
    kernel = fast.whitening_kernel(images, 1, epsilon=1e-2)
    outputs = (images @ kernel[0, 0, :, :3]).reshape(-1, 3)
    centred = (images - images.mean(axis=(0, 1, 2))).reshape(-1, 3)
    variances = np.linalg.svd(centred, compute_uv=False) ** 2 / len(centred)
    np.testing.assert_allclose(outputs.var(axis=0), variances / (variances + 1e-2), rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize(
    ("images", "size", "sentence"),
    [
        (np.zeros((4, 5, 5)), 2, r"shape \(n, rows, columns, channels\).*\(4, 5, 5\)"),
        (np.zeros((0, 5, 5, 3)), 2, r"these have \(0, 5, 5, 3\)"),
        (np.zeros((4, 5, 6, 3)), 6, "size is 6: a patch has from 1 to 5"),
        (np.zeros((4, 5, 6, 3)), 0, "size is 0"),
        (np.full((9, 5, 5, 3), np.nan), 2, "NaN"),
        (np.ones((9, 5, 5, 3)), 2, "All patches are the same"),
        (drawn(1, 4, 4, 3), 2, "9 patches of 12 numbers"),
    ],
)
def test_images_that_cannot_be_whitened_are_named(images, size, sentence):
    with pytest.raises(ValueError, match=sentence):
        fast.whitening_kernel(images, size)


def test_a_frozen_kernel_stays_frozen_when_the_model_is_thawed():
    model = keras.Sequential([layers.Input((9, 9, 3)), fast.FrozenConv2D(4, 2, name="whitening"), layers.Flatten()])
    model.trainable = False
    model.trainable = True
    assert [weight.name for weight in model.trainable_weights] == ["bias"]
    assert [weight.name for weight in model.non_trainable_weights] == ["kernel"]


# Batch normalisation


@pytest.mark.parametrize("shape", [(1, 1, 1, 3), (2, 5, 3, 4), (7, 4, 6, 1), (16, 2, 2, 9)])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("compiled", [False, True])
def test_fused_normalisation_equals_that_of_keras(shape, scale, compiled):
    settings = {"momentum": 0.6, "epsilon": 0.01, "scale": scale}
    ours, keras_own = fast.FusedBatchNormalization(**settings), layers.BatchNormalization(**settings)
    for layer in (ours, keras_own):
        layer.build((None, *shape[1:]))
    weights = [GENERATOR.uniform(0.5, 2, weight.shape) for weight in keras_own.get_weights()]
    slopes = tf.constant(GENERATOR.normal(size=shape), tf.float32)
    x = tf.constant(GENERATOR.normal(3, 2, shape), tf.float32)

    def results(layer, training):
        def compute(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                outputs = layer(x, training=training)
                total = tf.reduce_sum(outputs * slopes)
            return outputs, tape.gradient(total, [x, *(weight.value for weight in layer.trainable_weights)])

        layer.set_weights(weights)
        outputs, gradients = (tf.function(compute) if compiled else compute)(x)
        return [outputs, *gradients, *layer.get_weights()]

    for learning in (True, False):
        for got, wanted in zip(results(ours, learning), results(keras_own, learning), strict=True):
            np.testing.assert_allclose(got, wanted, atol=1e-4, rtol=1e-4)


def test_a_gain_changes_how_fast_the_bias_is_learnt_and_nothing_else():
    x = tf.constant(GENERATOR.normal(size=(4, 3, 3, 2)), tf.float32)
    bias, moved = tf.constant([0.5, -2.0]), []
    for gain in (1.0, 3.0):
        layer = fast.FusedBatchNormalization(gain)
        layer.build(x.shape)
        layer.beta.assign(bias / gain)
        with tf.GradientTape() as tape:
            outputs = layer(x, training=True)
            loss = tf.reduce_sum(outputs * [1.0, 5.0])
        np.testing.assert_allclose(tf.reduce_mean(outputs, axis=(0, 1, 2)), bias, atol=1e-5)
        keras.optimizers.SGD(0.01).apply(tape.gradient(loss, [layer.beta.value]), [layer.beta])
        moved.append(gain * layer.beta.numpy() - bias)
    np.testing.assert_allclose(moved[1], 9 * moved[0], rtol=1e-4)
    np.testing.assert_allclose(moved[0], [-0.01 * 36, -0.05 * 36], rtol=1e-4)


def test_a_frozen_normalisation_uses_and_keeps_its_moving_statistics():
    layer = fast.FusedBatchNormalization(trainable=False, epsilon=1e-4)
    x = tf.constant(GENERATOR.normal(9, 1, (4, 3, 3, 2)), tf.float32)
    np.testing.assert_allclose(layer(x, training=True), x / math.sqrt(1 + 1e-4), rtol=1e-5)
    np.testing.assert_array_equal(layer.moving_mean, [0, 0])


@pytest.mark.parametrize(
    ("settings", "shape", "sentence"),
    [
        ({"bias_gain": 0}, (2, 4, 4, 3), "bias_gain is 0"),
        ({"bias_gain": math.nan}, (2, 4, 4, 3), "bias_gain is nan"),
        ({"epsilon": 1e-12}, (2, 4, 4, 3), "epsilon is 1e-12"),
        ({"renorm": True}, (2, 4, 4, 3), "renorm"),
        ({}, (2, 4), r"the input is \(2, 4\)"),
        ({"axis": 1}, (2, 4, 4, 3), "axis 1"),
    ],
)
def test_what_the_fused_operation_cannot_do_is_named(settings, shape, sentence):
    with pytest.raises(ValueError, match=sentence):
        fast.FusedBatchNormalization(**settings)(np.zeros(shape, np.float32))


# Identity initialisation


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(("channels", "filters"), [(3, 3), (2, 5), (5, 2)])
def test_the_first_filters_copy_their_input(size, channels, filters):
    x = GENERATOR.normal(size=(2, 6, 7, channels)).astype(np.float32)
    layer = layers.Conv2D(filters, size, padding="same", use_bias=False, kernel_initializer=fast.Dirac(seed=3))
    copied = min(channels, filters)
    np.testing.assert_array_equal(layer(x)[..., :copied], x[..., :copied])
    others = layer.kernel.numpy()[..., copied:]
    assert np.abs(others).max(initial=0) <= 1 / math.sqrt(size * size * channels)
    assert len(np.unique(others)) == others.size


def test_identity_initialisation_follows_its_seed():
    kernels = [fast.Dirac(seed)((3, 3, 2, 4)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])
    again = keras.initializers.deserialize(keras.initializers.serialize(fast.Dirac(1)))
    np.testing.assert_array_equal(again((3, 3, 2, 4)), kernels[0])
    with pytest.raises(ValueError, match=r"four numbers; this shape is \(3, 4\)"):
        fast.Dirac()((3, 4))


# Steps


@pytest.mark.parametrize(
    ("steps", "start", "peak", "end"), [(100, 0.2, 0.23, 0.07), (7, 0.0, 0.5, 1.0), (1, 1, 0.1, 0)]
)
def test_the_learning_rate_rises_and_falls_in_straight_lines(steps, start, peak, end):
    schedule = fast.Triangle(0.4, steps, start, peak, end)
    asked = np.arange(steps + 3)
    expected = 0.4 * np.interp(asked, [0, peak * steps, steps], [start, 1, end])
    np.testing.assert_allclose([schedule(step) for step in asked], expected, rtol=1e-5, atol=1e-7)
    again = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(schedule))
    assert again.get_config() == schedule.get_config()


@pytest.mark.parametrize(("steps", "peak"), [(0, 0.5), (9, 0.0), (9, 1.0)])
def test_a_schedule_without_a_rise_or_a_fall_is_refused(steps, peak):
    with pytest.raises(ValueError, match=f"steps is {steps} and peak {peak}"):
        fast.Triangle(0.4, steps, peak=peak)


def test_weight_decay_follows_the_learning_rate_and_spares_what_is_frozen(eagerly):
    """What Keras promises and the recipe rests on: each step takes rate * weight_decay of every trained weight."""
    x, _ = coloured()
    recipe = changed(weight_decay=0.05, momentum=0.5)
    model, steps = recipe.build(x, x.shape[1:], 4), 6
    optimizer = recipe.make_optimizer(steps)
    optimizer.build(model.trainable_variables)
    before = [weight.numpy() for weight in model.trainable_variables]
    for _ in range(steps):
        optimizer.apply([tf.zeros(weight.shape) for weight in model.trainable_variables])
    rates = 0.1 * np.interp(np.arange(steps), [0, 0.23 * steps, steps], [0.2, 1, 0.07])
    for weight, old in zip(model.trainable_variables, before, strict=True):
        np.testing.assert_allclose(weight, old * np.prod(1 - 0.05 * rates), rtol=1e-5, atol=1e-9)
    names = {path.split("/")[-2].rstrip("_0123456789") for path in (v.path for v in model.trainable_variables)}
    assert names == {"quick_conv2d", "fused_batch_normalization", "dense"}


class Recorder(keras.callbacks.Callback):
    """Keeps all weights as they are after each step, before Lookahead changes them."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(self.model.get_weights())


def small_model():
    keras.utils.set_random_seed(4)
    model = keras.Sequential(
        [layers.Input((10, 10, 3)), fast.FrozenConv2D(3, 2), fast.FusedBatchNormalization(), layers.Flatten()]
    )
    model.add(layers.Dense(4))
    model.compile(keras.optimizers.SGD(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def test_lookahead_pulls_all_weights_back_to_the_slow_ones(eagerly):
    x, y = coloured(28)
    lookahead, recorder, model = fast.Lookahead(steps=7, every=3, decay=0.9, power=2), Recorder(), small_model()
    slow, frozen = model.get_weights(), model.layers[0].kernel.numpy()
    for _ in range(2):  # the same training through two calls of fit, the second with three steps
        batches = slice(0, 16) if not recorder.seen else slice(16, 28)
        model.fit(x[batches], y[batches], 4, shuffle=False, verbose=0, callbacks=[recorder, lookahead])
        if len(recorder.seen) == 4:
            assert not np.array_equal(model.get_weights()[-1], slow[-1])
    for step in (3, 6, 7):
        share = 0.9**3 * (step / 7) ** 2
        fast_weights = recorder.seen[step - 1]
        slow = [share * old + (1 - share) * new for old, new in zip(slow, fast_weights)]
        after = model.get_weights() if step == 7 else None
    for got, wanted in zip(after, slow, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(model.layers[0].kernel, frozen)


def test_lookahead_begins_anew_with_another_training(eagerly):
    x, y = coloured(12)
    lookahead, ends = fast.Lookahead(steps=3, every=1, decay=1.0, power=0), []
    for _ in range(2):
        model = small_model()
        start = model.get_weights()
        model.fit(x, y, 4, shuffle=False, verbose=0, callbacks=[lookahead])
        ends.append(model.get_weights())
    for first, second, wanted in zip(*ends, start, strict=True):
        np.testing.assert_allclose(first, wanted, atol=1e-6)  # a share of 1 never lets go
        np.testing.assert_array_equal(second, first)


@pytest.mark.parametrize("settings", [{"steps": 0}, {"steps": 9, "every": 0}, {"steps": 9, "decay": 1.1}])
def test_lookahead_without_steps_is_refused(settings):
    with pytest.raises(ValueError, match=r"steps is \d, every \d, decay"):
        fast.Lookahead(**settings)


@pytest.mark.parametrize("shape", [(4, 40), (40, 4), (12, 12)])
def test_orthogonalised_steps_have_singular_values_near_1_in_the_same_directions(shape):
    left, _ = np.linalg.qr(GENERATOR.normal(size=(shape[0], min(shape))))
    right, _ = np.linalg.qr(GENERATOR.normal(size=(shape[1], min(shape))))
    values = np.geomspace(1e-3, 5e-2, min(shape))
    turned = left.T @ fast.orthogonalised(tf.constant(left * values @ right.T, tf.float32)) @ right
    assert np.diag(turned).min() > 0.6
    assert np.diag(turned).max() < 1.25
    np.testing.assert_allclose(turned - np.diag(np.diag(turned)), 0, atol=1e-3)


def test_muon_moves_kernels_by_orthogonal_steps_and_the_rest_as_sgd_does():
    kernel, bias = (GENERATOR.normal(size=shape).astype(np.float32) for shape in ((3, 3, 4, 5), (5,)))
    slopes = [[tf.constant(GENERATOR.normal(size=v.shape), tf.float32) for v in (kernel, bias)] for _ in range(3)]
    ends = []
    for kind, settings in ((fast.Muon, {"kernel_gain": 2.0}), (keras.optimizers.SGD, {})):
        optimizer = kind(0.1, momentum=0.5, nesterov=True, **settings)
        weights = [keras.Variable(kernel), keras.Variable(bias)]
        for slope in slopes:
            optimizer.apply(slope, weights)
        again = kind.from_config(optimizer.get_config())
        assert again.get_config() == optimizer.get_config()
        ends.append(weights)
    np.testing.assert_allclose(ends[0][1], ends[1][1], rtol=1e-5)
    matrix, velocity = kernel.reshape(-1, 5), 0.0
    for slope, _ in slopes:
        slope = slope.numpy().reshape(-1, 5)
        velocity = 0.5 * velocity + slope
        step = fast.orthogonalised(tf.constant(slope + 0.5 * velocity)).numpy()
        matrix = matrix * math.sqrt(5) / np.linalg.norm(matrix) - 2 * 0.1 * step
    np.testing.assert_allclose(ends[0][0].numpy().reshape(-1, 5), matrix, atol=1e-4)


# Views


@pytest.fixture(scope="module")
def reader():
    """Numbers that tell where each pixel was, so that every view gives another answer."""
    model = keras.Sequential([layers.Input((6, 7, 3)), layers.Flatten(), layers.Dense(5)])
    model.layers[-1].kernel.assign(GENERATOR.normal(size=(6 * 7 * 3, 5)))
    return model


@pytest.mark.parametrize("views", [1, 2, 6, 18])
def test_views_are_averaged_with_their_weights(views, reader):
    x = GENERATOR.integers(0, 256, (7, 6, 7, 3)).astype(np.uint8)
    kernel = reader.layers[-1].kernel.numpy().astype(float)

    def answer(images):
        return images.reshape(len(images), -1).astype(float) @ kernel

    def shifted(down, right):
        """The image seen from further down and right, the gap filled from its own mirror image."""

        def along(images, axis, step):
            images = np.moveaxis(images, axis, 0)
            moved = {
                1: [*images[1:], images[-2]],
                0: images,
                -1: [images[1], *images[:-1]],
            }[step]
            return np.moveaxis(np.array(moved), 0, axis)

        return along(along(x, 1, down), 2, right)

    def both(images):
        return (answer(images) + answer(images[:, :, ::-1])) / 2

    beside = sum(both(shifted(*step)) for step in ((0, 1), (1, 0), (0, -1), (-1, 0)))
    across = sum(both(shifted(*step)) for step in ((1, 1), (1, -1), (-1, 1), (-1, -1)))
    expected = {
        1: answer(x),
        2: both(x),
        6: both(x) / 2 + both(shifted(1, 1)) / 4 + both(shifted(-1, -1)) / 4,
        18: both(x) / 4 + beside / 8 + across / 16,
    }[views]
    got = fast.view_logits(reader, x, views, batch_size=3)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=0.05)


def test_other_views_are_refused(reader):
    x = np.zeros((2, 6, 7, 3), np.uint8)
    with pytest.raises(ValueError, match=r"views is 3: choose one of 1, 2, 6, 18\."):
        fast.view_logits(reader, x, views=3)
    with pytest.raises(ValueError, match="reach is 0: 6 views"):
        fast.view_logits(reader, x, reach=0)
    with pytest.raises(ValueError, match="views is 2 and margin 1: a margin above 0 tells"):
        fast.view_logits(reader, x, 2, margin=1)
    with pytest.raises(ValueError, match="views is 6 and margin 0: a margin above 0"):
        fast.view_logits(reader, x, 6, margin=0)


@pytest.mark.parametrize("views", [6, 18])
def test_more_views_are_asked_only_where_two_leave_doubt(views, reader):
    x = GENERATOR.integers(0, 256, (60, 6, 7, 3)).astype(np.uint8)
    two, all_of_them = fast.view_logits(reader, x, 2), fast.view_logits(reader, x, views)
    gaps = np.diff(np.sort(two, axis=1)[:, -2:])[:, 0]
    margin = float(np.median(gaps))
    got = fast.view_logits(reader, x, views, margin=margin)
    np.testing.assert_allclose(got, np.where((gaps < margin)[:, None], all_of_them, two), rtol=1e-4, atol=0.05)
    assert 0 < np.sum(gaps < margin) < 60
    one_by_one = np.concatenate([fast.view_logits(reader, x[i : i + 1], views, margin=margin) for i in range(60)])
    np.testing.assert_allclose(one_by_one, got, rtol=1e-4, atol=0.05, err_msg="the others must not matter")
    np.testing.assert_array_equal(fast.view_logits(reader, x, views, margin=1e-9), two)
    recipe = changed(views=views, margin=margin)
    np.testing.assert_array_equal(recipe.answer(reader, x), got)
    np.testing.assert_array_equal(dataclasses.replace(recipe, margin=None).answer(reader, x), all_of_them)


def test_accuracy_is_told_for_every_number_of_views(reader):
    x = GENERATOR.integers(0, 256, (50, 6, 7, 3)).astype(np.uint8)
    answers = {views: fast.view_logits(reader, x, views).argmax(axis=1) for views in (1, 2, 6, 18)}
    # Labels that one view gets right in 30 images, and the others where they agree with it.
    y = np.where(np.arange(50) < 30, answers[1], (answers[1] + 1) % 5)
    assert list(fast.accuracy_by_views(reader, x, y)) == ["1", "2", "6"]
    scores = fast.accuracy_by_views(reader, x, y, fast.VIEWS)
    assert list(scores) == ["1", "2", "6", "18"], "the keys of JSON are text"
    assert scores["1"] == 0.6
    for views, score in scores.items():
        assert score == pytest.approx(sum(map(int.__eq__, answers[int(views)].tolist(), y.tolist())) / 50)
    assert json.loads(json.dumps(scores)) == scores
    thirds = fast.accuracy_by_views(reader, x[:3], np.r_[answers[1][:2], (answers[1][2] + 1) % 5])
    assert thirds["1"] == 0.6667


# The network


@pytest.mark.parametrize("activation", ["gelu", "silu"])
def test_the_network_has_the_layers_and_the_weights_of_its_description(activation, tmp_path):
    x, _ = coloured(30, side=17)
    model = fast.fast_cnn(x, (4, 6, 5), activation, (17, 17, 3), classes=7)
    kernels = 9 * (24 * 4 + 4 * 4 + 4 * 6 + 6 * 6 + 6 * 5 + 5 * 5) + 5 * 7
    assert sum(weight.numpy().size for weight in model.trainable_weights) == kernels + 2 * (4 + 6 + 5)
    assert model.count_params() == kernels + 3 * 2 * (4 + 6 + 5) + 6 + 12 * 24
    assert models.outputs_logits(model)
    assert [row.output for row in anatomy.layers(model)][-3:] == [(5,), (7,), (7,)]
    inside = keras.Model(model.inputs, [model.layers[0].output, model.layers[1].output, model.layers[-2].output])
    normalised, whitened, last = inside.predict(x, verbose=0)
    np.testing.assert_allclose(normalised.mean(axis=(0, 1, 2)), 0, atol=1e-3)
    np.testing.assert_allclose(normalised.var(axis=(0, 1, 2)), 1, atol=1e-3)
    np.testing.assert_allclose(np.cov(whitened[..., :12].reshape(-1, 12).T), np.eye(12), atol=0.02)
    logits = model.predict(x, verbose=0)
    np.testing.assert_allclose(logits, last / 9, rtol=1e-5)
    # All that was read off the images is stored with the weights, and in the file of the whole model.
    model.save_weights(tmp_path / "fast.weights.h5")
    model.save(tmp_path / "fast.keras")
    bare = fast.fast_cnn(None, (4, 6, 5), activation, (17, 17, 3), classes=7)
    bare.load_weights(tmp_path / "fast.weights.h5")
    for again in (bare, keras.models.load_model(tmp_path / "fast.keras"), keras.models.clone_model(model)):
        again.set_weights(model.get_weights())
        np.testing.assert_array_equal(again.predict(x, verbose=0), logits)
        gains = [layer.bias_gain for layer in again.layers if isinstance(layer, fast.FusedBatchNormalization)]
        assert gains == [8.0] * 6
        assert [weight.name for weight in again.trainable_weights] == [w.name for w in model.trainable_weights]


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def test_each_option_changes_one_part():
    x, _ = coloured(30)
    plain = TINY.build(x, x.shape[1:])
    assert kinds(plain)[1:3] == ["FrozenConv2D", "Activation"]
    assert np.array_equal(plain.layers[3].kernel[1, 1], np.eye(24, 2))
    without = changed(whitening=False).build(x, x.shape[1:])
    assert kinds(without)[1:3] == ["QuickConv2D", "FusedBatchNormalization"]
    assert kinds(without)[3:] == kinds(plain)[2:]
    assert without.layers[1].kernel.shape == plain.layers[1].kernel.shape
    assert without.layers[1].trainable_weights
    biased = changed(whitening_bias=True).build(x, x.shape[1:])
    assert [weight.name for weight in biased.layers[1].trainable_weights] == ["bias"]
    np.testing.assert_array_equal(biased.layers[1].kernel, plain.layers[1].kernel)
    drawn_filters = changed(identity=False).build(x, x.shape[1:])
    kernel = drawn_filters.layers[3].kernel.numpy()
    assert np.abs(kernel).min() > 0
    assert np.abs(kernel).max() <= 1 / math.sqrt(9 * 24)
    slow = changed(bias_gain=1.0).build(x, x.shape[1:])
    assert {layer.bias_gain for layer in slow.layers if isinstance(layer, fast.FusedBatchNormalization)} == {1.0}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"activation": "swish"}, r"activation is 'swish': choose one of 'relu', 'silu', 'gelu'"),
        ({"widths": (4, 8)}, r"widths are \(4, 8\)"),
        ({"widths": (4, 8, 0)}, r"widths are \(4, 8, 0\)"),
        ({"input_shape": (8, 32, 3)}, r"input_shape is \(8, 32, 3\).*9 pixels"),
        ({"input_shape": (32, 32, 3)}, r"images have the shape \(10, 10, 3\); input_shape is \(32, 32, 3\)"),
        ({"images": np.full((5, 10, 10, 3), 9, np.uint8)}, "All patches are the same"),
    ],
)
def test_a_network_that_cannot_be_built_says_why(options, sentence):
    options = {"images": coloured()[0], "widths": (2, 2, 2), "input_shape": (10, 10, 3)} | options
    with pytest.raises(ValueError, match=sentence):
        fast.fast_cnn(**options)


# Training


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("activation", "swish", "activation is 'swish'.*'silu'"),
        ("schedule", "cosine", "schedule is 'cosine': choose one of 'triangle', 'constant'"),
        ("flip", "coin", "flip is 'coin': choose one of 'alternating', 'random', 'none'"),
        ("views", 3, "views is 3"),
        ("margin", 0.5, "views is 1 and margin 0.5: a margin"),  # TINY has one view
        ("epochs", 0, "epochs is 0"),
        ("small_epochs", 2, "small_epochs is 2 of 2"),
        ("small_side", 8, "small_side 8.*9 pixels"),
    ],
)
def test_a_recipe_with_an_unknown_part_is_refused(field, value, sentence):
    with pytest.raises(ValueError, match=sentence):
        changed(**{field: value})


def test_recipes_are_plain_data_and_choose_the_optimizer():
    for recipe in fast.FAST_RECIPES.values():
        facts = json.loads(json.dumps(recipe.as_dict()))
        assert fast.FastRecipe(**facts | {"widths": tuple(facts["widths"])}) == recipe
        assert 50_000 % recipe.batch_size == 0 == 45_000 % recipe.batch_size
    recipe = fast.FAST_RECIPES["fast94"]
    # The figures of airbench, decoupled from momentum there; see arXiv:2404.00498.
    assert recipe.rate_per_image == pytest.approx(11.5 / 1024 / (1 + 1 / (1 - recipe.momentum)), rel=1e-3)
    assert recipe.weight_decay == pytest.approx(0.0153 / 11.5 / (1 - recipe.momentum), rel=1e-3)
    plain = dataclasses.replace(recipe, muon_rate=0.0)
    optimizer = plain.make_optimizer(1000)
    assert (type(optimizer), optimizer.momentum, optimizer.nesterov) == (keras.optimizers.SGD, 0.85, True)
    assert float(optimizer.learning_rate) == pytest.approx(0.2 * 0.36625)
    constant = dataclasses.replace(plain, schedule="constant", weight_decay=0.0).make_optimizer(1000)
    assert float(constant.learning_rate) == pytest.approx(0.36625)
    assert constant.weight_decay is None
    muon = dataclasses.replace(recipe, muon_rate=0.2).make_optimizer(1000)
    assert muon.kernel_gain * recipe.learning_rate == pytest.approx(0.2)


def test_the_same_seed_gives_the_same_training(eagerly, monkeypatch):
    x, y = coloured(43)
    before, seen, fit = x.copy(), [], keras.Model.fit

    def spy(model, images, targets, *arguments, **options):
        seen.append(targets)
        return fit(model, images, targets, *arguments, **options)

    monkeypatch.setattr(keras.Model, "fit", spy)
    unseen = coloured(12, seed=1)
    (model, history), (again, same) = (train(seed=1, dataset=(x, y), validation=unseen) for _ in range(2))
    _, other = train(changed(epochs=1), seed=2, dataset=(x, y))
    timeless = [key for key in fast.HISTORY_KEYS if key not in ("seconds", "elapsed")]
    assert {key: history[key] for key in timeless} == {key: same[key] for key in timeless}
    assert history["loss"][0] != other["loss"][0]
    for one, two in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert all(len(history[key]) == TINY.epochs for key in fast.HISTORY_KEYS)
    assert 0 < history["seconds"][0] < history["elapsed"][0] < history["elapsed"][1]
    assert [targets.shape for targets in seen] == [(40, 4)] * 5, "whole batches: three of 43 images wait"
    assert not np.array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(x, before)
    figures = model.evaluate(unseen[0], np.eye(4)[unseen[1]], verbose=0)
    assert history["val_loss"][-1] == pytest.approx(figures[0], rel=1e-4)


@pytest.mark.parametrize(
    "fields",
    [
        {"label_smoothing": 0.0, "schedule": "constant", "lookahead": False, "flip": "none", "reach": 0},
        {"muon_rate": 0.1, "whitening_bias": True, "flip": "random"},
        {"whitening": False, "identity": False, "bias_gain": 1.0, "weight_decay": 0.0},
    ],
    ids=["without steps and images", "muon", "without the network's parts"],
)
def test_every_part_can_be_left_out(eagerly, monkeypatch, fields):
    used = []
    monkeypatch.setattr(fast.Lookahead, "on_train_begin", lambda *_, **__: used.append(True))
    monkeypatch.setattr(fast.Lookahead, "on_train_batch_end", lambda *_, **__: None)
    model, history = train(changed(**fields))
    assert bool(used) == fields.get("lookahead", True)
    assert model.loss.label_smoothing == fields.get("label_smoothing", 0.2)
    assert np.isfinite(history["loss"]).all()
    assert history["val_loss"] == history["val_accuracy"] == []


def test_small_epochs_train_the_same_weights_on_shrunk_images(eagerly, monkeypatch):
    x, y = coloured(40, side=14)
    seen, fit = [], keras.Model.fit

    def spy(model, images, *arguments, **options):
        before = model.get_weights()
        history = fit(model, images, *arguments, **options)
        moved = [not np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True)]
        seen.append((images.shape[1:3], options["validation_data"][0].shape[1:3], sum(moved)))
        return history

    monkeypatch.setattr(keras.Model, "fit", spy)
    recipe = changed(epochs=3, small_epochs=2, small_side=10)
    model, history = train(recipe, dataset=(x, y), validation=coloured(12, side=14, seed=1))
    size = x.shape[1:3]
    assert [shapes for *shapes, _ in seen] == [[(10, 10), (10, 10)]] * 2 + [[size, size]]
    assert seen[0][2] == seen[2][2] > 10, "all but the frozen weights"
    assert model.input_shape[1:] == x.shape[1:]
    assert model.optimizer.iterations == 3 * (40 // recipe.batch_size), "one optimizer counts on"
    assert all(len(history[key]) == 3 for key in fast.HISTORY_KEYS)


def test_a_loss_that_is_no_number_stops_with_what_to_try(eagerly):
    with pytest.raises(FloatingPointError, match=r"loss of epoch 1 is nan\. Try a lower rate_per_image \(it is 1e"):
        train(changed(rate_per_image=1e30))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"x": np.zeros((40, 10, 10), np.uint8)}, r"these have \(40, 10, 10\)"),
        ({"y": np.zeros(39, int)}, r"40 images need 40 whole numbers as labels.*\(39,\)"),
        ({"y": np.zeros((40, 4), int)}, r"\(40, 4\)"),
        ({"y": np.zeros(40)}, "float64"),
        ({"y": np.full(40, 4)}, "4 classes have labels from 0 to 3; they run from 4 to 4"),
        ({"y": np.full(40, -1)}, "run from -1 to -1"),
        ({"validation": (np.zeros((3, 10, 10, 3)), np.zeros(2, int))}, "3 images need 3"),
        ({"recipe": changed(batch_size=41)}, "40 images do not fill a batch of 41"),
    ],
)
def test_what_does_not_fit_is_named_before_training(changes, sentence, monkeypatch):
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained"))
    x, y = coloured()
    with pytest.raises(ValueError, match=sentence):
        fast.train_fast(**({"x": x, "y": y, "recipe": TINY, "classes": 4} | changes))


# All together, compiled, on images with something to see


def test_a_small_network_learns_shapes(capsys):
    x, y, _ = shapes10.draw(500, seed=5)
    unseen, labels, _ = shapes10.draw(300, seed=6)
    # So few images make few steps: they have to be long ones.
    recipe = fast.FastRecipe(widths=(8, 16, 16), activation="relu", epochs=3, batch_size=25, rate_per_image=0.02)
    model, history = fast.train_fast(x, y, recipe)
    assert history["loss"][-1] < history["loss"][0]
    accuracy = np.mean(recipe.answer(model, unseen).argmax(axis=1) == labels)
    assert accuracy > 0.25, "chance is 0.1"
    assert capsys.readouterr().out.count("epoch") == 3


# What is stored


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A folder as ``tools.train`` leaves it, with a small network under the name "fast90", two seeds; its weights."""
    path = tmp_path_factory.mktemp("trained")
    model = TINY.build(coloured(12, side=32)[0])
    training.save_weights(model, path / "fast90.weights.h5")
    record = {
        "seeds": [3, 1],
        "recipe": TINY.as_dict(),
        "parameters": model.count_params(),
        "weights_sha256": hashlib.sha256((path / "fast90.weights.h5").read_bytes()).hexdigest(),
    }
    training.store_entry(path / "results.json", "fast90", record)
    training.store_entry(path / "histories.json", "fast90", {"3": {"elapsed": [3.0]}, "1": {"elapsed": [1.0]}})
    return path, model.get_weights()


@pytest.fixture
def folder(original, tmp_path, monkeypatch):
    """A copy of it that may be harmed."""
    monkeypatch.setitem(fast.FAST_RECIPES, "fast90", TINY)
    return shutil.copytree(original[0], tmp_path / "trained")


def test_what_is_stored_comes_back_with_its_history_and_record(folder, original):
    model, history, record = fast.stored("fast90", folder)
    # Whitening and the statistics of the images are among the weights: no images are needed.
    for weight, wanted in zip(model.get_weights(), original[1], strict=True):
        np.testing.assert_array_equal(weight, wanted)
    assert history == {"elapsed": [3.0]}, "the weights are those of the first seed"
    assert record["seeds"] == [3, 1]


def rewrite(path, name, change):
    entry = json.loads((path / name).read_text())["fast90"]
    change(entry)
    training.store_entry(path / name, "fast90", entry)


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda path: (path / "results.json").unlink(), r"holds no results of fast90.*python -m tools\.train fast90"),
        (lambda path: (path / "histories.json").unlink(), "holds no results of fast90"),
        (lambda path: rewrite(path, "histories.json", lambda entry: entry.pop("3")), "holds no results of fast90"),
        (lambda path: (path / "results.json").write_text("{"), "is damaged.*Put it back"),
        (lambda path: (path / "fast90.weights.h5").unlink(), "fast90.weights.h5 is missing"),
        (lambda path: (path / "fast90.weights.h5").write_bytes(b"other"), "damaged or not ours"),
        (lambda path: rewrite(path, "results.json", lambda entry: entry["recipe"].update(reach=3)), "another recipe"),
        (lambda path: rewrite(path, "results.json", lambda entry: entry.update(parameters=9)), "9 parameters"),
    ],
)
def test_what_cannot_be_trusted_is_not_loaded(folder, harm, sentence):
    harm(folder)
    with pytest.raises(ValueError, match=sentence):
        fast.stored("fast90", folder)


def test_an_unknown_stored_recipe_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"no recipe 'fast95'\. The names are: fast90, fast94\."):
        fast.stored("fast95", tmp_path)
