"""The README's tables of models and speeds, from the stored records."""

from __future__ import annotations

import numpy as np

# Model -> letter and description of the tutorial it rebuilds, and the test accuracy and epochs published there.
SOURCES = {
    "strided_cnn": ("S", "a university lab sheet of 2019", "64.5 % in 15"),
    "deeper_cnn": ("S", "the exercise of the same sheet", "50.6 % in 5"),
    "plain_cnn": ("C", "the CNN chapter of the TensorFlow tutorials", "70.3 % in 10"),
    "dense_head_cnn": ("R", "a blog post on terms, activations and the confusion matrix", "68.3 % in 3"),
    "batchnorm_cnn": (
        "G",
        "a blog post of 2018 on batch normalisation and a 900 × 900 photo; the sizes are ours",
        "78.1 % in 5",
    ),
    "guide_cnn": ("W", "a long guide of 2017 with five scripts", "about 80 % in 200"),
    "improved_cnn": ("W", "its improved model, which has 1,469,994 parameters; this one is ours", "over 85 % in 50"),
}


def models_table() -> str:
    """The table of models in Markdown: their sources, their sizes, and what our stored trainings reached."""
    from helpers import start

    with start.quiet():
        from helpers import models, records

    rows = ["| | tutorial | model | parameters | published, epochs | here, epochs |", "|---|---|---|---|---|---|"]
    for name, (letter, tutorial, published) in SOURCES.items():
        record = records.result(name)
        if record is None:
            continue
        accuracies = record["test_accuracy"]
        low, high = (f"{100 * value:.1f}" for value in (min(accuracies), max(accuracies)))
        spread = f" ({low} to {high})" if len(accuracies) > 1 else " (one seed)"
        whole = records.result(f"{name}_50000")
        with_all = f"; {_mean(whole['test_accuracy'])} with 50,000" if whole else ""
        rows.append(
            f"| {letter} | {tutorial} | `{name}` | {models.build(name).count_params():,} | {published} "
            f"| {_mean(accuracies)}{spread} in {record['epochs']}{with_all} |"
        )
    return "\n".join(rows)


def _mean(accuracies: list[float]) -> str:
    # As the lessons print it, so that a tie is rounded to the same side.
    return f"{np.mean(accuracies):.1%}".replace("%", " %")


def speed_table() -> str:
    """The table of ``make bench`` in Markdown: an epoch of every network, and seconds until an accuracy was reached."""
    from helpers import start

    with start.quiet():
        from helpers import records

    marks = records.MARKS
    to = " | ".join(mark.replace("%", " %") for mark in marks)
    rows = [
        f"| network | an epoch, s | units | of the ceiling | to {to} |",
        f"|---|--:|--:|--:|{'--:|' * len(marks)}",
    ]
    for name, row in records.benchmark("training")["epochs"].items():
        middle = np.median(row["seconds"])
        when = records.seconds_to(name, middle)
        reached = " | ".join(f"{when[mark]:,}" if mark in when else "" for mark in marks)
        rows.append(
            f"| {name} | {middle:.0f} | {row['units']:.2f} | {row['share_of_ceiling']:.0%} | {reached} |".replace(
                "%", " %"
            )
        )
    return "\n".join(rows)


def fast_table() -> str:
    """The fast recipes in Markdown: what every seed reached on the test set, and what a whole training takes."""
    from helpers import start

    with start.quiet():
        from helpers import models, records
        from tools.bench import epochs

    clock = records.benchmark("training")["epochs"]
    rows = [
        "| recipe | parameters | epochs | test accuracy of each seed: mean | minutes, views included | units |",
        "|---|--:|--:|---|--:|--:|",
    ]
    unit = np.median(clock[epochs.UNIT]["seconds"])
    for name in models.FAST:
        record = records.result(name)
        accuracies = ", ".join(f"{100 * value:.2f}" for value in record["test_accuracy"])
        seconds = max(records.seconds_to(name, np.median(clock[name]["seconds"])).values())
        rows.append(
            f"| `{name}` | {record['parameters']:,} | {record['epochs']} | {accuracies} %: "
            f"{100 * np.mean(record['test_accuracy']):.2f} % | {seconds / 60:.1f} | {seconds / unit:.1f} |"
        )
    return "\n".join(rows)
