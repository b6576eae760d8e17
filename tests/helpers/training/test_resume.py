"""A killed training goes on to the same end, whatever the moment of the kill; a damaged backup is put aside."""

import dataclasses
import json
import os
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import small_training
from small_training import FAST, RECIPES, TUTORIAL, Stop, assert_same_end, drawn, small_cnn, train

from helpers.training import backup as backups
from helpers.training import loop

pytestmark = pytest.mark.usefixtures("eagerly")
both_kinds = pytest.mark.parametrize("kind", RECIPES)
one_kind = pytest.mark.parametrize("kind", ["tutorial", pytest.param("fast", marks=pytest.mark.long)])


def beginning(folder, recipe=TUTORIAL, **options):
    """(finished epochs, all that the rest of the training depends on) when ``fit`` is called first; then it stops."""
    reached = []

    def fit(model, *_, callbacks, **__):
        variables = [*model.variables, *model.optimizer.variables]
        slow = [weight for callback in callbacks for weight in getattr(callback, "slow", [])]
        (finished,) = [len(callback.lines) for callback in callbacks if hasattr(callback, "lines")]
        reached.extend((finished, [np.array(keras.ops.convert_to_numpy(value)) for value in [*variables, *slow]]))
        raise Stop

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "fit", fit)
        with pytest.raises(Stop):
            train(folder, recipe, **{"progress": True} | options)
    return reached


def assert_same_beginning(reached, expected):
    """As many finished epochs, and weights, optimizer and random states the same to the last bit."""
    assert reached[0] == expected[0]
    for got, wanted in zip(reached[1], expected[1], strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.fixture(scope="module")
def interrupted_once(tmp_path_factory, eagerly):
    """Kind of recipe -> the folder of backups of a training that was stopped in its third epoch."""
    folders = {kind: tmp_path_factory.mktemp(kind) for kind in RECIPES}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "Progress", small_training.StopInEpoch)
        for kind, recipe in RECIPES.items():
            with pytest.raises(Stop):
                train(folders[kind], recipe, progress=True)
    return folders


@pytest.fixture
def interrupted(tmp_path, interrupted_once):
    """A function from a kind of recipe to a copy of that folder, and the one backup in it."""

    def copy(kind):
        folder = shutil.copytree(interrupted_once[kind], tmp_path / kind)
        (backup,) = folder.iterdir()
        return folder, backup

    return copy


@pytest.fixture(scope="module")
def begun(tmp_path_factory, eagerly):
    """Kind of recipe -> the beginning of a training without a backup."""
    return {kind: beginning(tmp_path_factory.mktemp(kind), recipe) for kind, recipe in RECIPES.items()}


@both_kinds
def test_a_stopped_training_goes_on_to_the_same_end(interrupted, undisturbed, kind, capsys):
    folder, _ = interrupted(kind)
    assert_same_end(*train(folder, RECIPES[kind], progress=True), *undisturbed[kind])
    assert "going on after epoch 2" in capsys.readouterr().out
    assert not any(folder.iterdir()), "a finished training leaves no backup"


# A kill while a backup is written


def half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def copied(backup, *names):
    for name in names:
        (backup / name.replace("2", "3")).write_bytes((backup / name).read_bytes())


def half_of_the_next_weights(backup):
    copied(backup, "2.weights.h5")
    half(backup / "3.weights.h5")


def half_of_the_next_slow_weights(backup):
    copied(backup, "2.weights.h5", "2.npz")
    half(backup / "3.npz")


def next_weights_but_not_their_history(backup):
    copied(backup, "2.weights.h5")
    (backup / "state.json.part").write_bytes((backup / "state.json").read_bytes())
    half(backup / "state.json.part")


def old_weights_not_yet_deleted(backup):
    (backup / "1.weights.h5").write_bytes(b"of the epoch before")
    (backup / "1.npz").write_bytes(b"of the epoch before")


MOMENTS = [half_of_the_next_weights, next_weights_but_not_their_history, old_weights_not_yet_deleted]


@pytest.mark.parametrize(
    ("kind", "moment"),
    [(kind, moment) for kind in RECIPES for moment in MOMENTS] + [("fast", half_of_the_next_slow_weights)],
)
def test_a_half_written_backup_loses_nothing(interrupted, kind, moment):
    folder, backup = interrupted(kind)
    expected = beginning(folder, RECIPES[kind])
    moment(backup)
    reached = beginning(folder, RECIPES[kind])
    assert reached[0] == 2
    assert_same_beginning(reached, expected)


