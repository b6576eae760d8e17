"""Whatever happens to a file of a record, it is read right or refused in a sentence with its name: mutated files."""

import copy
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from helpers import records
from helpers.recipe import Recipe
from helpers.records import schema

NUMBERS = [0, -1, 2, 10**30, 0.5, -0.5, 1e308, float("nan"), float("inf")]
OTHERS = [None, True, False, "", "0.5", "\ud800", "\x1b[2J", [], {}, [[]], [0.5], [None], {"": None}, {"1": 0.5}]
VALUES = some.sampled_from(NUMBERS + OTHERS)
often = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def positions(content, path=()):
    """The path of every value inside."""
    for key, value in content.items() if isinstance(content, dict) else enumerate(content):
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from positions(value, (*path, key))


@some.composite
def mutated(draw, content):
    """The JSON text of a content of which one to three values were dropped, renamed, replaced or moved."""
    content = copy.deepcopy(content)
    for _ in range(draw(some.integers(1, 3))):
        if not (paths := list(positions(content))):
            break
        *path, last = draw(some.sampled_from(paths))
        holder = content
        for key in path:
            holder = holder[key]
        match draw(some.sampled_from(("drop", "rename", "replace", "repeat", "wrap"))):
            case "drop":
                del holder[last]
            case "rename" if isinstance(holder, dict):
                holder[str(last).upper()] = holder.pop(last)
            case "repeat" if isinstance(holder, list):
                holder.append(holder[last])
            case "wrap":
                holder[last] = [holder[last]]
            case _:
                holder[last] = copy.deepcopy(draw(VALUES))
    return json.dumps(content).encode()


@some.composite
def damaged(draw, content):
    """Its bytes with some turned, or cut short."""
    whole = bytearray(json.dumps(content).encode())
    for where in draw(some.lists(some.integers(0, len(whole) - 1), max_size=4)):
        whole[where] = draw(some.integers(0, 255))
    return bytes(whole[: draw(some.one_of(some.just(len(whole)), some.integers(0, len(whole))))])


def refused(error, path):
    """True for the sentence that a damaged file gets."""
    said = str(error)
    return path.stem in said and "git checkout -- data/trained" in said and len(said) < 1500


def use_trial(trial):
    """What lessons and tables do with a trial, as far as it says that it has that."""
    assert f"{trial['seconds']:.1f} {trial['seed']:d} {trial['training_images']:,} {trial.get('parameters', 0):,}"
    assert all(name.upper() + value.upper() for name, value in trial["versions"].items())
    assert trial["machine"].strip() + trial["dataset"].strip() + trial.get("label", "").strip() is not None
    for by_views in (trial.get("test_by_views", {}), trial.get("validation_by_images", {})):
        assert all(0 <= value <= 1 for value in by_views.values())
    if "recipe" in trial:
        assert isinstance(trial["recipe"], Recipe)
        assert Recipe(**trial["recipe"].as_dict()) == trial["recipe"]
        assert 0 < trial["recipe"].learning_rate < np.inf
        history = trial["history"]
        assert len({len(history[key]) for key in ("loss", "accuracy", "seconds")}) == 1
        assert np.isfinite(np.concatenate([np.array(history[key], float) for key in schema.HISTORY])).all()


@pytest.fixture
def whole(record):
    return record(test_by_views={"1": 0.4, "2": 0.5}, views_seconds=1.5, label="first", rate=0.1, search=True)


@often
@given(choices=some.data())
@pytest.mark.parametrize("damage", [mutated, damaged])
def test_a_trial_is_right_or_refused(folder, whole, damage, choices):
    path = folder / "studies" / "depth" / "000-first.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(choices.draw(damage(whole)))
    for ask in (lambda: [schema.read(path)], lambda: records.study("depth")):
        try:
            (trial,) = ask()
        except ValueError as error:
            assert refused(error, path), str(error)  # noqa: PT017
        else:
            use_trial(trial)


@often
@given(choices=some.data())
@pytest.mark.parametrize("damage", [mutated, damaged])
def test_a_training_is_right_or_refused(folder, store, record, damage, choices):
    path = store(seed=0)
    other = record(seed=1, weights_sha256="abc")
    path.with_name("seed-1.json").write_bytes(choices.draw(damage(other)))
    for ask in (records.result, records.histories, lambda name: records.seconds_to(name, 100)):
        try:
            got = ask("small")
        except ValueError as error:
            assert "small" in str(error)  # noqa: PT017
            assert "git checkout" in str(error)  # noqa: PT017
            continue
        if ask is records.result:
            assert len(got["seeds"]) == len(got["train_accuracy"]) == len(got["test_accuracy"]) == 2
            assert 0 <= np.mean(got["test_accuracy"] + got["validation_accuracy"]) <= 1
            assert isinstance(got["recipe"], Recipe)
        elif ask is records.histories:
            assert np.isfinite([history["loss"] for history in got.values()]).all()


@often
@given(choices=some.data())
@pytest.mark.parametrize("damage", [mutated, damaged])
@pytest.mark.parametrize("part", ["training", "fast_parts"])
def test_a_benchmark_is_right_or_refused(folder, damage, part, choices):
    path = folder / "benchmarks" / f"{part}.json"
    path.parent.mkdir(exist_ok=True)
    row = {"seconds": [7.14, 10.01], "units": 0.317, "share_of_ceiling": 0.315, "precision": "float32"}
    epochs = {"training": {"small": row, "large": row}, "fast_parts": {"all parts": [14.6, 14.8], "without": [21.6]}}
    path.write_bytes(choices.draw(damage({"epochs": epochs[part], "images": 10_000, "machine": "Abacus"})))
    try:
        clock = records.benchmark(part)["epochs"]
        for name in epochs[part]:
            row = clock[name]
            if part == "training":
                assert f"{np.median(row['seconds']) / 2:.1f} {row['units']:.2f} {row['share_of_ceiling']:.0%}"
                assert max(row["seconds"]) >= 0
            else:
                assert [5 * 0.9 * one for one in row]
    except ValueError as error:
        assert refused(error, path), str(error)  # noqa: PT017


def test_an_unharmed_file_is_read(folder, store, whole):
    path = store("studies/depth", "000-first.json")
    path.write_text(json.dumps(whole))
    (trial,) = records.study("depth")
    use_trial(trial)
    assert dict(trial) | {"recipe": whole["recipe"]} == whole
