"""The bank of answers through a kernel: each verdict and each message is the one that the check gives by itself."""

import contextlib
import importlib
import io
import re
import sys
from pathlib import Path

import pytest

from checks.grading import NotRight
from tools.grading import attempt, judge, sandbox

BANK = Path(__file__).parents[1] / "checks" / "bank"
sys.path.insert(0, str(BANK))
LESSONS = sorted(path.stem for path in BANK.glob("lesson*.py"))
AGENT = attempt.AGENT
# Data of ours that a lesson's own cells have read, which no student hands in.
OURS = {"11.3": 2}


@pytest.fixture
def kernel(tmp_path):
    code = tmp_path / "code"
    code.mkdir()
    for path in [*(Path(attempt.__file__).with_name(name) for name in AGENT), *BANK.glob("*.py")]:
        (code / path.name).write_bytes(path.read_bytes())
    with sandbox.for_kernels() as folder:
        running = sandbox.Kernel(Path(folder), code, "shapes10", sandbox.Limits(cell_seconds=300), sandbox.available())
        yield running
        running.close()


def by_itself(exercise, answers):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            exercise(*answers)
        except NotRight as error:
            return False, str(error)
    return True, said.getvalue()


def words(sentence):
    """Without what is another one in another process."""
    return "".join(re.sub(r"_\d+", "", sentence.split(" at 0x")[0]).split())


@pytest.mark.parametrize("lesson", LESSONS)
def test_is_told_the_same(lesson, kernel):
    bank, number = importlib.import_module(lesson), lesson[-2:]
    checks = importlib.import_module(f"checks.{lesson}")
    said = []
    begin = f"from helpers import start\nstart.lesson()\nimport {lesson} as bank"
    assert not kernel.execute(begin, said.append, 300), said
    errors = [message for message in said if message["msg_type"] == "error"]
    assert not errors
    ours, count, different = judge.Judge(number, []), 0, []
    for table in ("RIGHT", "WRONG"):
        for exercise, entries in getattr(bank, table).items():
            name = f"exercise_{exercise.replace('.', '_')}"
            for index, entry in enumerate(entries):
                answers = entry[1:] if table == "RIGHT" else entry[2:]
                names = [f"answer_{place}" for place in range(len(answers))]
                kernel.execute(
                    f"{', '.join(names)}, = bank.{table}[{exercise!r}][{index}][-{len(names)}:]", said.append
                )
                if exercise in OURS:
                    ours._names[names[OURS[exercise]]] = answers[OURS[exercise]]
                verdict = ours.run(f"check.{name}({', '.join(names)})", kernel, lambda message: None, {})
                for one in names:
                    ours._names.pop(one, None)
                passed, sentence = by_itself(getattr(checks, name), answers)
                count += 1
                told = verdict.printed if verdict.passed else verdict.sentence
                if (passed, words(sentence)) != (verdict.passed, words(told)):
                    different.append((exercise, entry[0], passed, sentence, verdict.passed, told, verdict.human))
    print(f"{lesson}: {count} answers, {len(different)} told something else")
    for one in different:
        print(*map(str, one), sep="\n    ")
    # Of a model with code of the student's own in it, a person is told instead.
    assert [one for one in different if not one[-1]] == []
    assert not any(one[4] and not one[2] for one in different)
