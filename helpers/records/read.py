"""What was measured before, on CIFAR-10: below ``data/trained``, a file for each training, trial and benchmark."""

import numpy as np

from helpers import places
from helpers.recipe import Recipe
from helpers.records import schema

# Accuracies that a training is to reach.
MARKS = {"70%": 0.7, "80%": 0.8, "85%": 0.85, "90%": 0.9, "92%": 0.92, "94%": 0.94}
# What all seeds of one training have in common.
COMMON = ("dataset", "training_images", "parameters", "recipe")
# What all of them have for themselves, or none; the first of these all.
EACH = ("test_accuracy", "test_by_views", "views_seconds", "machine", "precision", "versions")
# What was read in this process, as paths below data/trained: a lesson's stored outputs are as old as these.
READ: set[str] = set()


def trials(folder: str) -> list[dict]:
    """All trials of a folder below data/trained, in the order of their names; ValueError for damaged files."""
    READ.add(folder)
    if not places.TRAINED.is_dir():
        raise ValueError(f"{places.TRAINED} is missing, and with it all that was measured before. {schema.AGAIN}")
    return [schema.read(path) for path in sorted((places.TRAINED / folder).glob("*.json"))]


def _seeds(name: str) -> list[dict]:
    """The stored trainings of one recipe, by seed. Raises ValueError where one lacks what it or the others need."""
    records = sorted(trials(f"trainings/{name}"), key=lambda record: record["seed"])
    if not records and (places.TRAINED / f"{name}.weights.h5").exists():
        raise ValueError(f"{places.TRAINED} has weights of {name}, and no trainings/{name} to go with. {schema.AGAIN}")
    each = [field for field in EACH if field == EACH[0] or any(field in record for record in records)]
    for record in records:
        if lacking := [field for field in ("history", *COMMON, *each) if field not in record]:
            raise ValueError(
                f"Stored training of {name}, seed {record['seed']}, has no {', '.join(lacking)}. {schema.AGAIN}"
            )
        if not record["history"]["loss"]:
            raise ValueError(f"Stored training of {name}, seed {record['seed']}, has no epoch. {schema.AGAIN}")
    seeds = [record["seed"] for record in records]
    epochs = [[len(record["history"][key]) for key in ("loss", "val_loss")] for record in records]
    if any(one != epochs[0] for one in epochs):
        raise ValueError(
            f"Stored trainings of {name} do not belong together: seeds {seeds} have {epochs} epochs, each with how "
            f"many of them validated. {schema.AGAIN}"
        )
    if len(seeds) > len(set(seeds)) or sum("weights_sha256" in record for record in records) > 1:
        raise ValueError(
            f"Of {name}, seeds {seeds} are stored: one file a seed, and weights_sha256 in one of them alone. "
            f"{schema.AGAIN}"
        )
    return records


def result(name: str) -> dict | None:
    """The stored trainings of one recipe as one record, or None when there is none; "_50000" for all images.

    ``seeds``, and one entry a seed: ``train_accuracy``, ``validation_accuracy`` (empty where no image was held out),
    ``seconds_per_epoch``, and those of ``EACH``. ``weights_seed`` and ``weights_sha256`` say whose weights are stored.
    Raises ValueError for damaged records, and for seeds that do not belong together.
    """
    records = _seeds(name)
    if not records:
        return None
    first, histories = records[0], [record["history"] for record in records]
    for record, field in ((record, field) for record in records for field in COMMON):
        if record[field] != first[field]:
            raise ValueError(
                f"Stored trainings of {name} do not belong together: {field} of seed {first['seed']} is "
                f"{first[field]}, of seed {record['seed']} {record[field]}. {schema.AGAIN}"
            )
    merged = {field: first[field] for field in COMMON} | {
        "epochs": len(histories[0]["loss"]),
        "seeds": [record["seed"] for record in records],
        "train_accuracy": [history["accuracy"][-1] for history in histories],
        "validation_accuracy": [history["val_accuracy"][-1] for history in histories if history["val_accuracy"]],
        "seconds_per_epoch": [round(float(np.mean(history["seconds"])), 1) for history in histories],
    }
    merged |= {field: [record[field] for record in records] for field in EACH if field in first}
    whose = next((record for record in records if "weights_sha256" in record), None)
    return merged | ({"weights_seed": whose["seed"], "weights_sha256": whose["weights_sha256"]} if whose else {})


def histories(name: str) -> dict[int, dict[str, list[float]]]:
    """The histories of one recipe's stored trainings: seed -> history. Empty when there is none."""
    return {record["seed"]: record["history"] for record in _seeds(name)}


def _epoch_seconds(seconds: list[float], recipe: Recipe) -> float:
    """A mean over small and whole epochs, each by their median: a training may have stood still in one of them."""
    small, whole = seconds[: recipe.small_epochs], seconds[recipe.small_epochs :]
    return sum(len(kind) * np.median(kind) for kind in (small, whole) if kind) / len(seconds)


def study(name: str) -> list[dict]:
    """The trials of one study in the order in which it asked for them. Raises ValueError when none is stored."""
    if not (found := trials(f"studies/{name}")):
        raise ValueError(f"{places.TRAINED} holds no trial of the study {name}. {schema.AGAIN}")
    return found


def benchmark(part: str) -> dict:
    """What ``make bench`` measured in one part, on one machine in one run. Raises ValueError when it is not stored.

    Where it has ``epochs``, they are name -> seconds of each round, or name -> an object with these ``seconds``.
    """
    READ.add(f"benchmarks/{part}.json")
    path = places.TRAINED / "benchmarks" / f"{part}.json"
    content = schema.read_json(path)
    schema.check(path, "epochs", rows := content.get("epochs", {}), dict[str, object])
    for name, row in rows.items():
        schema.check(path, f"epochs[{name!r}]", row["seconds"] if isinstance(row, dict) else row, list[float])
        for field in ("units", "share_of_ceiling") if isinstance(row, dict) else ():
            schema.check(path, f"{field} of {name!r}", row[field], float)
    return content


def seconds_to(name: str, epoch: float) -> dict[str, int]:
    """Accuracies of ``MARKS`` -> seconds until the stored trainings of that name reached them, as a mean over seeds.

    ``epoch`` is seconds for 50,000 images. By validation accuracy after each epoch, or, where all images were trained
    on, once at the end, on the test set and with the recipe's views. Marks that were not reached are left out.
    """
    record = result(name)
    if not record:
        return {}
    epoch *= record["training_images"] / 50_000
    if record["validation_accuracy"]:
        reached = np.mean([history["val_accuracy"] for history in histories(name).values()], axis=0)
        when = epoch * np.arange(1, len(reached) + 1)
    else:
        reached = np.mean(record["test_accuracy"], keepdims=True)
        each = [_epoch_seconds(history["seconds"], record["recipe"]) for history in histories(name).values()]
        views = np.mean(np.divide(record.get("views_seconds", 0), np.maximum(each, 0.1)))
        when = [epoch * (record["epochs"] + views)]
    first = {mark: next((second for second, one in zip(when, reached) if one >= MARKS[mark]), None) for mark in MARKS}
    return {mark: round(second) for mark, second in first.items() if second}
