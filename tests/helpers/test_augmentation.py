"""Augmentation: each way to change an image against a second way to compute it."""

import numpy as np
import pytest

from helpers import augmentation

GENERATOR = np.random.default_rng(7)


@pytest.mark.parametrize(("shape", "reach"), [((60, 5, 7, 3), 2), ((30, 4, 4, 1), 1), ((9, 6, 3, 2), 0)])
def test_every_crop_is_a_window_of_its_own_image_with_mirrored_edges(shape, reach):
    x = GENERATOR.integers(0, 256, shape).astype(np.uint8)
    before = x.copy()
    crops = augmentation.random_crops(x, reach, np.random.default_rng(1))
    assert crops.shape == x.shape
    assert crops.dtype == np.uint8
    found = set()
    for image, crop in zip(x, crops):
        places = []
        for down, right in np.ndindex(2 * reach + 1, 2 * reach + 1):
            # Row -1 is row 1, the row behind the last one is the last but one.
            rows = [abs(row) for row in np.arange(shape[1]) + down - reach]
            rows = [row if row < shape[1] else 2 * shape[1] - 2 - row for row in rows]
            columns = [abs(column) for column in np.arange(shape[2]) + right - reach]
            columns = [column if column < shape[2] else 2 * shape[2] - 2 - column for column in columns]
            if np.array_equal(crop, image[rows][:, columns]):
                places.append((down - reach, right - reach))
        assert places
        found.update(places[:1])
    assert len(found) > 0.6 * (2 * reach + 1) ** 2, "shifts in all directions, drawn for every image anew"
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(crops, augmentation.random_crops(x, reach, np.random.default_rng(1)))


@pytest.mark.parametrize("reach", [-1, 5])
def test_a_reach_beyond_the_image_is_refused(reach):
    with pytest.raises(ValueError, match=f"reach is {reach}"):
        augmentation.random_crops(np.zeros((2, 5, 6, 3), np.uint8), reach, GENERATOR)


@pytest.mark.parametrize("n", [1, 2, 51, 400])
def test_flips_alternate_exactly(n):
    x = GENERATOR.integers(0, 256, (n, 3, 4, 2)).astype(np.uint8)
    before = x.copy()
    mirrored = []
    for epoch in range(4):
        flipped = augmentation.alternating_flip(x, epoch, seed=5)
        each = [np.array_equal(new, old[:, ::-1]) for new, old in zip(flipped, x)]
        assert all(same or np.array_equal(new, old) for same, new, old in zip(each, flipped, x))
        mirrored.append(np.array(each))
    assert abs(mirrored[0].sum() - n / 2) <= 0.5
    np.testing.assert_array_equal(mirrored[1], ~mirrored[0])
    np.testing.assert_array_equal(mirrored[2], mirrored[0])
    np.testing.assert_array_equal(mirrored[3], mirrored[1])
    np.testing.assert_array_equal(x, before)
    if n > 50:
        assert not np.array_equal(
            augmentation.alternating_flip(x, 0, seed=6), augmentation.alternating_flip(x, 0, seed=5)
        )


def test_an_epoch_is_augmented_as_it_is_asked_for():
    x = GENERATOR.integers(0, 256, (200, 5, 5, 3)).astype(np.uint8)

    def mirrored(flip, epoch):
        images = augmentation.augmented(x, epoch, seed=3, flip=flip)
        return np.array([np.array_equal(new, old[:, ::-1]) for new, old in zip(images, x)])

    np.testing.assert_array_equal(mirrored("alternating", 0), ~mirrored("alternating", 1))
    assert not mirrored("none", 0).any()
    first, second = mirrored("random", 0), mirrored("random", 1)
    assert first.sum() == second.sum() == 100
    assert 30 < (first & second).sum() < 70, "independent halves share a quarter of the images"
    crops = [augmentation.augmented(x, epoch, seed, shift=2) for epoch, seed in ((0, 3), (1, 3), (0, 4))]
    for one, other in ((0, 1), (0, 2)):
        assert not np.array_equal(crops[one], crops[other])
    with pytest.raises(ValueError, match=r"shape \(n, rows, columns, channels\)"):
        augmentation.alternating_flip(x[0], 0, 0)


def test_zoom_enlarges_a_square_of_each_image():
    # Brightness that is linear in place: wherever a window lies, bilinear reading is exact.
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
    x = GENERATOR.integers(0, 256, (7, 5, 6, 3)).astype(np.uint8)
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


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_shrunk_image_holds_means_of_squares(monkeypatch, kind):
    monkeypatch.setattr(augmentation, "CHUNK", 4)
    x = (255 * GENERATOR.random((9, 12, 12, 2))).astype(kind)
    small = augmentation.shrunk(x, 4)
    assert small.dtype == kind
    means = x.reshape(9, 4, 3, 4, 3, 2).astype(float).mean(axis=(2, 4))
    np.testing.assert_allclose(small, means, atol=0.5 if kind == np.uint8 else 1e-3)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda x: augmentation.shrunk(x, 4), "side is 4: images of 4 × 4"),
        (lambda x: augmentation.shrunk(x, 0), "side is 0"),
        (lambda x: augmentation.random_zoom(x, 1.0, GENERATOR), "most is 1.0"),
        (lambda x: augmentation.random_zoom(x, -0.1, GENERATOR), "most is -0.1"),
        (lambda x: augmentation.random_noise(x, -1, GENERATOR), "deviation is -1"),
        (lambda x: augmentation.augmented(x, 0, 0, flip="sideways"), "flip is 'sideways': choose one of 'alternating'"),
    ],
)
def test_what_cannot_be_done_is_said(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        change(np.zeros((2, 4, 4, 3), np.uint8))


@pytest.mark.parametrize("settings", [{"zoom": 0.3}, {"shift": 1}, {"noise": 20}, {"flip": "random"}])
def test_each_change_is_drawn_from_seed_and_epoch(settings):
    x = GENERATOR.integers(0, 256, (40, 6, 6, 3)).astype(np.uint8)
    first = augmentation.augmented(x, 1, seed=3, **settings)
    assert not np.array_equal(first, x)
    np.testing.assert_array_equal(first, augmentation.augmented(x, 1, seed=3, **settings))
    assert not np.array_equal(first, augmentation.augmented(x, 2, seed=3, **settings))
    assert not np.array_equal(first, augmentation.augmented(x, 1, seed=4, **settings))
