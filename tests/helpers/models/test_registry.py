"""The named recipes and the networks that belong to them."""

import json

import keras
import numpy as np
import pytest
import small_training

from helpers import models
from helpers.recipe import Recipe

NAMES = list(models.RECIPES)


def test_every_tutorial_has_a_recipe_under_its_name_and_fast_cnn_has_three():
    assert models.RECIPES.keys() == {*models.TUTORIALS, "residual_cnn", *models.FAST}
    assert models.BUILDERS.keys() == {*models.TUTORIALS, "fast_cnn", "deep_cnn", "residual_cnn"}
    assert all(models.RECIPES[name].model == name for name in (*models.TUTORIALS, "residual_cnn"))
    assert models.FAST == ("fast90", "fast94", "fast95")
    assert all(builder.__name__ == name for name, builder in models.BUILDERS.items())


def test_the_fast_recipes_have_the_figures_of_airbench():
    """arXiv:2404.00498; its rate and decay are for a momentum that is not damped."""
    for name in models.FAST:
        recipe = models.RECIPES[name]
        per_image = 11.5 / 1024 / (1 + 1 / (1 - recipe.momentum))
        assert recipe.learning_rate == pytest.approx(per_image * recipe.batch_size, rel=1e-3)
        assert recipe.weight_decay == pytest.approx(0.0153 / 11.5 / (1 - recipe.momentum), rel=1e-3)
        assert 50_000 % recipe.batch_size == 0 == 45_000 % recipe.batch_size, "no image is left out"
    assert models.build("fast95").count_params() < 5_000_000, "10 MB in float16"


@pytest.mark.parametrize("name", ["strided_cnn", "residual_cnn", *models.FAST])
@pytest.mark.parametrize(("shape", "classes"), [((32, 32, 3), 10), ((36, 36, 1), 7)])
def test_a_named_network_takes_any_images_and_classes(name, shape, classes):
    model = models.build(name, shape, classes)
    assert model.input_shape == (None, *shape)
    assert model.output_shape == (None, classes)
    assert not model.compiled


def test_a_network_is_built_with_the_options_of_its_recipe():
    recipe = Recipe("improved_cnn", "Adam", 0.1, 8, 2, options={"widths": [4, 6], "dense": 5})
    model = models.from_recipe(recipe, (16, 16, 3), 3)
    # Convolutions without a bias, four numbers a map to normalise, then a dense layer on 4 x 4 maps.
    normalised = 9 * (3 * 4 + 4 * 4 + 4 * 6 + 6 * 6) + 4 * (2 * 4 + 2 * 6)
    assert model.count_params() == normalised + (4 * 4 * 6 + 1) * 5 + (5 + 1) * 3


def test_images_set_whitening_and_statistics_and_nothing_else():
    x = small_training.drawn(30, side=10).x_train
    keras.utils.set_random_seed(1)
    bare = models.from_recipe(small_training.FAST, (10, 10, 3), 4)
    keras.utils.set_random_seed(1)
    model = models.from_recipe(small_training.FAST, (10, 10, 3), 4, images=x)
    assert not bare.get_layer("whitening").kernel.numpy().any()
    again = models.fast_cnn((10, 10, 3), 4, widths=(2, 3, 4), activation="relu")
    models.adapt(again, x)
    for layer, same, before in zip(model.layers[:2], again.layers[:2], bare.layers[:2]):
        for got, wanted, old in zip(layer.get_weights(), same.get_weights(), before.get_weights(), strict=True):
            np.testing.assert_array_equal(got, wanted)
            assert not np.array_equal(got, old)
    for layer, before in zip(model.layers[2:], bare.layers[2:], strict=True):
        for got, wanted in zip(layer.get_weights(), before.get_weights(), strict=True):
            np.testing.assert_array_equal(got, wanted)


def test_images_are_no_matter_to_networks_that_do_not_know_them():
    x = small_training.drawn(30, side=32).x_train
    keras.utils.set_random_seed(1)
    first = models.from_recipe(models.RECIPES["strided_cnn"], images=x).get_weights()
    keras.utils.set_random_seed(1)
    for got, wanted in zip(models.build("strided_cnn").get_weights(), first, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_policy_reaches_the_layers():
    model = models.from_recipe(small_training.FAST, (10, 10, 3), 4, "mixed_bfloat16")
    assert "bfloat16" in {layer.compute_dtype for layer in model.layers}
    usual = models.from_recipe(small_training.FAST, (10, 10, 3), 4)
    assert {layer.compute_dtype for layer in usual.layers} == {"float32"}


def test_a_recipe_for_a_network_that_nobody_builds_is_refused():
    with pytest.raises(ValueError, match=r"no builder 'vgg'\. The names are: strided_cnn, .*residual_cnn\."):
        models.from_recipe(Recipe("vgg", "Adam", 0.1, 8, 2))


def test_an_unknown_name_lists_the_names():
    for ask in (models.build, models.known):
        with pytest.raises(ValueError, match=r"no model 'strided'.*strided_cnn.*guide_cnn.*fast95"):
            ask("strided")
    assert models.known("fast90") == "fast90"


def test_options_are_what_json_gives_back():
    """A stored recipe is compared with the one of the registry: a tuple would come back as a list."""
    for name, recipe in models.RECIPES.items():
        assert json.loads(json.dumps(recipe.options)) == recipe.options, name


def test_five_recipes_give_logits():
    giving = {name for name in NAMES if models.outputs_logits(models.build(name))}
    assert giving == {"plain_cnn", "residual_cnn", *models.FAST}


@pytest.mark.parametrize(
    ("last", "logits"),
    [
        (keras.layers.Dense(3), True),
        (keras.layers.Dense(3, activation="relu"), True),
        (keras.layers.Rescaling(1 / 9), True),
        (keras.layers.Dense(3, activation="softmax"), False),
        (keras.layers.Activation("softmax"), False),
        (keras.layers.Softmax(), False),
    ],
)
def test_logits_are_distinguished_from_probabilities(last, logits):
    model = keras.Sequential([keras.layers.Input((3,)), last])
    assert models.outputs_logits(model) == logits
