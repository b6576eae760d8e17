"""A trained network as one file that runs without Keras: LiteRT (.tflite) or ONNX, in float32 or in int8.

In int8, a number x is stored as a whole number q from -128 to 127, with x = scale * (q - zero_point). Weights have a
scale for each filter, activations one for each layer, found from calibration images (Jacob et al. 2018,
arXiv:1712.05877). Input and output stay float32, so that all forms are called alike.
"""

import importlib.util
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from helpers import start
from helpers.records.schema import replacing

# For ONNX alone; LiteRT comes with TensorFlow.
ONNX_PACKAGES = ("tf2onnx", "onnx", "onnxruntime")
BATCH = 100


def litert(
    model: keras.Model, path: str | os.PathLike, int8_images: np.ndarray | None = None, batch: int | None = None
) -> Path:
    """Write the model as LiteRT (formerly TensorFlow Lite), a file that ends in .tflite; returns its path.

    Without ``int8_images``, all numbers are float32. With them, weights and activations are int8: the ranges of the
    activations are those of these images (n, rows, columns, channels), a few hundred of the training images. With
    ``batch`` the file takes batches of this size alone, as LiteRT in a browser needs it. Raises ValueError for another
    ending, or images that the model does not take.
    """
    path = _target(path, ".tflite")
    options: dict[str, object] = {}
    if batch is not None:  # Keras 3.13 looks at the model, newer versions at the signature
        shape = (batch, *model.input_shape[1:])
        inputs = keras.Input(batch_shape=shape)
        model = keras.Model(inputs, model(inputs))
        options["input_signature"] = [keras.InputSpec("float32", shape)]
    if int8_images is not None:
        batches = _batches(int8_images, model.input_shape, batch or 1)
        options |= {
            "optimizations": [tf.lite.Optimize.DEFAULT],
            "representative_dataset": lambda: ([image] for image in batches),
            "target_spec": {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]},
        }
    with _silence(), replacing(path) as part:
        model.export(str(part), format="litert", verbose=False, **options)
    return path


def predict_litert(path: str | os.PathLike, images: np.ndarray) -> np.ndarray:
    """What the network in a .tflite file predicts for images (n, rows, columns, channels): (n, classes) float32."""
    run, shape = litert_network(path)
    return np.concatenate([run(batch) for batch in _batches(images, shape, shape[0] or BATCH)])


def litert_network(path: str | os.PathLike, threads: int | None = None) -> tuple[Callable, tuple]:
    """The network in a .tflite file: a function from a float32 batch to predictions, and the shape of its input.

    The shape begins with None unless the file takes batches of one size alone.
    """
    content = _content(path)
    with _silence():
        try:
            from ai_edge_litert.interpreter import Interpreter  # the successor, where it is installed
        except ModuleNotFoundError:
            Interpreter = tf.lite.Interpreter
        try:
            network = Interpreter(model_content=content, num_threads=threads)
            network.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ValueError(f"{path} is no LiteRT file that can be read here: {error}") from None
    (given,), (wanted,) = network.get_input_details(), network.get_output_details()

    def run(batch: np.ndarray) -> np.ndarray:
        if tuple(network.get_input_details()[0]["shape"]) != batch.shape:
            network.resize_tensor_input(given["index"], batch.shape)
            network.allocate_tensors()
        network.set_tensor(given["index"], batch)
        network.invoke()
        return network.get_tensor(wanted["index"])

    size, *sides = map(int, given["shape_signature"])
    return run, (None if size < 0 else size, *sides)


