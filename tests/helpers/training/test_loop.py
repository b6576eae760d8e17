"""Training by recipe: one seed gives one result, every epoch sees what the recipe says, faults are told beforehand."""

import dataclasses

import keras
import numpy as np
import pytest
from keras import layers
from small_training import FAST, TUTORIAL, assert_same_end, drawn, figures, small_cnn, train

from helpers import augmentation, models, training
from helpers.data import shapes10
from helpers.recipe import Recipe

pytestmark = pytest.mark.usefixtures("eagerly")
# Two epochs are as good as four where nothing goes on after the second; the fast one sees small images in its first.
SHORT = {
    "tutorial": dataclasses.replace(TUTORIAL, epochs=2),
    "fast": dataclasses.replace(FAST, epochs=2, small_epochs=1),
}


@pytest.fixture
def seen(monkeypatch):
    """What ``fit`` is called with, epoch by epoch."""
    calls, fit = [], keras.Model.fit

    def watch(model, x, y, **options):
        assert options["shuffle"] is False
        before = model.get_weights()
        history = fit(model, x, y, **options)
        moved = sum(not np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True))
        calls.append({"x": x, "y": y, "validation": options["validation_data"], "moved": moved})
        return history

    monkeypatch.setattr(keras.Model, "fit", watch)
    return calls


# Seeds


@pytest.mark.parametrize("name", SHORT)
def test_one_seed_gives_one_result_another_seed_another(tmp_path, name):
    recipe = SHORT[name]
    model, history = train(tmp_path, recipe)
    keras.utils.set_random_seed(99)  # what was drawn before must not matter
    assert_same_end(*train(tmp_path, recipe), model.get_weights(), figures(history))
    _, other = train(tmp_path, recipe, seed=4)
    assert figures(other) != figures(history)


def test_every_epoch_sees_every_image_once_in_another_order(tmp_path, seen):
    dataset = drawn()
    train(tmp_path, dataset=dataset)
    assert len(seen) == TUTORIAL.epochs
    for call in seen:
        np.testing.assert_array_equal(np.sort(call["x"], axis=0), np.sort(dataset.x_train, axis=0))
        assert call["y"].shape == (100,)
    assert not np.array_equal(seen[0]["x"], seen[1]["x"])


def test_equal_batches_leave_out_others_in_each_epoch(tmp_path, seen):
    dataset = drawn(side=12)
    before = dataset.x_train.copy()
    recipe = dataclasses.replace(SHORT["fast"], small_epochs=0, crop_padding=0, flip="none")
    train(tmp_path, recipe, dataset=dataset)
    shown = [{image.tobytes() for image in call["x"]} for call in seen]
    assert [len(images) for images in shown] == [90] * 2, "three batches of 30; ten images wait"
    assert shown[0] != shown[1]
    np.testing.assert_array_equal(dataset.x_train, before)


def test_images_are_changed_and_labels_smoothed_as_the_recipe_says(tmp_path, seen):
    dataset = drawn()
    changes = {"flip": "alternating", "crop_padding": 1, "zoom": 0.2, "noise": 5.0}
    recipe = dataclasses.replace(TUTORIAL, epochs=2, label_smoothing=0.3, **changes)
    model, history = train(tmp_path, recipe, dataset=dataset)
    for epoch, call in enumerate(seen):
        order = np.random.default_rng((3, epoch)).permutation(100)
        expected = augmentation.augmented(dataset.x_train, epoch, 3, **changes)[order]
        np.testing.assert_array_equal(call["x"], expected)
        np.testing.assert_array_equal(call["y"], np.eye(4)[dataset.y_train[order]])
        assert call["validation"][0] is dataset.x_val
    logs = keras.ops.convert_to_numpy(keras.ops.log_softmax(model(dataset.x_val, training=False)))
    wanted = 0.7 * np.eye(4)[dataset.y_val] + 0.3 / 4
    assert history["val_loss"][-1] == pytest.approx(-(wanted * logs).sum(axis=1).mean(), rel=1e-4)
    share = training.accuracy(model, dataset.x_val, dataset.y_val)
    assert share == pytest.approx(history["val_accuracy"][-1])
    assert share == pytest.approx((logs.argmax(axis=1) == dataset.y_val).mean())


