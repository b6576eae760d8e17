"""Studies: what is trained, what is kept, and that both sides of a comparison get the same."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tools.experiments import Trial

from helpers import anatomy, data, fast, models, training
from tools import experiments

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
    assert {(trial.recipe.epochs, trial.final) for trial in trials} == {(2, False), (5, True)}


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


# Images, labels, recipes of the fast network


@pytest.fixture
def seen(monkeypatch):
    """The datasets that were trained on, had anything been trained."""
    datasets = []

    def untrained(name, dataset, seed, recipe, build):
        datasets.append(dataset)
        return build(), {key: [0.5] for key in training.HISTORY_KEYS}

    monkeypatch.setattr(training, "train", untrained)
    return datasets


def test_fewer_images_are_the_first_ones_and_make_another_trial(tmp_path, dataset, seen):
    for images in (20, None, 20):
        record = experiments.train(Trial("plain_cnn", RECIPE, images=images), dataset, tmp_path)
        assert record["training_images"] == (images or 40)
    assert [len(each.y_train) for each in seen] == [20, 40], "the third one was read"
    np.testing.assert_array_equal(seen[0].x_train, dataset.x_train[:20])
    np.testing.assert_array_equal(seen[0].y_train, dataset.y_train[:20])
    for part in ("x_val", "x_test"):
        np.testing.assert_array_equal(getattr(seen[0], part), getattr(dataset, part))


def test_a_label_says_what_a_trial_stands_for_and_trains_nothing_anew(tmp_path, dataset, seen):
    trial = Trial("plain_cnn", RECIPE)
    first = experiments.train(dataclasses.replace(trial, label="the top"), dataset, tmp_path)
    again = experiments.train(dataclasses.replace(trial, label="with flips"), dataset, tmp_path)
    assert (first.pop("label"), again.pop("label")) == ("the top", "with flips")
    assert first == again
    assert experiments.train(trial, dataset, tmp_path) == first, "without a label none is stored"
    assert len(seen) == 1


@pytest.fixture
def eagerly():
    """Tracing takes most of the time of so small a training."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


TINY = fast.FastRecipe(widths=(2, 2, 2), activation="relu", epochs=1, batch_size=20, flip="none")


def test_a_fast_recipe_is_a_trial_like_others(tmp_path, dataset, monkeypatch, eagerly):
    trial = Trial("fast_cnn", TINY, seed=2, label="all parts")
    record = experiments.train(trial, dataset, tmp_path)
    assert record == json.loads(json.dumps(record))
    assert (record["label"], record["model"], record["seed"]) == ("all parts", "fast_cnn", 2)
    assert record["recipe"] == json.loads(json.dumps(TINY.as_dict()))
    assert record["parameters"] == TINY.build(None).count_params()
    assert set(record["history"]) == set(fast.HISTORY_KEYS)
    assert record["seconds"] == pytest.approx(record["history"]["seconds"][0], abs=0.06)
    # One view is what the history has at its end.
    views = record["validation_by_views"]
    assert list(views) == ["1", "2", "6", "18"]
    assert views["1"] == record["history"]["val_accuracy"][-1]
    assert "test_accuracy" not in record
    monkeypatch.setattr(fast, "train_fast", None)
    assert experiments.train(trial, dataset, tmp_path) == record


def test_a_fast_recipe_whose_loss_is_no_number_has_no_views(tmp_path, dataset, eagerly):
    recipe = dataclasses.replace(TINY, rate_per_image=1e30)
    record = experiments.train(Trial("fast_cnn", recipe, label="too far"), dataset, tmp_path)
    assert record["history"]["val_accuracy"] == []
    assert "validation_by_views" not in record
    assert record["label"] == "too far"


@pytest.mark.parametrize("change", list((experiments.FAST_PARTS | experiments.FAST_IDEAS).values()))
def test_every_part_of_the_fast_recipe_is_changed_alone(change):
    standard = experiments.BEFORE["fast90"]
    changed = dataclasses.replace(standard, **change)
    fields = [field.name for field in dataclasses.fields(standard)]
    assert {name for name in fields if getattr(changed, name) != getattr(standard, name)} == set(change)
    assert len(change) <= 1


@pytest.mark.parametrize(("study", "rows"), [("fast_parts", 13), ("fast_ideas", 4)])
def test_parts_and_ideas_meet_the_same_seeds(study, rows):
    trials = []
    experiments.STUDIES[study](trials.append)
    by_label = {trial.label: [] for trial in trials}
    for trial in trials:
        by_label[trial.label].append(trial.seed)
    assert len(by_label) == rows
    assert next(iter(by_label)) == "all parts"
    assert set(map(tuple, by_label.values())) == {(0, 1)}
    assert not any(trial.final for trial in trials), "nothing is chosen on the test set"
    assert {trial.recipe for trial in trials if trial.label == "all parts"} == {experiments.BEFORE["fast90"]}


