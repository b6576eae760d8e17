"""A training is worth more than its backup: no full disk, second process or damaged file stops it or misleads it."""

import json
import os
from pathlib import Path

import keras
import numpy as np
import pytest
import small_training
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from small_training import RECIPES, TUTORIAL, Stop, assert_same_end, drawn, train

from helpers.training import backup as backups
from helpers.training import loop
from helpers.training.optimizers import compile_by

pytestmark = [pytest.mark.usefixtures("eagerly"), pytest.mark.long]


@pytest.mark.parametrize(
    ("kind", "operation"),
    [("tutorial", (keras.Model, "save_weights")), ("tutorial", (os, "replace")), ("fast", (Path, "write_text"))],
)
def test_a_full_disk_does_not_stop_the_training(tmp_path, undisturbed, monkeypatch, capsys, kind, operation):
    def full(*given, **_):
        if operation[1] == "save_weights":
            Path(given[1]).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*operation, full)
    assert_same_end(*train(tmp_path, RECIPES[kind]), *undisturbed[kind])
    said = capsys.readouterr().out.splitlines()
    assert said == ["No backup after epoch 1 ([Errno 28] No space left on device): the training goes on without."]
    assert not any(tmp_path.iterdir())


def test_a_build_folder_that_is_none_does_not_stop_the_training(tmp_path, undisturbed, capsys):
    (tmp_path / "build").write_text("")
    assert_same_end(*train(tmp_path / "build"), *undisturbed["tutorial"])
    assert capsys.readouterr().out.startswith("No backup after epoch 1 ([Errno ")


def test_the_disk_is_full_for_one_epoch_and_the_training_is_killed_later(tmp_path, undisturbed, capsys):
    """The backup before is kept, and the one after is written."""
    write = Path.write_text

    def full_once(path, text, **settings):
        if json.loads(text)["history"]["loss"][1:] and not full:
            full.append(1)
            raise OSError(28, "No space left on device")
        return write(path, text, **settings)

    for epoch, last in ((3, 1), (4, 3)):
        full = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "write_text", full_once)
            patch.setattr(loop, "Progress", type("StopInEpoch", (small_training.StopInEpoch,), {"epoch": epoch}))
            with pytest.raises(Stop):
                train(tmp_path / str(epoch), progress=True)
        assert full
        assert_same_end(*train(tmp_path / str(epoch), progress=True), *undisturbed["tutorial"])
        assert f"going on after epoch {last}" in capsys.readouterr().out


def test_two_notebooks_train_the_same_at_once(tmp_path, undisturbed, monkeypatch):
    """The second one begins, ends and tidies up between two epochs of the first."""
    save = backups.Backup.save

    def save_and_let_the_other_run(self, model, history, lookahead=None):
        save(self, model, history, lookahead)
        if len(history["loss"]) == 2:
            monkeypatch.setattr(backups.Backup, "save", save)
            ends.append(train(tmp_path))

    ends = []
    monkeypatch.setattr(backups.Backup, "save", save_and_let_the_other_run)
    ends.append(train(tmp_path))
    for end in ends:
        assert_same_end(*end, *undisturbed["tutorial"])
    assert not any(tmp_path.iterdir())


def compiled_model():
    model = small_training.small_cnn()
    compile_by(TUTORIAL, model, 100)
    return model


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(choices=some.data())
def test_a_backup_is_restored_to_the_last_bit_or_put_aside(tmp_path_factory, choices):
    folder, model, dataset = tmp_path_factory.mktemp("backups") / "small-3-abc", compiled_model(), drawn()
    model.fit(dataset.x_train, dataset.y_train, batch_size=100, verbose=0)
    history = {key: [0.25, 0.5] for key in backups.HISTORY_KEYS}
    backups.Backup(folder).save(model, history)
    path = folder / choices.draw(some.sampled_from(["state.json", "2.weights.h5"]))
    content = bytearray(path.read_bytes())
    for where in choices.draw(some.lists(some.integers(0, len(content) - 1), max_size=3)):
        content[where] = choices.draw(some.integers(0, 255))
    cut = choices.draw(some.one_of(some.just(len(content)), some.integers(0, len(content))))
    unharmed = bytes(content[:cut]) == path.read_bytes()
    path.write_bytes(content[:cut])
    again = compiled_model()
    restored = backups.Backup(folder).restore(again)
    assert restored == history if unharmed else restored in (None, history)
    assert folder.exists() == (restored is not None)
    if restored:
        for got, wanted in zip(again.variables, model.variables, strict=True):
            np.testing.assert_array_equal(got, wanted)