def test_small_epochs_train_the_same_weights_on_shrunk_images(tmp_path, seen):
    dataset = drawn(side=12)
    model, history = train(tmp_path, FAST, dataset=dataset)
    sizes = [(call["x"].shape[1:3], call["validation"][0].shape[1:3]) for call in seen]
    assert sizes == [((9, 9), (9, 9))] * 2 + [((12, 12), (12, 12))] * 2
    order = np.random.default_rng((3, 3, 1)).permutation(100)[:90]
    images = augmentation.augmented(dataset.x_train, 1, 3, "alternating", crop_padding=1)[order]
    np.testing.assert_array_equal(seen[1]["x"], augmentation.shrunk(images, 9))
    np.testing.assert_array_equal(seen[1]["validation"][0], augmentation.shrunk(dataset.x_val, 9))
    trained = len(model.trainable_weights) + 2 * 6  # the kernels, the biases, and six moving means and variances
    assert [call["moved"] for call in seen] == [trained] * 4
    assert model.input_shape[1:] == (12, 12, 3)
    assert model.optimizer.iterations == 4 * 3, "one optimizer counts on"
    assert all(len(history[key]) == 4 for key in training.HISTORY_KEYS)
    assert min(history["seconds"]) > 0


@pytest.mark.parametrize(
    "change",
    [
        {"label_smoothing": 0.0, "schedule": "constant", "lookahead": False, "flip": "none", "crop_padding": 0},
        {"optimizer": "SGD", "kernel_rate": 0.0, "flip": "random", "small_epochs": 0, "equal_batches": False},
        {"options": {"widths": [2, 3, 4], "whitening": False, "identity": False, "bias_gain": 1.0}},
    ],
    ids=["without steps and images", "without muon", "without the network's parts"],
)
def test_every_part_can_be_left_out(tmp_path, monkeypatch, change):
    used, begin = [], training.Lookahead.on_train_begin
    monkeypatch.setattr(training.Lookahead, "on_train_begin", lambda *given: used.append(1) or begin(*given))
    recipe = dataclasses.replace(SHORT["fast"], **change)
    model, history = train(tmp_path, recipe)
    assert bool(used) == recipe.lookahead
    assert getattr(model.loss, "label_smoothing", 0.0) == recipe.label_smoothing
    assert type(model.optimizer).__name__ == recipe.optimizer
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize("name", SHORT)
def test_without_validation_images_the_history_has_no_validation(tmp_path, name):
    dataset = drawn(side={"tutorial": 8, "fast": 12}[name])
    empty = dataclasses.replace(dataset, x_val=dataset.x_val[:0], y_val=dataset.y_val[:0])
    _, history = train(tmp_path, SHORT[name], dataset=empty)
    assert [len(history[key]) for key in training.HISTORY_KEYS] == [2, 2, 0, 0, 2]


