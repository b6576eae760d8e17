"""Answers to the exercises of lesson 02, written from their cards."""

import keras
import numpy as np

VALUES = 50_000 * 32 * 32 * 3


def with_a_loop(labels, classes):
    rows = []
    for label in labels:
        row = [0] * classes
        row[label] = 1
        rows.append(row)
    return rows


def put_along_an_axis(labels, classes):
    rows = np.zeros((len(labels), classes), "uint8")
    np.put_along_axis(rows, labels[:, None], 1, axis=1)
    return rows


def one_column_too_many(labels, classes):
    return np.eye(classes + 1)[labels]


def as_many_classes_as_there_are(labels, classes):
    return np.eye(len(np.unique(labels)))[np.unique(labels, return_inverse=True)[1]]


def up_to_the_largest(labels, classes):
    return np.eye(labels.max() + 1)[labels]


def fills_the_whole_column(labels, classes):
    rows = np.zeros((len(labels), classes))
    rows[:, labels] = 1
    return rows


def counts_from_one(labels, classes):
    return np.eye(classes)[labels - 1]


def label_in_place_of_one(labels, classes):
    return np.eye(classes)[labels] * labels[:, None]


class Standardiser:
    def __call__(self, batch, mean, std):
        return np.float32(batch / np.float64(255)) / np.float32(std) - np.float32(mean / std)


def channel_by_channel(batch, mean, std):
    result = np.empty(batch.shape, np.float32)
    for channel in range(3):
        result[..., channel] = (batch[..., channel] / 255 - mean[channel]) / std[channel]
    return result


def in_the_range_of_bytes(batch, mean, std):
    return ((batch.astype(np.float32) - 255 * mean) / (255 * std)).astype(np.float32)


def by_tensors(batch, mean, std):
    return (keras.ops.cast(batch, "float32") / 255 - keras.ops.cast(mean, "float32")) / keras.ops.cast(std, "float32")


def a_share_of_each_class(labels, held_out, seed):
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(labels))
    each = held_out // len(set(labels.tolist()))
    held = [index for label in sorted(set(labels.tolist())) for index in order[labels[order] == label][:each]]
    return sorted(set(range(len(labels))) - set(held)), held


def by_scikit_learn(labels, held_out, seed):
    from sklearn.model_selection import train_test_split

    return train_test_split(np.arange(len(labels)), test_size=held_out, stratify=labels, random_state=seed)


def kept_in_any_order(labels, held_out, seed):
    kept, held = a_share_of_each_class(labels, held_out, seed)
    return np.array(kept[::-1]), np.array(held)


