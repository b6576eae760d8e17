"""What a network does, as figures in a folder: ``python -m tools show results|importance|activations|outputs``.

``results``: predictions, wrong ones, both by class, the confusion matrix. ``importance``: what the covered patch costs.
``activations``: images that excite a channel. ``outputs``: what every layer makes of one image. The network is a named
one, as lessons have it, or one that ``python -m tools train NAME --out FOLDER`` trained.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import matplotlib

from helpers import start

with start.quiet():
    import keras

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mlxtend.plotting import plot_confusion_matrix
from sklearn.metrics import confusion_matrix

from helpers import data, explain, models, places, plots, records
from helpers.data import Dataset
from tools import own_training

SHOWN = 15  # images with their predictions
EXPLAINED = 5  # images with a map of importance
CHANNELS = 8  # of a layer
MAPS = 16  # of a layer
PATCH, STRIDE = 8, 2  # pixels that are covered, and how far the patch moves


def main(arguments: argparse.Namespace) -> int:
    """Draw one kind of figures; ends with a sentence where that cannot be."""
    style = Path(plots.__file__).parents[1] / "lesson.mplstyle"
    try:
        if arguments.image and arguments.what != "outputs":
            raise ValueError(f"--image is for outputs; {arguments.what} looks at the test set.")
        model, dataset, name = network(arguments.model, arguments.source)
        folder = Path(arguments.out) if arguments.out else places.BUILD / "show" / name
        with plt.style.context(style):
            if arguments.what == "outputs":
                paths = outputs(model, one_image(model, dataset, arguments.image, arguments.number), folder, dataset)
            else:
                paths = KINDS[arguments.what](model, dataset, folder)
    except (ValueError, OSError, data.DatasetError) as error:
        raise SystemExit(str(error)) from None
    for path in paths:
        print(path)
    return 0


def network(name: str | None, source: str | None) -> tuple[keras.Model, Dataset, str]:
    """A trained model, the dataset that it classifies, and a name for its figures; ValueError where there is none."""
    if source:
        model, dataset, record = own_training.load(Path(source))
        print(f"{record['name']}, {record['recipe']['epochs']} epochs of {dataset.name}, from {source}", flush=True)
        return model, dataset, Path(source).resolve().name
    name = models.known(name or "guide_cnn")
    dataset = data.load()
    record = records.result(name)
    if record and record["dataset"] == dataset.name:
        model, _ = records.stored_model(name)  # also where it was trained on all images: only the test set is shown
    else:
        model, _ = records.trained(name, dataset)
    print(f"{name} on {dataset.name}", flush=True)
    return model, dataset, name


def results(model: keras.Model, dataset: Dataset, folder: Path) -> list[Path]:
    """Test accuracy, random predictions, wrong ones, both by class, and the confusion matrix."""
    x, y, names = dataset.x_test, dataset.y_test, dataset.class_names
    sure = probabilities(model, x)
    predicted = sure.argmax(axis=1)
    right = predicted == y
    print(f"test accuracy {right.mean():.2%}: {right.sum():,} of {len(y):,} images", flush=True)
    generator = np.random.default_rng(0)

    def drawn(members: np.ndarray) -> Figure:
        some = generator.permutation(members)[:SHOWN]
        titles = [
            f"{names[predicted[index]]} {sure[index].max():.0%}" + ("" if right[index] else f"\n(is {names[y[index]]})")
            for index in some
        ]
        return plots.gallery(x[some], titles=titles, size=2.1)

    paths = [save(drawn(np.arange(len(y))), folder / "predictions.png")]
    wrong = np.flatnonzero(~right)
    if len(wrong):
        paths.append(save(drawn(wrong), folder / "wrong.png"))
    paths.append(save(by_class(y, predicted, names), folder / "by_class.png"))
    matrix = confusion_matrix(y, predicted, labels=range(len(names)))
    figure, axes = plot_confusion_matrix(matrix, show_normed=True, figsize=(11, 11), class_names=list(names))
    axes.grid(False)
    axes.set_title("Rows: label, columns: prediction; below, the share of the row")
    return [*paths, save(figure, folder / "confusion_matrix.png")]


def by_class(y: np.ndarray, predicted: np.ndarray, names: tuple[str, ...]) -> Figure:
    """For each class: how many of its images are predicted wrongly, and how many others are taken for it."""
    wrong = predicted != y
    missed = np.bincount(y[wrong], minlength=len(names))
    taken = np.bincount(predicted[wrong], minlength=len(names))
    figure, axes = plt.subplots(figsize=(9, 6.5))
    positions = np.arange(len(names))
    for offset, counts, label, hatch in (
        (-0.2, missed, "its images, predicted as others", ""),
        (0.2, taken, "other images, predicted as it", "//"),
    ):
        bars = axes.barh(positions + offset, counts, 0.4, label=label, hatch=hatch, edgecolor="white")
        axes.bar_label(bars, padding=4)
    axes.set(yticks=positions, yticklabels=names, xlabel="wrong predictions", title=f"{wrong.sum():,} wrong, by class")
    axes.margins(x=0.1)
    axes.grid(axis="y", visible=False)
    axes.invert_yaxis()
    axes.legend(loc="lower left", bbox_to_anchor=(0, -0.25), ncols=2)
    print("  ".join(f"{name} {1 - missed[k] / max(1, (y == k).sum()):.1%}" for k, name in enumerate(names)), flush=True)
    return figure


def importance(model: keras.Model, dataset: Dataset, folder: Path) -> list[Path]:
    """For correctly predicted test images: the probability that is lost where a patch is covered."""
    x, y = dataset.x_test, dataset.y_test
    found = np.flatnonzero(probabilities(model, x[:500]).argmax(axis=1) == y[:500])
    if not len(found):
        raise ValueError("None of the first 500 test images is predicted correctly: there is nothing to explain.")
    some = np.random.default_rng(0).permutation(found)[:EXPLAINED]
    # Covered by the mean colour of the images, which is of no class.
    grey = x.mean(axis=(0, 1, 2))
    lost = explain.occlusion(model, x[some], y[some], fill=grey, patch=PATCH, stride=STRIDE)
    window = explain.Window((0, 0), (PATCH, PATCH), (STRIDE, STRIDE))
    maps = explain.enlarge(lost, x.shape[1:3], window)
    labels = [dataset.class_names[label] for label in y[some]]
    figure = plots.explanations(x[some], {"lost where covered": maps}, labels)
    return [save(figure, folder / "importance.png")]


def activations(model: keras.Model, dataset: Dataset, folder: Path) -> list[Path]:
    """For the first, a middle and the last convolution, and every dense layer: images that excite some channels."""
    convolutions = explain.conv_layers(model)
    chosen = [convolutions[index] for index in sorted({0, len(convolutions) // 2, len(convolutions) - 1})]
    chosen += [layer.name for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    paths = []
    for layer in chosen:
        channels = range(min(CHANNELS, model.get_layer(layer).output.shape[-1]))
        excited = explain.maximise_activation(model, layer, channels, total_variation=0.03, jitter=2)
        last = layer == model.layers[-1].name
        titles = [dataset.class_names[channel] if last else str(channel) for channel in channels]
        axes = plots.image_grid(excited[None], None, titles, title=f"{layer}: images that excite it")
        paths.append(save(axes.figure, folder / f"activations_{layer}.png"))
    return paths


def one_image(model: keras.Model, dataset: Dataset, path: str | None, number: int) -> np.ndarray:
    """The photo in a file, its middle square at the size of the network's images, or one image of the test set."""
    if path:
        return data.photo(path, side=model.input_shape[1])
    if not 0 <= number < len(dataset.x_test):
        raise ValueError(f"There is no test image {number}: they run from 0 to {len(dataset.x_test) - 1:,}.")
    return dataset.x_test[number]


