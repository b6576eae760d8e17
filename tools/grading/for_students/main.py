"""One command for students: ``python -m tools COMMAND``, or ``make COMMAND``. Without a command it lists them."""

from __future__ import annotations

import argparse
import sys

from tools import environment
from tools.lessons import fetch, lab, run, solved


def main(words: list[str]) -> int:
    """Run one command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools", allow_abbrev=False)
    parser.set_defaults(main=None)
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, module, says in COMMANDS:
        command = commands.add_parser(name, help=says, description=f"{says}.", allow_abbrev=False)
        getattr(module, "add_arguments", lambda parser: None)(command)
        command.set_defaults(main=module.main, edition="student")
    arguments, rest = parser.parse_known_args(words)
    if not arguments.main:
        parser.print_help()
        return 0
    if rest and arguments.main is not lab.main:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    environment.enter()
    try:
        return arguments.main(arguments) or 0
    except KeyboardInterrupt:
        return 130


COMMANDS = (
    ("lab", lab, "Open JupyterLab in work/, where lessons are copied once; further arguments go to it"),
    ("run", run, "Execute lessons as they were handed out and write them to build/lessons"),
    ("progress", solved, "Show which exercises are solved in the notebooks of work/, or of a folder"),
    ("fetch", fetch, "Fetch CIFAR-10 into data/ ahead of a class"),
)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
