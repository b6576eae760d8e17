"""What stands in one place must be the same everywhere it is derived to: versions, addresses, the table of lessons."""

import re
import statistics

import pytest

from helpers import models, training
from tools import lessons, readme
from tools.environment import ROOT


def test_readme_shows_the_lessons_that_there_are():
    text = readme.README.read_text()
    assert text == readme.with_tables(text), "call: python -m tools.readme"


STORED = [name for name in models.BUILDERS if training.stored_result(name)]


@pytest.mark.parametrize("name", STORED)
def test_readme_counts_the_parameters_of_every_model(name):
    (row,) = [line for line in readme.README.read_text().splitlines() if f"`{name}`" in line]
    assert f"{models.build(name).count_params():,}" in row


def test_the_address_of_the_repository_is_the_same_everywhere():
    name = re.escape(lessons.REPOSITORY.rsplit("/", 1)[1])
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *lessons.NOTEBOOKS.rglob("*.ipynb")]
    for path in files:
        for found in re.findall(rf"(?:github\.com/|/github/|/gh/)([\w-]+/{name})", path.read_text()):
            assert lessons.REPOSITORY.endswith(found), f"{path.name} has another address: {found}"


@pytest.mark.parametrize("tool", ["run", "test", "lab", "regenerate", "student", "train", "bench", "lint"])
def test_every_make_target_is_a_tool(tool):
    line = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith(f"{tool}:"))
    assert f"-m tools.{tool}" in line
    assert (ROOT / "tools" / f"{tool}.py").is_file()


def test_readme_shows_the_stored_accuracies_and_how_many_seeds_they_come_from():
    for name in STORED:
        record = training.stored_result(name)
        (row,) = [line for line in readme.models_table().splitlines() if f"`{name}`" in line]
        here = row.split("|")[-2]
        mean = float(re.search(r"([\d.]+) %", here)[1])
        assert mean == pytest.approx(100 * statistics.mean(record["test_accuracy"]), abs=0.051)
        assert ("one seed" in row) == (len(record["seeds"]) == 1)
        assert f" in {record['epochs']}" in here
        whole = training.stored_result(f"{name}_50000")
        assert ("50,000" in here) == bool(whole)
        if whole:
            assert f"{100 * statistics.mean(whole['test_accuracy']):.1f} % with 50,000" in here


def test_a_readme_without_its_markers_is_refused():
    with pytest.raises(SystemExit, match="no place for a table"):
        readme.with_tables("# A title")


def rows_of(table: str) -> dict[str, list[str]]:
    """The rows of a Markdown table: first cell -> the others."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {first.strip("`"): others for first, *others in rows}


def test_readme_shows_the_speeds_of_the_benchmark():
    rows = rows_of(readme.speed_table())
    clock = training.stored_benchmark("training")["epochs"]
    assert list(rows) == list(clock)
    assert rows["deeper_cnn"][1] == "1.00"
    for name, (seconds, _, share, *reached) in rows.items():
        assert min(clock[name]["seconds"]) - 1 <= float(seconds) <= max(clock[name]["seconds"]) + 1
        assert share == f"{100 * clock[name]['share_of_ceiling']:.0f} %"
        when = training.seconds_to(name, statistics.median(clock[name]["seconds"]))
        assert [int(cell.replace(",", "")) for cell in reached if cell] == list(when.values())


def test_readme_shows_what_every_seed_of_the_fast_recipes_reached():
    rows = rows_of(readme.fast_table())
    assert set(rows) == {"fast90", "fast94"}
    for name, (_, epochs, accuracies, minutes, units) in rows.items():
        record = training.stored_result(name)
        *seeds, mean = (float(number) for number in re.findall(r"\d+\.\d+", accuracies))
        assert seeds == [pytest.approx(100 * one, abs=0.006) for one in record["test_accuracy"]]
        assert mean == pytest.approx(statistics.mean(seeds), abs=0.006)
        assert int(epochs) == record["epochs"]
        unit = statistics.median(training.stored_benchmark("training")["epochs"]["deeper_cnn"]["seconds"])
        assert float(minutes) * 60 / unit == pytest.approx(float(units), abs=0.2)
