"""The tables of README.md beside this file, from load.json and fits.json: ``.venv/bin/python -m deploy.tables``."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from statistics import median

from deploy import sizes
from tools.lessons import find

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
# Memory of a server in GB, and its cores, as they are sold.
MACHINES = ((8, 2), (16, 4), (32, 8), (64, 16), (128, 32))


def main() -> int:
    """Write the tables between their markers."""
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    return 0


def with_tables(text: str) -> str:
    """The text with all tables as the records have them now."""
    load, fits = (json.loads((HERE / name).read_text(encoding="utf-8")) for name in ("load.json", "fits.json"))
    for name, rows in (("class", class_rows(load)), ("machines", machine_rows(load)), ("fits", fit_rows(fits))):
        begin, end = f"<!-- {name}: written by python -m deploy.tables -->", f"<!-- end of {name} -->"
        new = "\n".join([begin, *rows, end])
        text = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _, new=new: new, text, flags=re.DOTALL)
    return text


def class_rows(load: dict) -> list[str]:
    """What was measured of a class at once."""
    students, machine = load["students"], load["machine"]

    def most(name: str) -> float:
        return max(student[name] for student in students)

    def usual(name: str) -> float:
        return median(student[name] for student in students)

    stopped = load["greedy"]
    rows = [
        ("students at once", f"{len(students)}, and one who wants 8 GB"),
        ("machine", f"{machine['cores']} cores, {machine['memory_gb']:g} GB"),
        ("processes of others that wanted those cores, before", f"{machine['load_before']:.0f}"),
        ("lesson", f"{load['lesson']} on {load['dataset']}, all {students[0]['cells']} cells, one after the other"),
        ("got through", f"{sum('failed' not in student for student in students)} of {len(students)}"),
        ("seconds to a server, most", f"{most('server_seconds'):.0f}"),
        ("seconds to run the lesson, median and most", f"{_run(students, median):.0f}, {_run(students, max):.0f}"),
        ("processor seconds of a student", f"{usual('processor_seconds'):.0f}"),
        ("memory of a student at most, server and kernel", f"{most('rss_mib') / 1024:.2f} GB"),
        ("of that not shared with the others", f"{usual('uss_mib') / 1024:.2f} GB"),
        ("memory of all together at most", f"{load['together']['pss_mib'] / 1024:.1f} GB"),
        (
            "the one who wants 8 GB, limit 3 GB",
            f"{stopped['became']} after {stopped['after_seconds']:.0f} s; server lives",
        ),
        ("one more, when the hub is full", "is told to come later (status 429)"),
    ]
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]


def machine_rows(load: dict) -> list[str]:
    """How many students a machine holds, and how long the lesson takes when all run it at once."""
    seconds = median(student["processor_seconds"] for student in load["students"])
    rows = ["| server | students with a lesson open | all run lesson 04 at once, at least |", "|---|---|---|"]
    for gigabytes, cores in MACHINES:
        students = sizes.students(gigabytes)
        minutes = max(1, round(students * seconds / cores / 60))
        rows.append(f"| {gigabytes} GB, {cores} cores | {students} | {minutes} min |")
    return rows


def fit_rows(fits: dict) -> list[str]:
    """Which lessons got through within 1 GB, and within 2 GB where they did not."""
    rows = ["| lesson | memory at most, server and kernel | within 1 GB | within 2 GB |", "|---|---|---|---|"]
    for number, runs in sorted(fits["lessons"].items()):
        (lesson,) = find.find(number)
        through = [int(limit) for limit, run in runs.items() if "failed" not in run]
        most = max(run["rss_mib"] for run in runs.values()) / 1024
        # Nobody asks for 2 GB where 1 GB was enough.
        words = [
            "yes"
            if any(limit <= gigabytes for limit in through)
            else "no"
            if str(gigabytes) in runs
            else "not measured"
            for gigabytes in (1, 2)
        ]
        rows.append(f"| {number} {lesson.title} | {most:.2f} GB | {words[0]} | {words[1]} |")
    return rows


def _run(students: list[dict], which) -> float:
    return which(student["first_cell_seconds"] + student["other_cells_seconds"] for student in students)


if __name__ == "__main__":
    sys.exit(main())
