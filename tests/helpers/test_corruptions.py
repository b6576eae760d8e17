"""Corruptions: what each does, checked a second way; the same for the same seed; nothing outside 0 to 255."""

import io

import numpy as np
import pytest
from PIL import Image

from helpers import corruptions

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), np.uint8)


@pytest.mark.parametrize("name", corruptions.STRENGTHS)
def test_shape_type_range_and_seed(name):
    before = IMAGES.copy()
    for strength in range(1, 6):
        changed = corruptions.corrupted(IMAGES, name, strength, seed=3)
        assert (changed.shape, changed.dtype) == (IMAGES.shape, np.uint8)
        assert np.array_equal(changed, corruptions.corrupted(IMAGES, name, strength, seed=3))
        assert np.array_equal(changed[:5], corruptions.corrupted(IMAGES[:5], name, strength, seed=3)), "the first ones"
        assert not np.array_equal(changed, IMAGES)
    assert np.array_equal(IMAGES, before)
    real = corruptions.corrupted(IMAGES.astype(np.float32), name, 5)
    assert real.dtype == np.float32
    assert 0 <= real.min() <= real.max() <= 255


@pytest.mark.parametrize("name", corruptions.STRENGTHS)
def test_a_higher_strength_changes_a_smooth_image_more(name):
    rows, columns = np.mgrid[:32, :32]
    smooth = np.stack([128 + 60 * np.sin(rows / 3), 128 + 50 * np.cos(columns / 4), 4.0 * rows + columns], axis=-1)
    smooth = np.repeat(smooth[None].astype(np.uint8), 8, axis=0)
    off = [
        np.abs(corruptions.corrupted(smooth, name, strength) - smooth.astype(float)).mean() for strength in range(1, 6)
    ]
    assert off == sorted(off)
    assert off[0] < off[4]


def test_a_shift_moves_along_one_axis_and_repeats_the_edge():
    shifted, seen = corruptions.corrupted(IMAGES, "shift", 3), set()
    for image, moved in zip(IMAGES, shifted):
        padded = np.pad(image, ((4, 4), (4, 4), (0, 0)), mode="edge")
        ways = {(0, 4): "down", (8, 4): "up", (4, 0): "right", (4, 8): "left"}
        found = [way for (r, c), way in ways.items() if np.array_equal(moved, padded[r : r + 16, c : c + 16])]
        assert len(found) == 1
        seen.update(found)
    assert len(seen) == 4


def test_noise_and_brightness_have_their_size():
    grey = np.full((4, 32, 32, 3), 120, np.uint8)
    off = corruptions.corrupted(grey, "noise", 3) - 120.0
    assert abs(off.mean()) < 1
    assert abs(off.std() - 20) < 0.7
    assert np.unique(corruptions.corrupted(grey, "brightness", 2)).tolist() == [160]
    assert np.unique(corruptions.corrupted(grey + np.uint8(100), "brightness", 2)).tolist() == [255]


def test_contrast_leaves_the_mean_and_its_share():
    whole = IMAGES[:1].astype(np.float64)
    pale = corruptions.corrupted(whole, "contrast", 2)
    assert np.isclose(pale.mean(), whole.mean(), atol=0.01)
    assert np.isclose(pale.std(), 0.5 * whole.std(), rtol=1e-3)


def test_a_blurred_point_is_a_gaussian_and_keeps_its_sum():
    point = np.zeros((1, 21, 21, 1))
    point[0, 10, 10, 0] = 255
    blurred = corruptions.corrupted(point, "blur", 4)[0, ..., 0]
    wide = np.exp(-(np.arange(-4, 5) ** 2) / (2 * 1.1**2))
    assert np.isclose(blurred.sum(), 255, rtol=1e-3)
    assert np.allclose(blurred[10, 6:15], blurred[10, 10] * wide, atol=0.2)


def test_jpeg_is_pillow_s():
    file = io.BytesIO()
    Image.fromarray(IMAGES[2]).save(file, "JPEG", quality=30)
    assert np.array_equal(corruptions.corrupted(IMAGES, "JPEG", 3)[2], np.asarray(Image.open(file)))


@pytest.mark.parametrize(
    ("images", "name", "strength", "sentence"),
    [
        (IMAGES, "fog", 1, "no corruption 'fog'. The names are: shift"),
        (IMAGES, "blur", 0, "whole number from 1 to 5"),
        (IMAGES, "blur", 2.5, "whole number from 1 to 5"),
        (IMAGES[0], "blur", 1, "shape"),
    ],
)
def test_what_cannot_be_corrupted_is_a_sentence(images, name, strength, sentence):
    with pytest.raises(ValueError, match=sentence):
        corruptions.corrupted(images, name, strength)
