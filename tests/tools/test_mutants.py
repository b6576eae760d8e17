"""The mutation run: what it changes, what it leaves aside, and what it says of tests that notice a fault or do not."""

import argparse
import ast
import os
import subprocess
import sys
import textwrap

import pytest

from helpers.places import ROOT
from tools import mutants

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def changes(code):
    """What would be changed in a piece of code."""
    return [fault.words for fault in mutants.faults(ast.parse(textwrap.dedent(code)))]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("a < b <= c", ["a < b <= c -> a <= b <= c", "a < b <= c -> a < b < c"]),
        ("a is not None", ["a is not None -> a is None"]),
        ("a + b", ["a + b -> a - b"]),
        ("a // b % c", ["a // b % c -> a // b + c", "a // b -> a / b"]),
        ("a and not b", ["a and (not b) -> a or not b", "not b -> b"]),
        ("f(3, 0.5, True)", ["3 -> 4", "0.5 -> 1.5", "True -> False"]),
        ("a[1:b]", ["1:b -> :b", "1:b -> 1:", "1 -> 2"]),
        ("a[0, 1]", ["0 -> 1", "1 -> 2"]),
        ("-a", ["-a -> a"]),
        ("a if b else c", ["a if b else c -> a if not b else c"]),
        ("{'one': a, 'two': b}", ["removed: 'one'", "removed: 'two'"]),
    ],
)
def test_one_thing_is_changed_at_a_time(code, expected):
    assert changes(f"x = {code}") == expected


def test_statements_are_removed():
    code = """
    def look(answer):
        if answer:
            wrong("no.")
        for each in answer:
            total += each
            continue
        return total
    """
    assert changes(code) == [
        "if answer: wrong('no.') -> if not answer: wrong('no.')",
        "removed: wrong('no.')",
        "removed: total += each",
        "removed: continue",
        "return total -> return None",
    ]


@pytest.mark.parametrize(
    "code",
    [
        '"""A docstring."""',
        "def f(x: int | None = None) -> tuple[int, 3]: pass",
        "def f(count=30): pass",
        "from a import b",
        "cases = [(3, 32, 100), (-1.5, 'same')]",
        "x = f(count=30)",
        "image = generator.normal(0, 3 * 5, (n + 1, 2))",
        "x = [f() for _ in range(20)]",
        "said = f'{a + 1} pixels' + 'more'",
    ],
)
def test_words_and_the_data_of_tests_are_left_aside(code):
    assert changes(code) == []


MODULE = """
def clipped(value, low=None):
    if low is None:
        low = 0
    if value < low:
        return low
    return value
"""
GOOD = """
import clip
def test_below():
    assert clip.clipped(-3) == 0
    assert clip.clipped(4, 5) == 5
def test_above():
    assert clip.clipped(3) == 3
"""


def ran(folder, test, module=MODULE):
    """What a mutation run over a small module prints, and its exit status."""
    (folder / "clip.py").write_text(module)
    (folder / "test_clip.py").write_text(test)
    code = (
        "import sys; from pathlib import Path; from tools import mutants\n"
        "folder, mutants.SHORTEST_LIMIT = Path(sys.argv[1]), 1.0\n"
        "alive, tried = mutants.survivors(folder / 'clip.py', 'clip', [folder / 'test_clip.py'], jobs=2)\n"
        "print(len(tried), *(f'{fault.line} {fault.words}' for fault in alive), sep='\\n')"
    )
    return subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )


@needs_fork
def test_faults_that_no_test_notices_are_named(tmp_path):
    told = ran(tmp_path, GOOD)
    assert told.stderr == ""
    # At the border itself both ways give the same.
    assert told.stdout.splitlines() == ["5", "5 value < low -> value <= low"]
    told = ran(tmp_path, GOOD.partition("def test_above")[0])
    assert told.stdout.splitlines() == ["5", "5 value < low -> value <= low", "7 return value -> return None"]


@needs_fork
def test_a_fault_in_an_endless_loop_or_at_import_is_noticed(tmp_path):
    module = "size = 2 - 1\nshare = 1 / size\ndef clipped(n):\n    while n > 0:\n        n -= 1\n    return n\n"
    test = "import clip\ndef test():\n    assert clip.share == 1\n    assert clip.clipped(3) == 0\n"
    told = ran(tmp_path, test, module)
    assert told.stderr == ""
    assert "n -= 1" not in told.stdout


@needs_fork
def test_tests_that_fail_without_a_fault_are_named(tmp_path):
    told = ran(tmp_path, GOOD.replace("== 3", "== 4"))
    assert told.returncode != 0
    assert "The tests of clip.py fail as they are: python -m pytest " in told.stderr


def test_an_unknown_name_is_refused():
    with pytest.raises(SystemExit, match=r"There are no checks, or no tests of them, for '99'\."):
        mutants.main(argparse.Namespace(names=["99"], jobs=1, every=1))
