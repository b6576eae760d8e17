"""Lesson 02: each usual slip, made in the way that a student makes it, is called by its own name."""

import numpy as np
import pytest
from mistake_tables import sentence

from checks import lesson02 as check

RIGHT = 1_228_800_000


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (307_200_000, "float16 copy"),
        (51_200_000, "number of pixels"),
        (3_072, "numbers of one image"),
        (1_474_560_000, "this is 60,000 images"),
        (1_105_920_000, "this is 45,000 images"),
        (245_760_000, "10,000 images"),
        (1_382_400_000, "counts the uint8 images"),
        (1_228_800, "kilobytes"),
        (1_200_000, "kibibytes"),
        (24_576 * 1.0019, "this is one image"),
        (24_576 * 1.0021, "not what the copy takes"),
        (RIGHT * 1.0021, "not what the copy takes"),
        (RIGHT * 0.9979, "not what the copy takes"),
    ],
)
def test_slips_in_the_memory_of_a_copy(answer, told):
    assert told in sentence(check.exercise_2_3, answer)


@pytest.mark.parametrize("share", [0.9981, 1.0019])
def test_a_rounded_number_of_bytes_passes(share, capsys):
    check.exercise_2_3(RIGHT * share)
    assert "1,228,800,000 bytes" in capsys.readouterr().out


def one_hot(labels, classes):
    return np.eye(classes)[labels]


def renumbered(labels, classes):
    anew = np.searchsorted(np.unique(labels), labels)
    return np.eye(anew.max() + 1)[anew]


def first_row_only(labels, classes):
    result = np.zeros((len(labels), classes))
    for row, label in enumerate(labels):
        result[row, label] = 1
        return result


def last_row_only(labels, classes):
    for row, label in enumerate(labels):
        result = np.zeros((len(labels), classes))
        result[row, label] = 1
    return result


def with_a_stray_number(labels, classes):
    result = one_hot(labels, classes)
    result[-1, -1] = 0.25
    return result


def with_an_empty_row(labels, classes):
    result = one_hot(labels, classes)
    result[-1] = 0
    return result


def with_two_ones(labels, classes):
    result = one_hot(labels, classes)
    result[0, -1] = 1
    return result


def wrong_in_the_last_row(labels, classes):
    result = one_hot(labels, classes)
    result[-1] = np.roll(result[-1], 3)
    return result


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (renumbered, "numbered anew"),
        (lambda labels, classes: np.roll(one_hot(labels, classes), 1, axis=1), "one column too far to the right"),
        (lambda labels, classes: np.eye(classes)[::-1][labels], "from the last class to the first"),
        (lambda labels, classes: np.eye(classes + 1)[labels], "too many. Classes are counted from 0"),
        (lambda labels, classes: np.eye(classes + 1)[labels + 1], "and the first one is empty"),
        (lambda labels, classes: one_hot(labels, classes) * labels[:, None], "label itself stands"),
        (lambda labels, classes: np.tri(classes)[labels], "every column up to the label"),
        (lambda labels, classes: one_hot(labels, classes).squeeze(), "should have the shape (1, 5)"),
        (first_row_only, "return stand inside the loop"),
        (last_row_only, "new array of zeros"),
        (with_a_stray_number, "for the labels 3, 1, 0 and 8 classes, yours also holds 0.25"),
        (with_an_empty_row, "for the labels 3, 1, 0 and 8 classes, row 2 holds 0 ones"),
        (with_two_ones, "row 0 holds 2 ones"),
        (wrong_in_the_last_row, "row 2 has its 1 in column 3, but the label is 0"),
        (lambda labels, classes: one_hot(labels, classes) if len(labels) < 16 else labels, ", ... and 6 classes"),
    ],
)
def test_slips_in_one_hot(answer, told):
    assert told in sentence(check.exercise_2_1, answer)


def scaled(batch):
    return batch / 255


def standardised(batch, mean, std):
    return (scaled(batch) - mean) / std


def of_each_image(batch, mean, std):
    result = [(image - image.mean((0, 1))) / image.std((0, 1)) for image in scaled(batch)]
    return np.array(result)


def stretched(batch, mean, std):
    return (batch - float(batch.min())) / (float(batch.max()) - float(batch.min()))


def off_in_one_pixel(batch, mean, std):
    result = standardised(batch, mean, std)
    result[0, 4, 9] += 0.5
    return result


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda batch, mean, std: (batch / 256 - mean) / std, "divide by 256"),
        (lambda batch, mean, std: (batch - 255 * mean) / std, "mean is multiplied by 255 and std is not"),
        (lambda batch, mean, std: scaled(batch) / std, "mean is still there"),
        (lambda batch, mean, std: (scaled(batch) - mean) / np.sqrt(std), "square root of std"),
        (lambda batch, mean, std: (scaled(batch) - mean) * std, "multiply or divide"),
        (lambda batch, mean, std: (scaled(batch) + mean) / std, "mean is added"),
        (of_each_image, "statistics of each image"),
        (stretched, "from its darkest to its brightest"),
        (lambda batch, mean, std: batch / 127.5 - 1, "maps the values to -1 to 1"),
        (lambda *given: np.maximum(standardised(*given), 0), "holds no negative number"),
        (lambda *given: np.clip(standardised(*given), 0, 1), "limited to 0 to 1"),
        (off_in_one_pixel, "for a batch of 1 image, the pixel [0, 4, 9] is"),
        (lambda batch, mean, std: batch, "type uint8, which drops fractions"),
        (lambda batch, mean, std: batch.astype("int64"), "type int64, which drops fractions"),
        (lambda batch, mean, std: standardised(batch, mean, std).astype("longdouble"), "return float32"),
        (lambda batch, mean, std: standardised(batch, mean, std) + 2e-3, "the pixel [0, 0, 0]"),
        (
            lambda batch, mean, std: standardised(batch, mean, std) + 0.5 * (len(batch) == 3),
            "for a batch of 3 images, the pixel [0, 0, 0]",
        ),
    ],
)
def test_slips_in_standardising(answer, told):
    assert told in sentence(check.exercise_2_2, answer)


