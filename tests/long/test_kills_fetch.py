"""Fetching and unpacking, killed at random moments: the next run comes to the same bytes and leaves nothing behind."""

import subprocess
import sys
import time

import numpy as np
import pytest
from fake_cifar10 import ARCHIVE, FOLDER, LEFT, FakeCifar10, offer
from servers import Server

from helpers import places
from helpers.data import download

KILLS = 50
FETCHING = """
import sys
from pathlib import Path
from helpers import places
from helpers.data import download
places.DATA = Path(sys.argv[1])
places.MANIFEST = places.DATA / "manifest.json"
print("ready", flush=True)
sys.stdin.readline()
download.files("cifar10")
"""


@pytest.fixture(scope="module")
def large():
    """Files of 8 MB, so that there is time to be killed in."""
    generator = np.random.default_rng(5)
    fake = FakeCifar10(generator)
    fake.files = {name: generator.bytes(8_000_000) for name in fake.files}
    fake.archive = fake._pack()
    return fake


def start(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", FETCHING, str(folder)],
        cwd=places.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()
    return process


@pytest.mark.parametrize("phase", ["fetch", "unpack", "unpack what the user put there"])
def test_killed_at_a_random_moment(large, tmp_path, monkeypatch, phase):
    def in_steps(request):
        for step in server.behaviours["good"](request):
            for position in range(0, len(step), 1_000_000):
                yield step[position : position + 1_000_000]
                yield 0.02

    def prepare(number):
        folder = tmp_path / str(number)
        folder.mkdir()
        offer(folder, large, [server.address("in_steps")])
        if phase != "fetch":
            (folder / (ARCHIVE if "user" in phase else f"{ARCHIVE}.part")).write_bytes(large.archive)
        return folder

    seen = {}
    generator = np.random.default_rng()
    with Server(large.archive, more={"in_steps": in_steps}) as server:
        process, begun = start(prepare("whole")), time.monotonic()
        process.communicate()
        whole = time.monotonic() - begun
        for number in range(KILLS):
            folder = prepare(number)
            process = start(folder)
            time.sleep(generator.uniform(0, whole))
            process.kill()
            process.communicate()
            left = ", ".join(sorted(path.name for path in folder.iterdir()))
            seen[left] = seen.get(left, 0) + 1
            monkeypatch.setattr(places, "DATA", folder)
            monkeypatch.setattr(places, "MANIFEST", folder / "manifest.json")
            found = download.files("cifar10")
            for file in [*found["training"], *found["test"]]:
                assert file.read_bytes() == large.files[file.name]
                file.unlink()
            (folder / FOLDER).rmdir()  # there was nothing else in it
            users = {ARCHIVE} if "user" in phase else set()
            assert {path.name for path in folder.iterdir()} == (LEFT | users) - {FOLDER}
            (folder / ARCHIVE).unlink(missing_ok=True)
    print(f"\n{phase}: {KILLS} kills within {whole:.2f} s, after which there was")
    for names, times in seen.items():
        print(f"  {times} times {names}")
    assert len(seen) > 1, "every kill came too early or too late"
