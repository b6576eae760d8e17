"""Augmentation: each way to change an image against a second way to compute it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import augmentation, streams

GENERATOR = np.random.default_rng(7)


def drawn(*shape):
    return GENERATOR.integers(0, 256, shape).astype(np.uint8)


@given(st.integers(1, 40), st.integers(1, 8), st.integers(1, 8), st.integers(1, 3), st.data())
def test_every_crop_is_a_window_of_its_own_image_with_reflected_edges(n, height, width, channels, data):
    padding = data.draw(st.integers(0, min(height, width, 4) - 1), "padding")
    x = drawn(n, height, width, channels)
    before = x.copy()
    crops = augmentation.random_crops(x, padding, np.random.default_rng(1))
    assert crops.shape == x.shape
    assert crops.dtype == np.uint8
    found = set()
    for image, crop in zip(x, crops):
        positions = []
        for down, right in np.ndindex(2 * padding + 1, 2 * padding + 1):
            # Row -1 is row 1, the row after the last one is the last but one.
            rows = [abs(row) for row in np.arange(height) + down - padding]
            rows = [row if row < height else 2 * height - 2 - row for row in rows]
            columns = [abs(column) for column in np.arange(width) + right - padding]
            columns = [column if column < width else 2 * width - 2 - column for column in columns]
            if np.array_equal(crop, image[rows][:, columns]):
                positions.append((down - padding, right - padding))
        assert positions
        found.update(positions[:1])
    if n > 20 and height * width > 9:
        assert len(found) > min(n, (2 * padding + 1) ** 2) / 3, "shifts in all directions, drawn for every image anew"
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(crops, augmentation.random_crops(x, padding, np.random.default_rng(1)))


@pytest.mark.parametrize("padding", [-1, 5])
def test_a_padding_beyond_the_image_is_refused(padding):
    for change in (augmentation.reflected, lambda x, size: augmentation.random_crops(x, size, GENERATOR)):
        with pytest.raises(ValueError, match=f"padding is {padding}: images of 5 × 6"):
            change(np.zeros((2, 5, 6, 3), np.uint8), padding)


@given(st.integers(1, 400), st.integers(0, 10**6), st.integers(0, 50))
def test_flips_alternate_exactly(n, seed, begin):
    # The first column says which image it is, the last one that it is the last.
    x = np.zeros((n, 2, 3, 2), np.uint16)
    x[:, :, 0], x[:, :, 2] = np.arange(n)[:, None, None], 999
    before = x.copy()

    def flips(epoch, seed):
        return augmentation.alternating_flip(x, epoch, np.random.default_rng(seed))

    flipped = []
    for epoch in range(begin, begin + 4):
        images = flips(epoch, seed)
        each = images[:, 0, 0, 0] == 999
        np.testing.assert_array_equal(images, np.where(each[:, None, None, None], x[:, :, ::-1], x))
        flipped.append(each)
    assert abs(flipped[0].sum() - n / 2) <= 0.5
    np.testing.assert_array_equal(flipped[1], ~flipped[0])
    np.testing.assert_array_equal(flipped[2], flipped[0])
    np.testing.assert_array_equal(flipped[3], flipped[1])
    np.testing.assert_array_equal(x, before)
    if n > 50:
        assert not np.array_equal(flips(begin, seed + 1), flips(begin, seed))


def test_an_epoch_is_flipped_as_it_is_asked_for():
    x = drawn(200, 5, 5, 3)

    def flipped(flip, epoch):
        images = augmentation.augmented(x, epoch, seed=3, flip=flip)
        return np.array([np.array_equal(new, old[:, ::-1]) for new, old in zip(images, x)])

    np.testing.assert_array_equal(flipped("alternating", 0), ~flipped("alternating", 1))
    assert not flipped("none", 0).any()
    first, second = flipped("random", 0), flipped("random", 1)
    assert first.sum() == second.sum() == 100
    assert 30 < (first & second).sum() < 70, "independent halves share a quarter of the images"


def test_an_epoch_is_flipped_then_zoomed_then_cropped_then_made_noisy():
    """The order and the streams are part of every stored training."""
    x, seed, epoch = drawn(20, 6, 6, 3), 4, 3
    wanted = augmentation.alternating_flip(x, epoch, np.random.default_rng((seed, 1)))
    wanted = augmentation.random_zoom(wanted, 0.3, np.random.default_rng((seed, 4, epoch)))
    wanted = augmentation.random_crops(wanted, 2, np.random.default_rng((seed, 2, epoch)))
    wanted = augmentation.random_noise(wanted, 9, np.random.default_rng((seed, 5, epoch)))
    got = augmentation.augmented(x, epoch, seed, "alternating", crop_padding=2, zoom=0.3, noise=9)
    np.testing.assert_array_equal(got, wanted)
    random = augmentation.augmented(x, epoch, seed, "random")
    halves = streams.generator("flip", seed, epoch + 1).permutation(20) % 2 == 0
    np.testing.assert_array_equal(random, np.where(halves[:, None, None, None], x[:, :, ::-1], x))


def test_zoom_enlarges_a_square_of_each_image():
    # Brightness that is linear in the position: wherever a window lies, bilinear reading is exact.
    rows, columns = np.meshgrid(np.arange(9), np.arange(9), indexing="ij")
    plane = np.stack([10.0 + 20 * rows, 10.0 + 20 * columns], axis=-1).astype(np.float32)
    x = np.repeat(plane[None], 60, axis=0)
    zoomed = augmentation.random_zoom(x, 0.5, np.random.default_rng(1))
    assert zoomed.shape == x.shape
    assert zoomed.dtype == x.dtype
    # Steps between neighbours say how much of the side is seen, corners where.
    steps = np.diff(zoomed, axis=1)[..., 0] / 20
    np.testing.assert_allclose(steps, np.repeat(steps[:, :1, :1], 8, axis=1).repeat(9, axis=2), atol=1e-3)
    np.testing.assert_allclose(np.diff(zoomed, axis=2)[..., 1] / 20, steps.transpose(0, 2, 1), atol=1e-3)
    sides = steps[:, 0, 0]
    assert 0.5 <= sides.min() < 0.6 < 0.9 < sides.max() <= 1
    assert zoomed.min() >= 10 - 1e-3
    assert zoomed.max() <= 170 + 1e-3
    assert len(np.unique(zoomed[:, 0, 0].round(3), axis=0)) > 50, "every image has a window of its own"


def test_no_zoom_and_no_noise_change_nothing():
    x = drawn(7, 5, 6, 3)
    np.testing.assert_array_equal(augmentation.random_zoom(x, 0, GENERATOR), x)
    np.testing.assert_array_equal(augmentation.random_noise(x, 0, GENERATOR), x)
    assert augmentation.augmented(x, 0, 0) is x


def test_noise_has_the_deviation_that_was_asked_for(monkeypatch):
    monkeypatch.setattr(augmentation, "CHUNK", 7)
    x = np.full((30, 20, 20, 3), 128, np.uint8)
    noisy = augmentation.random_noise(x, 10, np.random.default_rng(2))
    assert noisy.dtype == np.uint8
    difference = noisy.astype(float) - 128
    assert abs(difference.mean()) < 0.2
    assert abs(difference.std() - 10) < 0.2
    assert not np.array_equal(noisy[0], noisy[7]), "each chunk has noise of its own"
    ends = augmentation.random_noise(np.full((5, 8, 8, 1), 255, np.uint8), 40, np.random.default_rng(3))
    assert (ends == 255).mean() > 0.4, "cut, not wrapped around"


@given(st.integers(1, 9), st.integers(1, 7), st.integers(2, 5), st.sampled_from([np.uint8, np.float32]))
def test_a_shrunk_image_holds_means_of_squares(n, side, factor, kind):
    x = (255 * GENERATOR.random((n, side * factor, side * factor, 2))).astype(kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(augmentation, "CHUNK", 4)
        small = augmentation.shrunk(x, side)
    assert small.dtype == kind
    means = x.reshape(n, side, factor, side, factor, 2).astype(float).mean(axis=(2, 4))
    np.testing.assert_allclose(small, means, atol=0.5 if kind == np.uint8 else 1e-3)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda x: augmentation.shrunk(x, 4), "side is 4: images of 4 × 4"),
        (lambda x: augmentation.shrunk(x, 0), "side is 0"),
        (lambda x: augmentation.random_zoom(x, 1.0, GENERATOR), "most is 1.0"),
        (lambda x: augmentation.random_zoom(x, -0.1, GENERATOR), "most is -0.1"),
        (lambda x: augmentation.augmented(x, 0, 0, flip="sideways"), "flip is 'sideways': choose one of 'none', 'rand"),
        (lambda x: augmentation.alternating_flip(x[0], 0, GENERATOR), r"shape \(n, rows, columns, channels\).*\(4, 4"),
        (lambda x: augmentation.check_images(x[:0]), r"one at least; these have \(0, 4, 4, 3\)"),
    ],
)
def test_what_cannot_be_done_is_said(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        change(np.zeros((2, 4, 4, 3), np.uint8))


@pytest.mark.parametrize("settings", [{"zoom": 0.3}, {"crop_padding": 1}, {"noise": 20}, {"flip": "random"}])
def test_each_change_is_drawn_from_seed_and_epoch(settings):
    x = drawn(40, 6, 6, 3)
    first = augmentation.augmented(x, 1, seed=3, **settings)
    assert not np.array_equal(first, x)
    np.testing.assert_array_equal(first, augmentation.augmented(x, 1, seed=3, **settings))
    assert not np.array_equal(first, augmentation.augmented(x, 2, seed=3, **settings))
    assert not np.array_equal(first, augmentation.augmented(x, 1, seed=4, **settings))