@pytest.mark.parametrize("levels", [0.9, -0.9])
def test_what_wraps_around_may_be_off_by_a_level_and_no_more(levels):
    def wrapped(batch, mean, std):
        got = standardised(batch, mean, std)
        return (got + (got < 0) * 256 / 255 / std + levels / 255 / std).astype("float32")

    def far(batch, mean, std):
        return (wrapped(batch, mean, std) + 9 * levels / 255 / std).astype("float32")

    assert "wraps around" in sentence(check.exercise_2_2, wrapped)
    assert "the pixel [0, 0, 0]" in sentence(check.exercise_2_2, far)


def test_the_pixel_that_is_shown_is_that_of_the_case():
    seen = []

    def shifted(batch, mean, std):
        seen.append((batch, mean, std))
        return (standardised(batch, mean, std) + 0.5).astype("float32")

    said = sentence(check.exercise_2_2, shifted)
    batch, mean, std = seen[-1]
    right = standardised(batch, mean, std)[0, 0, 0]
    for numbers in (right + 0.5, right, mean, std):
        assert ", ".join(f"{each:.3f}" for each in numbers) in said
    assert f"it was {batch[0, 0, 0].tolist()}" in said


# 2.4: parts that are spoilt in one way at a time


def split(labels, held_out, seed):
    generator, classes = np.random.default_rng(seed), np.unique(labels)
    held = [generator.permutation(np.flatnonzero(labels == each))[: held_out // len(classes)] for each in classes]
    return np.setdiff1d(np.arange(len(labels)), np.concatenate(held)), np.concatenate(held)


def spoilt(change):
    return lambda labels, held_out, seed: change(*split(labels, held_out, seed))


def one_more_of_a_class(labels, held_out, seed):
    kept, held = split(labels, held_out, seed)
    gone = held[labels[held] == 0][0]
    added = kept[labels[kept] == 1][0]
    return np.append(kept[kept != added], gone), np.append(held[held != gone], added)


def twice_in_one_part(labels, held_out, seed):
    kept, held = split(labels, held_out, seed)
    return kept, np.append(held[1:], held[1])


def only_for(spoil):
    """Right for three classes, or for five; spoilt for the others."""
    return lambda classes: (
        lambda labels, held_out, seed: (spoil if len(np.unique(labels)) == classes else lambda *part: part)(
            *split(labels, held_out, seed)
        )
    )


without_one, without_two = (only_for(lambda kept, held, n=n: (kept[n:], held)) for n in (1, 2))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (spoilt(lambda kept, held: (kept[2:], held)), "2 images are in neither part"),
        (spoilt(lambda kept, held: (kept[1:], held)), "1 image is in neither part"),
        (spoilt(lambda kept, held: (np.append(kept, held[:1]), held)), "1 image is in both parts"),
        (spoilt(lambda kept, held: (np.append(kept, held[:3]), held)), "3 images are in both parts"),
        (spoilt(lambda kept, held: (np.append(kept, held[-1]), held[:-1])), "12 images are to be held out, you hold"),
        (one_more_of_a_class, "hold [3, 5, 4] of the classes; all should have 4"),
        (twice_in_one_part, "come twice in one part"),
        (without_one(3), "1 image is in neither"),
        (without_two(5), "2 images are in neither"),
        (spoilt(lambda kept, held: (kept - 1, held)), "kept runs from -1 to"),
        (spoilt(lambda kept, held: (kept, held + 0.25)), ".25, which is no index"),
        (spoilt(lambda kept, held: (kept, None)), "held_out should be made of numbers, this holds None"),
        (spoilt(lambda kept, held: ([*kept, None], held)), "kept should be made of numbers, this holds None"),
        (spoilt(lambda kept, held: (kept, held, kept)), "return two arrays"),
        (spoilt(lambda kept, held: (kept, held[None])), "yours has the shape (1, 12)"),
        (spoilt(lambda kept, held: (kept, held > 3)), "mask of True and False"),
        (spoilt(lambda kept, held: (kept, (held > 3).tolist())), "mask of True and False"),
        (lambda labels, held_out, seed: split(labels, held_out, 0), "seed 0 and seed 1 hold out the same"),
        (lambda labels, held_out, seed: split(labels, held_out, None), "two different splits"),
    ],
)
def test_slips_in_the_split(answer, told):
    assert told in sentence(check.exercise_2_4, answer)


def test_empty_parts_get_a_sentence():
    assert "images are in neither part" in sentence(check.exercise_2_4, lambda *_: ([], []))
    everything = spoilt(lambda kept, held: (np.sort(np.append(kept, held)), []))
    assert "12 images are to be held out, you hold out 0" in sentence(check.exercise_2_4, everything)


def test_the_order_within_a_part_does_not_count():
    check.exercise_2_4(lambda labels, held_out, seed: [part[::-1].tolist() for part in split(labels, held_out, seed)])


def test_a_function_that_stops_for_another_reason_is_not_told_about_ten_classes():
    def stops(labels, held_out, seed):
        raise ValueError("always")

    assert "not ten" not in sentence(check.exercise_2_4, stops)
