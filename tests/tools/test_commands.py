"""Commands that call other programs: which, with what, and that what these end with is handed on."""

import argparse
import sys

import pytest

from helpers import data
from tools import commands, oldest, programs
from tools.lessons import fetch, find


@pytest.fixture
def calls(monkeypatch):
    """The programs that would be called: (arguments after python -m, variables); they end with calls.status."""

    class Calls(list):
        status = 0

    made = Calls()

    def call(command, env=None):
        assert command[:2] == [sys.executable, "-m"]
        made.append((command[2:], env))
        return made.status

    monkeypatch.setattr(programs, "call", call)
    return made


def options(**given):
    return argparse.Namespace(rest=[], oldest=False, long=False, browser=False, fix=False, **given)


@pytest.mark.parametrize(("cores", "threads"), [(None, "1"), (2, "1"), (8, "2")])
def test_every_test_and_every_lesson_under_nbval_run_on_shapes(calls, monkeypatch, cores, threads):
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    calls.status = 1
    assert commands.test(options()) == 1, "a failure counts"
    [(words, variables)] = calls
    assert words[0] == "pytest"
    assert {"tests", "--nbval-lax", "not long"} <= set(words)
    assert [str(lesson.path) for lesson in find.find()] == [word for word in words if word.endswith(".ipynb")]
    assert (variables["CNN_DATASET"], variables["TF_NUM_INTRAOP_THREADS"]) == ("shapes10", threads)


@pytest.mark.parametrize("rest", [["-k", "data"], ["tests/deploy", "-n", "0"]])
def test_arguments_of_ones_own_choose_what_is_tested(calls, rest):
    arguments = options()
    arguments.rest = rest
    assert commands.test(arguments) == 0
    [(words, variables)] = calls
    assert words[-len(rest) :] == rest
    assert not [word for word in words if word == "tests" or word.endswith(".ipynb")]
    assert variables["CNN_DATASET"] == "shapes10"


def test_the_oldest_versions_have_an_environment_of_their_own(calls, monkeypatch):
    monkeypatch.setattr(oldest, "test", {("tests/helpers",): 5}.__getitem__)
    arguments = options()
    arguments.oldest, arguments.rest = True, ("tests/helpers",)
    assert commands.test(arguments) == 5
    assert not calls


def test_campaigns_run_first_then_every_property_on_many_examples(calls):
    arguments = options()
    arguments.long = True
    assert commands.test(arguments) == 0
    (campaigns, _), (properties, _) = calls
    assert "tests/long" in campaigns
    assert {"hypothesis or long", "long", "tests"} <= set(properties)
    calls.clear()
    arguments.rest = ["-k", "memory"]
    calls.status = 1
    assert commands.test(arguments) == 1
    assert [command[-3:] for command, _ in calls] == [["tests/long", "-k", "memory"]]


def test_lint_only_looks_unless_it_shall_mend(calls):
    assert commands.lint(options()) == 0
    assert [command for command, _ in calls] == [["ruff", "check"], ["ruff", "format", "--check"]]
    calls.clear()
    arguments = options()
    arguments.fix = True
    assert commands.lint(arguments) == 0
    assert [command for command, _ in calls] == [["ruff", "check", "--fix"], ["ruff", "format"]]


def test_lint_stops_at_the_first_finding(calls):
    calls.status = 1
    assert commands.lint(options()) == 1
    assert len(calls) == 1


def test_fetch_counts_the_images_and_tells_what_is_in_the_way(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("CIFAR10_PATH", str(tmp_path / "nowhere"))
    assert fetch.main(options()) == 1
    assert "CIFAR10_PATH is" in capsys.readouterr().out
    shapes = data.load("shapes10")
    monkeypatch.setattr(data, "load", lambda name: {"cifar10": shapes}[name])
    assert fetch.main(options()) == 0
    assert capsys.readouterr().out == "CIFAR-10 is there: 5,000 training, 500 validation and 1,000 test images.\n"


def test_tests_in_a_browser_need_one_and_say_so(calls, monkeypatch, capsys):
    arguments = options()
    arguments.browser = True
    monkeypatch.setattr(programs, "chromium", lambda: None)
    assert commands.test(arguments) == 1
    assert "None of chromium" in capsys.readouterr().out
    assert not calls
    monkeypatch.setattr(programs, "chromium", lambda: "/usr/bin/chromium")
    assert commands.test(arguments) == 0
    assert "tests/browser" in calls[0][0]
