"""Kernels start whatever other programs do with the ports of this machine, and leave nothing behind."""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat import v4

from helpers.places import ROOT
from tools.commands import NBVAL
from tools.lessons import find, kernels

TRANSPORT = "from ipykernel import connect\nassert connect.get_connection_info(unpack=True)['transport'] == 'ipc'"


@pytest.fixture
def temporary(monkeypatch):
    """Where sockets lie: a folder with a short name, since that of a socket has 100 letters at most."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


@pytest.mark.skipif(os.name != "posix", reason="sockets are files there alone")
def test_a_kernel_asks_for_no_port_and_leaves_nothing_behind(temporary):
    async def start_and_end():
        kernel = kernels.OwnKernel(kernel_name="python3")
        await kernel.start_kernel()
        client = kernel.client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        sockets = [path for path in temporary.iterdir() if path.is_socket()]
        client.stop_channels()
        await kernel.shutdown_kernel()
        return sockets

    assert len(asyncio.run(start_and_end())) == 5
    assert not list(temporary.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="sockets are files there alone")
def test_two_kernels_have_names_of_their_own_and_nbval_starts_such_ones(tmp_path, temporary):
    assert kernels.OwnKernel().ip != kernels.OwnKernel().ip
    notebook = v4.new_notebook(cells=[v4.new_code_cell(TRANSPORT)])
    nbformat.write(notebook, tmp_path / "one.ipynb")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *NBVAL, str(tmp_path / "one.ipynb")]
    done = subprocess.run(words, cwd=ROOT, env=find.variables(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert not list(temporary.iterdir())


@pytest.mark.parametrize(("system", "folder"), [("nt", "short"), ("posix", "long" * 30)])
def test_where_sockets_cannot_be_files_there_are_ports_of_this_machine(monkeypatch, system, folder):
    monkeypatch.setattr(kernels, "os", SimpleNamespace(name=system))
    monkeypatch.setattr(tempfile, "tempdir", f"/{folder}")
    kernel = kernels.OwnKernel()
    assert (kernel.transport, kernel.ip) == ("tcp", "127.0.0.1")
