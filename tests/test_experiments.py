"""Studies: what is trained, what is kept, and that both sides of a comparison get the same."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from helpers import data, models, training
from tools import experiments
from tools.experiments import Trial

RECIPE = models.Recipe("Adam", 0.001, batch_size=20, epochs=1)


@pytest.fixture
def dataset():
    generator = np.random.default_rng(0)

    def part(count):
        return generator.integers(0, 256, (count, 32, 32, 3), np.uint8), np.arange(count) % 10

    (x, y), (x_val, y_val), (x_test, y_test) = part(40), part(20), part(20)
    return data.Dataset("made up", data.CIFAR10_CLASSES, x, y, x_val, y_val, x_test, y_test)


@pytest.fixture
def study(monkeypatch, tmp_path):
    """A study of three trials, in folders of its own."""
    monkeypatch.setattr(training, "BACKUPS", tmp_path / "backups")

    def three(run):
        searched = [run(Trial("plain_cnn", RECIPE)), run(Trial("plain_cnn", dataclasses.replace(RECIPE, epochs=2)))]
        winner = experiments.best(searched)
        run(Trial("plain_cnn", models.Recipe(**winner["recipe"]), seed=1, final=True))

    monkeypatch.setitem(experiments.STUDIES, "three", three)
    return {"runs": tmp_path / "runs", "file": tmp_path / "experiments.json"}


def test_a_study_is_stored_and_not_trained_twice(study, dataset, monkeypatch):
    study["file"].write_text(json.dumps({"another": [1]}))
    records = experiments.conduct("three", dataset, **study)
    stored = json.loads(study["file"].read_text())
    assert stored == {"another": [1], "three": records}
    assert [record["recipe"]["epochs"] for record in records[:2]] == [1, 2]
    assert ["test_accuracy" in record for record in records] == [False, False, True]
    assert all(record["parameters"] == 122_570 for record in records)
    assert all(len(record["history"]["val_accuracy"]) == record["recipe"]["epochs"] for record in records)

    monkeypatch.setattr(training, "train", None)
    assert experiments.conduct("three", dataset, **study) == records


def test_what_is_finished_survives_a_crash(study, dataset, monkeypatch):
    real, calls = training.train, []

    def second_fails(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(training, "train", second_fails)
    with pytest.raises(KeyboardInterrupt):
        experiments.conduct("three", dataset, **study)
    assert len(json.loads(study["file"].read_text())["three"]) == 1
    experiments.conduct("three", dataset, **study)
    assert len(calls) == 4  # the first trial was not trained again
    assert len(json.loads(study["file"].read_text())["three"]) == 3


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 1},
        {"recipe": dataclasses.replace(RECIPE, learning_rate=0.01)},
        {"options": {"dropout_scale": 0.5}},
        {"model": "guide_cnn"},
    ],
)
def test_another_trial_is_another_record(tmp_path, dataset, monkeypatch, other):
    monkeypatch.setattr(training, "BACKUPS", tmp_path / "backups")
    first = Trial("deeper_cnn", RECIPE, options={"dropout_scale": 1.0})
    experiments.train(first, dataset, tmp_path)
    experiments.train(dataclasses.replace(first, **other), dataset, tmp_path)
    assert len(list(tmp_path.glob("trial-*.json"))) == 2


@pytest.mark.parametrize(("scale", "zeros"), [(1.0, 0.5), (0.5, 0.25), (0.0, 0.0)])
def test_dropout_scale_reaches_the_layers(dataset, scale, zeros):
    model = experiments.build(Trial("deeper_cnn", RECIPE, options={"dropout_scale": scale}), dataset)
    model.compile("adam", "sparse_categorical_crossentropy")
    dropouts = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert [layer.rate for layer in dropouts] == [zeros] * 3
    dropped = np.asarray(dropouts[0](np.ones((200, 200)), training=True))
    assert abs(np.mean(dropped == 0) - zeros) < 0.02


def test_options_go_to_the_builder(dataset, monkeypatch):
    def narrow(input_shape, classes, width):
        return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(width)])

    monkeypatch.setitem(models.BUILDERS, "narrow", narrow)
    model = experiments.build(Trial("narrow", RECIPE, options={"width": 7}), dataset)
    assert model.output_shape == (None, 7)


@pytest.mark.parametrize("winning_rate", [0.0003, 0.001, 0.003])
@pytest.mark.parametrize("winning_scale", [0.0, 0.5, 1.0])
def test_depth_tunes_both_models_on_equal_terms(winning_rate, winning_scale):
    trials = []

    def run(trial):
        trials.append(trial)
        good = (trial.recipe.learning_rate == winning_rate) + (trial.options["dropout_scale"] == winning_scale)
        return {
            "recipe": trial.recipe.as_dict(),
            "options": trial.options,
            "history": {"val_accuracy": [0.9, 0.1 * good]},
        }

    experiments.depth(run)
    by_model = {name: [trial for trial in trials if trial.model == name] for name in ("strided_cnn", "deeper_cnn")}
    assert sum(map(len, by_model.values())) == len(trials)
    strided, deeper = (
        [dataclasses.replace(trial, model="", recipe=dataclasses.replace(trial.recipe, epochs=0)) for trial in group]
        for group in by_model.values()
    )
    assert strided == deeper
    # Equal seconds, in the search as in the end.
    epochs = [[trial.recipe.epochs for trial in group] for group in by_model.values()]
    assert epochs[0] == [4 * number for number in epochs[1]]
    for group in by_model.values():
        finals = [trial for trial in group if trial.final]
        assert len({trial.seed for trial in finals}) == len(finals) == 3
        assert {trial.recipe.learning_rate for trial in finals} == {winning_rate}
        assert {trial.options["dropout_scale"] for trial in finals} == {winning_scale}
        # Choices are made with another seed than the three that count.
        assert not {trial.seed for trial in finals} & {trial.seed for trial in group if not trial.final}


def test_an_unknown_study_is_named(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["experiments", "dept"])
    with pytest.raises(SystemExit):
        experiments.main()
    error = capsys.readouterr().err
    assert "no study 'dept'" in error
    assert "depth" in error


def scored(accuracy):
    return {"history": {"val_accuracy": accuracy}}


@pytest.mark.parametrize("peak", experiments.RATES)
@pytest.mark.parametrize("start", [0.0001, 0.01])
def test_the_search_walks_to_the_best_rate_and_tries_its_neighbours(peak, start):
    tried = []

    def run(rate):
        tried.append(rate)
        distance = abs(experiments.RATES.index(rate) - experiments.RATES.index(peak))
        # Far above the peak the loss is no number.
        return scored([] if rate > peak and distance > 1 else [0.9 - 0.1 * distance])

    assert experiments.best_rate(run, lambda rate: rate, start) == peak
    assert len(tried) == len(set(tried))
    place = experiments.RATES.index(peak)
    assert set(experiments.RATES[max(place - 1, 0) : place + 2]) <= set(tried)


def test_the_search_ends_when_all_are_equal():
    assert experiments.best_rate(lambda rate: scored([0.1]), lambda rate: rate, 0.01) in experiments.RATES


@pytest.mark.parametrize("study", ["optimizers", "activations"])
def test_claims_are_tried_with_three_fresh_seeds_each(study):
    trials = []

    def run(trial):
        trials.append(trial)
        return scored([0.5 - abs(trial.recipe.learning_rate - 0.003)])

    experiments.STUDIES[study](run)
    finals = [trial for trial in trials if trial.final]
    assert {trial.recipe.learning_rate for trial in finals} == {0.003}
    groups = {(trial.recipe.optimizer, trial.recipe.momentum, str(trial.options)) for trial in trials}
    assert len(groups) == 4
    assert len(finals) == 12
    assert {trial.seed for trial in finals} == {1, 2, 3}
    assert {trial.seed for trial in trials if not trial.final} == {0}
    assert len({trial.recipe.epochs for trial in trials}) == 1


def test_an_activation_replaces_relu_in_hidden_layers_only(dataset):
    model = experiments.build(Trial("guide_cnn", RECIPE, options={"activation": "tanh"}), dataset)
    used = [layer.activation.__name__ for layer in model.layers if hasattr(layer, "activation")]
    assert used == ["tanh"] * 5 + ["softmax"]


def test_a_loss_that_is_no_number_is_a_result(tmp_path, dataset, monkeypatch):
    monkeypatch.setattr(training, "BACKUPS", tmp_path / "backups")
    recipe = dataclasses.replace(RECIPE, optimizer="SGD", learning_rate=1e9)
    record = experiments.train(Trial("plain_cnn", recipe, final=True), dataset, tmp_path)
    assert experiments.score(record) == 0
    assert "test_accuracy" not in record


def test_the_confirmation_uses_fresh_seeds_and_at_least_as_many_seconds_for_the_strided_model():
    trials = []
    experiments.depth_confirmed(trials.append)
    assert all(trial.final for trial in trials)
    epochs = {trial.model: trial.recipe.epochs for trial in trials}
    timed = training.stored_experiment("epoch_seconds")
    seconds = {
        name: min(trial["seconds"] for trial in timed if trial["model"] == name) * count
        for name, count in epochs.items()
    }
    assert seconds["deeper_cnn"] < 1.1 * seconds["strided_cnn"]
    used = {trial["seed"] for study in ("depth", "depth_first_round") for trial in training.stored_experiment(study)}
    assert not used & {trial.seed for trial in trials}