def test_candidates_differ_from_the_recipes_that_they_might_replace():
    trials = []
    experiments.fast_candidates(trials.append)
    assert len({trial.label for trial in trials}) == len(trials) == 12
    assert {trial.recipe for trial in trials} > set(experiments.BEFORE.values())
    for trial in trials:
        standard = fast.FAST_RECIPES[trial.label.split(":")[0]]
        assert trial.recipe != standard
        assert trial.recipe.widths == standard.widths
        assert not trial.final, "nothing is chosen on the test set"


@pytest.mark.parametrize("study", ["fast_parts", "fast_ideas", "fast_curves", "fast_candidates"])
def test_the_stored_fast_studies_are_those_of_the_recipes_here(study):
    trials = []
    experiments.STUDIES[study](trials.append)
    stored = {(record["label"], record["seed"]): record["recipe"] for record in training.stored_experiment(study)}
    # Older records were made before there was a margin.
    wanted = {(trial.label, trial.seed): json.loads(json.dumps(trial.recipe.as_dict())) for trial in trials}
    assert {key: {"margin": None} | recipe for key, recipe in stored.items()} == wanted


# The ladder of lesson 09

CHANGES = {
    "a falling learning rate": {"schedule"},
    "batch normalisation": {"batch_normalization"},
    "a learning rate three times as high": {"learning_rate"},
    "pairs pooled inside, padded": {"padding", "pooled"},
    "a third pair": {"widths"},
    "the mean instead of a dense layer": {"dense"},
    "less dropout": {"dropout"},
    "label smoothing": {"label_smoothing"},
    "flip": {"flip"},
    "shift": {"shift"},
    "zoom": {"zoom"},
    "noise": {"noise"},
    "twice the filters": {"widths"},
}


def settings(trial):
    return dataclasses.asdict(trial.recipe) | trial.options


@pytest.mark.parametrize("seed", [0, 2])
def test_each_rung_changes_what_its_label_says_and_nothing_else(seed):
    trials = experiments.ladder_trials(seed)
    rungs = trials[: len(experiments.LADDER)]
    assert [trial.label for trial in trials] == ["source W's model", *CHANGES]
    before = dict(zip([trial.label for trial in rungs[1:]], rungs)) | {
        trial.label: rungs[-1] for trial in trials[len(rungs) :]
    }
    for trial in trials[1:]:
        old, new = settings(before[trial.label]), settings(trial)
        assert old.keys() == new.keys()
        assert {name for name in new if new[name] != old[name]} == CHANGES[trial.label]
    assert {(trial.model, trial.seed, trial.final, trial.images) for trial in trials} == {
        ("improved_cnn", seed, False, None)
    }
    assert {trial.recipe.epochs for trial in trials} == {experiments.LADDER_EPOCHS}


def test_the_first_rung_is_the_network_of_source_w_with_half_its_filters_trained_by_adam(dataset):
    first = experiments.ladder_trials(0)[0]
    assert first.recipe == models.Recipe("Adam", 0.001, batch_size=128, epochs=experiments.LADDER_EPOCHS)
    whole = dataclasses.replace(first, options=first.options | {"widths": [32, 64], "dense": 256})
    ours, guide = experiments.build(whole, dataset), models.guide_cnn()
    assert ours.count_params() == guide.count_params() == 477_994
    ours.set_weights(guide.get_weights())
    np.testing.assert_allclose(
        ours.predict(dataset.x_test, verbose=0), guide.predict(dataset.x_test, verbose=0), atol=1e-6
    )
    for model in (ours, guide, experiments.build(first, dataset)):
        assert [layer.rate for layer in model.layers if isinstance(layer, layers.Dropout)] == [0.25, 0.25, 0.5]


def test_the_top_of_the_ladder_with_twice_the_filters_is_the_improved_model(dataset):
    top = next(trial for trial in experiments.ladder_trials(0) if trial.label == "twice the filters")
    ours, improved = (anatomy.layers(model) for model in (experiments.build(top, dataset), models.improved_cnn()))
    assert [row[1:] for row in ours] == [row[1:] for row in improved], "all but the names of the layers"
    stored = models.RECIPES["improved_cnn"]
    for name in ("label_smoothing", "flip", "shift", "schedule", "learning_rate", "batch_size"):
        assert getattr(top.recipe, name) == getattr(stored, name)


def test_fewer_images_get_equally_many_steps():
    trials = []
    experiments.data_amount(trials.append)
    assert {trial.images * trial.recipe.epochs for trial in trials} == {45_000 * experiments.LADDER_EPOCHS}
    groups = {(trial.seed, trial.images) for trial in trials}
    assert len(groups) == 9
    for group in groups:
        plain, augmented = (trial for trial in trials if (trial.seed, trial.images) == group)
        assert (augmented.label, plain.label) == ("with flip and shift", "without")
        assert {name for name in settings(plain) if settings(plain)[name] != settings(augmented)[name]} == {
            "flip",
            "shift",
        }
