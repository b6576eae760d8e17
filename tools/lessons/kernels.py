"""The kernel of the Python that runs this, whatever kernelspecs named ``python3`` lie about on the machine."""

from __future__ import annotations

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import default


class OwnKernels(KernelSpecManager):
    """Knows one kernel, the ``python3`` that ipykernel brings along: it is started by ``sys.executable``."""

    def __init__(self, **options):
        super().__init__(**options)
        # After the settings of the user and of the machine have been read.
        self.kernel_dirs, self.allowed_kernelspecs, self.ensure_native_kernel = [], set(), True


class OwnKernel(AsyncKernelManager):
    """Starts a kernel of ``OwnKernels``."""

    @default("kernel_spec_manager")
    def _own(self) -> OwnKernels:
        return OwnKernels()
