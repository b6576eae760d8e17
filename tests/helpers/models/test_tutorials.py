"""The named models and their recipes."""

import json

import keras
import numpy as np
import pytest

from helpers import augmentation, models

# Published counts. The architectures of batchnorm_cnn and improved_cnn are ours and are counted by formula below.
PARAMETERS = {
    "strided_cnn": 181_162,
    "deeper_cnn": 252_378,
    "plain_cnn": 122_570,
    "dense_head_cnn": 1_060_138,
    "guide_cnn": 477_994,
}
NAMES = list(models.BUILDERS)


def count_by_formula(model):
    """Parameters from each layer's settings and the shape that arrives, without asking a weight for its size."""
    total = 0
    channels = model.input_shape[-1]
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            rows, columns = layer.kernel_size
            total += (rows * columns * channels + layer.use_bias) * layer.filters
        elif isinstance(layer, keras.layers.Dense):
            total += (channels + 1) * layer.units
        elif isinstance(layer, keras.layers.BatchNormalization):
            total += 4 * channels
        channels = layer.output.shape[-1]
    return total


def same(layer):
    """What makes two layers the same: class, settings without the name and the seed, shapes of the weights."""
    config = {key: value for key, value in layer.get_config().items() if key not in ("name", "seed")}
    return type(layer), config, [weight.shape for weight in layer.weights]


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_published_parameter_counts(name, parameters):
    assert models.build(name).count_params() == parameters


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("shape", "classes"), [((32, 32, 3), 10), ((48, 40, 1), 7)])
def test_parameters_by_formula_for_any_input_and_any_classes(name, shape, classes):
    model = models.build(name, shape, classes)
    assert model.input_shape == (None, *shape)
    assert model.output_shape == (None, classes)
    assert model.count_params() == count_by_formula(model)


def test_the_table_of_strided_cnn():
    shapes = [layer.output.shape[1:] for layer in models.strided_cnn().layers]
    assert shapes == [
        (32, 32, 3),
        (16, 16, 32),
        (6, 6, 32),
        (3, 3, 32),
        (3, 3, 32),
        (288,),
        (512,),
        (512,),
        (10,),
    ]
    counts = [layer.count_params() for layer in models.strided_cnn().layers if layer.count_params()]
    assert counts == [2_432, 25_632, 147_968, 5_130]


def test_the_shapes_of_guide_cnn_with_the_slip_put_right():
    shapes = [layer.output.shape[1:] for layer in models.guide_cnn().layers]
    for shape in [(10, 10, 64), (5, 5, 64), (1600,)]:
        assert shape in shapes
    assert (576,) not in shapes


def test_improved_cnn_begins_at_guide_cnn():
    guide = models.guide_cnn()
    first = models.improved_cnn(
        widths=(32, 64), padding="valid", pooled=2, batch_normalization=False, dense=256, dropout=0.25
    )
    first.set_weights(guide.get_weights())
    images = np.random.default_rng(1).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    np.testing.assert_allclose(first(images), guide(images), atol=1e-6)
    rates = [
        [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] for model in (first, guide)
    ]
    assert rates[0] == rates[1]
    assert models.improved_cnn().count_params() < guide.count_params() < 1_469_994


def test_plain_cnn_before_its_head():
    convolutions = [layer for layer in models.plain_cnn().layers if isinstance(layer, keras.layers.Conv2D)]
    assert sum(layer.count_params() for layer in convolutions) == 56_320


def test_two_builds_are_alike_and_share_nothing():
    first, second = models.strided_cnn(), models.strided_cnn()
    assert [same(layer) for layer in first.layers] == [same(layer) for layer in second.layers]
    assert not {id(layer) for layer in first.layers} & {id(layer) for layer in second.layers}


@pytest.mark.parametrize("name", NAMES)
def test_images_go_in_as_bytes_and_probabilities_or_logits_come_out(name):
    model = models.build(name)
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    answers = np.asarray(model(images))
    np.testing.assert_allclose(answers, np.asarray(model(images.astype("float32"))), atol=1e-6)
    sums = answers.sum(axis=1)
    assert np.allclose(sums, 1, atol=1e-5) != models.outputs_logits(model)


def test_only_plain_cnn_gives_logits():
    assert [name for name in NAMES if models.outputs_logits(models.build(name))] == ["plain_cnn"]


