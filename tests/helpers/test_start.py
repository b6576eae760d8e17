"""The first cell of a lesson, in whatever surroundings it finds."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from types import SimpleNamespace

import keras
import kernels
import numpy as np
import pytest
import tensorflow as tf

from helpers import places, start
from helpers.places import ROOT
from tools.lessons import repository

CELL = repository.set_up_cell(repository.PLACEHOLDER)
SETTINGS = """
import warnings, keras, matplotlib
print(keras.config.backend(), keras.config.image_data_format(), keras.config.floatx(), keras.config.epsilon())
print(keras.config.dtype_policy().name, keras.config.max_epochs(), matplotlib.rcParams["text.usetex"])
warnings.warn("of some library")
"""
SET = "tensorflow channels_last float32 1e-07\nfloat32 None False\n"


# With -O nothing that Python has kept can be used: all of TensorFlow is compiled anew.
@pytest.mark.parametrize("optimize", ["", pytest.param("1", marks=pytest.mark.long)])
def test_what_another_course_has_set_changes_nothing(tmp_path, optimize):
    settings = {"image_data_format": "channels_first", "floatx": "float16", "epsilon": 1e-3, "backend": "torch"}
    (tmp_path / "keras.json").write_text(json.dumps(settings))
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nno line of a matplotlibrc\n")
    told = kernels.outputs(
        tmp_path,
        CELL + SETTINGS,
        "import matplotlib.pyplot as plt\nplt.switch_backend('agg')\nkeras.config.set_dtype_policy('float16')",
        f"start.lesson()\nprint('é ×')\n{SETTINGS}",
        "plt.plot([1]);",
        KERAS_HOME=str(tmp_path),
        KERAS_BACKEND="jax",
        KERAS_MAX_EPOCHS="1",
        TF_USE_LEGACY_KERAS="1",
        MATPLOTLIBRC=str(tmp_path),
        MPLBACKEND="nonsense",
        PYTHONWARNINGS="error::UserWarning",  # with all of them, older kernels end before our code begins
        PYTHONOPTIMIZE=optimize,
        PYTHONIOENCODING="ascii",
        LC_ALL="C",
    )
    assert [kind for kind, _ in told] == ["stdout", "stdout", "image/png"], told
    assert told[0][1].startswith("Python ignores assert here") == bool(optimize)
    assert told[0][1].count("\n") == 2 + bool(optimize)
    assert told[0][1].endswith(SET)
    assert told[1][1].endswith("é ×\n" + SET)


def refusal(folder, program=CELL, *options, **variables):
    """The one line that a Python ends with that runs in a folder, as a kernel does."""
    told = subprocess.run(
        [sys.executable, *options, "-c", program],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert told.returncode == 1
    assert not told.stdout
    (line,) = told.stderr.splitlines()
    return line


def printed(program):
    """What a Python prints and says on stderr that runs a program in the project's folder."""
    variables = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    settings = {"cwd": ROOT, "env": variables, "capture_output": True, "text": True, "timeout": 100}
    told = subprocess.run([sys.executable, "-c", program], **settings)
    return told.stdout, told.stderr