# What is said before and during training


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"x_train": np.zeros((100, 8, 6, 3), np.uint8)}, r"square images .*\(100, 8, 6, 3\)"),
        ({"x_train": np.zeros((100, 8, 8), np.uint8)}, r"square images .*\(100, 8, 8\)"),
        ({"x_train": np.zeros((0, 8, 8, 3), np.uint8), "y_train": np.zeros(0, int)}, r"\(0, 8, 8, 3\)"),
        ({"y_train": np.zeros(99, int)}, "99 labels for training images of shape .100,"),
        ({"y_val": np.zeros(41, int)}, "41 labels for validation images of shape .40,"),
        ({"y_train": np.full(100, 4)}, "names 4 classes, so training labels run from 0 to 3; they run from 4 to 4"),
        ({"y_val": np.full(40, -1)}, "validation labels run from 0 to 3; they run from -1 to -1"),
        ({"x_val": np.zeros((40, 9, 9, 3), np.uint8)}, r"validation images of shape \(40, 9, 9, 3\)"),
    ],
)
def test_a_dataset_that_does_not_fit_is_named_before_training(tmp_path, changes, sentence, monkeypatch):
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(ValueError, match=sentence):
        train(tmp_path, dataset=dataclasses.replace(drawn(), **changes))


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        (dataclasses.replace(FAST, batch_size=101), "100 images do not fill one batch of 101"),
        (dataclasses.replace(FAST, model="vgg"), "There is no builder 'vgg'"),
    ],
)
def test_a_recipe_that_does_not_fit_is_named_before_training(tmp_path, recipe, sentence, monkeypatch):
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(ValueError, match=sentence):
        train(tmp_path, recipe)
    assert not any(tmp_path.iterdir())


def test_a_named_model_takes_the_dataset_as_it_is(tmp_path):
    """Three classes and one channel: the named models are built for the dataset at hand."""
    dataset = drawn(classes=3, side=32)
    grey = dataclasses.replace(dataset, x_train=dataset.x_train[..., :1], x_val=dataset.x_val[..., :1])
    recipe = Recipe("strided_cnn", "SGD", 0.01, batch_size=100, epochs=1)
    model, _ = train(tmp_path, recipe, dataset=grey)
    assert model.input_shape == (None, 32, 32, 1)
    assert model.output_shape == (None, 3)


def test_a_model_that_was_not_built_is_built_for_the_images(tmp_path):
    def unbuilt():
        return keras.Sequential([layers.Rescaling(1 / 255), layers.Flatten(), layers.Dropout(0.1), layers.Dense(4)])

    model, history = train(tmp_path, build=unbuilt)
    assert model.count_params() == (8 * 8 * 3 + 1) * 4
    assert len(history["loss"]) == TUTORIAL.epochs


def test_a_loss_that_is_no_number_stops_with_what_to_try(tmp_path, monkeypatch):
    sentence = r"fast_cnn: the loss of epoch 1 is nan\. Try a lower learning rate \(it is 1e\+30\)\."
    with pytest.raises(FloatingPointError, match=sentence):
        train(tmp_path, dataclasses.replace(FAST, learning_rate=1e30))
    assert not any(tmp_path.iterdir()), "a state without numbers is not worth a backup"
    fit = keras.Model.fit

    def lose_validation(model, *given, **settings):
        done = fit(model, *given, **settings)
        done.history["val_loss"] = [np.inf]
        return done

    monkeypatch.setattr(keras.Model, "fit", lose_validation)
    with pytest.raises(FloatingPointError, match=r"small_cnn: the val_loss of epoch 1 is inf\. Try a lower"):
        train(tmp_path)


def test_a_loss_that_is_no_number_in_half_precision_is_not_blamed_on_the_learning_rate(tmp_path):
    def half():
        model = keras.Sequential([layers.Input((8, 8, 3)), layers.Flatten(), layers.Dense(4)])
        model.layers[-1].kernel.assign(np.full((192, 4), 1e3))
        return model

    keras.config.set_floatx("float16")
    try:
        with pytest.raises(FloatingPointError, match=r"epoch 1 is nan\. The model computes in float16.*set_floatx"):
            train(tmp_path, build=half)
    finally:
        keras.config.set_floatx("float32")


