"""Execute complete lessons in place on CIFAR-10, then rebuild what is derived: ``python -m tools.regenerate``."""

from __future__ import annotations

import argparse
import sys

from tools import environment


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lesson", help="only this one, for example 04")
    arguments = parser.parse_args()
    environment.enter(instructor=True)

    from tqdm import tqdm

    from tools import lessons, readme, student

    dataset = lessons.dataset_or_exit("cifar10")
    chosen = lessons.find(arguments.lesson)
    failed = 0
    for lesson in chosen:
        set_up(lesson)
        with tqdm(desc=lesson.number, unit="cell", leave=False, file=sys.stdout) as bar:
            outcome = lessons.execute(
                lesson.path, dataset, timeout=3600, on_cell=lambda done, bar=bar: bar.update(done - bar.n)
            )
        if outcome.problem:
            # The stored outputs stay as they were: a lesson is replaced whole or not at all.
            failed += 1
            print(f"{lesson.number} {lesson.title}: not changed. {outcome.problem}", flush=True)
            continue
        lessons.write(outcome.notebook, lesson.path)
        print(f"{lesson.number} {lesson.title}: {outcome.seconds:.0f} s", flush=True)
    student.write_all()
    readme.write()
    print("The student edition and the README's table are up to date.")
    return 1 if failed else 0


def set_up(lesson) -> None:
    """Put the common set-up cell and ruff's format into a lesson."""
    import subprocess

    import nbformat

    from tools import lessons

    notebook = nbformat.read(lesson.path, as_version=4)
    for cell in notebook.cells:
        if cell.id == "setup" and cell.source != lessons.SETUP:
            cell.source = lessons.SETUP
            lessons.write(notebook, lesson.path)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(lesson.path)], check=True)


if __name__ == "__main__":
    sys.exit(main())
