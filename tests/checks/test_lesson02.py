"""The checks of lesson 02 let right answers through and name the usual wrong ones."""

import keras
import numpy as np
import pytest
from answers import fails
from sklearn.model_selection import train_test_split

from checks import lesson02 as check
from checks.grading import NotFilledIn, NotRight
from helpers import data

# --- 2.1 one-hot


def one_hot_by_rows_of_the_identity(labels, classes):
    return np.eye(classes, dtype="float32")[labels]


def one_hot_by_comparing(labels, classes):
    return labels[:, None] == np.arange(classes)


def one_hot_as_lists(labels, classes):
    return [[int(column == label) for column in range(classes)] for label in labels]


def one_hot_by_writing(labels, classes):
    result = np.zeros((len(labels), classes), int)
    result[np.arange(len(labels)), labels] = 1
    return result


@pytest.mark.parametrize(
    "answer",
    [
        one_hot_by_rows_of_the_identity,
        one_hot_by_comparing,
        one_hot_as_lists,
        one_hot_by_writing,
        lambda labels, classes: keras.ops.one_hot(labels, classes),
    ],
)
def test_one_hot_accepts(answer):
    check.exercise_2_1(answer)


def one_hot_too_narrow(labels, classes):
    return np.eye(labels.max() + 1)[labels]


def one_hot_everywhere(labels, classes):
    result = np.zeros((len(labels), classes))
    result[:, labels] = 1
    return result


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (one_hot_too_narrow, "need not hold every class"),
        (lambda labels, classes: np.eye(classes)[labels].T, "swapped: one row an image"),
        (lambda labels, classes: 1 - np.eye(classes)[labels], "ones and zeros are swapped"),
        (lambda labels, classes: np.eye(classes)[labels - 1], "one column too far to the left"),
        (lambda labels, classes: np.eye(classes)[labels] * labels[:, None] + 2, "only 0 and 1"),
        (one_hot_everywhere, "marks all labels"),
        (lambda labels, classes: np.zeros((len(labels), classes)), "nothing is marked"),
        (lambda labels, classes: np.eye(classes)[np.zeros_like(labels)], "the label is"),
        (lambda labels, classes: labels, "labels as they came"),
        (lambda labels, classes: np.full((len(labels), classes), np.nan), "NaN"),
    ],
)
def test_one_hot_rejects(answer, sentence):
    fails(check.exercise_2_1, answer, match=sentence)


# --- 2.2 standardise a batch


def standardise(batch, mean, std):
    return ((batch / 255 - mean) / std).astype("float32")


@pytest.mark.parametrize(
    "answer",
    [
        standardise,
        lambda batch, mean, std: (batch.astype("float32") / 255 - np.float32(mean)) / np.float32(std),
        lambda batch, mean, std: (batch.astype("float32") - np.float32(255 * mean)) / np.float32(255 * std),
        lambda batch, mean, std: keras.ops.convert_to_tensor(standardise(batch, mean, std)),
        lambda batch, mean, std: keras.layers.Normalization(mean=mean, variance=std**2)(batch.astype("float32") / 255),
    ],
)
def test_standardise_accepts(answer):
    check.exercise_2_2(answer)


def by_its_own_statistics(batch, mean, std):
    scaled = batch / 255
    return (scaled - scaled.mean((0, 1, 2))) / scaled.std((0, 1, 2))


def subtracted_as_uint8(batch, mean, std):
    return (batch - (255 * mean).astype(np.uint8)) / (255 * std)


def subtracted_as_uint8_after_rounding(batch, mean, std):
    return ((batch - np.uint8(np.round(255 * mean))) / 255 / std).astype("float32")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (subtracted_as_uint8, "wraps around"),
        (subtracted_as_uint8_after_rounding, "wraps around"),
        (lambda batch, mean, std: (batch / 255).astype("float32"), "only divided by 255"),
        (lambda batch, mean, std: (batch - mean) / std / 255, "at the beginning: mean and std"),
        (lambda batch, mean, std: standardise(batch, mean, std) / 255, "not divided again"),
        (lambda batch, mean, std: (batch - batch.mean()) / batch.std(), "one std of the whole batch"),
        (lambda batch, mean, std: standardise(batch, mean, std).astype("float16"), "type float16"),
        (lambda batch, mean, std: batch.astype("float16"), "type float16"),
        (lambda batch, mean, std: standardise(batch, mean, std) + 0j, "complex"),
        (lambda batch, mean, std: (batch - mean) / std, "divide by 255 first"),
        (lambda batch, mean, std: batch / 255 - mean, "now divide"),
        (lambda batch, mean, std: (batch / 255 - mean) / std**2, "variance"),
        (lambda batch, mean, std: batch / 255 - mean / std, "brackets"),
        (lambda batch, mean, std: (mean - batch / 255) / std, "sign"),
        (by_its_own_statistics, "statistics of the batch itself"),
        (lambda batch, mean, std: (batch / 255 - mean.mean()) / std.mean(), "Each channel has its own"),
        (lambda batch, mean, std: (batch / 255 - mean[::-1]) / std[::-1], "mixed up"),
        (lambda batch, mean, std: (batch / 255 - mean) / std, "their type is float64"),
        (lambda batch, mean, std: ((batch / 255 - mean) / std).astype(int), "drops fractions"),
        (lambda batch, mean, std: (batch / 255 - mean) / std + 0.1, r"pixel \[0, 0, 0\] is"),
        (lambda batch, mean, std: standardise(batch, mean, std).reshape(len(batch), -1), "should have the shape"),
        (lambda batch, mean, std: standardise(batch, mean, std * np.nan), "NaN"),
    ],
)
def test_standardise_rejects(answer, sentence):
    fails(check.exercise_2_2, answer, match=sentence)


