"""What every lesson does first: a quiet TensorFlow, a look at the versions, one style for all figures."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from contextlib import contextmanager
from pathlib import Path

OLDEST = {
    "tensorflow": "2.20",
    "keras": "3.13.2",
    "numpy": "2.1",
    "matplotlib": "3.10",
    "scikit-learn": "1.6.1",
    "mlxtend": "0.23.4",
}


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
    import matplotlib.pyplot as plt

    for sentence in old_versions():
        print(sentence)
    plt.style.use(Path(__file__).with_name("lesson.mplstyle"))


def old_versions(installed=importlib.metadata.version) -> list[str]:
    """One sentence for each package that is missing or older than what the lessons were tried with."""
    sentences = []
    for package, oldest in OLDEST.items():
        try:
            version = installed(package)
        except importlib.metadata.PackageNotFoundError:
            # tensorflow-cpu and other builds install the same module under another name.
            continue
        if _numbers(version) < _numbers(oldest):
            sentences.append(
                f"{package} {version} is older than {oldest}, the oldest version that these lessons were "
                f"tried with. If a cell fails, install a newer one: pip install '{package}>={oldest}'"
            )
    return sentences


def _numbers(version: str) -> tuple[int, ...]:
    numbers = []
    for part in version.split("+")[0].split("."):
        digits = "".join(character for character in part if character.isdigit())
        numbers.append(int(digits or 0))
    return tuple(numbers)