def test_what_is_compiled_later_says_nothing_either(monkeypatch):
    if not start.bfloat16_products():  # where nobody computes in bfloat16, oneDNN complains of it
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    program = """
from helpers import start
start.bfloat16_products = lambda: True
with start.quiet():
    start.set_up_keras()
    import tensorflow as tf
    from helpers import models
x = tf.ones(5, tf.bfloat16)
with tf.GradientTape() as tape:
    tape.watch(x)
    y = models.silu(x)
print(tape.gradient(y, x).dtype.name)
"""
    assert printed(program) == ("bfloat16\n", "")


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="oneDNN is for these")
@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("0", "0"), ("1", "1")])
def test_onednn_is_asked_for_unless_somebody_decided(monkeypatch, before, after):
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    if before:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", before)
    program = "from helpers import start; import os; print(os.environ['TF_ENABLE_ONEDNN_OPTS'])"
    assert printed(program) == (f"{after}\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="scikit-learn brings this library of threads on Linux alone")
@pytest.mark.parametrize(("before", "passive"), [(None, True), ("active", False)])
def test_threads_of_scikit_learn_wait_without_a_core_unless_somebody_decided(monkeypatch, before, passive):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if before:
        monkeypatch.setenv("OMP_WAIT_POLICY", before)
    monkeypatch.setenv("OMP_DISPLAY_ENV", "verbose")
    _, told = printed("from helpers import start\nimport sklearn.neighbors")
    # How often a thread looks again before it sleeps; 300,000 times where nothing is said.
    assert "GOMP_SPINCOUNT" in told
    assert ("GOMP_SPINCOUNT = '0'" in told) is passive


def test_the_first_operation_of_a_tool_says_nothing():
    program = "from helpers import start\nwith start.quiet():\n    import tensorflow as tf\nprint(tf.zeros(1).numpy())"
    assert printed(program) == ("[0.]\n", "")


@pytest.mark.parametrize("content", ["[]", '{"floatx": "bfloat16"}'])
def test_settings_with_which_keras_does_not_start_are_named(tmp_path, content):
    (tmp_path / "keras.json").write_text(content)
    assert f"delete {tmp_path / 'keras.json'}" in refusal(tmp_path, KERAS_HOME=str(tmp_path))


def test_keras_that_runs_on_something_else_already_is_refused(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(SystemExit, match="is running on jax: restart the kernel"):
        start.set_up_keras()


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("", "", "No module named 'helpers'."),
        ("helpers/notes.txt", "", "cannot import name 'start' from 'helpers' (unknown location)."),
        ("helpers/__init__.py", "", "cannot import name 'start' from 'helpers' (FILE)."),
        ("helpers.py", "rows = 1", "cannot import name 'start' from 'helpers' (FILE)."),
        ("helpers.py", "def start(): pass", "'function' object has no attribute 'lesson'."),
        ("helpers.py", "def start(", "'(' was never closed (helpers.py, line 1)."),
        ("helpers.py", "1 / 0", "division by zero."),
        ("helpers/start.py", "", "module 'helpers.start' has no attribute 'lesson'."),
    ],
)
def test_without_the_course_or_with_other_helpers_the_cell_ends_in_a_sentence(tmp_path, file, content, expected):
    if file:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(content)
    # -S: the project is not installed.
    line = refusal(tmp_path, CELL, "-S", PYTHONPATH="")
    assert line.startswith(expected.replace("FILE", str(tmp_path / file)))
    assert line.endswith(" Call `make lab` in the folder of the course; rename a `helpers` of yours.")


@pytest.mark.parametrize("file", ["keras.py", "numpy/__init__.py", "PIL.py", "checks.py", "checks/__init__.py"])
def test_a_file_of_the_same_name_as_a_package_is_named(tmp_path, file):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("")
    line = refusal(tmp_path)
    assert line.startswith(f"{tmp_path / file} hides the ")
    assert line.endswith(": rename it and restart the kernel.")


def test_what_a_python_lacks_is_named_with_the_command(tmp_path):
    (tmp_path / "mlxtend").mkdir()  # a folder without code is no package
    line = refusal(tmp_path, CELL, "-S")
    assert f"{sys.executable} lacks tensorflow, keras, numpy, matplotlib, mlxtend, scikit-learn" in line
    assert f"{sys.executable} -m pip install tensorflow" in line


def test_surroundings_that_fit_get_no_sentence_and_others_one_each(monkeypatch):
    monkeypatch.setattr(start, "available_memory", lambda: 8e9)
    assert start.unfit_surroundings() == []
    monkeypatch.setattr(start, "available_memory", lambda: 1.5e9)
    monkeypatch.setattr(start.sys, "flags", SimpleNamespace(optimize=1))
    monkeypatch.setattr(start.platform, "python_version", lambda: "3.19.0rc1")
    python, optimize, memory = start.unfit_surroundings()
    assert "Python 3.19.0rc1" in python
    assert start.python_versions() in python
    assert "PYTHONOPTIMIZE" in optimize
    assert "There are 1.5 GB" in memory