def test_standardise_rejects_a_changed_input():
    def in_place(batch, mean, std):
        result = standardise(batch, mean, std)
        batch[:] = 0
        return result

    fails(check.exercise_2_2, in_place, match="changed its input")


# --- 2.3 memory of a float64 copy


@pytest.mark.parametrize(
    "answer", [1_228_800_000, 1_228_800_000.0, np.int64(1_228_800_000), 1.23e9, np.array(1.2288e9)]
)
def test_memory_accepts(answer, capsys):
    check.exercise_2_3(answer)
    assert "right" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (153_600_000, "number of values"),
        (614_400_000, "float32 copy"),
        (9_830_400_000, "bits"),
        (409_600_000, "one colour channel"),
        (24_576, "one image"),
        (1_474_560_000, "60,000"),
        (1_105_920_000, "45,000"),
        (1_228.8, "megabytes"),
        (1.2288, "gigabytes"),
        (1_171.875, "mebibytes"),
        (1.1444, "gibibytes"),
        (7, "not what the copy takes"),
        (0, "not what the copy takes"),
        (-1_228_800_000, "sign"),
        (float("nan"), "NaN"),
        ("1228800000 bytes", "numbers"),
        (np.array("1228800000"), "text"),
        (10**400, "far too large"),
        (1_228_800_000j, "complex"),
        ([1_228_800_000], "one number"),
        (True, "numbers"),
    ],
)
def test_memory_rejects(answer, sentence):
    fails(check.exercise_2_3, answer, match=sentence)


# --- 2.4 stratified split


def split_with_scikit_learn(labels, held_out, seed):
    return train_test_split(np.arange(len(labels)), test_size=held_out, stratify=labels, random_state=seed)