def onnx(model: keras.Model, path: str | os.PathLike, int8_images: np.ndarray | None = None) -> Path:
    """Write the model as ONNX, a file that ends in .onnx; returns its path. ``int8_images`` as for ``litert``.

    Raises ModuleNotFoundError, with a sentence that says what to install, where the packages for ONNX are missing.
    """
    path = _target(path, ".onnx")
    _needs_onnx(*ONNX_PACKAGES)
    batches = None if int8_images is None else _batches(int8_images, model.input_shape)
    with _silence(), replacing(path) as part:
        exact = part.with_name("exact.onnx")
        model.export(str(exact), format="onnx", verbose=False)
        if batches is None:
            exact.rename(part)
        else:
            _quantize_onnx(exact, part, batches)
    return path


def predict_onnx(path: str | os.PathLike, images: np.ndarray) -> np.ndarray:
    """What the network in an .onnx file predicts for images (n, rows, columns, channels): (n, classes) float32."""
    run, shape = onnx_network(path)
    return np.concatenate([run(batch) for batch in _batches(images, shape)])


def onnx_network(path: str | os.PathLike, threads: int | None = None) -> tuple[Callable, tuple]:
    """The network in an .onnx file: a function from a float32 batch to predictions, and the shape of its input."""
    _needs_onnx("onnxruntime")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    try:
        network = onnxruntime.InferenceSession(_content(path), options, providers=["CPUExecutionProvider"])
    except FileNotFoundError:
        raise
    except Exception as error:  # onnxruntime has its own kinds
        raise ValueError(f"{path} is no ONNX file that can be read here: {error}") from None
    (given,) = network.get_inputs()
    return lambda batch: network.run(None, {given.name: batch})[0], (None, *given.shape[1:])


def missing_for_onnx(*packages: str) -> str:
    """What to install before ``onnx`` can be called, as a sentence; empty where nothing is missing."""
    missing = [name for name in packages or ONNX_PACKAGES if importlib.util.find_spec(name) is None]
    return f"ONNX needs packages that are not installed here: pip install {' '.join(missing)}" if missing else ""


def _needs_onnx(*packages: str) -> None:
    if sentence := missing_for_onnx(*packages):
        raise ModuleNotFoundError(sentence)


def _quantize_onnx(exact: Path, path: Path, batches: list[np.ndarray]) -> None:
    from onnxruntime import InferenceSession
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    name = InferenceSession(exact).get_inputs()[0].name

    class Calibration(CalibrationDataReader):
        waiting = iter(batches)

        def get_next(self):
            batch = next(self.waiting, None)
            return None if batch is None else {name: batch}

    prepared = path.with_name("prepared.onnx")
    quant_pre_process(exact, prepared, skip_symbolic_shape=True)
    quantize_static(prepared, path, Calibration(), per_channel=True, weight_type=QuantType.QInt8)


def _batches(images: np.ndarray, shape: tuple, size: int = BATCH) -> list[np.ndarray]:
    """Images in float32 batches of at most ``size``; ValueError unless they are of the shape (n, *shape[1:])."""
    images = np.asarray(images)
    fits = images.ndim == len(shape) and all(a in (None, b) for a, b in zip(shape[1:], images.shape[1:]))
    if not fits or not len(images):
        wanted = ", ".join(map(str, shape[1:]))
        raise ValueError(f"images have the shape {images.shape}: (n, {wanted}) with n from 1 on is needed.")
    return [images[begin : begin + size].astype(np.float32) for begin in range(0, len(images), size)]


def _target(path: str | os.PathLike, suffix: str) -> Path:
    path = Path(path)
    if path.suffix != suffix:
        raise ValueError(f"The file is called {path.name!r}: its name must end in {suffix}.")
    return path


def _content(path: str | os.PathLike) -> bytes:
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist or is no file. Relative paths start in {Path.cwd()}.")
    return path.read_bytes()


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing of what converters say, in C++, by warnings, or where they have written a file."""
    logger = tf.get_logger()  # in a notebook it has a stream of its own
    level = logger.level
    logger.setLevel("ERROR")
    try:
        with warnings.catch_warnings(action="ignore"), start.quiet(), redirect_stdout(StringIO()):
            yield
    finally:
        logger.setLevel(level)
