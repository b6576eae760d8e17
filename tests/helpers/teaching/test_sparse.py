"""Sparse coding: whitening, dictionary and codes against slow ways to compute them."""

import numpy as np
import pytest
from sklearn.decomposition import sparse_encode

from helpers.data import shapes10
from helpers.teaching import sparse

IMAGES = shapes10.draw(300, 5)[0]
FLAT = sparse.patches(IMAGES, 4_000, seed=1)
WHITENING = sparse.whitening(FLAT)
WHITE = WHITENING.transform(FLAT)
ATOMS = sparse.dictionary(WHITE, 12, seed=1, passes=1)


def test_patches_are_windows_without_brightness_and_contrast():
    x = np.random.default_rng(0).integers(0, 256, (4, 12, 11, 3)).astype(np.uint8)
    before = x.copy()
    flat = sparse.patches(x, 50, seed=2)
    assert flat.shape == (50, 108)
    np.testing.assert_allclose(flat.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(flat.var(axis=1), 1, atol=0.01)
    windows = {}
    for image, top, left in np.ndindex(4, 7, 6):
        window = x[image, top : top + 6, left : left + 6].astype(float).ravel()
        windows[image, top, left] = (window - window.mean()) / np.sqrt(window.var() + sparse.EVEN)
    found = {min(windows, key=lambda position, row=row: np.abs(windows[position] - row).max()) for row in flat}
    assert all(min(np.abs(window - row).max() for window in windows.values()) < 1e-4 for row in flat)
    assert len(found) > 25
    assert [len({position[axis] for position in found}) for axis in range(3)] == [4, 7, 6]
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(flat, sparse.patches(x, 50, seed=2))
    assert not np.array_equal(flat, sparse.patches(x, 50, seed=3))


def test_an_even_patch_stays_even():
    assert np.abs(sparse.patches(np.full((2, 6, 6, 3), 200, np.uint8), 3)).max() == 0


def test_an_image_smaller_than_a_window_is_refused():
    with pytest.raises(ValueError, match="has 6 × 6 pixels, the images only 5 × 8"):
        sparse.patches(np.zeros((2, 5, 8, 3), np.uint8), 3)


def test_whitened_patches_have_identity_covariance():
    assert WHITE.shape[1] < FLAT.shape[1]
    np.testing.assert_allclose(np.cov(WHITE.T), np.eye(WHITE.shape[1]), atol=1e-3)
    assert not np.allclose(np.cov(FLAT.T), np.eye(FLAT.shape[1]), atol=0.3)


def test_the_dictionary_describes_patches_by_few_atoms():
    assert ATOMS.shape == (12, WHITE.shape[1])
    np.testing.assert_allclose(np.linalg.norm(ATOMS, axis=1), 1, atol=1e-5)
    drawn = np.random.default_rng(0).normal(size=ATOMS.shape)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    loss = {}
    for name, atoms in (("learnt", ATOMS), ("drawn", drawn)):
        factors = sparse_encode(WHITE[:300].astype(float), atoms.astype(float), algorithm="lasso_cd", alpha=1.0)
        loss[name] = ((WHITE[:300] - factors @ atoms) ** 2).sum() / 2 + np.abs(factors).sum()
    assert loss["learnt"] < loss["drawn"]
    np.testing.assert_array_equal(ATOMS, sparse.dictionary(WHITE, 12, seed=1, passes=1))


def test_an_atom_is_drawn_as_the_patch_it_stands_for():
    drawn = sparse.as_images(ATOMS, WHITENING)
    assert drawn.shape == (12, 6, 6, 3)
    assert drawn.min() >= 0
    assert drawn.max() <= 255
    # Whitened like a patch, the image gives the atom's direction.
    back = WHITENING.transform((drawn.reshape(12, -1) - 128) / 127 + WHITENING.mean_)
    np.testing.assert_allclose(back / np.linalg.norm(back, axis=1, keepdims=True), ATOMS, atol=1e-4)


@pytest.mark.parametrize("threshold", [0.0, 0.5, 2.0])
def test_codes_agree_with_a_slow_loop(threshold):
    x = np.concatenate([IMAGES[:2], np.full((1, 32, 32, 3), 77, np.uint8)])[:, :11, :9]
    computed = sparse.codes(x, WHITENING, ATOMS, threshold).numpy()
    assert computed.shape == (3, 6, 4, 24)
    for image, row, column in np.ndindex(3, 6, 4):
        window = x[image, row : row + 6, column : column + 6].astype(float).ravel()
        window = (window - window.mean()) / np.sqrt(window.var() + sparse.EVEN)
        products = ATOMS @ WHITENING.transform(window[None])[0]
        expected = [max(0, product - threshold) for product in products]
        expected += [max(0, -product - threshold) for product in products]
        np.testing.assert_allclose(computed[image, row, column], expected, atol=2e-3)


def test_brightness_and_contrast_do_not_count():
    x = IMAGES[:3].astype(np.float32)
    codes = sparse.codes(x, WHITENING, ATOMS, 0.5)
    np.testing.assert_allclose(sparse.codes(x + 40, WHITENING, ATOMS, 0.5), codes, atol=5e-3)
    doubled = sparse.codes(2 * x, WHITENING, ATOMS, 0.5)
    assert np.mean(np.abs(doubled - codes) < 0.2) > 0.9


@pytest.mark.parametrize("side", [6, 7])
def test_quadrants_are_sums_over_the_four_quarters(side):
    maps = np.random.default_rng(3).normal(size=(2, side, side, 5)).astype(np.float32)
    pooled = sparse.quadrants(maps).numpy()
    assert pooled.shape == (2, 20)
    expected = np.zeros((2, 2, 2, 5))
    for row, column in np.ndindex(side, side):
        expected[:, int(row >= side // 2), int(column >= side // 2)] += maps[:, row, column]
    np.testing.assert_allclose(pooled, expected.reshape(2, 20), atol=1e-4)


def test_features_of_many_images_are_those_of_each(monkeypatch):
    monkeypatch.setattr(sparse, "CHUNK", 4)
    features = sparse.features(IMAGES[:9], WHITENING, ATOMS, 0.5)
    assert features.shape == (9, 8 * 12)
    one = sparse.quadrants(sparse.codes(IMAGES[8:9], WHITENING, ATOMS, 0.5))
    np.testing.assert_allclose(features[8:], one, rtol=1e-4, atol=1e-2)
