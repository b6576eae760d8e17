"""Whether a dataset fits itself and a model, before anything is trained."""

import keras
import numpy as np

from helpers.data import Dataset


def check_dataset(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """The training images and labels, once images, labels and class names agree; ValueError when not."""
    x, y = dataset.x_train, dataset.y_train
    if x.ndim != 4 or x.shape[1] != x.shape[2] or not len(x):
        raise ValueError(f"Training needs square images (n, side, side, channels); {dataset.name} has {x.shape}.")
    classes = len(dataset.class_names)
    for part, images, labels in (("training", x, y), ("validation", dataset.x_val, dataset.y_val)):
        if len(images) != len(labels):
            raise ValueError(
                f"{dataset.name} has {len(images)} {part} images and {len(labels)} labels: one label an image."
            )
        if len(labels) and not (labels.min() >= 0 and labels.max() < classes):
            raise ValueError(
                f"{dataset.name} names {classes} classes, so {part} labels run from 0 to {classes - 1}; "
                f"they run from {labels.min()} to {labels.max()}."
            )
        if len(images) and images.shape[1:] != x.shape[1:]:
            raise ValueError(
                f"{dataset.name} has {part} images of shape {images.shape[1:]} and training images of shape "
                f"{x.shape[1:]}: one shape for all."
            )
    return x, y


def check_fit(model: keras.Model, dataset: Dataset) -> None:
    """ValueError when the model takes other images or has another number of outputs than the dataset has classes."""
    images, classes = dataset.x_train.shape[1:], len(dataset.class_names)
    taken, given = model.input_shape[1:], model.output_shape[-1]
    if len(taken) != len(images) or any(side not in (None, size) for side, size in zip(taken, images)):
        raise ValueError(f"The model takes images of shape {taken}; those of {dataset.name} have {images}.")
    if given != classes:
        raise ValueError(f"The model has {given} outputs; {dataset.name} has {classes} classes.")
