"""What every lesson does first: it sets what it needs, whatever was set before, or says in a sentence what is missing.

Imported at the top is only what every Python has: another one than the project's gets as far as the sentence.
"""

import importlib.metadata
import importlib.util
import os
import platform
import sys
import warnings
from contextlib import contextmanager, redirect_stderr, suppress
from io import StringIO
from pathlib import Path

from helpers import places

PROJECT = "cnn-on-cifar10"
# What the lessons compute with, and the module of each. pyproject.toml says from which versions on.
WATCHED = {name: name for name in ("tensorflow", "keras", "numpy", "matplotlib", "mlxtend")} | {
    "scikit-learn": "sklearn",
    "pillow": "PIL",
    "ipywidgets": "ipywidgets",
    "tqdm": "tqdm",
}
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
# TensorFlow asks when it is imported, and leaves oneDNN off on some processors, for example with AVX2 alone: there an
# epoch of "fast90" took 1.7 times as long without it, one of "deeper_cnn" too (Zen 3).
if platform.machine() in ("x86_64", "AMD64"):
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# Threads of scikit-learn that wait for others let go of their core: beside another lesson, or in the training of one's
# own, t-SNE took 8 times as long without it. Read when scikit-learn is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
MEMORY = 2e9  # bytes that a lesson on CIFAR-10 may take (tests/long/test_memory.py)


@contextmanager
def quiet():
    """Nothing on stderr. The first lines of TensorFlow come from C++, so file descriptor 2 goes to the null device."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")  # nor later, when it compiles: warnings only
    sys.stderr.flush()
    kept = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        with redirect_stderr(StringIO()):
            yield
            if "tensorflow" in sys.modules:  # whoever asks for devices first hears what CUDA has to say
                sys.modules["tensorflow"].config.list_physical_devices()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


def lesson() -> None:
    """Set up Keras and matplotlib as lessons need them, without TensorFlow's messages; print what may go wrong later.

    Raises SystemExit with one sentence where no lesson can run.
    """
    refuse_missing_and_hidden()
    for sentence in (*old_versions(), *unfit_surroundings()):
        print(sentence)
    if sys.warnoptions:  # PYTHONWARNINGS=error ends a cell with a warning of some library
        warnings.simplefilter("ignore")
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    in_kernel = hasattr(shell, "kernel")
    if in_kernel:
        # One that was left over shows no figures here.
        os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    with quiet():
        set_up_keras()
        import matplotlib.pyplot as plt
    # The defaults first: the matplotlibrc of a reader may ask for LaTeX.
    plt.style.use(["default", Path(__file__).with_name("lesson.mplstyle")])
    if in_kernel:
        shell.run_line_magic("matplotlib", "inline")  # where another backend is active already
        from helpers import stubs
        from helpers.plots import alternative

        alternative.show_with_text(shell)
        stubs.explain(shell)


def refuse_missing_and_hidden() -> None:
    """Raise SystemExit with one sentence for packages that this Python lacks, or that a file of the same name hides."""
    missing = []
    for package, module in WATCHED.items():
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            missing.append(package)
        elif Path.cwd() in Path(spec.origin).parents[:2]:
            raise SystemExit(f"{spec.origin} hides the package {package}: rename it and restart the kernel.")
    if missing:
        raise SystemExit(
            f"Python {platform.python_version()} at {sys.executable} lacks {', '.join(missing)}: choose the kernel of "
            f"the course's environment (`make lab` does), or call: {sys.executable} -m pip install {' '.join(missing)}"
        )
    checks = importlib.util.find_spec("checks")
    if checks and checks.origin and Path(checks.origin).resolve().parents[1] != Path(__file__).resolve().parents[1]:
        raise SystemExit(f"{checks.origin} hides the checks of this course: rename it and restart the kernel.")


def set_up_keras() -> None:
    """Keras on TensorFlow, channels last, float32: whatever variables, keras.json or another lesson have set."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    for name in ("TF_USE_LEGACY_KERAS", "KERAS_NNX_ENABLED", "KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH"):
        os.environ.pop(name, None)
    try:
        import tensorflow

        # The first operation prints the rest of the messages.
        tensorflow.zeros(1) + 1
        if bfloat16_products():  # something will be compiled, and TensorFlow 2.20 tells of the first time in any case
            tensorflow.function(lambda: tensorflow.zeros(1), jit_compile=True)()
        import keras

        backend = keras.config.backend()
        keras.config.set_image_data_format("channels_last")
        keras.config.set_floatx("float32")
        keras.config.set_epsilon(1e-7)
        keras.config.set_dtype_policy("float32")
    except Exception as error:
        settings = Path(os.environ.get("KERAS_HOME", "~/.keras"), "keras.json")
        raise SystemExit(
            f"Keras does not start: {error!r}. Restart the kernel. If that does not help, "
            f"delete {settings}, where Keras reads settings from."
        ) from error
    if backend != "tensorflow":
        raise SystemExit(f"Keras is running on {backend}: restart the kernel and begin with this cell.")
    no_pauses()


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


