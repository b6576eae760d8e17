"""A training that is killed again and again, at any moment, ends with the figures and weights of an undisturbed one."""

import multiprocessing
import os
import random
import signal
import time

import killed_trainings
import numpy as np
import pytest
import small_training

from helpers import places

KILLS = 25  # for each of the two recipes

# Processes begin as copies of one that has imported TensorFlow and has not computed yet: in a moment.
METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


@pytest.fixture(scope="module")
def processes():
    context = multiprocessing.get_context(METHOD)
    if METHOD == "forkserver":
        context.set_forkserver_preload(["killed_trainings"])
    with pytest.MonkeyPatch.context() as patch:
        # The process that all others are copies of starts with the first one, and has this Python's path only here.
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, (places.ROOT, places.ROOT / "tests"))))
        yield context


def ended(processes, kind, folder, result, seconds=None):
    """True when a training came to its end; after so many seconds it is killed."""
    process = processes.Process(target=killed_trainings.train, args=(kind, folder, result))
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
    process.join()
    assert process.exitcode in (0, -getattr(signal, "SIGKILL", signal.SIGTERM)), "it failed by itself"
    return process.exitcode == 0


def contents(result):
    with np.load(result) as file:
        return {name: file[name] for name in file.files}


@pytest.mark.parametrize("kind", small_training.RECIPES)
def test_a_training_killed_at_random_moments_ends_as_an_undisturbed_one(processes, kind, tmp_path):
    for _ in range(2):  # the first process of all waits for TensorFlow
        begin = time.monotonic()
        assert ended(processes, kind, tmp_path / "undisturbed", tmp_path / "undisturbed.npz")
        seconds = time.monotonic() - begin
    expected = contents(tmp_path / "undisturbed.npz")
    generator, killed, resumed, trainings = random.Random(17), 0, 0, 0
    while killed < KILLS:
        folder, result = tmp_path / f"backups{trainings}", tmp_path / f"{trainings}.npz"
        trainings += 1
        while killed < KILLS and not ended(processes, kind, folder, result, generator.uniform(0, 1.2 * seconds)):
            killed += 1
            assert not result.exists()
        if not result.exists():
            assert ended(processes, kind, folder, result)
        got = contents(result)
        resumed += str(got.pop("said")).startswith("going on after epoch")
        for name, wanted in expected.items():
            if name != "said":
                np.testing.assert_array_equal(got[name], wanted, err_msg=name)
        assert not any(folder.iterdir()), "a finished training leaves no backup"
    print(f"{kind}: {killed} kills in {trainings} trainings, {resumed} of which ended from a backup")
    assert resumed
