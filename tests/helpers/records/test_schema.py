"""What is not a stored trial is refused in a sentence with file and field; what the project stores is one."""

import copy

import pytest

from helpers import places
from helpers.recipe import Recipe
from helpers.records import schema

FOLDERS = sorted(path.relative_to(places.TRAINED).as_posix() for path in places.TRAINED.glob("*/*") if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_the_project_stores_are_trials(folder):
    paths = sorted((places.TRAINED / folder).glob("*.json"))
    assert paths
    for path in paths:
        trial = schema.read(path)
        assert trial["seed"] >= 0
        if "recipe" in trial:
            assert isinstance(trial["recipe"], Recipe)
            assert len(trial["history"]["loss"]) in (0, trial["recipe"].epochs), "a loss that was no number has none"


def test_the_folders_were_found():
    assert {"trainings/fast90", "trainings/plain_cnn_50000", "studies/depth"} <= set(FOLDERS)


@pytest.mark.parametrize("part", sorted(places.TRAINED.glob("benchmarks/*.json")), ids=lambda path: path.stem)
def test_what_the_project_measured_are_objects(part):
    assert schema.read_json(part)


def test_a_trial_comes_back_with_its_recipe(store, record):
    trial = schema.read(store(label="first", anything=[1, 2]))
    assert trial.pop("recipe").as_dict() == record()["recipe"]
    wanted = record(label="first", anything=[1, 2])
    assert trial == {name: value for name, value in wanted.items() if name != "recipe"}


def test_a_trial_needs_no_recipe_and_an_integer_is_a_number(store):
    trial = schema.read(store(recipe=None, history=None, seconds=6))
    assert trial["seconds"] == 6


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("seed: 0", "is damaged: Expecting value"),
        ("", "is damaged"),
        ('{"seed": 0, "dataset": "cif', "is damaged: Unterminated string"),
        ('{"seed": NaN}', "is damaged: 'NaN' is no number that a record can hold"),
        ('{"seconds": -Infinity}', "is damaged: '-Infinity' is no number"),
        ('{"seconds": 1e999}', "is damaged: '1e999' is no number"),
        ('{"seed": 9223372036854775808}', "is damaged: '9223372036854775808' is no number"),
        ('{"seed": ' + "9" * 5000 + "}", "is damaged: '9+...9+' is no number"),
        ('{"seed": 0, "a": {"b": 1, "b": 2}}', r"is damaged: one of \['b', 'b'\] stands there twice"),
        ("[" * 100_000, "is damaged: maximum recursion"),
        ('{"a":' * 100_000, "is damaged: maximum recursion"),
        ("[1, 2]", "holds a list where a record is expected"),
        ('"text"', "holds a str where"),
        ("null", "holds a NoneType where"),
    ],
)
def test_a_file_that_is_no_object_is_named(tmp_path, text, sentence):
    path = tmp_path / "seed-0.json"
    path.write_text(text)
    for read in (schema.read, schema.read_json):
        with pytest.raises(ValueError, match=rf"seed-0\.json {sentence}.*git checkout -- data/trained"):
            read(path)


def test_bytes_that_are_no_text_are_named(tmp_path):
    path = tmp_path / "seed-0.json"
    path.write_bytes(b"\x89HDF\r\n\x1a\n\xff")
    with pytest.raises(ValueError, match=r"seed-0\.json is damaged"):
        schema.read(path)


def test_a_folder_and_a_file_that_may_not_be_read_are_named(tmp_path, monkeypatch):
    path = tmp_path / "seed-0.json"
    path.mkdir()
    for read in (schema.read, schema.read_json):
        with pytest.raises(ValueError, match=r"seed-0\.json cannot be read: .*git checkout -- data/trained"):
            read(path)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_text", refuse)
    with pytest.raises(ValueError, match=r"seed-0\.json cannot be read: Permission denied\. Put"):
        schema.read(path)


@pytest.mark.parametrize("field", ["seed", "training_images", "seconds", "parameters", "views_seconds"])
def test_counts_and_times_are_not_below_zero(store, field):
    with pytest.raises(ValueError, match=rf"seed-0\.json: {field} is -2, 0 or more is expected"):
        schema.read(store(name="seed-0.json", **{field: -2}))


def test_who_asks_for_what_a_record_lacks_is_told_the_file(store):
    trial = schema.read(store())
    assert trial.get("label") is None
    for ask in (lambda: trial["label"], lambda: copy.deepcopy(trial)["label"], lambda: trial["versions"]["label"]):
        with pytest.raises(ValueError, match=r"seed-0\.json is not whole: it has no 'label'\. Put the stored"):
            ask()