def processor_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> set[str]:
    """What the processor says it can do, in the words of Linux; empty elsewhere."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    return {flag for line in lines if line.startswith("flags") for flag in line.partition(":")[2].split()}


def bfloat16_products(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """True when the processor multiplies bfloat16 itself, up to twice as fast; imitated, it is 50 times slower."""
    return bool(processor_flags(cpuinfo) & BFLOAT16_FLAGS)


def old_versions(installed=importlib.metadata.version) -> list[str]:
    """One sentence for each package of ``WATCHED`` that is older than pyproject.toml allows.

    A package that is not there gets none: tensorflow-cpu and other builds install the same module by another name.
    """
    from packaging.requirements import Requirement

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
    lines = _project().get("dependencies") or importlib.metadata.requires(PROJECT) or []
    return [line for line in lines if "extra ==" not in line]


def python_versions() -> str:
    """The versions of Python that pyproject.toml allows, for example ">=3.11,<3.14"."""
    return _project().get("requires-python") or importlib.metadata.metadata(PROJECT)["Requires-Python"]


def _project() -> dict:
    """What pyproject.toml says of the project; empty where a wheel was installed."""
    file = places.ROOT / "pyproject.toml"
    if not file.is_file():
        return {}
    import tomllib

    return tomllib.loads(file.read_text(encoding="utf-8"))["project"]


def unfit_surroundings() -> list[str]:
    """A sentence each for another Python, asserts that are switched off, and too little memory."""
    from packaging.specifiers import SpecifierSet

    sentences = []
    if not SpecifierSet(python_versions()).contains(platform.python_version(), prereleases=True):
        sentences.append(
            f"Python {platform.python_version()} is not among those that these lessons were tried with "
            f"({python_versions()}). If a cell fails, call `make lab` in the course's folder: it starts one of them."
        )
    if sys.flags.optimize:
        sentences.append(
            "Python ignores assert here (PYTHONOPTIMIZE or -O), so a lesson's number that is wrong on this machine is "
            "not noticed: unset it and restart the kernel."
        )
    if (memory := available_memory()) < MEMORY:
        sentences.append(
            f"There are {memory / 1e9:.1f} GB of memory, and lessons on CIFAR-10 take up to {MEMORY / 1e9:.0f} GB: if "
            "the kernel dies, set CNN_DATASET=shapes10 before you start Jupyter."
        )
    return sentences


def available_memory(groups: Path = Path("/sys/fs/cgroup")) -> float:
    """Bytes that this process may take: what the machine has or, in a container, what it was given; else infinity."""
    limits = [float("inf")]
    with suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):  # "max" where there is no limit
            limits.append(int((groups / name).read_text()))
    return min(limits)
