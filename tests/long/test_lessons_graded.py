"""Every lesson through the grader: the complete edition gets all points, the untouched student edition none."""

import copy
import json

import pytest

from tools.grading import attempt, handout, hidden, submission
from tools.lessons import files, find

LESSONS = find.find()


@pytest.mark.parametrize("edition", ["complete", "untouched"])
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_all_points_or_none(lesson, edition, tmp_path):
    source = handout.without_notes(files.read(lesson.path))
    hidden.add(source, lesson.number, "secret")
    handed_in = copy.deepcopy(source)
    if edition == "untouched":
        handed_in = files.read(find.STUDENT / lesson.path.name)
    for cell in handed_in["cells"]:
        cell["source"] = submission.HIDDEN.sub("", files.source(cell))
    payload = {
        "student": "ann",
        "lesson": lesson.path.stem,
        "source": json.dumps(source),
        "submitted": json.dumps(handed_in),
        "dataset": "shapes10",
        "limits": {"cell_seconds": 600, "seconds": 7200, "memory": 4 * 10**9},
    }
    record = attempt.grade(payload, tmp_path)
    assert record["points"] == (record["possible"] if edition == "complete" else dict.fromkeys(record["possible"], 0))
    assert record["odd"] == []
    assert not record["needs_human"]
