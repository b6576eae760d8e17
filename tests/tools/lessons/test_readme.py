"""The README's tables say what lessons and records say; its badges need an address."""

import re
import statistics

import pytest
from PIL import Image
from scipy import stats

from helpers import models, records
from tools.lessons import find, readme, readme_tables, repository

STORED = [name for name in (*models.TUTORIALS, "residual_cnn") if records.result(name)]


def test_readme_shows_the_lessons_that_there_are():
    text = readme.README.read_text()
    assert text == readme.with_tables(text), "call: python -m tools readme"


@pytest.mark.parametrize("name", STORED)
def test_readme_counts_the_parameters_of_every_model(name):
    lines = readme.README.read_text().splitlines()
    (row,) = [line for line in lines if line.startswith("|") and f"`{name}`" in line]
    assert f"{models.build(name).count_params():,}" in row


def test_readme_shows_the_stored_accuracies_and_how_many_seeds_they_come_from():
    for name in STORED:
        record = records.result(name)
        (row,) = [line for line in readme_tables.models_table().splitlines() if f"`{name}`" in line]
        here = row.split("|")[-2]
        mean = float(re.search(r"([\d.]+) %", here)[1])
        assert mean == pytest.approx(100 * statistics.mean(record["test_accuracy"]), abs=0.051)
        assert ("one seed" in row) == (len(record["seeds"]) == 1)
        assert f" in {record['epochs']}" in here
        whole = records.result(f"{name}_50000")
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
    rows = rows_of(readme_tables.speed_table())
    clock = records.benchmark("training")["epochs"]
    assert list(rows) == list(clock)
    assert rows["deeper_cnn"][1] == "1.00"
    for name, (seconds, _, share, *reached) in rows.items():
        assert min(clock[name]["seconds"]) - 1 <= float(seconds) <= max(clock[name]["seconds"]) + 1
        assert share == f"{100 * clock[name]['share_of_ceiling']:.0f} %"
        when = records.seconds_to(name, statistics.median(clock[name]["seconds"]))
        assert [int(cell.replace(",", "")) for cell in reached if cell] == list(when.values())


def test_readme_says_what_a_second_machine_takes():
    said = " ".join(readme_tables.second_machine().split())
    clock = records.benchmark("training_second_machine")["epochs"]
    for name in ("residual_cnn", "fast90", "fast94"):
        assert f"`{name}` {clock[name]['units']:.2f}" in said
    unit = statistics.median(clock["deeper_cnn"]["seconds"])
    assert f"a unit is {unit:.0f} s" in said
    minutes = float(re.search(r"after ([0-9.]+) minutes", said)[1])
    epoch = statistics.median(clock["fast94"]["seconds"])
    assert 10 * epoch < 60 * minutes < 11 * epoch


def test_readme_says_what_the_peers_take():
    said = " ".join(readme_tables.peers().split())
    for part, figures, digits in (("peer", "epochs", 1), ("airbench", "seconds", 0)):
        record = records.benchmark(part)
        medians = [statistics.median(seconds) for seconds in record[figures].values()]
        assert all(f"{median:.{digits}f} s" in said for median in medians)
        assert f"takes {medians[0] / min(medians[1:]):.2f} of" in said
    rounds = list(zip(*records.benchmark("peer")["epochs"].values()))
    quicker = sum(ours == min(ours, *theirs) for ours, *theirs in rounds)
    assert f"the quicker one in {quicker} of {len(rounds)} rounds" in said
    older = list(records.benchmark("peer_zen4")["epochs"].values())
    ours, *theirs = (statistics.median(seconds) for seconds in older)
    quicker = sum(mine < min(others) for mine, *others in zip(*older))
    figures = f"{ours:.1f} s and {min(theirs):.1f} s, {ours / min(theirs):.2f}, and in {quicker} of {len(older[0])}"
    assert f"on an older processor (Zen 4) {figures} rounds. All of" in said


