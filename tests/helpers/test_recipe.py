"""A recipe is plain data: it survives JSON, refuses what leaves nothing to do, and knows nobody."""

import dataclasses
import inspect
import json
import subprocess
import sys

import pytest

from helpers import models, places
from helpers.recipe import Recipe

REQUIRED = {"model": "small", "optimizer": "SGD", "learning_rate": 0.1, "batch_size": 8, "epochs": 3}
# Stored recipes leave these out, so another default would make each of them a recipe for something else.
DEFAULTS = {
    "options": {},
    "bfloat16": False,
    "schedule": "constant",
    "decay": 0.0,
    "momentum": 0.0,
    "nesterov": False,
    "weight_decay": 0.0,
    "kernel_rate": 0.0,
    "lookahead": False,
    "equal_batches": False,
    "label_smoothing": 0.0,
    "flip": "none",
    "crop_padding": 0,
    "zoom": 0.0,
    "noise": 0.0,
    "small_epochs": 0,
    "small_side": 0,
    "views": 1,
    "view_margin": None,
}
# One other value for each field, with what it cannot do without.
CHANGES = [
    {"options": {"widths": [4, 8, 8]}},
    {"bfloat16": True},
    {"schedule": "inverse_time", "decay": 0.01},
    {"momentum": 0.9, "nesterov": True},
    {"weight_decay": 0.02},
    {"optimizer": "Muon", "kernel_rate": 0.05},
    {"lookahead": True},
    {"equal_batches": True},
    {"label_smoothing": 0.1},
    {"flip": "random"},
    {"crop_padding": 2},
    {"zoom": 0.2},
    {"noise": 4.0},
    {"small_epochs": 2, "small_side": 12},
    {"views": 6, "view_margin": 0.5},
]


def through_json(recipe):
    return json.loads(json.dumps(recipe.as_dict()))


@pytest.mark.parametrize("name", models.RECIPES)
def test_every_recipe_of_the_project_survives_json(name):
    recipe = models.RECIPES[name]
    again = Recipe.from_dict(through_json(recipe))
    assert again == recipe
    assert again.as_dict() == recipe.as_dict()


def test_defaults_stand_for_without_and_never_change():
    recipe = Recipe(**REQUIRED)
    assert dataclasses.asdict(recipe) == REQUIRED | DEFAULTS
    assert recipe.as_dict() == REQUIRED
    assert Recipe.from_dict(REQUIRED) == recipe


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: "-".join(change))
def test_what_differs_from_a_default_is_remembered(change):
    recipe = Recipe(**REQUIRED | change)
    assert through_json(recipe) == REQUIRED | change
    assert Recipe.from_dict(through_json(recipe)) == recipe
    assert recipe != Recipe(**REQUIRED)


def test_every_field_with_a_default_was_changed_above():
    assert {name for change in CHANGES for name in change} - {"optimizer"} == DEFAULTS.keys()


def test_two_recipes_do_not_share_their_options():
    first, second = Recipe(**REQUIRED), Recipe(**REQUIRED)
    first.options["widths"] = [1, 2, 3]
    assert second.options == {}
    assert second.as_dict() == REQUIRED


def test_a_recipe_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Recipe(**REQUIRED).epochs = 5


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        (REQUIRED | {"reach": 2}, r"missing: none, unknown: \['reach'\]"),
        (REQUIRED | {"shift": 2, "margin": 1.0}, r"unknown: \['margin', 'shift'\]"),
        ({name: REQUIRED[name] for name in ("model", "epochs")}, r"missing: \['optimizer', .*'batch_size'\]"),
        ({}, r"missing: \['model', 'optimizer', 'learning_rate', 'batch_size', 'epochs'\], unknown: none"),
    ],
)
def test_unknown_and_missing_fields_are_named(stored, sentence):
    with pytest.raises(ValueError, match=sentence):
        Recipe.from_dict(stored)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"schedule": "linear"}, "schedule is 'linear': choose one of 'constant', 'inverse_time', 'cosine', 'tri"),
        ({"flip": "coin"}, "flip is 'coin': choose one of 'none', 'random', 'alternating'"),
        ({"views": 3}, r"views is 3: choose one of 1, 2, 6, 18\."),
        ({"epochs": 0}, "epochs is 0 and batch_size 8: one of each"),
        ({"batch_size": 0}, "epochs is 3 and batch_size 0: one of each"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0: a rate above 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"small_epochs": 3, "small_side": 12}, "small_epochs is 3 of 3: at least one epoch must see whole"),
        ({"small_epochs": -1}, "small_epochs is -1 of 3"),
        ({"small_epochs": 1}, "small_side is 0: small epochs need images"),
        ({"optimizer": "Muon"}, "optimizer is 'Muon' and kernel_rate 0.0: Muon needs a rate"),
        ({"kernel_rate": 0.1}, "optimizer is 'SGD' and kernel_rate 0.1"),
        ({"view_margin": 0.5}, "views is 1 and view_margin 0.5: a margin above 0"),
        ({"views": 2, "view_margin": 0.5}, "views is 2 and view_margin 0.5"),
        ({"views": 6, "view_margin": 0.0}, "views is 6 and view_margin 0.0"),
    ],
)
def test_what_leaves_nothing_to_do_is_refused(change, sentence):
    for make in (lambda values: Recipe(**values), Recipe.from_dict):
        with pytest.raises(ValueError, match=sentence):
            make(REQUIRED | change)


def test_a_recipe_does_nothing_by_itself():
    """Building, augmenting and compiling belong to others."""
    methods = [name for name, _ in inspect.getmembers(Recipe, callable) if not name.startswith("_")]
    assert methods == ["as_dict", "from_dict"]
    names = {field.name for field in dataclasses.fields(Recipe)}
    public = {name for name in dir(Recipe(**REQUIRED)) if not name.startswith("_")}
    assert public - names == {"as_dict", "from_dict"}, "no property either"


@pytest.mark.parametrize("module", ["recipe", "streams", "places"])
def test_plain_data_needs_neither_keras_nor_the_rest_of_helpers(module):
    asked = f"import sys, helpers.{module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], cwd=places.ROOT, capture_output=True, text=True, check=True)
    names = loaded.stdout.split()
    assert {name for name in names if name.startswith("helpers")} == {"helpers", f"helpers.{module}"}
    assert not {"keras", "tensorflow"} & set(names)
