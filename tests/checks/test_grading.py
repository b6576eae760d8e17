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
        (
            raises,
            r"stopped in line \d+ \(`raise KeyError\(.colour.\)`\) with KeyError: 'colour'. It was called with x = an",
        ),
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


# by_rules

CASES = [(np.array([1.0, 2.0, 3.0]), 2), (np.array([4.0, 4.0]), 3), (np.array([0.5, -1.0, 2.0, 7.0]), 1)]


def scaled_mistakes(x, k):
    return {
        "you add the factor.": x + k,
        "for {case} you divide.": x / k,
        "you multiply by the length.": x * len(x),
        "you do nothing.": x,
    }


def refuse_sums(answer, said, x, k):
    if grading.shape_of(answer) == ():
        grading.wrong(f"for {said} one number came back.")


@exercise("9.2")
def scaled(function):
    grading.by_rules(
        function,
        CASES,
        lambda x, k: np.array([k * each for each in x.tolist()]),
        scaled_mistakes,
        lambda x, k: f"{len(x)} numbers and the factor {k}",
        lambda got, x, k: f"The first number is {got[0]:g}, not {k * x[0]:g}.",
        refuse_sums,
    )


@exercise("9.3")
def counted(function):
    mistakes = {"+": "{value} counts one too many.", "1": "one less, for {case}."}
    grading.by_rules(
        function,
        [(3, 4), (2, 7), (10, 10)],
        lambda a, b: a * b,
        lambda a, b: {mistakes["+"]: a * b + 1, mistakes["1"]: a * b - 1},
        "{0} rows and {1} columns",
    )


@pytest.mark.parametrize("answer", [lambda x, k: k * x, lambda x, k: (k * x).tolist(), lambda x, k: np.float32(k) * x])
def test_by_rules_accepts_every_right_way(answer, capsys):
    scaled(answer)
    assert capsys.readouterr().out == "Exercise 9.2: right.\n"


def halves_its_input(x, k):
    x /= 2
    return 2 * k * x


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda x, k: x + k, "you add the factor"),
        (lambda x, k: x / k, "for 2 numbers and the factor 3 you divide"),
        (lambda x, k: x * len(x), "multiply by the length"),
        (lambda x, k: x, "do nothing"),
        # In some cases a usual mistake, in others not: it is not named, the smallest wrong case is shown.
        (
            lambda x, k: x + k if len(x) == 3 else k * x,
            r"for 3 numbers .* 2 of 3 numbers are not: \[0\] is 3 in yours. The first number is 3, not 2",
        ),
        (lambda x, k: k * x + (len(x) != 2), "for 3 numbers and the factor 2 .* 3 of 3 numbers are not"),
        (lambda x, k: k * x + (len(x) == 2), "for 2 numbers and the factor 3 .* The first number is 13, not 12"),
        (lambda x, k: x.sum(), "for 2 numbers and the factor 3 one number came back"),
        (lambda x, k: (k * x)[:2], r"the result for 3 numbers and the factor 2 should have the shape \(3,\)"),
        (lambda x, k: k * x * np.nan, "the result for 2 numbers and the factor 3 holds NaN"),
        (halves_its_input, "changed its input"),
        (lambda x, k: None, "returned None"),
        (lambda x, k: NoArray(), "should be made of numbers"),
        (raises, "stopped with"),
        (stub, "stopped with TypeError"),
        ("text", "a function was expected"),
        (None, "not filled in yet"),
    ],
)
def test_by_rules_names_what_explains_all_results(answer, sentence):
    with pytest.raises(NotRight, match=sentence):
        scaled(answer)


@pytest.mark.parametrize("answer", [lambda a, b: a * b, lambda a, b: float(a * b), lambda a, b: np.int8(a * b)])
def test_by_rules_takes_whole_numbers_of_any_kind(answer):
    counted(answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda a, b: a * b + 1, r"13 counts one too many"),
        (lambda a, b: a * b - 1, "one less, for 3 rows and 4 columns"),
        (lambda a, b: a * b if a < 10 else 99, "for 10 rows and 10 columns you have 99, and that is not it. Do this"),
        (lambda a, b: a * b * (1 + 1e-7), "a whole number"),
        (lambda a, b: [a * b], "one number"),
        (lambda a, b: True, "numbers"),
    ],
)
def test_by_rules_reads_whole_numbers_exactly(answer, sentence):
    with pytest.raises(NotRight, match=sentence):
        counted(answer)


def test_no_float_passes_for_a_whole_number_close_by():
    """10 ** 6 and 10 ** 6 + 1 differ by less than any tolerance for floats."""
    with pytest.raises(NotRight, match="1,000,001, and that is not it"):
        grading.by_rules(lambda n: n + 1, [(10**6,)], lambda n: n, None, "{0} things")


def test_a_mistake_of_all_shapes_is_named_and_text_has_none():
    def check(function):
        cases = [(np.arange(n) + 0.5,) for n in (2, 3)]
        shapes = lambda x: {"{value} is one number.": ()}  # noqa: E731
        grading.by_rules(function, cases, lambda x: x / 3, None, lambda x: f"{len(x)} numbers", shapes=shapes)

    with pytest.raises(NotRight, match=r"^2 is one number"):
        check(lambda x: x.sum())
    with pytest.raises(NotRight, match="shape"):
        check(lambda x: x.sum() if len(x) == 2 else x)
    with pytest.raises(NotRight, match="made of numbers"):
        check(lambda x: "one")


def test_everybody_gets_the_same_cases():
    assert grading.seeded("4.1").integers(10**9) == grading.seeded("4.1").integers(10**9)
    assert grading.seeded("4.1").integers(10**9) != grading.seeded("4.2").integers(10**9)


@pytest.mark.parametrize("answer", [[[1], [2, 3]], NoArray(), object(), "text", {1: 2}, (each for each in "ab"), np])
def test_a_look_at_a_shape_survives_every_answer(answer):
    assert grading.shape_of(answer) in (None, ())
    assert grading.blows_up(answer) is False