def test_readme_says_how_fast95_was_found():
    said = " ".join(readme_tables.larger_network().split())
    first, *second = records.study("fast95_forms")
    today = records.result("fast95")
    assert f"reached {100 * first['test_accuracy']:.2f} % with one seed" in said
    earlier = [trial["test_accuracy"] for trial in second]
    assert f"3 pixels {100 * statistics.mean(earlier):.2f} % (" in said
    assert "the interval of their mean contains 95 %" in said
    low, high = stats.ttest_ind(today["test_accuracy"], earlier).confidence_interval()
    assert low < 0 < high
    gain = statistics.mean(today["test_accuracy"]) - statistics.mean(earlier)
    shown = f"not shown: {100 * gain:.2f} points ({100 * low:.2f} to {100 * high:.2f})"
    assert shown.replace("-", "−") in said
    views = [100 * views["1"] for views in today["test_by_views"]]
    assert f"One view has {statistics.mean(views):.2f} % (" in said
    # The first form and two whole epochs; it took its seconds on the slow machine.
    seconds = first["seconds"] + first["views_seconds"] + 2 * statistics.mean(first["history"]["seconds"][10:])
    assert f"A training would take {seconds / 60:.0f} minutes" in said


def test_readme_shows_how_cost_grows():
    rows = rows_of(readme_tables.growth_table())
    record = records.benchmark("growth")
    assert list(rows) == [readme_tables.GROWING[name] for name in record["seconds"]]
    for (medians, exponent), name in zip(rows.values(), record["seconds"]):
        assert float(exponent.replace("−", "-")) == record["exponents"][name]
        shown = [float(number) for number in re.findall(r": ([0-9.]+)", medians)]
        assert shown == [pytest.approx(statistics.median(each), abs=0.051) for each in record["seconds"][name].values()]


def test_readme_shows_what_every_seed_of_the_fast_recipes_reached():
    rows = rows_of(readme_tables.fast_table())
    assert set(rows) == {"fast90", "fast94", "fast95"}
    for name, (_, epochs, accuracies, minutes, units) in rows.items():
        record = records.result(name)
        *seeds, mean, low, high = (float(number) for number in re.findall(r"\d+\.\d+", accuracies))
        assert seeds == [pytest.approx(100 * one, abs=0.006) for one in record["test_accuracy"]]
        assert mean == pytest.approx(statistics.mean(seeds), abs=0.006)
        # Student's t for 95 % with two degrees of freedom.
        half = 4.3027 * statistics.stdev(seeds) / len(seeds) ** 0.5
        assert (low, high) == (pytest.approx(mean - half, abs=0.03), pytest.approx(mean + half, abs=0.03))
        assert int(epochs) == record["epochs"]
        unit = statistics.median(records.benchmark("training")["epochs"]["deeper_cnn"]["seconds"])
        assert float(minutes) * 60 / unit == pytest.approx(float(units), abs=0.2)


def rows_of_lessons(text: str) -> dict[str, list[str]]:
    """The rows of both tables of lessons."""
    course, electives = (part for part in text.split("\n\n") if part.startswith("|"))
    return rows_of(course) | rows_of(electives)


def test_every_lesson_has_its_row_and_badges_only_with_an_address():
    rows = rows_of_lessons(readme.lessons_tables(repository.PLACEHOLDER))
    assert list(rows) == [lesson.number for lesson in find.find()]
    for lesson in find.find():
        title, learn, *needs, minutes, run, links = rows[lesson.number]
        assert (title, learn) == (f"**{lesson.title}**", lesson.learn)
        assert needs == [lesson.needs] * (lesson.number > "08")
        further = f" + {lesson.further_minutes}" if lesson.further_minutes else ""
        assert (minutes, run) == (
            f"{lesson.core_minutes}{further}",
            f"{lesson.run_minutes} / {lesson.shapes10_minutes}",
        )
        for path in re.findall(r"\]\((.*?)\)", links):
            assert (readme.ROOT / path).is_file()
    assert "http" not in readme.lessons_tables(repository.PLACEHOLDER)
    with_badges = rows_of_lessons(readme.lessons_tables("https://github.com/somebody/lessons"))
    for number, (*others, links) in with_badges.items():
        assert others == rows[number][:-1]
        assert links.startswith(rows[number][-1])
        assert links.count("badge") == 2


def test_figures_of_the_readme_are_those_that_are_stored(tmp_path, monkeypatch):
    monkeypatch.setattr(readme, "OVERVIEW", tmp_path / "overview.png")
    readme.draw_overview()
    with Image.open(tmp_path / "overview.png") as drawn:
        assert drawn.width == 2 * readme.WIDTH + 3 * readme.GAP
        assert drawn.height > 2 * readme.GAP
    with pytest.raises(SystemExit, match="Lesson 01 has no stored figure in a cell 'nowhere': mend FIGURES"):
        readme.stored_figure("01", "nowhere")