@pytest.mark.parametrize("kind", [pytest.param("tutorial", marks=pytest.mark.long), "fast"])
def test_a_half_written_backup_leaves_nothing_behind(interrupted, undisturbed, kind):
    folder, backup = interrupted(kind)
    for moment in MOMENTS:
        moment(backup)
    assert_same_end(*train(folder, RECIPES[kind]), *undisturbed[kind])
    assert not any(folder.iterdir())


# The operations of one backup in their order; a training without slow weights has no second one.
OPERATIONS = [
    (keras.Model, "save_weights"),
    (np, "savez"),
    (Path, "write_text"),
    (os, "replace"),
    (Path, "unlink"),
    (Path, "unlink"),
]


def stopped_before(operation, patch):
    """Stop in the second backup, before its operation of that number; a list of what was done in it."""
    done, save = [], backups.Backup.save

    def counted(owner, name):
        original = getattr(owner, name)

        def run(*arguments, **settings):
            if len(done) == operation:
                raise Stop
            done.append((owner, name))
            return original(*arguments, **settings)

        patch.setattr(owner, name, run)

    def save_and_stop(self, model, history, lookahead=None):
        second = len(history["loss"]) == 2
        for owner, name in dict.fromkeys(OPERATIONS) if second else ():
            counted(owner, name)
        save(self, model, history, lookahead)
        if second:
            raise Stop

    patch.setattr(backups.Backup, "save", save_and_stop)
    return done


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "operation"),
    [(kind, number) for kind, count in (("tutorial", 6), ("fast", 7)) for number in range(count)],
)
def test_a_kill_between_two_operations_of_a_backup_loses_nothing(tmp_path, undisturbed, kind, operation, capsys):
    expected = [one for one in OPERATIONS if kind == "fast" or one != (np, "savez")]
    with pytest.MonkeyPatch.context() as patch:
        done = stopped_before(operation, patch)
        with pytest.raises(Stop):
            train(tmp_path, RECIPES[kind])
    assert done == expected[:operation], "the test knows every operation"
    assert_same_end(*train(tmp_path, RECIPES[kind], progress=True), *undisturbed[kind])
    last = 2 if (os, "replace") in done else 1
    assert f"going on after epoch {last}" in capsys.readouterr().out, "the history is renamed into its position last"
    assert not any(tmp_path.iterdir())


@one_kind
def test_a_kill_before_the_first_backup_begins_anew(tmp_path, undisturbed, kind, monkeypatch):
    def stop(*_, **__):
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(backups.Backup, "save", stop)
        with pytest.raises(Stop):
            train(tmp_path, RECIPES[kind])
    assert_same_end(*train(tmp_path, RECIPES[kind]), *undisturbed[kind])


@one_kind
def test_a_training_killed_after_its_last_epoch_is_not_repeated(tmp_path, undisturbed, kind, monkeypatch):
    def stop(self):
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(backups.Backup, "remove", stop)
        with pytest.raises(Stop):
            train(tmp_path, RECIPES[kind])
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained again"))
    assert_same_end(*train(tmp_path, RECIPES[kind]), *undisturbed[kind])


# A damaged backup


def change_state(backup, change):
    state = json.loads((backup / "state.json").read_text())
    change(state)
    (backup / "state.json").write_text(json.dumps(state))


def turn_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-200] ^= 4
    path.write_bytes(content)


DAMAGES = {
    "half weights": lambda backup: half(backup / "2.weights.h5"),
    "empty weights": lambda backup: (backup / "2.weights.h5").write_bytes(b""),
    "no weights": lambda backup: (backup / "2.weights.h5").unlink(),
    "half state": lambda backup: half(backup / "state.json"),
    "history without accuracy": lambda backup: (backup / "state.json").write_text('{"history": {"loss": [1.0, 0.9]}}'),
    "a list": lambda backup: (backup / "state.json").write_text("[]"),
    "null": lambda backup: (backup / "state.json").write_text("null"),
    "no end": lambda backup: (backup / "state.json").write_text("[" * 100_000),
    "a folder": lambda backup: ((backup / "state.json").unlink(), (backup / "state.json").mkdir()),
    "another figure": lambda backup: change_state(backup, lambda state: state["history"]["loss"].__setitem__(0, 0.5)),
    "more epochs": lambda backup: change_state(
        backup, lambda state: [one.append(1) for one in state["history"].values()]
    ),
    "no digest": lambda backup: change_state(backup, lambda state: state.pop("sha256")),
    "a bit of the weights": lambda backup: turn_a_bit(backup / "2.weights.h5"),
}
SLOW_DAMAGES = {
    "half slow weights": lambda backup: half(backup / "2.npz"),
    "empty slow weights": lambda backup: (backup / "2.npz").write_bytes(b""),
    "no slow weights": lambda backup: (backup / "2.npz").unlink(),
    "a bit of the slow weights": lambda backup: turn_a_bit(backup / "2.npz"),
}