def outputs(model: keras.Model, image: np.ndarray, folder: Path, dataset: Dataset) -> list[Path]:
    """The image, what every layer makes of it, and the probabilities of the classes."""
    paths = [save(plots.gallery([image], titles=["the image"], size=4), folder / "outputs_00_image.png")]
    names = [layer.name for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    values = explain.feature_maps(model, image[None], layers=names)
    for index, name in enumerate(names, 1):
        kind = type(model.get_layer(name)).__name__
        figure = layer_output(values[name][0], f"{index} {kind}")
        paths.append(save(figure, folder / f"outputs_{index:02}_{name}.png"))
    sure = probabilities(model, image[None])[0]
    print(f"predicted: {dataset.class_names[sure.argmax()]}, {sure.max():.1%}", flush=True)
    axes = plots.share_bars(dataset.class_names, {"probability": sure}, "What the network predicts")
    axes.set_xlabel("probability")
    return [*paths, save(axes.figure, folder / "outputs_probabilities.png")]


def layer_output(values: np.ndarray, title: str) -> Figure:
    """The first maps (rows, columns, channels) of a layer side by side, or its numbers (n,) as one strip of squares."""
    shape = " × ".join(map(str, values.shape))
    if values.ndim == 3:
        shown = values[..., :MAPS].transpose(2, 0, 1)
        some = f", the first {MAPS} channels" if values.shape[-1] > MAPS else ""
        return plots.map_grid(shown, title=f"{title}: {shape}{some}").figure
    columns = min(64, len(values))
    grid = np.full(-(-len(values) // columns) * columns, np.nan, np.float32)
    grid[: len(values)] = values
    figure, axes = plt.subplots(figsize=(9, 1.4 + 0.14 * len(grid) / columns))
    drawn = axes.imshow(grid.reshape(-1, columns), **plots.scale(values))
    figure.colorbar(drawn, ax=axes, shrink=0.85)
    axes.set_title(f"{title}: {shape} numbers")
    return plots.bare(axes).figure


def probabilities(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Class probabilities (n, classes), whether or not the model ends in a softmax."""
    logits = explain.logits(model, images).astype(np.float64)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def save(figure: Figure | Axes, path: Path) -> Path:
    """Write a figure, with its words for readers who cannot see it in the file's description."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Description": plots.alternative_text(figure)})
    plt.close(figure)
    return path


KINDS: dict[str, Callable[[keras.Model, Dataset, Path], list[Path]]] = {
    "results": results,
    "importance": importance,
    "activations": activations,
}