@pytest.mark.parametrize("field", schema.ALWAYS)
def test_a_missing_field_is_named(store, field):
    with pytest.raises(ValueError, match=rf"some\.json is not whole: it has no '{field}'\. Put"):
        schema.read(store(name="some.json", **{field: None}))


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("seed", "0", "int"),
        ("seed", True, "int"),
        ("seed", 0.5, "int"),
        ("dataset", 10, "str"),
        ("training_images", "45,000", "int"),
        ("machine", ["Abacus"], "str"),
        ("versions", "3.15.1", "dict"),
        ("seconds", "6.5", "float"),
        ("versions", {"keras": 3}, "str"),
        ("test_by_views", [0.5], "dict"),
        ("test_by_views", {"1": "0.5"}, "float"),
        ("validation_by_images", {"1": None}, "float"),
        ("search", 1, "bool"),
        ("trainable", 1.5, "int"),
        ("rate", "0.1", "float"),
        ("label", 3, "str"),
        ("parameters", 12.5, "int"),
        ("precision", 16, "str"),
        ("test_accuracy", "0.5", "float"),
        ("validation_accuracy", [0.5], "float"),
        ("views_seconds", "7", "float"),
        ("weights_sha256", 7, "str"),
    ],
)
def test_a_field_of_another_kind_is_named_with_its_value(store, field, value, expected):
    path = store(name="seed-0.json", **{field: value})
    with pytest.raises(ValueError, match=rf"seed-0\.json: {field}.* is .*, a {expected} is expected\. Put") as raised:
        schema.read(path)
    inner = value if not isinstance(value, dict) else next(iter(value.values()))
    assert repr(inner) in str(raised.value)


@pytest.mark.parametrize("field", ["test_accuracy", "validation_accuracy"])
@pytest.mark.parametrize("value", [-0.01, 1.01, 90.2])
def test_an_accuracy_lies_between_0_and_1(store, field, value):
    with pytest.raises(ValueError, match=rf"seed-0\.json: {field} is {value}, an accuracy lies between 0 and 1"):
        schema.read(store(**{field: value}))
    assert [schema.read(store(**{field: end}))[field] for end in (0.0, 1)] == [0.0, 1]


def test_a_recipe_that_is_none_is_named(store, record):
    recipe = record()["recipe"]
    for wrong, sentence in (
        (recipe | {"reach": 2}, "unexpected keyword argument 'reach'"),
        ({"model": "small_cnn"}, "missing 4 required positional arguments: 'optimizer'"),
        (recipe | {"schedule": "linear"}, "schedule is 'linear'"),
        (recipe | {"epochs": "four"}, "epochs is 'four': it must be a whole number"),
        (recipe | {"nesterov": 1}, "nesterov is 1: it must be True or False"),
        (recipe | {"learning_rate": True}, "learning_rate is True: it must be a number"),
        (recipe | {"options": [1]}, r"options is \[1\]: it must be a dictionary"),
        ([1], "must be a mapping"),
    ):
        with pytest.raises(ValueError, match=rf"seed-0\.json: its recipe is none\. .*{sentence}.*Put the stored file"):
            schema.read(store(recipe=wrong))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"accuracy": [0.4]}, "accuracy of its history is not one number for each of 2 epochs"),
        ({"val_accuracy": [0.4, 0.5, 0.6]}, "val_accuracy of its history is not one"),
        ({"val_loss": [1.0]}, "val_loss of its history"),
        ({"seconds": []}, "seconds of its history"),
        ({"loss": []}, "accuracy of its history is not one number for each of 0 epochs"),
        ({"loss": 1.5}, "loss of its history"),
        ({"loss": [1.5, "nan"]}, "loss of its history"),
        ({"loss": [1.5, None]}, "loss of its history"),
        ({"accuracy": [0.4, 1.5]}, "accuracy of its history"),
        ({"seconds": [0.4, -1.5]}, "seconds of its history"),
        ({"val_accuracy": []}, "val_accuracy of its history"),
        ({"accuracy": [0.4, True]}, "accuracy of its history"),
    ],
)
def test_a_history_has_one_number_for_each_epoch(store, record, change, sentence):
    history = copy.deepcopy(record()["history"]) | change
    with pytest.raises(ValueError, match=rf"seed-0\.json: {sentence}.*Put"):
        schema.read(store(history=history))


def test_a_history_that_is_none_is_named(store, record):
    shorter = {name: values for name, values in record()["history"].items() if name != "val_loss"}
    for history in (None, [1.5], shorter):
        with pytest.raises(ValueError, match=r"seed-0\.json: its history lacks one of loss, accuracy, val_loss"):
            schema.read(store(history=history))


def test_validation_may_be_missing_and_a_training_that_failed_has_no_epoch(store, record):
    history = record()["history"]
    assert schema.read(store(history=history | {"val_loss": [], "val_accuracy": []}))["history"]["val_loss"] == []
    assert schema.read(store(history={name: [] for name in history}))["history"]["loss"] == []