@pytest.mark.parametrize(
    ("kind", "damage"),
    [("tutorial", damage) for damage in DAMAGES] + [("fast", damage) for damage in ("half weights", *SLOW_DAMAGES)],
)
def test_a_damaged_backup_is_put_aside_and_the_training_begins_anew(interrupted, begun, kind, damage, capsys):
    folder, backup = interrupted(kind)
    (DAMAGES | SLOW_DAMAGES)[damage](backup)
    left = {path.name: path.is_file() and path.read_bytes() for path in backup.iterdir()}
    assert_same_beginning(beginning(folder, RECIPES[kind]), begun[kind])
    said = capsys.readouterr().out
    assert "backup of this training cannot be read" in said
    assert "begins anew" in said
    (aside,) = folder.iterdir()
    assert aside.name in said
    assert {path.name: path.is_file() and path.read_bytes() for path in aside.iterdir()} == left


@pytest.mark.parametrize("kind", [pytest.param("tutorial", marks=pytest.mark.long), "fast"])
def test_a_training_with_a_damaged_backup_ends_as_one_without(interrupted, undisturbed, kind):
    folder, backup = interrupted(kind)
    half(backup / "2.weights.h5")
    assert_same_end(*train(folder, RECIPES[kind]), *undisturbed[kind])


def test_a_backup_under_another_trainings_name_is_not_gone_on_from(interrupted, begun, capsys):
    """Somebody renames the folder: the recipe and the images are other ones, the weights would fit."""
    folder, backup = interrupted("tutorial")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "Progress", small_training.StopInEpoch)
        with pytest.raises(Stop):
            train(folder, seed=4, progress=True)
    (other,) = (path for path in folder.iterdir() if path != backup)
    shutil.rmtree(backup)
    other.rename(backup)
    assert_same_beginning(beginning(folder), begun["tutorial"])
    assert "begins anew" in capsys.readouterr().out


def test_a_damaged_backup_that_cannot_be_put_aside_does_not_stop_the_training(interrupted, begun, monkeypatch, capsys):
    folder, backup = interrupted("tutorial")
    half(backup / "state.json")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    assert_same_beginning(beginning(folder), begun["tutorial"])
    assert "cannot be read (JSONDecodeError). The training begins anew." in capsys.readouterr().out


def test_a_second_damaged_backup_gets_a_name_of_its_own(interrupted):
    folder, backup = interrupted("tutorial")
    (folder / f"{backup.name}-damaged-1").mkdir()
    half(backup / "state.json")
    beginning(folder)
    assert sorted(path.name[-2:] for path in folder.iterdir()) == ["-1", "-2"]


@pytest.mark.parametrize(
    ("recipe", "other"),
    [
        (TUTORIAL, {"seed": 4}),
        (TUTORIAL, {"recipe": dataclasses.replace(TUTORIAL, learning_rate=0.02)}),
        (TUTORIAL, {"build": lambda: small_cnn(activation="tanh")}),
        (TUTORIAL, {"dataset": drawn(seed=1)}),
        (FAST, {"recipe": dataclasses.replace(FAST, lookahead=False)}),
        (FAST, {"recipe": dataclasses.replace(FAST, options=FAST.options | {"bias_gain": 2.0})}),
    ],
    ids=["seed", "recipe", "activation", "images", "lookahead", "options"],
)
def test_nobody_goes_on_from_the_backup_of_another_training(interrupted, recipe, other):
    folder, backup = interrupted("fast" if recipe is FAST else "tutorial")
    before = {path.name: path.read_bytes() for path in backup.iterdir()}
    finished, _ = beginning(folder, **{"recipe": recipe} | other)
    assert finished == 0
    assert {path.name: path.read_bytes() for path in backup.iterdir()} == before


def test_a_backup_names_the_model_and_the_seed(interrupted):
    _, backup = interrupted("fast")
    assert backup.name.startswith("fast_cnn-3-")
    assert {path.name for path in backup.iterdir()} == {"state.json", "2.weights.h5", "2.npz"}
    assert list(json.loads((backup / "state.json").read_text())["history"]) == list(backups.HISTORY_KEYS)
