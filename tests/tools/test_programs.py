"""A program that is called decides itself what Ctrl-C means."""

import os
import signal
import sys

import pytest
from tools_notebooks import start, wait_for

from tools import programs

CALLS = """
import sys
from tools import programs

sys.exit(programs.call([sys.executable, "-c", sys.argv[1], sys.argv[2]]))
"""
SAVES = """
import pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
try:
    (folder / "began").touch()
    time.sleep(600)
except KeyboardInterrupt:
    time.sleep(2)
    (folder / "saved").touch()
    sys.exit(3)
"""


def test_the_status_of_the_program_is_handed_on():
    assert programs.call([sys.executable, "-c", "raise SystemExit(4)"]) == 4


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_a_program_has_the_time_to_save_after_ctrl_c(tmp_path):
    process = start(CALLS, SAVES, tmp_path)
    wait_for((tmp_path / "began").is_file)
    os.killpg(process.pid, signal.SIGINT)
    told, _ = process.communicate(timeout=120)
    assert process.returncode == 3, told
    assert (tmp_path / "saved").is_file()
    assert "Traceback" not in told
