"""Each lesson in a kernel of its own stays below two gigabytes, on both datasets. Half an hour: ``make test-long``."""

import json
import os
import subprocess
import sys

import pytest

from helpers import start
from helpers.places import DATA, ROOT
from tools.lessons import find

# The runner is small and waits for its kernel, whose peak is therefore the largest of its children's.
MEASURE = """
import json, resource, sys
from pathlib import Path
import nbformat
from tools.lessons import execute
path = Path(sys.argv[1])
result = execute.execute_notebook(nbformat.read(path, as_version=4), path.parent, sys.argv[2], timeout=1800)
unit = 1 if sys.platform == "darwin" else 1024
print(json.dumps([result["problem"], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the peak of a process that has ended")
@pytest.mark.parametrize("dataset", find.DATASETS)
@pytest.mark.parametrize("lesson", find.find(), ids=lambda lesson: lesson.number)
def test_a_lesson_stays_below_two_gigabytes(lesson, dataset):
    if dataset == "cifar10" and not ((DATA / "cifar-10-batches-bin").is_dir() or os.environ.get("CIFAR10_PATH")):
        pytest.skip("CIFAR-10 is not here: call `make fetch`, or name its folder in CIFAR10_PATH")
    words = [sys.executable, "-c", MEASURE, str(lesson.path), dataset]
    told = subprocess.run(words, cwd=ROOT, env=find.variables(), capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    problem, peak = json.loads(told.stdout.splitlines()[-1])
    print(f"lesson {lesson.number} on {dataset}: {peak / 1e6:,.0f} MB at most")
    assert not problem
    assert peak < start.MEMORY
