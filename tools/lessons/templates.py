"""What ``python -m tools new`` writes: the cells of a lesson and of an exercise, their checks and their tests.

Everything runs and passes as it is. The exercise asks for twice a number until its author replaces it.
"""

from __future__ import annotations

from tools.lessons import slides

PRAISE = "Twice a number is the number added to itself."

CHECKS = '"""Checks of lesson {number}, {title}."""\n\nfrom __future__ import annotations\n'

CHECK = '''

def reference_{key}(number: float) -> float:
    """What later cells use until a student's function has passed: twice a number."""
    return number + number


@exercise("{exercise}")
def exercise_{key}({function}: Callable) -> str:
    """A function of a number that returns a number: twice the first."""
    cases = [0.5, -3.0, 20.0, 100.0]
    got = [number(call({function}, case), f"the result for {{case}}") for case in cases]
    if close(got, [case + case for case in cases]):
        return "{praise}"
    mistakes = {{
        "this is the number itself. Add it once more.": cases,
        "this is half of the number. Add it to itself instead.": [case / 2 for case in cases],
        "this is three times the number. Add it once less.": [3 * case for case in cases],
        "this is the square: the number times itself. Add it to itself.": [case * case for case in cases],
        "the sign is reversed.": [-2 * case for case in cases],
        "you add 2. Add the number.": [case + 2 for case in cases],
    }}
    name_mistake(got, mistakes)
    wrong(f"for {{cases[0]}} you have {{got[0]}}, and that is not it. Add the number to itself on paper first.")
'''

CHECK_IMPORTS = """from collections.abc import Callable
from checks.grading import call, close, exercise, name_mistake, number, wrong
"""

TESTS = '"""The checks of lesson {number}: every right way passes, every usual wrong one is named."""\n'

TEST = """

@pytest.mark.parametrize("answer", [lambda number: 2 * number, lambda number: number + number])
def test_exercise_{key}_accepts_every_right_way(answer):
    answers.passes(check.exercise_{key}, answer)


@pytest.mark.parametrize(
    ("answer", "sentence"), [(lambda number: number, "the number itself"), (lambda number: 0, "0.5"), *answers.HOSTILE]
)
def test_exercise_{key}_names_what_is_wrong(answer, sentence):
    answers.fails(check.exercise_{key}, answer, match=sentence)
"""

TEST_IMPORTS = "import answers\nimport pytest\nfrom checks import lesson{number} as check\n"

BANK = '"""Answers to the exercises of lesson {number}, written from their cards."""\n\nRIGHT, WRONG = {{}}, {{}}\n'

ANSWERS = """
RIGHT["{exercise}"] = [
    ("product", lambda number: 2 * number),
    ("sum", lambda number: number + number),
    ("sum of a list", lambda number: sum([number, number])),
    ("difference", lambda number: 3 * number - number),
]
WRONG["{exercise}"] = [
    ("nothing done", "the number itself", lambda number: number),
    ("halved", "half", lambda number: number / 2),
    ("once too often", "three times", lambda number: number + number + number),
    ("multiplied by itself", "square", lambda number: number**2),
    ("minus", "sign", lambda number: -2 * number),
    ("two more", "add 2", lambda number: number + 2),
]
"""

TITLE = """# {number} · {title}

One sentence: what you have done at the end of this lesson.

*After this lesson you can*

* **predict** a number before the computer says it;
* **calculate** it;
* **explain** what it depends on.

45 minutes in class, 5 more for *Going further*; about 1 minute to run on two cores. You need lesson 01."""

QUESTION = """**{number}.** A question that {which} lets one answer?
<details><summary>Answer</summary>
The answer, with its reason.
</details>"""

SECTION = """## 1. What is the question of this section?

One sentence says why. How many positions has a map of 32 × 32? Write your guess down first."""

READ = """One position for each pixel. A sentence after each result reads it.

A **term of lesson {number}** is a word that this sentence defines."""

FURTHER_SECTION = "One sentence says why. How many has a map of twice the side?"

RECAP = """## In this lesson

* A map of side × side positions has side² of them.
* Four to six lines like these: what to remember."""

FURTHER = """## Going further

Optional: each part stands alone."""

PART = """### What is the question of this part? (optional, 5 minutes)

One sentence says why."""

SOURCES = """## Sources

* Author (year), *Title*: DOI or address.

**Next:** what the next lesson does with this."""

CARD = """### Exercise {exercise} · {name}

●○○ · 5 minutes

Return twice the number. (Say here what comes in and what to return, with shapes and units.)

<details><summary>Hint</summary>

A hint that helps without giving the solution away.

</details>"""

STUB = '''def {function}(number):
    """Twice the number: a number."""
    ### BEGIN SOLUTION
    return 2 * number
    ### END SOLUTION'''

CALL = "from checks import lesson{number} as check\n\ncheck.exercise_{key}({function})"

USE = """from checks import yours

{function} = yours({function}, check.reference_{key})
print({function}(21))"""