@pytest.mark.parametrize(
    ("last", "logits"),
    [
        (keras.layers.Dense(3), True),
        (keras.layers.Dense(3, activation="relu"), True),
        (keras.layers.Dense(3, activation="softmax"), False),
        (keras.layers.Activation("softmax"), False),
        (keras.layers.Softmax(), False),
    ],
)
def test_logits_are_told_from_probabilities(last, logits):
    model = keras.Sequential([keras.layers.Input((3,)), last])
    assert models.outputs_logits(model) == logits


def test_an_unknown_name_lists_the_names():
    for ask in (models.build, models.known):
        with pytest.raises(ValueError, match=r"no model 'strided'.*strided_cnn.*guide_cnn"):
            ask("strided")


def test_every_named_model_has_its_recipe():
    assert models.RECIPES.keys() == models.BUILDERS.keys()


def test_a_recipe_is_json_data():
    recipe = models.RECIPES["strided_cnn"]
    assert models.Recipe(**json.loads(json.dumps(recipe.as_dict()))) == recipe


def test_what_came_later_is_told_only_where_it_is_used():
    recipe = models.Recipe("SGD", 0.1, batch_size=8, epochs=2, momentum=0.9)
    assert recipe.as_dict()["momentum"] == 0.9
    assert recipe.make_optimizer(80).momentum == 0.9
    decayed = models.Recipe("AdamW", 0.1, batch_size=8, epochs=2, weight_decay=0.02)
    assert decayed.make_optimizer(80).weight_decay == 0.02
    assert models.Recipe(**decayed.as_dict()) == decayed
    changed = models.Recipe("Adam", 0.1, 8, 2, label_smoothing=0.1, flip="random", shift=2, zoom=0.2, noise=4.0)
    assert {"label_smoothing", "flip", "shift", "zoom", "noise"} < changed.as_dict().keys()
    assert models.Recipe(**changed.as_dict()) == changed
    # Stored records and fingerprints of recipes without it stay valid.
    first_fields = ["optimizer", "learning_rate", "batch_size", "epochs", "decay", "schedule"]
    assert list(models.RECIPES["strided_cnn"].as_dict()) == first_fields


def test_the_images_of_an_epoch_are_changed_as_the_recipe_says():
    x = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
    assert models.Recipe("Adam", 0.1, 8, 2).augmented(x, 0, 0) is x
    for name, value in {"flip": "random", "shift": 2, "zoom": 0.3, "noise": 9.0}.items():
        expected = augmentation.augmented(x, 3, 5, **{name: value})
        assert not np.array_equal(expected, x)
        recipe = models.Recipe("Adam", 0.1, 8, 2, **{name: value})
        np.testing.assert_array_equal(recipe.augmented(x, 3, 5), expected)


def test_constant_rate_is_a_number():
    optimizer = models.Recipe("Adam", 0.003, batch_size=10, epochs=3).make_optimizer(100)
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert float(optimizer.learning_rate) == pytest.approx(0.003)


@pytest.mark.parametrize("step", [0, 1, 1_000, 21_105])
def test_decay_follows_its_formula(step):
    optimizer = models.Recipe("RMSprop", 0.5, batch_size=32, epochs=15, decay=0.01).make_optimizer(45_000)
    assert isinstance(optimizer, keras.optimizers.RMSprop)
    optimizer.iterations.assign(step)
    assert float(optimizer.learning_rate) == pytest.approx(0.5 / (1 + 0.01 * step), rel=1e-5)


@pytest.mark.parametrize(("images", "steps"), [(450, 3 * 45), (451, 3 * 46)])
def test_cosine_ends_at_zero_with_the_last_step(images, steps):
    optimizer = models.Recipe("SGD", 0.1, batch_size=10, epochs=3, schedule="cosine").make_optimizer(images)
    rates = []
    for step in (0, steps // 2, steps - 1, steps):
        optimizer.iterations.assign(step)
        rates.append(float(optimizer.learning_rate))
    assert rates[0] == pytest.approx(0.1)
    assert rates[1] == pytest.approx(0.05, rel=0.05)
    assert rates[2] > 0
    assert rates[3] == pytest.approx(0, abs=1e-8)


def test_an_unknown_schedule_is_named():
    with pytest.raises(ValueError, match=r"'linear'.*'constant' or 'cosine'"):
        models.Recipe("Adam", 0.001, 32, 5, schedule="linear").make_optimizer(100)


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_makes_a_fresh_optimizer(name):
    recipe = models.RECIPES[name]
    first, second = recipe.make_optimizer(45_000), recipe.make_optimizer(45_000)
    assert first is not second
    assert type(first).__name__ == recipe.optimizer