@pytest.mark.parametrize("part", ["train", "val"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_images_that_are_no_numbers_are_named_before_training(tmp_path, part, value, monkeypatch):
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained"))
    dataset = drawn()
    images = getattr(dataset, f"x_{part}").astype("float32")
    images[7, 0, 0, 0] = value
    name = {"train": "training", "val": "validation"}[part]
    with pytest.raises(ValueError, match=f"drawn has {name} images with NaN or infinite values"):
        train(tmp_path, dataset=dataclasses.replace(dataset, **{f"x_{part}": images}))


def dense(shape=(8, 8, 3), classes=4):
    return keras.Sequential([layers.Input(shape), layers.Flatten(), layers.Dense(classes)])


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: dense((9, 9, 3)), r"takes images of shape \(9, 9, 3\); those of drawn have \(8, 8, 3\)"),
        (lambda: dense((8, 8, 1)), r"takes images of shape \(8, 8, 1\); those of drawn have \(8, 8, 3\)"),
        (lambda: dense((192,)), r"takes images of shape \(192,\); those of drawn"),
        (lambda: dense(classes=10), r"output has the shape \(10,\); drawn has 4 classes"),
        (lambda: dense(classes=3), r"output has the shape \(3,\); drawn has 4 classes"),
        (lambda: keras.Sequential([layers.Input((8, 8, 3)), layers.Dense(4)]), r"the shape \(8, 8, 4\); drawn has 4"),
    ],
)
def test_a_model_that_does_not_fit_is_named_before_training(tmp_path, build, sentence, monkeypatch):
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(ValueError, match=sentence):
        train(tmp_path, build=build)


def test_a_model_that_takes_images_of_any_size_fits(tmp_path):
    def any_size():
        return keras.Sequential([layers.Input((None, None, 3)), layers.GlobalAveragePooling2D(), layers.Dense(4)])

    assert len(train(tmp_path, build=any_size)[1]["loss"]) == TUTORIAL.epochs


# The fingerprint of a training


def test_a_fingerprint_changes_with_all_that_decides_the_training():
    dataset = drawn()
    changed_labels = dataset.y_train.copy()
    changed_labels[3] = (changed_labels[3] + 1) % 4
    marks = [
        training.fingerprint(recipe, model, images)
        for recipe, model, images in (
            (TUTORIAL, small_cnn(), dataset),
            (dataclasses.replace(TUTORIAL, momentum=0.5), small_cnn(), dataset),
            (dataclasses.replace(TUTORIAL, views=2), small_cnn(), dataset),
            (TUTORIAL, small_cnn(activation="tanh"), dataset),
            (TUTORIAL, small_cnn((8, 8, 1)), dataset),
            (TUTORIAL, small_cnn(), dataclasses.replace(dataset, name="others")),
            (TUTORIAL, small_cnn(), dataclasses.replace(dataset, y_train=changed_labels)),
            (TUTORIAL, small_cnn(), dataclasses.replace(dataset, x_train=255 - dataset.x_train)),
        )
    ]
    assert len(set(marks)) == len(marks)
    assert training.fingerprint(TUTORIAL, small_cnn(), drawn()) == marks[0], "names of layers count on"
    assert all(len(mark) == 12 for mark in marks)


# All together, compiled, on images with something to see


def test_a_small_network_learns_shapes(tmp_path, capsys, compiled):
    x, y, _ = shapes10.draw(500, seed=5)
    unseen, labels, _ = shapes10.draw(300, seed=6)
    dataset = dataclasses.replace(
        drawn(), name="shapes", class_names=shapes10.CLASS_NAMES, x_train=x, y_train=y, x_val=x[:0], y_val=y[:0]
    )
    # So few images make few steps: they have to be long ones.
    recipe = dataclasses.replace(
        models.RECIPES["fast94"],
        options={"widths": [8, 16, 16], "activation": "relu"},
        learning_rate=0.5,
        batch_size=25,
        epochs=3,
        small_epochs=0,
        small_side=0,
    )
    model, history = training.train(recipe, dataset, backups=tmp_path)
    assert history["loss"][-1] < history["loss"][0]
    predicted = training.predict(recipe, model, unseen)
    assert np.mean(predicted.argmax(axis=1) == labels) > 0.25, "chance is 0.1"
    assert capsys.readouterr().out.count("epoch") == 3
