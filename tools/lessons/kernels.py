"""The kernel of the Python that runs this, whatever kernelspecs named ``python3`` lie about on the machine."""

from __future__ import annotations

import os
import tempfile
import uuid
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.localinterfaces import localhost
from jupyter_client.manager import AsyncKernelManager, KernelManager
from traitlets import HasTraits, default


class OwnKernels(KernelSpecManager):
    """Knows one kernel, the ``python3`` that ipykernel brings along: it is started by ``sys.executable``."""

    def __init__(self, **options):
        super().__init__(**options)
        # After the settings of the user and of the machine have been read.
        self.kernel_dirs, self.allowed_kernelspecs, self.ensure_native_kernel = [], set(), True


class OverFiles(HasTraits):
    """Talks to its kernel over sockets that are files, where the system has these.

    A port that is free when it is chosen may be another program's when the kernel wants it, a second later: it then
    dies before its first cell.
    """

    @default("transport")
    def _files(self) -> str:
        # The name of a socket has 100 letters at most, of which ours take 24.
        return "ipc" if os.name == "posix" and len(tempfile.gettempdir()) < 75 else "tcp"

    @default("ip")
    def _beginning_of_their_names(self) -> str:
        if self.transport == "tcp":
            return localhost()
        return str(Path(tempfile.gettempdir(), f"kernel-{uuid.uuid4().hex[:12]}"))


class OwnKernel(OverFiles, AsyncKernelManager):
    """Starts a kernel of ``OwnKernels``."""

    @default("kernel_spec_manager")
    def _own(self) -> OwnKernels:
        return OwnKernels()


class NbvalKernel(OverFiles, KernelManager):
    """Starts the kernel that nbval asks for."""


def pytest_configure() -> None:
    """With ``-p tools.lessons.kernels`` nbval starts kernels by ``NbvalKernel``."""
    import nbval.kernel

    nbval.kernel.KernelManager = NbvalKernel
