"""Images that climb: against a single filter worked out by hand, and the gradients that TensorFlow finds."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from small_models import before_activation, functional, one_filter, sequential, with_random_weights

from helpers import explain
from helpers.explain import given
from helpers.explain.activation_maximisation import STEP_SIZE, _coarse_first, _towards_neighbours


def test_activation_maximisation_paints_the_kernel_of_a_single_filter():
    # The sum is largest where every positive weight meets 255 and every negative one 0. With this bias the
    # filter is silent after its ReLU all the way, so a gradient taken there would be zero.
    model, kernel = one_filter(bias=-1e6)
    climbed = explain.maximise_activation(model, "filter", [0])
    rows, columns = explain.middle(model, "filter")
    np.testing.assert_array_equal(climbed[0, rows, columns], np.where(kernel > 0, 255, 0))
    outside = climbed.copy()
    outside[:, rows, columns] = given.GREY
    assert np.abs(outside - given.GREY).max() <= 8


def test_one_step_moves_the_number_with_the_largest_gradient_by_the_step_size():
    model, kernel = one_filter()
    start, end = (explain.maximise_activation(model, "filter", [0], steps=n) for n in (0, 1))
    rows, columns = explain.middle(model, "filter")
    expected = STEP_SIZE * kernel / np.abs(kernel).max()
    np.testing.assert_allclose((end - start)[0, rows, columns], expected, atol=1e-4)


def test_every_channel_of_every_layer_climbs_silent_or_not():
    model = with_random_weights(sequential())
    for layer, units in (("first", 4), ("second", 5), ("hidden", 6), ("classes", 3)):
        respond = before_activation(model, layer)
        start, end = (explain.maximise_activation(model, layer, range(units), steps=n) for n in (0, 20))
        low, high = (np.asarray(respond(x)) for x in (start, end))
        if low.ndim == 4:
            low, high = (v[:, v.shape[1] // 2, v.shape[2] // 2] for v in (low, high))
        assert (np.diag(high) > np.diag(low)).all(), layer
        assert end.dtype == np.float32
        assert end.min() >= 0
        assert end.max() <= 255


def test_channels_climb_alone_or_together_to_the_same_images(monkeypatch):
    model = with_random_weights(functional())
    together = explain.maximise_activation(model, "first", [2, 0, 2], steps=5, jitter=1)
    monkeypatch.setattr(given, "PIXELS_AT_ONCE", 10 * 10)
    in_parts = explain.maximise_activation(model, "first", [2, 0, 2], steps=5, jitter=1)
    assert together.shape == (3, 8, 8, 3)
    np.testing.assert_allclose(together, in_parts, atol=1e-3)
    assert np.abs(together[0] - together[2]).max() > 0.1  # another noise to start from


def test_total_variation_pulls_as_its_gradient_says():
    canvas = tf.Variable(np.random.default_rng(0).uniform(0, 255, (2, 7, 6, 3)), dtype=tf.float32)
    with tf.GradientTape() as tape:
        variation = tf.reduce_sum(tf.image.total_variation(canvas))
    np.testing.assert_allclose(_towards_neighbours(canvas), -tape.gradient(variation, canvas))


@pytest.mark.parametrize("side", [7, 8])
def test_a_fourier_step_is_a_step_in_the_coefficients_of_waves(side):
    # The image as a real linear map of its scaled coefficients' real and imaginary parts, spelt out.
    index = np.arange(side)
    scale = 1 / np.maximum(np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)), 1 / side)
    wave = np.exp(2j * np.pi * np.outer(index, index) / side)
    waves = np.einsum("ua,vb,uv->abuv", wave, wave, scale).reshape(side**2, side**2) / side
    matrix = np.concatenate([waves.real, -waves.imag], axis=1)
    gradient = np.random.default_rng(1).normal(size=(side, side)).astype(np.float32)
    expected = (matrix @ (matrix.T @ gradient.ravel())).reshape(side, side)
    got = _coarse_first(tf.constant(gradient[None, :, :, None]))[0, :, :, 0]
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_jitter_shifts_what_is_seen():
    model, _ = one_filter(side=15)
    climbs = [explain.maximise_activation(model, "filter", [0], steps=n, jitter=3) for n in range(5)]
    assert climbs[0].shape == (1, 15, 15, 3)
    corners = set()
    for before, after in itertools.pairwise(climbs):
        changed = np.abs(after - before)[0].max(axis=-1) > 0
        touched = [np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0)]
        for seen, pixels in zip(explain.middle(model, "filter"), touched):
            assert len(pixels) == 3
            assert abs(pixels[0] - seen.start) <= 3
        corners.add(tuple(pixels[0] for pixels in touched))
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
