"""What all checks share must survive whatever a student hands in, and say so in one sentence."""

import keras
import numpy as np
import pytest

from checks import grading
from checks.grading import NotFilledIn, NotRight, exercise


@exercise("9.1")
def doubled(function):
    answer = grading.numbers(grading.call(function, np.arange(3.0)), shape=(3,))
    grading.name_mistake(answer, {"this is the input itself.": [0, 1, 2]})
    if not grading.close(answer, [0, 2, 4]):
        grading.wrong("not twice the input.")
    return "Twice is twice."


def test_a_right_answer_is_told(capsys):
    doubled(lambda x: 2 * x)
    assert capsys.readouterr().out == "Exercise 9.1: right. Twice is twice.\n"


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: [0, 2, 4],
        lambda x: (np.float32(0), 2, 4.0),
        lambda x: x.astype("f4") * 2,
        lambda x: np.array([0, 2.0, 4], dtype=object),
        lambda x: keras.ops.cast(2 * x, "bfloat16"),
    ],
)
def test_every_kind_of_numbers_counts(answer):
    doubled(answer)


def raises(x):
    raise KeyError("colour")


def changes(x):
    x *= 2
    return x


class NoArray:
    """Asked for an array, or for its repr, it fails."""

    def __array__(self, *_, **__):
        raise RuntimeError("no array")

    def __repr__(self):
        raise RuntimeError("no repr")


def stub(x):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (None, "not filled in yet"),
        (..., "not filled in yet"),
        (stub, "not filled in yet"),
        (3, "a function was expected, this is 3"),
        (raises, "stopped with KeyError: 'colour'. It was called with an array of shape"),
        (changes, "changed its input"),
        (lambda x: None, "returned None"),
        (lambda x: "0 2 4", "should be made of numbers"),
        (lambda x: x > 1, "True and False"),
        (lambda x: x * np.nan, "holds NaN"),
        (lambda x: [0, np.inf, 4], "holds infinity"),
        (lambda x: [[0, 2, 4]], r"shape \(3,\), yours has \(1, 3\)"),
        (lambda x: [0, [2], 4], "should be made of numbers"),
        (lambda x: ["0", "2", "4"], "holds text"),
        (lambda x: np.array(["0", "2", "4"], dtype=object), "holds text"),
        (lambda x: np.array([b"0", b"2", b"4"]), "holds text"),
        (lambda x: 2 * x + 0j, "holds complex numbers"),
        (lambda x: (2 * x).astype("datetime64[s]"), "holds dates"),
        (lambda x: (2 * x).astype("timedelta64[s]"), "holds times"),
        (lambda x: np.zeros(3, dtype=[("a", float)]), "holds records"),
        (lambda x: [0, 2, 10**400], "far too large"),
        (lambda x: NoArray(), "should be made of numbers"),
        (lambda: [0, 2, 4], "stopped with TypeError"),
        (lambda x: x, "this is the input itself"),
        (lambda x: x + 1, "not twice the input"),
    ],
)
def test_every_wrong_answer_gets_a_sentence(answer, sentence):
    with pytest.raises(NotRight, match=sentence) as caught:
        doubled(answer)
    assert str(caught.value).startswith("Exercise 9.1")
    assert caught.value._render_traceback_() == [str(caught.value)]


def test_a_stub_and_a_wrong_answer_are_different_things():
    with pytest.raises(NotFilledIn):
        doubled(stub)


@pytest.mark.parametrize(
    "answer", [2432, 2432.0, np.int64(2432), np.array(2432), "2432", [2432], float("nan"), 2432.5, True, np.array("5")]
)
def test_whole_takes_integers_of_any_kind(answer):
    if isinstance(answer, (str, list, bool)) or np.asarray(answer).dtype.kind == "U" or answer not in (2432, 2432.0):
        with pytest.raises(NotRight):
            grading.whole(answer)
    else:
        assert grading.whole(answer) == 2432


@pytest.mark.parametrize("answer", [10**400, 10**5000, NoArray()], ids=["large", "huge", "no array"])
def test_what_numpy_cannot_take_gets_a_sentence(answer):
    with pytest.raises(NotRight, match=r"the answer (holds an integer that is far too large|should be made of)"):
        grading.whole(answer)


def test_close_allows_rounding_and_no_more():
    expected = np.random.default_rng(0).normal(size=100) * 1000
    assert grading.close(expected.astype(np.float32), expected)
    assert not grading.close(expected * 1.001, expected)
    assert not grading.close(expected[:50], expected)