def lesson(number: str, title: str, set_up: str) -> dict:
    """A lesson without exercises, as it is when it has been executed."""

    def questions(count: int, which: str) -> str:
        return "\n\n".join(QUESTION.format(number=each, which=which) for each in range(1, count + 1))

    compared = ["nbval-check-output"]
    notebook = {
        "cells": [
            markdown("title", TITLE.format(number=number, title=title)),
            code("setup", set_up, jupyter={"source_hidden": True}, tags=["setup"]),
            code("imports", "from helpers.teaching import compare"),
            note(
                "before-class",
                "**Before class.** What takes time, what to have ready.\n\n"
                "**45 minutes.** *Before you start*: 5 · section 1: 40.",
            ),
            markdown("before", f"## Before you start\n\n{questions(3, 'an earlier lesson')}"),
            markdown("s1", SECTION),
            code("s1-guess", "guess = ...  # a number of positions"),
            code("s1-positions", "side = 32\ncompare(guess, side * side)", printed=_beside("1,024"), tags=compared),
            markdown("s1-read", READ.format(number=number)),
            note("s1-pause", "**Pause here.** What to ask the class, and the usual slip."),
            markdown("s1-twice", FURTHER_SECTION),
            code("s1-twice-guess", "guess = ...  # a number of positions"),
            code("s1-twice-positions", "compare(guess, (2 * side) ** 2)", printed=_beside("4,096"), tags=compared),
            markdown("s1-twice-read", "Four times as many."),
            note("last-note", "**Before the recap.** What to repeat if there is time."),
            markdown("recap", RECAP),
            markdown("questions", f"## Check your understanding\n\n{questions(4, 'the lesson')}"),
            folded_heading("further", FURTHER),
            folded_heading("part", PART),
            code("part-positions", "side * side", result="1024", tags=compared),
            markdown("sources", SOURCES),
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "lesson": {
                "core_minutes": 45,
                "further_minutes": 5,
                "learn": "One line for the table in the README",
                "needs": "01 to 06",
                "run_minutes": 1,
                "shapes10_minutes": 1,
                "title": title,
            },
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    slides.set_types(notebook)
    return notebook


def _beside(result: str) -> str:
    """What ``compare`` prints where no guess was written."""
    return f"your guess: none yet (replace ... in the cell above)\ncomputed:   {result}\n"


def exercise(number: str, count: int, name: str, function: str, points: int) -> list[dict]:
    """The cells of an exercise: card with a folded hint, stub, check, and a use of what the student wrote."""
    exercise, key, stem = f"{int(number)}.{count}", f"{int(number)}_{count}", f"exercise-{int(number)}-{count}"
    words = {"number": number, "exercise": exercise, "key": key, "function": function, "name": name}
    return [
        markdown(stem, CARD.format(**words)),
        code(f"{stem}-code", STUB.format(**words), nbgrader=_graded(f"ex{key}", solution=True)),
        code(
            f"{stem}-check",
            CALL.format(**words),
            printed=f"Exercise {exercise}: right. {PRAISE}\n",
            nbgrader=_graded(f"test_ex{key}", grade=True, locked=True, points=points),
        ),
        code(f"{stem}-use", USE.format(**words), printed=f"From here on, your own {function} is used.\n42\n"),
    ]


def _graded(grade_id: str, **facts) -> dict:
    """nbgrader's metadata of a cell, schema 3."""
    usual = {"grade": False, "locked": False, "schema_version": 3, "solution": False, "task": False}
    return dict(sorted({**usual, "grade_id": grade_id, **facts}.items()))


def markdown(name: str, source: str) -> dict:
    return {"cell_type": "markdown", "id": name, "metadata": _slide(), "source": source.splitlines(keepends=True)}


def folded_heading(name: str, source: str) -> dict:
    """A heading that JupyterLab shows folded."""
    cell = markdown(name, source)
    cell["metadata"] = {"jp-MarkdownHeadingCollapsed": True, **cell["metadata"]}
    return cell


def note(name: str, source: str) -> dict:
    """A note for the teacher, which the student edition drops."""
    cell = markdown(name, source)
    cell["metadata"]["tags"] = ["instructor"]
    return cell


def code(name: str, source: str, result: str = "", printed: str = "", **metadata) -> dict:
    """A code cell with the output that it has when it is executed."""
    outputs = []
    if result:
        data = {"text/plain": [result]}
        outputs = [{"data": data, "execution_count": None, "metadata": {}, "output_type": "execute_result"}]
    elif printed:
        outputs = [{"name": "stdout", "output_type": "stream", "text": printed.splitlines(keepends=True)}]
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": dict(sorted({**_slide(), **metadata}.items())),
        "outputs": outputs,
        "source": source.splitlines(keepends=True),
    }


def _slide() -> dict:
    """Where a cell stands on a slide is set when the lesson is whole."""
    return {"slideshow": {"slide_type": "-"}}


def renumber(cells: list[dict]) -> None:
    """Count the code cells as a run from top to bottom does."""
    for count, cell in enumerate((cell for cell in cells if cell["cell_type"] == "code"), start=1):
        cell["execution_count"] = count
        for output in cell["outputs"]:
            if "execution_count" in output:
                output["execution_count"] = count
