"""Execute every complete lesson and write notebooks and HTML to build/lessons: ``python -m tools.run``."""

from __future__ import annotations

import argparse
import html
import sys
from pathlib import Path

from tools import environment

OUT = environment.ROOT / "build" / "lessons"

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Lessons</title>
<style>
body {{ font: 18px/1.5 sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }}
td {{ padding: .5em 1em .5em 0; vertical-align: top; }}
tr {{ border-bottom: 1px solid #ddd; }}
</style></head>
<body><h1>Lessons</h1><p>Executed on {dataset}.</p><table>
{rows}
</table></body></html>
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="shapes10", help="shapes10 (drawn, quick) or cifar10")
    parser.add_argument("--lesson", help="only this one, for example 04")
    parser.add_argument("--edition", choices=("complete", "student"), default="complete")
    parser.add_argument("--out", type=Path, default=OUT, help="where to write; build/lessons when left out")
    arguments = parser.parse_args()
    environment.enter()

    from tqdm import tqdm

    from tools import lessons

    dataset = lessons.dataset_or_exit(arguments.dataset)
    chosen = lessons.find(arguments.lesson)
    outcomes = []
    for lesson in chosen:
        student = arguments.edition == "student"
        path = lessons.STUDENT / lesson.path.name if student else lesson.path
        with tqdm(total=_cells(path), desc=lesson.number, unit="cell", leave=False, file=sys.stdout) as bar:
            # An untouched exercise raises in cells that are tagged for it; any other error still counts.
            outcome = lessons.execute(path, dataset, on_cell=lambda done, bar=bar: bar.update(done - bar.n))
        outcomes.append(outcome)
        result = outcome.problem or "ok"
        print(f"{lesson.number} {lesson.title:<34} {outcome.seconds:6.0f} s  {result}", flush=True)
        lessons.write(outcome.notebook, arguments.out / lesson.path.name)
        _write_html(outcome.notebook, arguments.out / f"{lesson.path.stem}.html", lesson.title)
    _write_index(arguments.out, dataset, chosen, outcomes)
    failed = sum(bool(outcome.problem) for outcome in outcomes)
    if failed:
        print(f"{failed} of {len(chosen)} lessons failed.")
    print(f"Lessons with outputs: {arguments.out.resolve() / 'index.html'}")
    return 1 if failed else 0


def _cells(path: Path) -> int:
    import nbformat

    return len(nbformat.read(path, as_version=4).cells)


def _write_html(notebook, path: Path, title: str) -> None:
    from nbconvert import HTMLExporter

    body, _ = HTMLExporter(embed_images=True).from_notebook_node(notebook, resources={"metadata": {"name": title}})
    path.write_text(body, encoding="utf-8")


def _write_index(out: Path, dataset: str, chosen: list, outcomes: list) -> None:
    rows = "\n".join(
        f'<tr><td>{lesson.number}</td><td><a href="{lesson.path.stem}.html">{html.escape(lesson.title)}</a><br>'
        f"{html.escape(lesson.learn)}</td><td>{outcome.seconds:.0f} s</td>"
        f"<td>{html.escape(outcome.problem or 'ok')}</td></tr>"
        for lesson, outcome in zip(chosen, outcomes)
    )
    (out / "index.html").write_text(PAGE.format(dataset=dataset, rows=rows), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
