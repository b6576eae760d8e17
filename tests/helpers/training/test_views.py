"""Test-time augmentation: views of an image, made by other means, and their weights."""

import dataclasses
import json
import sys

import keras
import numpy as np
import pytest
import small_training
from keras import layers

from helpers import training
from helpers.recipe import VIEWS

GENERATOR = np.random.default_rng(7)
VIEWS_MODULE = sys.modules["helpers.training.views"]


class Reader:
    """Numbers that tell where each pixel was, so that every view gives other logits: a network without its costs."""

    kernel = GENERATOR.normal(size=(6 * 7 * 3, 5)).astype("float32")

    def predict(self, images, batch, verbose):
        return images.reshape(len(images), -1).astype("float32") @ self.kernel


@pytest.fixture
def reader():
    return Reader()


def test_a_keras_model_is_asked_in_batches(reader, monkeypatch):
    monkeypatch.setattr(VIEWS_MODULE, "BATCH", 3)
    model = keras.Sequential([layers.Input((6, 7, 3)), layers.Flatten(), layers.Dense(5, use_bias=False)])
    model.layers[-1].kernel.assign(reader.kernel)
    sizes = []
    batches = keras.callbacks.LambdaCallback(
        on_predict_batch_end=lambda batch, logs: sizes.append(len(logs["outputs"]))
    )
    x = GENERATOR.integers(0, 256, (7, 6, 7, 3)).astype(np.uint8)
    predict = model.predict
    monkeypatch.setattr(model, "predict", lambda *a, **k: predict(*a, callbacks=[batches], **k))
    got = training.view_logits(model, x, 2)
    np.testing.assert_allclose(got, training.view_logits(reader, x, 2), rtol=1e-4, atol=0.05)
    assert sizes == [3, 3, 1] * 2


@pytest.mark.parametrize("views", [1, 2, 6, 18])
def test_views_are_averaged_with_their_weights(views, reader):
    x = GENERATOR.integers(0, 256, (7, 6, 7, 3)).astype(np.uint8)
    kernel = reader.kernel.astype(float)

    def logits(images):
        return images.reshape(len(images), -1).astype(float) @ kernel

    def shifted(down, right):
        """The image seen from further down and right, the gap filled by reflection."""

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
        return (logits(images) + logits(images[:, :, ::-1])) / 2

    straight = sum(both(shifted(*step)) for step in ((0, 1), (1, 0), (0, -1), (-1, 0)))
    diagonal = sum(both(shifted(*step)) for step in ((1, 1), (1, -1), (-1, 1), (-1, -1)))
    expected = {
        1: logits(x),
        2: both(x),
        6: both(x) / 2 + both(shifted(1, 1)) / 4 + both(shifted(-1, -1)) / 4,
        18: both(x) / 4 + straight / 8 + diagonal / 16,
    }[views]
    got = training.view_logits(reader, x, views)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=0.05)


def test_other_views_are_refused(reader):
    x = np.zeros((2, 6, 7, 3), np.uint8)
    with pytest.raises(ValueError, match=r"views is 3: choose one of 1, 2, 6, 18\."):
        training.view_logits(reader, x, views=3)


@pytest.mark.parametrize("views", [6, 18])
def test_more_views_come_only_where_two_leave_doubt(views, reader):
    x = GENERATOR.integers(0, 256, (60, 6, 7, 3)).astype(np.uint8)
    two, all_of_them = training.view_logits(reader, x, 2), training.view_logits(reader, x, views)
    gaps = np.diff(np.sort(two, axis=1)[:, -2:])[:, 0]
    margin = float(np.median(gaps))
    got = training.view_logits(reader, x, views, margin=margin)
    np.testing.assert_allclose(got, np.where((gaps < margin)[:, None], all_of_them, two), rtol=1e-4, atol=0.05)
    assert 0 < np.sum(gaps[:8] < margin) < 8
    one_by_one = np.concatenate([training.view_logits(reader, x[i : i + 1], views, margin=margin) for i in range(8)])
    np.testing.assert_allclose(one_by_one, got[:8], rtol=1e-4, atol=0.05, err_msg="the others must not matter")
    np.testing.assert_array_equal(training.view_logits(reader, x, views, margin=1e-9), two)
    recipe = dataclasses.replace(small_training.TUTORIAL, views=views, view_margin=margin)
    np.testing.assert_array_equal(training.predict(recipe, reader, x), got)
    without = dataclasses.replace(recipe, view_margin=None)
    np.testing.assert_array_equal(training.predict(without, reader, x), all_of_them)


def test_accuracy_is_given_for_every_number_of_views(reader):
    x = GENERATOR.integers(0, 256, (50, 6, 7, 3)).astype(np.uint8)
    predicted = {views: training.view_logits(reader, x, views).argmax(axis=1) for views in (1, 2, 6, 18)}
    # Labels that one view gets right in 30 images, and the others where they agree with it.
    y = np.where(np.arange(50) < 30, predicted[1], (predicted[1] + 1) % 5)
    assert list(training.accuracy_by_views(reader, x, y)) == ["1", "2", "6"]
    scores = training.accuracy_by_views(reader, x, y, VIEWS)
    assert list(scores) == ["1", "2", "6", "18"], "the keys of JSON are text"
    assert scores["1"] == 0.6
    for views, score in scores.items():
        assert score == pytest.approx(sum(map(int.__eq__, predicted[int(views)].tolist(), y.tolist())) / 50)
    assert json.loads(json.dumps(scores)) == scores
    thirds = training.accuracy_by_views(reader, x[:3], np.r_[predicted[1][:2], (predicted[1][2] + 1) % 5])
    assert thirds["1"] == 0.6667


def test_no_view_is_predicted_twice_for_the_numbers_that_share_it(reader, monkeypatch):
    asked, predict = [], reader.predict
    monkeypatch.setattr(reader, "predict", lambda images, *given, **how: asked.append(images) or predict(images, 0, 0))
    x, y = GENERATOR.integers(0, 256, (5, 6, 7, 3)).astype(np.uint8), np.zeros(5, int)
    training.accuracy_by_views(reader, x, y, VIEWS)
    assert len({images.tobytes() for images in asked}) == len(asked) == 18