def with_a_random_state(labels, held_out, seed):
    generator = np.random.RandomState(seed)
    kept, held = [], []
    for label in np.unique(labels):
        indices = np.flatnonzero(labels == label)
        generator.shuffle(indices)
        held.extend(indices[: held_out // len(np.unique(labels))].tolist())
        kept.extend(indices[held_out // len(np.unique(labels)) :].tolist())
    return kept, held


def the_first_of_each_class(labels, held_out, seed):
    each = held_out // len(np.unique(labels))
    held = np.concatenate([np.flatnonzero(labels == label)[:each] for label in np.unique(labels)])
    return np.setdiff1d(np.arange(len(labels)), held), held


def not_by_class(labels, held_out, seed):
    order = np.random.default_rng(seed).permutation(len(labels))
    return order[held_out:], order[:held_out]


def the_other_way_round(labels, held_out, seed):
    return a_share_of_each_class(labels, held_out, seed)[::-1]


def without_a_seed(labels, held_out, seed):
    return a_share_of_each_class(labels, held_out, None)


def the_same_for_every_seed(labels, held_out, seed):
    return a_share_of_each_class(labels, held_out, 0)


def all_are_kept(labels, held_out, seed):
    return np.arange(len(labels)), a_share_of_each_class(labels, held_out, seed)[1]


def as_many_from_each(labels, held_out, seed):
    generator = np.random.default_rng(seed)
    held = np.concatenate(
        [generator.choice(np.flatnonzero(labels == label), held_out, replace=False) for label in np.unique(labels)]
    )
    return np.setdiff1d(np.arange(len(labels)), held), held


def twice_the_same_image(labels, held_out, seed):
    generator = np.random.default_rng(seed)
    each = held_out // len(np.unique(labels))
    held = np.concatenate(
        [np.repeat(generator.choice(np.flatnonzero(labels == label)), each) for label in np.unique(labels)]
    )
    return np.setdiff1d(np.arange(len(labels)), held), held


def labels_in_place_of_indices(labels, held_out, seed):
    kept, held = a_share_of_each_class(labels, held_out, seed)
    return labels[kept], labels[held]


def masks(labels, held_out, seed):
    _, held = a_share_of_each_class(labels, held_out, seed)
    mask = np.isin(np.arange(len(labels)), held)
    return ~mask, mask


RIGHT = {
    "2.1": [
        ("rows of lists", with_a_loop),
        ("uint8", put_along_an_axis),
        ("Keras", lambda labels, classes: keras.utils.to_categorical(labels, classes)),
        ("comparison", lambda labels, classes: (labels[:, None] == np.arange(classes)).astype(int)),
        ("truth values", lambda labels, classes: labels[:, None] == np.arange(classes)),
        ("keras.ops", lambda labels, classes: keras.ops.one_hot(labels, classes)),
    ],
    "2.2": [
        ("a callable object", Standardiser()),
        ("channel by channel", channel_by_channel),
        ("0 to 255", in_the_range_of_bytes),
        ("tensors", by_tensors),
    ],
    "2.3": [
        ("an int", VALUES * 8),
        ("a float", float(VALUES * 8)),
        ("an int64", np.int64(VALUES) * 8),
        ("nbytes of an empty array", np.empty((50_000, 32, 32, 3), np.float64).nbytes),
    ],
    "2.4": [
        ("lists", a_share_of_each_class),
        ("scikit-learn", by_scikit_learn),
        ("any order", kept_in_any_order),
        ("RandomState", with_a_random_state),
    ],
}
WRONG = {
    "2.1": [
        ("transposed", "transposed|swapped|rows", lambda labels, classes: np.eye(classes)[labels].T),
        ("one column too many", "column|classes", one_column_too_many),
        ("classes that occur", "occur|class", as_many_classes_as_there_are),
        ("up to the largest label", "largest|occur|class", up_to_the_largest),
        ("all chosen columns", "every row|whole column|each row|rows", fills_the_whole_column),
        ("counted from 1", "from 0|from 1|class 0|shift|next|one column", counts_from_one),
        ("the label in place of 1", "1|label", label_in_place_of_one),
        ("zeros", "all numbers are 0", lambda labels, classes: np.zeros((len(labels), classes))),
        ("the labels", "shape|labels", lambda labels, classes: labels),
    ],
    "2.2": [
        ("not divided by 255", "255", lambda b, m, s: ((b - m) / s).astype("f4")),
        ("float64", "float64|float32", lambda b, m, s: (b / 255 - m) / s),
        (
            "its own statistics",
            "own|statistics",
            lambda b, m, s: np.float32((b - b.mean((0, 1, 2))) / b.std((0, 1, 2))),
        ),
        ("std not used", "std|divid", lambda b, m, s: (b / 255 - m).astype("f4")),
        ("mean not used", "mean|subtract", lambda b, m, s: (b / 255 / s).astype("f4")),
        ("mean and std swapped", "swapped|other way round|place", lambda b, m, s: ((b / 255 - s) / m).astype("f4")),
        ("mean last", "", lambda b, m, s: (b / 255 / s - m).astype("f4")),
        ("one mean of all", "channel", lambda b, m, s: ((b / 255 - m.mean()) / s.mean()).astype("f4")),
        ("variance", "variance|square", lambda b, m, s: ((b / 255 - m) / s**2).astype("f4")),
        ("rounded", "rounded", lambda b, m, s: np.round((b / 255 - m) / s, 2).astype("f4")),
        ("cut to 0 to 1", "", lambda b, m, s: np.clip((b / 255 - m) / s, 0, 1).astype("f4")),
    ],
    "2.3": [
        ("bits", "bits", VALUES * 64),
        ("float32", "float32|32 bits|4 bytes", VALUES * 4),
        ("uint8", "one byte|uint8|8 bytes|1 byte", VALUES),
        ("one channel", "channel", VALUES * 8 // 3),
        ("60,000 images", "60,000|50,000", 60_000 * 3072 * 8),
        ("one image", "one image", 3072 * 8),
        ("megabytes", "MB|megabyte|bytes", VALUES * 8 / 1e6),
        ("a text", "text|numbers", "1.2 GB"),
        ("number of images", "", 50_000),
    ],
    "2.4": [
        ("the first ones", "first|random|seed", the_first_of_each_class),
        ("not stratified", "class", not_by_class),
        ("other way round", "swapped|order|other way round", the_other_way_round),
        ("no seed", "seed", without_a_seed),
        ("every seed the same", "seed", the_same_for_every_seed),
        ("all kept", "both|kept", all_are_kept),
        ("held_out of each class", "each class|every class|class|many", as_many_from_each),
        ("repeated", "twice|more than once|repeat|times", twice_the_same_image),
        ("labels", "labels|indices|more than once|twice", labels_in_place_of_indices),
        ("masks", "True and False", masks),
    ],
}
