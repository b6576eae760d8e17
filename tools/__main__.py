"""One command for instructors: ``python -m tools COMMAND``. Without a command it lists them.

Only the standard library is imported here and in what describes arguments: help installs nothing. A command that
runs first enters the environment that it needs, then imports the rest.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tools import commands, environment, hub
from tools.grading import grade, handout, marks
from tools.lessons import address, fetch, find, lab, links, new, readme, regenerate, run, student
from tools.site import command as site
from tools.slides import command as slides

PROGRAM = "python -m tools"
Arguments = Callable[[argparse.ArgumentParser], None]


@dataclass(frozen=True)
class Command:
    """What the list says of a command, how its arguments are described, and what runs."""

    says: str
    main: Callable[[argparse.Namespace], int | None]
    add_arguments: Arguments = lambda parser: None
    needs: str = "student"  # the packages: of a "student", of an "instructor", or "" for none
    passes_on: str = ""  # the program that gets arguments which the command does not know


def main(words: list[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    words = sys.argv[1:] if words is None else words
    if not words or words[0] in ("-h", "--help"):
        print(listing())
        return 0
    name, rest = words[0], words[1:]
    if name not in COMMANDS:
        print(f"There is no command {name!r}. The commands are: {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    command = COMMANDS[name]
    arguments = parsed(name, command, rest)
    if command.needs:
        environment.enter(instructor=command.needs == "instructor")
    try:
        return command.main(arguments) or 0
    except KeyboardInterrupt:
        return 130


def listing() -> str:
    """The commands with one line each."""
    width = max(map(len, COMMANDS)) + 2
    lines = [f"  {name:<{width}}{command.says}" for name, command in COMMANDS.items()]
    begin = f"{PROGRAM} COMMAND, or make COMMAND; {PROGRAM} COMMAND --help says more.\n"
    return "\n".join([begin, *lines])


def parsed(name: str, command: Command, words: list[str]) -> argparse.Namespace:
    """The arguments of a command; wrong ones end the program with a sentence."""
    parser = argparse.ArgumentParser(prog=f"{PROGRAM} {name}", description=f"{command.says}.", allow_abbrev=False)
    command.add_arguments(parser)
    if not command.passes_on:
        return parser.parse_args(words)
    parser.epilog = f"Further arguments go to {command.passes_on}."
    arguments, rest = parser.parse_known_args(words)
    arguments.rest = rest
    return arguments


def later(module: str) -> Callable[[argparse.Namespace], int | None]:
    """The ``main`` of a module that is imported when it runs, because it needs what is installed then."""
    return lambda arguments: importlib.import_module(module).main(arguments)


def _train_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="models; all when left out")
    parser.add_argument("--seeds", type=int, nargs="+", metavar="SEED", help="0 1 2 when left out; with --out, 0")
    parser.add_argument("--all-images", action="store_true", help="the sources' protocol: 50,000, none held out")
    own = parser.add_argument_group("a training of your own, never over what is stored")
    own.add_argument("--out", metavar="FOLDER", help="one model, its weights and history into a folder of yours")
    own.add_argument("--epochs", type=int, metavar="N", help="with --out: other epochs than its recipe has")
    own.add_argument("--dataset", choices=["cifar10", "shapes10"], help="with --out; cifar10 when left out")
    _add_record_arguments(parser)


def _show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["results", "importance", "activations", "outputs"])
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--model", metavar="NAME", help="a stored network; guide_cnn when left out")
    which.add_argument("--from", dest="source", metavar="FOLDER", help="a network that train NAME --out FOLDER trained")
    parser.add_argument("--image", metavar="FILE", help="outputs: a photo of yours")
    parser.add_argument("--number", type=int, default=0, metavar="N", help="outputs: the number of a test image")
    parser.add_argument("--out", metavar="FOLDER", help="where to write; build/show/NAME when left out")


def _study_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="studies; all when left out")
    parser.add_argument("--list", action="store_true", help="the names of all studies, with one line each")
    parser.add_argument("--dry-run", action="store_true", help="a few drawn images, one epoch each, kept under build/")
    _add_record_arguments(parser)


def _add_record_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--replace", action="store_true", help="compute again what is stored, and replace it")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes on this machine; 1 when left out"
    )
    find.add_scheduler_argument(parser)


def _bench_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("parts", nargs="*", metavar="PART", help="what to measure; all when left out")


def _demo_arguments(parser: argparse.ArgumentParser) -> None:
    said = "a stored network, or efficientnet_lite0 (ImageNet); improved_cnn when left out"
    parser.add_argument("--model", default="improved_cnn", metavar="NAME", help=said)
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="8000 when left out; 0 is any that is free")


def _mutants_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="grading, or a lesson's number; all when left out")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes at a time; one a core when left out")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="plant every Nth fault only: a quick look")


COMMANDS = {
    "run": Command("Execute lessons and write them with outputs to build/lessons", run.main, run.add_arguments),
    "lab": Command(
        "Open JupyterLab in work/, where lessons are copied once", lab.main, lab.add_arguments, passes_on="jupyter lab"
    ),
    "test": Command(
        "Test helpers, tools and lessons on Shapes-10",
        commands.test,
        commands.add_test_arguments,
        "instructor",
        passes_on="pytest, for the tests that are no lessons",
    ),
    "lint": Command(
        "Check code and notebooks with ruff", commands.lint, commands.add_lint_arguments, needs="instructor"
    ),
    "fetch": Command("Fetch CIFAR-10 into data/ ahead of a class", fetch.main),
    "new": Command("Scaffold a lesson or an exercise, with check and test", new.main, new.add_arguments, "instructor"),
    "regenerate": Command(
        "Execute changed lessons on CIFAR-10, rebuild what is derived, report changes",
        regenerate.main,
        regenerate.add_arguments,
        "instructor",
    ),
    "student": Command("Make the student edition from the complete lessons", student.main, needs="instructor"),
    "handout": Command(
        "Make assignments for nbgrader, and a repository for students",
        handout.main,
        handout.add_arguments,
        "instructor",
    ),
    "grade": Command(
        "Grade all that was handed in, each submission shut in",
        grade.main,
        grade.add_arguments,
        "instructor",
    ),
    "marks": Command(
        "Late days, marks for Canvas and Moodle, and a page for each student",
        marks.main,
        marks.add_arguments,
        "instructor",
    ),
    "slides": Command(
        "Write slides of the lessons' core, which need no network",
        slides.main,
        slides.add_arguments,
        "instructor",
        passes_on="jupyter lab, with --live",
    ),
    "readme": Command("Write the tables and images of the README", readme.main),
    "site": Command(
        "Build the book: pages of all lessons with stored outputs", site.main, site.add_arguments, "instructor"
    ),
    "address": Command(
        "Set the repository's address everywhere, or print it", address.main, address.add_arguments, needs=""
    ),
    "train": Command("Train models on CIFAR-10 and store the results", later("tools.train"), _train_arguments),
    "show": Command("Draw what a network does, as PNG files in a folder", later("tools.show"), _show_arguments),
    "demo": Command(
        "Show a network in the browser, on an image of yours or a camera", later("tools.demo.command"), _demo_arguments
    ),
    "study": Command("Run studies, and keep a record of each trial", later("tools.studies.command"), _study_arguments),
    "bench": Command("Measure what this machine does", later("tools.bench.parts"), _bench_arguments),
    "mutants": Command(
        "Plant faults in checks/, one at a time, and count which their tests notice",
        later("tools.mutants"),
        _mutants_arguments,
        "instructor",
    ),
    "hub": Command(
        "Start a JupyterHub for a class on this machine", hub.main, hub.add_arguments, passes_on="jupyterhub"
    ),
    "links": Command("Write a page of links that open lessons at a hub", links.main, links.add_arguments, ""),
    "lock": Command("Write the lock files and environment.yml", later("tools.lock"), needs="instructor"),
}


if __name__ == "__main__":
    sys.exit(main())
