"""Looking inside, against models whose answers can be worked out by hand, truncated models and gradients."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from helpers import explain, models


def images(n=3, side=8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, side, side, 3), np.uint8)


def sequential(side=8):
    """Two convolutions, the second one with padding, and a softmax in the last layer."""
    return keras.Sequential(
        [
            layers.Input((side, side, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, activation="relu", name="first"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
            layers.Conv2D(5, 3, padding="same", activation="relu", name="second"),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(6, activation="relu", name="hidden"),
            layers.Dense(3, activation="softmax", name="answer"),
        ]
    )


def functional(side=8):
    """A branch, and the softmax as a layer of its own."""
    given = keras.Input((side, side, 3))
    first = layers.Conv2D(4, 3, padding="same", name="first")(layers.Rescaling(1 / 255)(given))
    left = layers.Activation("relu", name="rectified")(first)
    right = layers.Conv2D(4, 1, activation="tanh", name="second")(first)
    merged = layers.Add(name="sum")([left, right])
    answer = layers.Dense(3, name="answer")(layers.GlobalAveragePooling2D()(merged))
    return keras.Model(given, layers.Softmax(name="probabilities")(answer))


def logits_out(side=8):
    """No softmax at all, and layers that another model was built from first."""
    parts = [layers.Conv2D(4, 3, activation="elu", name="first"), layers.Flatten(), layers.Dense(3, name="answer")]
    keras.Sequential([layers.Input((side, side, 3)), *parts])
    return keras.Sequential([layers.Input((side, side, 3)), layers.Rescaling(1 / 255), *parts])


BUILDERS = [sequential, functional, logits_out]


def with_random_weights(model, seed=0, scale=0.5):
    """Weights that are neither small nor centred, biases and the statistics of normalisation included."""
    generator = np.random.default_rng(seed)
    for layer in model.layers:
        layer.set_weights([scale * generator.uniform(-1, 1, w.shape) for w in layer.get_weights()])
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([generator.uniform(0.5, 2, w.shape) for w in layer.get_weights()])
    return model


@pytest.fixture(params=BUILDERS, ids=lambda build: build.__name__)
def model(request):
    return with_random_weights(request.param())


def linear(side=6, classes=2, seed=0):
    """Logits that are a weighted sum of the numbers of the image, and the weights (side, side, 3, classes)."""
    model = keras.Sequential([layers.Input((side, side, 3)), layers.Flatten(), layers.Dense(classes)])
    weights = np.random.default_rng(seed).normal(size=(side, side, 3, classes)).astype(np.float32) / 100
    model.layers[-1].set_weights([weights.reshape(-1, classes), np.arange(classes, dtype=np.float32)])
    return model, weights


def softmax(values):
    shifted = np.exp(values - values.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


# What the model computes on the way


def test_feature_maps_are_those_of_truncated_models(model):
    x = images(5)
    maps = explain.feature_maps(model, x, batch_size=2)
    assert list(maps) == explain.conv_layers(model)
    for name, values in maps.items():
        if isinstance(model, keras.Sequential):
            names = [layer.name for layer in model.layers]
            truncated = keras.Sequential([layers.Input((8, 8, 3)), *model.layers[: names.index(name) + 1]])
        else:
            truncated = keras.Model(model.inputs[0], model.get_layer(name).output)
        np.testing.assert_allclose(values, truncated.predict(x, verbose=0), atol=1e-5)


def test_feature_maps_of_named_layers_and_channels():
    model, x = with_random_weights(sequential()), images()
    whole = explain.feature_maps(model, x, ["hidden", "first"])
    some = explain.feature_maps(model, x, ["hidden", "first"], channels=[3, 0])
    assert list(some) == ["hidden", "first"]
    assert whole["hidden"].shape == (3, 6)
    for name in whole:
        np.testing.assert_array_equal(some[name], whole[name][..., [3, 0]])


def test_logits_are_what_the_softmax_takes(model):
    x = images()
    values = explain.logits(model, x, batch_size=2)
    expected = model(x.astype("float32"), training=False).numpy()
    np.testing.assert_allclose(values if models.outputs_logits(model) else softmax(values), expected, atol=1e-5)
    assert values.std() > 0.01


def test_logits_of_a_model_inside_a_model():
    inner = with_random_weights(sequential())
    outer = keras.Sequential([layers.Input((8, 8, 3)), layers.RandomFlip(), inner])
    np.testing.assert_allclose(explain.logits(outer, images()), explain.logits(inner, images()), atol=1e-6)


def test_a_larger_image_passes_through_the_same_weights():
    model = with_random_weights(sequential())
    x = images(2, side=20)
    larger = explain.at_size(model, (20, 20))
    maps = explain.feature_maps(larger, x)
    assert maps["second"].shape == (2, 9, 9, 5)
    # Away from the padding, a large image's maps hold those of its crops.
    crop = explain.feature_maps(model, x[:, 4:12, 4:12])
    np.testing.assert_allclose(maps["first"][:, 4:10, 4:10], crop["first"], atol=1e-5)
    np.testing.assert_allclose(maps["second"][:, 3:4, 3:4], crop["second"][:, 1:2, 1:2], atol=1e-5)
    larger.set_weights([0 * w for w in larger.get_weights()])
    assert all(np.abs(w).max() > 0 for w in model.get_weights())


def test_random_weights_are_fresh_reproducible_and_independent(model):
    before = model.get_weights()
    fresh, again, other = (explain.random_weights(model, seed) for seed in (1, 1, 2))
    assert [w.shape for w in fresh.get_weights()] == [w.shape for w in before]
    for name in ("first", "answer"):
        kernels = [m.get_layer(name).get_weights()[0] for m in (fresh, again, other, model)]
        np.testing.assert_array_equal(kernels[0], kernels[1])
        assert np.abs(kernels[0] - kernels[2]).max() > 0.01
        assert np.abs(kernels[0] - kernels[3]).max() > 0.01
    fresh.set_weights([w + 1 for w in fresh.get_weights()])
    assert all(np.array_equal(now, then) for now, then in zip(model.get_weights(), before))


def test_random_weights_differ_where_the_model_fixed_its_seeds_and_leave_global_ones_alone():
    kernel = keras.initializers.GlorotUniform(seed=7)
    model = keras.Sequential([layers.Input((4, 4, 3)), layers.Flatten(), layers.Dense(2, kernel_initializer=kernel)])
    keras.utils.set_random_seed(5)
    expected = random.random(), float(keras.random.uniform(()))
    keras.utils.set_random_seed(5)
    fresh = explain.random_weights(model)
    assert (random.random(), float(keras.random.uniform(()))) == expected
    assert np.abs(fresh.get_weights()[0] - model.get_weights()[0]).max() > 0.01


# What a channel responds to


def one_filter(side=9, bias=0.0, activation="relu"):
    """One 3×3 filter of random weights on images from 0 to 255, and its kernel."""
    model = keras.Sequential(
        [layers.Input((side, side, 3)), layers.Conv2D(1, 3, activation=activation, name="filter"), layers.Flatten()]
    )
    generator = np.random.default_rng(4)
    kernel = (generator.uniform(0.4, 1, (3, 3, 3, 1)) * generator.choice([-1, 1], (3, 3, 3, 1))).astype(np.float32)
    model.layers[0].set_weights([kernel, np.array([bias], np.float32)])
    return model, kernel[..., 0]


def test_activation_maximisation_paints_the_kernel_of_a_single_filter():
    # The sum is largest where every positive weight meets 255 and every negative one 0. With this bias the
    # filter is silent behind its ReLU all the way, so a slope taken there would be zero.
    model, kernel = one_filter(bias=-1e6)
    climbed = explain.maximise_activation(model, "filter", [0], steps=40, step_size=20)
    rows, columns = explain.middle(model, "filter")
    np.testing.assert_array_equal(climbed[0, rows, columns], np.where(kernel > 0, 255, 0))
    outside = climbed.copy()
    outside[:, rows, columns] = explain.GREY
    assert np.abs(outside - explain.GREY).max() <= 8


def test_one_step_moves_the_steepest_pixel_by_the_step_size():
    model, kernel = one_filter()
    start, end = (explain.maximise_activation(model, "filter", [0], steps=n, step_size=5) for n in (0, 1))
    rows, columns = explain.middle(model, "filter")
    expected = 5 * kernel / np.abs(kernel).max()
    np.testing.assert_allclose((end - start)[0, rows, columns], expected, atol=1e-4)


def test_every_channel_of_every_layer_climbs_silent_or_not():
    model = with_random_weights(sequential())
    for layer, units in (("first", 4), ("second", 5), ("hidden", 6), ("answer", 3)):
        respond = explain._before_activation(model, layer)
        start, end = (explain.maximise_activation(model, layer, range(units), steps=n) for n in (0, 20))
        low, high = (np.asarray(respond(x)) for x in (start, end))
        if low.ndim == 4:
            low, high = (v[:, v.shape[1] // 2, v.shape[2] // 2] for v in (low, high))
        assert (np.diag(high) > np.diag(low)).all(), layer
        assert end.dtype == np.float32
        assert end.min() >= 0
        assert end.max() <= 255


def test_channels_climb_alone_or_together_to_the_same_images():
    model = with_random_weights(functional())
    together = explain.maximise_activation(model, "first", [2, 0, 2], steps=5, jitter=1, batch_size=3)
    in_parts = explain.maximise_activation(model, "first", [2, 0, 2], steps=5, jitter=1, batch_size=1)
    assert together.shape == (3, 8, 8, 3)
    np.testing.assert_allclose(together, in_parts, atol=1e-3)
    assert np.abs(together[0] - together[2]).max() > 0.1  # another noise to start from


def test_total_variation_pulls_as_its_gradient_says():
    canvas = tf.Variable(np.random.default_rng(0).uniform(0, 255, (2, 7, 6, 3)), dtype=tf.float32)
    with tf.GradientTape() as tape:
        variation = tf.reduce_sum(tf.image.total_variation(canvas))
    np.testing.assert_allclose(explain._towards_neighbours(canvas), -tape.gradient(variation, canvas))


@pytest.mark.parametrize("side", [7, 8])
def test_a_fourier_step_is_a_step_in_the_coefficients_of_waves(side):
    # The image as a real linear map of its scaled coefficients' real and imaginary parts, spelt out.
    index = np.arange(side)
    scale = 1 / np.maximum(np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)), 1 / side)
    wave = np.exp(2j * np.pi * np.outer(index, index) / side)
    waves = np.einsum("ua,vb,uv->abuv", wave, wave, scale).reshape(side**2, side**2) / side
    matrix = np.concatenate([waves.real, -waves.imag], axis=1)
    slope = np.random.default_rng(1).normal(size=(side, side)).astype(np.float32)
    expected = (matrix @ (matrix.T @ slope.ravel())).reshape(side, side)
    got = explain._coarse_first(tf.constant(slope[None, :, :, None]))[0, :, :, 0]
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_jitter_shifts_what_is_seen():
    model, _ = one_filter(side=15)
    start, end = (explain.maximise_activation(model, "filter", [0], steps=n, jitter=3, seed=2) for n in (0, 1))
    moved = np.abs(end - start)[0].max(axis=-1) > 0
    (rows, columns), (there, there_too) = explain.middle(model, "filter"), (moved.any(axis=1), moved.any(axis=0))
    assert start.shape == (1, 15, 15, 3)
    for seen, touched in ((rows, np.flatnonzero(there)), (columns, np.flatnonzero(there_too))):
        assert len(touched) == 3
        assert abs(touched[0] - seen.start) <= 3
    corners = {
        tuple(
            np.argwhere(np.abs(explain.maximise_activation(model, "filter", [0], 1, jitter=3, seed=s) - 128)[0] > 8.5)[
                0
            ]
        )
        for s in range(4)
    }
    assert len(corners) > 1


def test_waves_and_total_variation_give_smoother_images():
    model = with_random_weights(sequential(16))
    rows, columns = explain.middle(model, "second")

    def roughness(**options):
        climbed = explain.maximise_activation(model, "second", [0, 1], steps=10, **options)
        crop = climbed[:, rows, columns]
        return np.abs(np.diff(crop, axis=1)).mean() / crop.std()

    bare = roughness()
    assert roughness(fourier=True) < bare
    assert roughness(total_variation=0.05) < bare


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("seed", range(2))
def test_top_patches_are_the_windows_that_the_gradient_reaches(padding, seed):
    stack = keras.Sequential(
        [
            layers.Input((15, 17, 3)),
            layers.Conv2D(3, 3, strides=2 if padding == "same" else 1, padding=padding, activation="softplus"),
            layers.AveragePooling2D(2, 1),
            layers.Conv2D(4, (3, 2), padding=padding, activation="relu", name="last"),
        ]
    )
    with_random_weights(stack, seed)
    x = np.random.default_rng(seed).integers(0, 256, (12, 15, 17, 3), np.uint8)
    channels = [2, 0]
    top = explain.top_patches(stack, "last", channels, x, count=4, batch_size=5)
    respond = explain._before_activation(stack, "last")
    given = tf.Variable(x.astype("float32"))
    with tf.GradientTape(persistent=True) as tape:
        values = respond(given)
        numbers = [[None] * 4 for _ in channels]
        for row, channel in enumerate(channels):
            best = tf.reduce_max(values[..., channel], axis=(1, 2))
            strongest = np.argsort(-best.numpy())[:4]
            np.testing.assert_array_equal(top.images[row], strongest)
            np.testing.assert_allclose(top.responses[row], best.numpy()[strongest], rtol=1e-5)
            for rank, image in enumerate(strongest):
                numbers[row][rank] = best[image]
    size = explain.window(stack, "last").size
    assert top.patches.shape == (2, 4, *size, 3)
    assert top.patches.dtype == np.uint8
    for row, rank in np.ndindex(2, 4):
        touched = np.abs(tape.gradient(numbers[row][rank], given)[top.images[row, rank]]).sum(axis=-1) > 0
        sides = [np.flatnonzero(touched.any(axis=axis)) for axis in (1, 0)]
        for axis, side in enumerate(sides):
            corner = top.corners[row, rank, axis]
            assert side[0] == max(corner, 0)
            assert side[-1] == min(corner + size[axis], x.shape[1 + axis]) - 1
        # The patch holds those pixels, and grey where the window hangs over the border.
        padded = np.full((60, 60, 3), explain.GREY, np.uint8)
        padded[20:35, 20:37] = x[top.images[row, rank]]
        first = top.corners[row, rank] + 20
        cut = padded[first[0] : first[0] + size[0], first[1] : first[1] + size[1]]
        np.testing.assert_array_equal(top.patches[row, rank], cut)


def test_top_patches_of_a_dense_layer_are_whole_images():
    model, weights = linear(classes=3)
    x = images(7, side=6)
    top = explain.top_patches(model, model.layers[-1].name, [1], x, count=2)
    scores = np.einsum("nrcd,rcdk->nk", x.astype(float), weights)[:, 1] + 1
    order = np.argsort(-scores)[:2]
    np.testing.assert_array_equal(top.images[0], order)
    np.testing.assert_array_equal(top.patches[0], x[order])
    np.testing.assert_allclose(top.responses[0], scores[order], rtol=1e-4)


def test_the_middle_place_sees_what_the_gradient_reaches():
    for build, name in ((sequential, "second"), (functional, "second"), (sequential, "hidden")):
        model = with_random_weights(build(16))
        model.get_layer("first").set_weights([np.abs(w) for w in model.get_layer("first").get_weights()])
        respond = explain._before_activation(model, name)
        given = tf.Variable(np.random.default_rng(0).uniform(1, 255, (40, 16, 16, 3)), dtype=tf.float32)
        with tf.GradientTape() as tape:
            values = respond(given)
            if values.ndim == 4:
                values = values[:, values.shape[1] // 2, values.shape[2] // 2]
            total = tf.reduce_sum(values)
        # Over forty images, so that max-pooling lets every pixel of the window through at least once.
        touched = np.abs(tape.gradient(total, given)).sum(axis=(0, 3)) > 0
        rows, columns = (np.flatnonzero(touched.any(axis=axis)) for axis in (1, 0))
        assert explain.middle(model, name) == (
            slice(rows[0], rows[-1] + 1),
            slice(columns[0], columns[-1] + 1),
        )


# What a prediction rests on


@pytest.mark.parametrize(("patch", "stride", "fill"), [(2, 1, 128), (3, 2, [10, 200.5, 0]), (6, 1, 0)])
def test_occlusion_of_a_linear_model_by_hand(patch, stride, fill):
    model, weights = linear(classes=3)
    x, classes = images(4, side=6), np.array([2, 0, 1, 1])
    places = range(0, 6 - patch + 1, stride)
    whole = np.einsum("nrcd,rcdk->nk", x.astype(float), weights) + np.arange(3)
    logit, probability = np.empty((2, 4, len(places), len(places)))
    for n, (i, top), (j, left) in ((n, a, b) for n in range(4) for a in enumerate(places) for b in enumerate(places)):
        covered = x[n].astype(float)
        covered[top : top + patch, left : left + patch] = fill
        scores = np.einsum("rcd,rcdk->k", covered, weights) + np.arange(3)
        logit[n, i, j] = (whole[n] - scores)[classes[n]]
        probability[n, i, j] = (softmax(whole[n]) - softmax(scores))[classes[n]]
    got = explain.occlusion(model, x, classes, fill, patch, stride, output="logit", batch_size=7)
    np.testing.assert_allclose(got, logit, atol=1e-4)
    assert (logit < 0).any()
    assert (logit > 0).any()
    np.testing.assert_allclose(explain.occlusion(model, x, classes, fill, patch, stride), probability, atol=1e-5)


def test_saliency_of_a_linear_model_is_its_weights():
    model, weights = linear(classes=3)
    x, classes = images(5, side=6), [2, 0, 1, 1, 0]
    expected = np.moveaxis(weights, -1, 0)[classes]
    np.testing.assert_allclose(explain.saliency(model, x, classes, batch_size=2), expected, rtol=1e-5)
    np.testing.assert_allclose(explain.smooth_grad(model, x, classes, samples=3), expected, rtol=1e-4)


def test_saliency_by_finite_differences(model):
    x = images(2).astype(np.float32)
    slopes = explain.saliency(model, x, [1, 2])
    generator = np.random.default_rng(0)
    direction = slopes / np.linalg.norm(slopes.reshape(2, -1), axis=1)[:, None, None, None]
    for along in (direction, generator.normal(size=x.shape).astype(np.float32) / 20):
        step = 0.5 * along
        change = (explain.logits(model, x + step) - explain.logits(model, x - step))[[0, 1], [1, 2]]
        np.testing.assert_allclose((slopes * along).sum(axis=(1, 2, 3)), change, rtol=0.05, atol=2e-3)


def test_smooth_grad_averages_over_noise():
    # The logit is the square of a pixel, its slope twice the pixel: noise must average out, and its seed count.
    given = keras.Input((2, 2, 3))
    squared = layers.Multiply()([given, given])
    kernel = np.zeros((12, 2), np.float32)
    kernel[0, 1] = 1.0
    model = keras.Model(given, layers.Dense(2)(layers.Flatten()(squared)))
    model.layers[-1].set_weights([kernel, np.zeros(2, np.float32)])
    x = images(2, side=2)
    got = explain.smooth_grad(model, x, 1, samples=400, noise=10.0, batch_size=33)
    assert np.abs(got[:, 0, 0, 0] - 2.0 * x[:, 0, 0, 0]).max() < 5 * 2 * 10 / 20
    assert (got.reshape(2, -1)[:, 1:] == 0).all()
    np.testing.assert_allclose(
        explain.smooth_grad(model, x, 1, samples=5, batch_size=4),
        explain.smooth_grad(model, x, 1, samples=5),
        rtol=1e-5,
    )
    assert np.abs(got - explain.smooth_grad(model, x, 1, samples=400, noise=10.0, seed=1)).max() > 1e-3
    np.testing.assert_allclose(explain.smooth_grad(model, x, 1, samples=2, noise=0), explain.saliency(model, x, 1))


def test_grad_cam_by_hand():
    # Maps are products of colours, logits weighted means of maps: the mean slope of map k is its weight / places.
    model = keras.Sequential(
        [
            layers.Input((4, 5, 3)),
            layers.Conv2D(2, 1, activation="relu", name="maps"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    with_random_weights(model, seed=3)
    (kernel, bias), (weights, _) = (model.layers[index].get_weights() for index in (0, 2))
    x, classes = np.random.default_rng(0).integers(0, 256, (6, 4, 5, 3), np.uint8), np.array([0, 1, 2, 2, 1, 0])
    maps = np.maximum(x @ kernel[0, 0] + bias, 0)
    expected = np.maximum(np.einsum("nrck,kn->nrc", maps, weights[:, classes]) / 20, 0)
    got = explain.grad_cam(model, x, classes, batch_size=4)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)
    assert (expected > 0).any()
    np.testing.assert_allclose(explain.grad_cam(model, x, classes, "maps"), got, rtol=1e-5)


def test_grad_cam_of_every_kind_of_model(model):
    name = explain.conv_layers(model)[-1]
    cams = explain.grad_cam(model, images(), 1)
    assert cams.shape == explain.feature_maps(model, images())[name].shape[:3]
    assert cams.min() >= 0
    assert cams.dtype == np.float32


# Does it point at the object?


def test_pixels_get_the_place_whose_window_lies_nearest():
    places = np.arange(30, dtype=float).reshape(1, 5, 6)
    window = explain.Window(start=(1, -2), size=(4, 3), step=(2, 3))
    got = explain.enlarge(places, (12, 17), window)
    for row, column in np.ndindex(12, 17):
        down = np.abs(1 + 1.5 + 2 * np.arange(5) - row)
        across = np.abs(-2 + 1 + 3 * np.arange(6) - column)
        nearest = places[0][np.ix_(down == down.min(), across == across.min())]
        assert got[0, row, column] in nearest
    np.testing.assert_array_equal(
        explain.enlarge(places[:, :2, :2], (4, 6))[0], np.kron(places[0, :2, :2], np.ones((2, 3)))
    )


def test_pointing_and_mass_by_hand():
    masks = np.zeros((5, 3, 4), bool)
    masks[:, :2, :2] = True
    maps = np.zeros((5, 3, 4))
    maps[0, 1, 1], maps[0, 2, 2], maps[0, 0, 3] = 3, 1, -10  # inside, 3 of 4; what is negative has no mass
    maps[1, 2, 2], maps[1, 0, 0] = 2, 1  # outside, 1 of 3
    maps[2, 0, 0] = maps[2, 2, 3] = 5  # two peaks, half of them inside
    maps[3] = -1
    maps[3, 0, 1] = -0.5  # the highest of negative values is a peak, but there is no mass; map 4 is all zero
    np.testing.assert_array_equal(explain.pointing(maps, masks), [True, False, True, True, False])
    np.testing.assert_allclose(explain.mass_inside(maps, masks), [3 / 4, 1 / 3, 1 / 2, 0, 0])
    assert not explain.pointing(np.ones((1, 3, 4)), np.ones((1, 3, 4), bool))[0]


@pytest.mark.parametrize(
    ("maps", "masks", "sentence"),
    [
        (np.zeros((2, 10, 10)), np.ones((2, 32, 32), bool), r"\(2, 10, 10\).*\(2, 32, 32\).*enlarge"),
        (np.zeros((2, 4, 4, 3)), np.ones((2, 4, 4, 3), bool), "one number a pixel"),
        (np.zeros((0, 4, 4)), np.ones((0, 4, 4), bool), "one map at least"),
        (np.full((1, 4, 4), np.nan), np.ones((1, 4, 4), bool), "NaN"),
        (np.zeros((1, 4, 4)), np.ones((1, 4, 4)), "True or False.*float64"),
    ],
)
def test_scores_refuse_what_they_cannot_compare(maps, masks, sentence):
    for score in (explain.pointing, explain.mass_inside):
        with pytest.raises(ValueError, match=sentence):
            score(maps, masks)


# What holds for all of them

CALLS = {
    "feature_maps": lambda model, x, classes=0, **options: explain.feature_maps(model, x, **options),
    "logits": lambda model, x, classes=0, **options: explain.logits(model, x, **options),
    "top_patches": lambda model, x, classes=0, **options: explain.top_patches(model, "first", [0], x, 1, **options),
    "occlusion": lambda model, x, classes=0, **options: explain.occlusion(model, x, classes, 0, 4, 4, **options),
    "saliency": lambda model, x, classes=0, **options: explain.saliency(model, x, classes, **options),
    "smooth_grad": lambda model, x, classes=0, **options: explain.smooth_grad(model, x, classes, 4, **options),
    "grad_cam": lambda model, x, classes=0, **options: explain.grad_cam(model, x, classes, **options),
}
EXPLAINS_A_CLASS = ["occlusion", "saliency", "smooth_grad", "grad_cam"]
X = images()
WITH_NAN = X.astype("float32")
WITH_NAN[1, 2, 3, 0] = np.nan


def test_nothing_changes_the_model(model):
    model.compile("adam", "sparse_categorical_crossentropy")
    model.layers[-1].trainable = False
    state = random.getstate()

    def look():
        facts = [(layer.name, layer.get_config(), layer.trainable) for layer in model.layers]
        nodes = [(len(layer._inbound_nodes), len(layer._outbound_nodes)) for layer in model.layers]
        return facts, nodes, model.compiled, id(model.optimizer), model.optimizer.iterations.numpy(), len(model.losses)

    before, weights = look(), [w.copy() for w in model.get_weights()]
    for call in CALLS.values():
        call(model, X)
    explain.maximise_activation(model, "first", [0], steps=1)
    explain.maximise_activation(model, "answer", [0], steps=1)
    assert random.getstate() == state
    explain.random_weights(model)
    explain.at_size(model, (12, 12))
    assert look() == before
    assert all(np.array_equal(now, then) for now, then in zip(model.get_weights(), weights))


class Recorder(layers.Layer):
    """Notes how many images pass at a time."""

    passed = ()

    def call(self, given):
        if not isinstance(given, keras.KerasTensor):
            self.passed = (*self.passed, given.shape[0])
        return given

    def compute_output_shape(self, shape):
        return shape


@pytest.mark.parametrize("name", [name for name in CALLS if name != "top_patches"])
def test_images_pass_in_batches_not_one_by_one(name):
    recorder = Recorder()
    parts = [layers.Conv2D(2, 3, name="first"), layers.GlobalAveragePooling2D(), layers.Dense(2)]
    model = keras.Sequential([layers.Input((8, 8, 3)), recorder, *parts])
    whole = CALLS[name](model, images(20))
    passed = recorder.passed
    assert len(passed) <= 2
    parts = CALLS[name](model, images(20), batch_size=6)
    passed = recorder.passed[len(passed) :]
    assert max(passed) == 6
    assert len(passed) <= -(-sum(passed) // 6) + 1
    if name == "feature_maps":
        whole, parts = whole["first"], parts["first"]
    np.testing.assert_allclose(whole, parts, rtol=1e-4, atol=1e-5)


def test_large_images_pass_one_at_a_time():
    assert len(explain._parts(3, (3, 900, 900, 3), None)) == 3
    assert len(explain._parts(1000, (1000, 32, 32, 3), None)) == 4


def test_floats_and_bytes_are_the_same_images(model):
    for name in ("logits", "saliency", "grad_cam"):
        np.testing.assert_allclose(CALLS[name](model, X), CALLS[name](model, X.astype("float64")), atol=1e-6)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (X[0], r"image\[None\]"),
        (X[:, :7], r"\(n, 8, 8, 3\); these have \(3, 7, 8, 3\).*at_size"),
        (X[..., :1], r"these have \(3, 8, 8, 1\)"),
        (X[:0], "batch is empty"),
        (X.astype("int64"), "type int64"),
        (X > 100, "type bool"),
        (np.full((1, 8, 8, 3), "a"), "type <U1"),
        (WITH_NAN, "Image 1 holds NaN"),
        (np.full_like(WITH_NAN, np.inf), "Image 0 holds NaN or infinity"),
    ],
)
def test_bad_images_are_refused_in_a_sentence(name, bad, sentence):
    with pytest.raises(ValueError, match=sentence):
        CALLS[name](SMALL, bad)


@pytest.mark.parametrize("name", EXPLAINS_A_CLASS)
@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (3, "no class with the number 3: they run from 0 to 2"),
        ([0, -1, 2], "number -1"),
        ([0, 1], "one an image"),
        ([[0], [1], [2]], r"shape \(3, 1\)"),
        (1.5, "whole number"),
        ("cat", "whole number"),
        (None, "whole number"),
    ],
)
def test_bad_classes_are_refused_in_a_sentence(name, bad, sentence):
    with pytest.raises(ValueError, match=sentence):
        CALLS[name](SMALL, X, bad)


@pytest.mark.parametrize(
    "call",
    [
        lambda name: explain.feature_maps(SMALL, X, ["first", name]),
        lambda name: explain.maximise_activation(SMALL, name, [0]),
        lambda name: explain.top_patches(SMALL, name, [0], X),
        lambda name: explain.grad_cam(SMALL, X, 0, name),
        lambda name: explain.window(SMALL, name),
        lambda name: explain.middle(SMALL, name),
    ],
)
def test_an_unknown_layer_is_answered_with_the_names(call):
    with pytest.raises(ValueError, match=r"no layer 'frist'.*first, .*second, .*hidden, answer"):
        call("frist")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: explain.feature_maps(SMALL, X, channels=[4]), "no channel of 'first' with the number 4.*0 to 3"),
        (lambda: explain.feature_maps(SMALL, X, channels=[]), "list"),
        (lambda: explain.feature_maps(SMALL, X, layers=[]), "no layer to look at"),
        (lambda: explain.feature_maps(SMALL, X, batch_size=0), "batch_size is 0"),
        (lambda: explain.maximise_activation(SMALL, "first", 0), "list"),
        (lambda: explain.maximise_activation(SMALL, "first", [-1]), "number -1"),
        (lambda: explain.top_patches(SMALL, "first", [0], X, count=4), "count is 4.*3"),
        (lambda: explain.occlusion(SMALL, X, 0, [1, 2]), r"fill is \[1.0, 2.0\]"),
        (lambda: explain.occlusion(SMALL, X, 0, np.nan), "fill is nan"),
        (lambda: explain.occlusion(SMALL, X, 0, 0, patch=9), "patch is 9.*8 × 8"),
        (lambda: explain.occlusion(SMALL, X, 0, 0, stride=0), "stride 0"),
        (lambda: explain.occlusion(SMALL, X, 0, 0, output="loss"), "'probability' or 'logit'"),
        (lambda: explain.smooth_grad(SMALL, X, 0, samples=0), "samples is 0"),
        (lambda: explain.smooth_grad(SMALL, X, 0, noise=-1), "noise -1"),
        (lambda: explain.grad_cam(SMALL, X, 0, "hidden"), "puts out no map"),
        (lambda: explain.enlarge(np.zeros((4, 4)), (8, 8)), r"\(4, 4\)"),
        (lambda: explain.logits(keras.Sequential([layers.Dense(2)]), X), "no graph of layers"),
        (lambda: explain.random_weights(keras.Sequential([layers.Dense(2)])), "no graph of layers"),
        (lambda: explain.logits(one_number(), X), "two classes or more"),
        (lambda: explain.logits(two_outputs(), X), "2 outputs"),
        (lambda: explain.saliency(whole_numbers_in(), X, 0), "No slope"),
        (lambda: explain.at_size(keras.Sequential([layers.Input((3,)), layers.Dense(2)]), (9, 9)), "output is a map"),
        (lambda: explain.maximise_activation(explain.at_size(SMALL, (None, None)), "first", [0]), "any size"),
    ],
)
def test_other_bad_input_is_refused_in_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def one_number():
    return keras.Sequential([layers.Input((8, 8, 3)), layers.Flatten(), layers.Dense(1, activation="sigmoid")])


def two_outputs():
    given = keras.Input((8, 8, 3))
    flat = layers.Flatten()(given)
    return keras.Model(given, [layers.Dense(2)(flat), layers.Dense(2)(flat)])


def whole_numbers_in():
    given = keras.Input((8, 8, 3), dtype="uint8")
    return keras.Model(given, layers.Dense(2)(layers.Flatten()(layers.Rescaling(1 / 255)(given))))


SMALL = sequential()