def split_as_lists(labels, held_out, seed):
    np.random.seed(seed)  # noqa: NPY002  the old way is a right way too
    held = []
    for label in set(labels.tolist()):
        members = [index for index, one in enumerate(labels) if one == label]
        held += np.random.permutation(members)[: held_out // len(set(labels.tolist()))].tolist()  # noqa: NPY002
    return [index for index in range(len(labels)) if index not in held], held


@pytest.mark.parametrize("answer", [data.stratified_split, split_with_scikit_learn, split_as_lists])
def test_split_accepts(answer):
    check.exercise_2_4(answer)


def plain_random(labels, held_out, seed):
    order = np.random.default_rng(seed).permutation(len(labels))
    return order[held_out:], order[:held_out]


def the_first_of_each(labels, held_out, seed):
    classes = np.unique(labels)
    held = np.concatenate([np.flatnonzero(labels == label)[: held_out // len(classes)] for label in classes])
    return np.setdiff1d(np.arange(len(labels)), held), held


def with_replacement(labels, held_out, seed):
    generator, classes = np.random.default_rng(seed), np.unique(labels)
    draws = [generator.choice(np.flatnonzero(labels == label), held_out // len(classes)) for label in classes]
    held = np.concatenate(draws)
    return np.setdiff1d(np.arange(len(labels)), held), held


def per_class(count_of, labels, held_out, seed, classes=None):
    """Draws ``count_of(held_out)`` images of each class, wherever that leads."""
    generator = np.random.default_rng(seed)
    classes = np.unique(labels) if classes is None else classes
    draws = [generator.choice(np.flatnonzero(labels == label), count_of(held_out), replace=False) for label in classes]
    held = np.concatenate(draws)
    return np.setdiff1d(np.arange(len(labels)), held), held


def all_of_each_class(labels, held_out, seed):
    return per_class(lambda held_out: held_out, labels, held_out, seed)


def a_tenth_of_each_class(labels, held_out, seed):
    return per_class(lambda held_out: held_out // 10, labels, held_out, seed)


def for_ten_classes(labels, held_out, seed):
    return per_class(lambda held_out: held_out // 10, labels, held_out, seed, range(10))


def ten_shuffled_classes(labels, held_out, seed):
    generator = np.random.default_rng(seed)
    draws = [generator.permutation(np.flatnonzero(labels == label))[: held_out // 10] for label in range(10)]
    return np.setdiff1d(np.arange(len(labels)), np.concatenate(draws)), np.concatenate(draws)


def positions_within_the_class(labels, held_out, seed):
    generator, classes = np.random.default_rng(seed), np.unique(labels)
    kept, held = [], []
    for label in classes:
        order = generator.permutation(np.count_nonzero(labels == label))
        held.append(order[: held_out // len(classes)])
        kept.append(order[held_out // len(classes) :])
    return np.concatenate(kept), np.concatenate(held)


def rest_of_positions_within_the_class(labels, held_out, seed):
    held = positions_within_the_class(labels, held_out, seed)[1]
    return np.setdiff1d(np.arange(len(labels)), held), held


def masks(labels, held_out, seed):
    held = np.isin(np.arange(len(labels)), data.stratified_split(labels, held_out, seed)[1])
    return ~held, held


def changed(change):
    """The right split, spoilt."""
    return lambda labels, held_out, seed: change(labels, *data.stratified_split(labels, held_out, seed))


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (plain_random, "Draw from each class by itself"),
        (the_first_of_each, "seed 0 and seed 1"),
        (lambda labels, held_out, seed: split_with_scikit_learn(labels, held_out, None), "two different splits"),
        (with_replacement, "without replacement"),
        (all_of_each_class, "hold out 12 images of each class, 36 in all"),
        (a_tenth_of_each_class, r"3 images instead of 12. This test has 3 classes, not ten: .* np.unique"),
        (ten_shuffled_classes, "3 classes, not ten"),
        (for_ten_classes, "stopped in line .* with ValueError.* This test has 3 classes, not ten"),
        (positions_within_the_class, "positions within a class"),
        (rest_of_positions_within_the_class, "positions within a class"),
        (changed(lambda labels, kept, held: (kept.astype(float), held)), "kept has the type float64"),
        (changed(lambda labels, kept, held: (kept, held.astype("float32").tolist())), "held_out has the type float64"),
        (changed(lambda labels, kept, held: (kept, held.astype(object))), "held_out has the type object"),
        (changed(lambda labels, kept, held: (kept.astype(str), held)), "text"),
        (masks, "mask of True and False"),
        (changed(lambda labels, kept, held: (held, kept)), "swapped"),
        (changed(lambda labels, kept, held: (np.arange(len(labels)), held)), "in both parts"),
        (changed(lambda labels, kept, held: (kept[1:], held)), "in neither part"),
        (changed(lambda labels, kept, held: (np.append(kept, held[0]), held[1:])), "to be held out"),
        (changed(lambda labels, kept, held: (labels[kept], labels[held])), "look like labels"),
        (changed(lambda labels, kept, held: (kept + 1, held + 1)), "indices run from 0"),
        (changed(lambda labels, kept, held: (kept + 0.5, held)), "no index"),
        (changed(lambda labels, kept, held: held), r"\(kept, held_out\)"),
        (changed(lambda labels, kept, held: (kept[:, None], held)), "one row of indices"),
        (changed(lambda labels, kept, held: (kept * np.nan, held)), "NaN"),
    ],
)
def test_split_rejects(answer, sentence):
    fails(check.exercise_2_4, answer, match=sentence)


# --- whatever else comes in


def raises(*arguments):
    raise KeyError("oh")


def spoils_its_input(array, *arguments):
    array[0] = 1 - array[0]
    return array


@pytest.mark.parametrize("look", [check.exercise_2_1, check.exercise_2_2, check.exercise_2_4])
def test_hostile_answers_become_sentences(look):
    for answer, sentence in (
        ("text", "a function was expected"),
        (np.nan, "a function was expected"),
        (raises, "with KeyError"),
        (spoils_its_input, "changed its input"),
        (lambda: 0, "stopped with TypeError"),
        (lambda *arguments: None, "returned None"),
        (lambda *arguments: "text", "text"),
        (lambda *arguments: {"a": 1}, "'a'"),
    ):
        with pytest.raises(NotRight, match=sentence):
            look(answer)


@pytest.mark.parametrize("look", [check.exercise_2_3, check.exercise_2_1, check.exercise_2_2, check.exercise_2_4])
def test_stubs_are_not_filled_in(look):
    def stub(*arguments):
        raise NotImplementedError

    with pytest.raises(NotFilledIn, match="not filled in"):
        look(None)
    if look is not check.exercise_2_3:
        with pytest.raises(NotFilledIn):
            look(stub)
