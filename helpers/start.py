"""What every lesson does first: a quiet TensorFlow, a look at the versions, one style for all figures."""

import importlib.metadata
import os
import sys
import tomllib
from contextlib import contextmanager, suppress
from pathlib import Path

from packaging.requirements import Requirement

from helpers import places

PROJECT = "cnn-on-cifar10"
# What the lessons compute with. pyproject.toml says from which versions on.
WATCHED = ("tensorflow", "keras", "numpy", "matplotlib", "scikit-learn", "mlxtend")


@contextmanager
def quiet():
    """Send file descriptor 2 to the null device: TensorFlow's first lines come from C++ and obey nothing else."""
    sys.stderr.flush()
    kept = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


def lesson() -> None:
    """Import TensorFlow without its messages, warn about old versions, and set the style of all figures."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with quiet():
        import tensorflow

        # The first operation prints the rest of the messages.
        tensorflow.zeros(1) + 1
    no_pauses()
    import matplotlib.pyplot as plt

    for sentence in old_versions():
        print(sentence)
    plt.style.use(Path(__file__).with_name("lesson.mplstyle"))


def no_pauses() -> None:
    """Take away a pause at the end of some epochs: Keras' pipelines are not tuned by TensorFlow from here on.

    The thread that tunes a ``tf.data`` pipeline sleeps up to a minute, and ``fit`` waits for it: an epoch of 5.8 s took
    10.3 s here, with the processor idle. Pipelines from arrays in memory have nothing to tune.
    """
    import tensorflow

    class Untuned(tensorflow.data.Options):
        def __init__(self):
            super().__init__()
            self.autotune.enabled = False

    # Keras builds its pipelines with tf.data.Options() and has no setting for it.
    if tensorflow.data.Options().autotune.enabled is not False:
        tensorflow.data.Options = Untuned


def bfloat16_products(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """True when the processor multiplies bfloat16 itself, up to twice as fast; imitated, it is 50 times slower."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = {flag for line in lines if line.startswith("flags") for flag in line.partition(":")[2].split()}
    return bool(flags & {"avx512_bf16", "amx_bf16"})


def old_versions(installed=importlib.metadata.version) -> list[str]:
    """One sentence for each package of ``WATCHED`` that is older than pyproject.toml allows.

    A package that is not there gets none: tensorflow-cpu and other builds install the same module by another name.
    """
    sentences = []
    for bound in map(Requirement, requirements()):
        with suppress(importlib.metadata.PackageNotFoundError):
            if bound.name in WATCHED and not bound.specifier.contains(installed(bound.name), prereleases=True):
                sentences.append(
                    f"{bound.name} {installed(bound.name)} is older than what these lessons were tried with. "
                    f"If a cell fails, install a newer one: pip install '{bound}'"
                )
    return sentences


def requirements() -> list[str]:
    """The project's dependencies with their bounds: from pyproject.toml, else from what was installed of it."""
    file = places.ROOT / "pyproject.toml"
    if file.is_file():
        return tomllib.loads(file.read_text(encoding="utf-8"))["project"]["dependencies"]
    return [line for line in importlib.metadata.requires(PROJECT) or [] if "extra ==" not in line]
