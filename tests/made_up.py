"""What the tests of studies and trainings share: a made-up dataset, a made-up record, a walk through a study."""

import numpy as np

from helpers import data
from helpers.recipe import Recipe
from helpers.records.schema import HISTORY

RECIPE = Recipe("plain_cnn", "Adam", 0.001, batch_size=20, epochs=1)
# A fast one, with as little as such a recipe can have.
TINY = Recipe(
    "fast_cnn",
    "SGD",
    0.01,
    batch_size=20,
    epochs=1,
    options={"widths": [2, 2, 2], "activation": "relu"},
    equal_batches=True,
    views=2,
)


def dataset(images=40, name="made up", held_out=20):
    """Grey images, whose brightness gives their class away."""
    generator = np.random.default_rng(0)

    def part(count):
        labels = np.arange(count) % 10
        x = generator.normal(25 * labels[:, None, None, None], 20, (count, 32, 32, 3))
        return x.clip(0, 255).astype(np.uint8), labels

    (x, y), (x_val, y_val), (x_test, y_test) = part(images), part(held_out), part(20)
    return data.Dataset(name, data.CIFAR10_CLASSES, x, y, x_val, y_val, x_test, y_test)


def record(payload, accuracies=(0.5,), **more):
    """The record that a training by this payload might have given, with these validation accuracies."""
    test = {"test_accuracy": 0.5} if payload["final"] else {}
    return {
        "recipe": payload["recipe"],
        "seed": payload["seed"],
        "parameters": 122_570,
        "history": {name: list(accuracies) for name in HISTORY},
        "seconds": 1.5,
        "dataset": payload["dataset"],
        "training_images": payload["images"] or 40,
        "machine": "a computer",
        "versions": {"keras": "3"},
        **test,
        **more,
    }


def scored(*accuracies):
    """As much of a record as a search looks at."""
    return {"history": {"val_accuracy": list(accuracies)}}


def once(trials):
    """A study that asks for all its trials at once."""
    yield trials


def walk(asks, record_of):
    """The rounds of trials that a study asks for when ``record_of`` gives the record of each, and what it returns."""
    rounds, records = [], None
    while True:
        try:
            trials = asks.send(records)
        except StopIteration as end:
            return rounds, end.value
        rounds.append(trials)
        records = [record_of(trial) for trial in trials]


def trials(study, record_of=lambda trial: scored(0.5)):
    """All trials of a study, in the order in which it asks for them."""
    return [trial for asked in walk(study(), record_of)[0] for trial in asked]