@pytest.mark.parametrize("name", ["memory.max", "memory/memory.limit_in_bytes"])
def test_memory_is_what_a_container_was_given(tmp_path, name):
    machine = start.available_memory(tmp_path)
    assert machine > 1e8
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    for content, expected in {"1234567": 1234567, "max": machine, "9223372036854771712": machine, "": machine}.items():
        file.write_text(content + "\n")
        assert start.available_memory(tmp_path) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16 sha_ni\n", True),
        ("model name : x\nflags : fpu amx_tile amx_bf16\nbugs : none\n", True),
        ("flags\t\t: fpu avx512f avx2\n", False),
        ("flags\t\t: fpu avx512_bf16x\nmodel name : avx512_bf16\n", False),
        ("Features\t: fp asimd bf16\n", False),
        ("", False),
    ],
)
def test_bfloat16_only_where_the_processor_names_it(tmp_path, lines, expected):
    (tmp_path / "cpuinfo").write_text(lines)
    assert start.bfloat16_products(tmp_path / "cpuinfo") is expected
    assert start.bfloat16_products(tmp_path / "nothing") is False
    assert start.bfloat16_products(tmp_path) is False


def test_pipelines_are_not_tuned_whatever_else_is_set(monkeypatch):
    monkeypatch.setattr(tf.data, "Options", type(tf.data.Dataset.range(1).options()))
    assert tf.data.Options().autotune.enabled is None
    start.no_pauses()
    start.no_pauses()
    assert tf.data.Options.__mro__[1] is type(tf.data.Dataset.range(1).options())
    options = tf.data.Options()
    options.deterministic = True
    dataset = tf.data.Dataset.range(3).with_options(options).with_options(tf.data.Options()).prefetch(tf.data.AUTOTUNE)
    assert dataset.options().autotune.enabled is False
    assert dataset.options().deterministic is True
    assert list(dataset.as_numpy_iterator()) == [0, 1, 2]


def test_keras_takes_its_options_from_where_they_were_changed(monkeypatch):
    seen = []

    class Watched(tf.data.Options):
        def __init__(self):
            super().__init__()
            seen.append(self)

    monkeypatch.setattr(tf.data, "Options", Watched)
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.zeros((4, 2)), np.zeros((4, 1)), verbose=0)
    assert seen
    del seen[:]
    model.predict(np.zeros((4, 2)), verbose=0)
    assert seen


BOUNDS = ["keras>=3.13.2", "numpy>=2.1,<3", "jupyterlab>=4.4", 'ruff>=0.14; extra == "instructor"']


def test_old_versions_are_named_and_new_ones_are_not():
    newest = dict.fromkeys(start.WATCHED, "99.1rc2")
    assert start.old_versions(newest.__getitem__) == []
    (sentence,) = start.old_versions((newest | {"keras": "3.9.10"}).__getitem__)
    assert sentence.startswith("keras 3.9.10 is older")
    assert "pip install 'keras>=" in sentence


def test_every_watched_package_has_a_bound():
    assert len(start.old_versions(dict.fromkeys(start.WATCHED, "0.1").__getitem__)) == len(start.WATCHED)


def test_a_package_by_another_name_gets_no_sentence():
    def installed(name):
        raise importlib.metadata.PackageNotFoundError(name)

    assert start.old_versions(installed) == []


def test_in_a_checkout_the_bounds_are_those_of_its_file(monkeypatch, tmp_path):
    monkeypatch.setattr(places, "ROOT", tmp_path)
    monkeypatch.setattr(importlib.metadata, "requires", {"cnn-on-cifar10": BOUNDS}.__getitem__)
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["keras>=4"]')
    assert start.old_versions({"keras": "3.15"}.__getitem__) == [
        "keras 3.15 is older than what these lessons were tried with. If a cell fails, install a newer one: "
        "pip install 'keras>=4'"
    ]


def test_elsewhere_the_bounds_are_those_of_what_was_installed(monkeypatch, tmp_path):
    monkeypatch.setattr(places, "ROOT", tmp_path)
    monkeypatch.setattr(importlib.metadata, "requires", {"cnn-on-cifar10": BOUNDS}.__getitem__)
    assert start.requirements() == BOUNDS[:3]
    assert start.old_versions({"keras": "3.13.2", "numpy": "2.1"}.__getitem__) == []
    (sentence,) = start.old_versions({"keras": "3.13.2+local", "numpy": "2.0.9"}.__getitem__)
    assert sentence.startswith("numpy 2.0.9 is older")
