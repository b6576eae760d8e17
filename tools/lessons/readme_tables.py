"""The README's tables of models and speeds, from the stored records."""

from __future__ import annotations

import textwrap

import numpy as np

# Model -> letter of the source it rebuilds and what of it, and the test accuracy and epochs published there.
SOURCES = {
    "strided_cnn": ("S", "first model", "64.5 % in 15"),
    "deeper_cnn": ("S", "the exercise's model", "50.6 % in 5"),
    "plain_cnn": ("C", "the model", "70.3 % in 10"),
    "dense_head_cnn": ("R", "the model", "68.3 % in 10"),
    "batchnorm_cnn": (
        "G",
        "the model in its words; the sizes are ours",
        "78.1 % in 5",
    ),
    "guide_cnn": ("W", "basic model; the count is ours", "about 80 % in 200"),
    "improved_cnn": ("W", "another than its improved model of 1,469,994, our count", "about 85 % in 50"),
    "residual_cnn": ("–", "none; ours, of lesson 12", "–"),
}


def models_table() -> str:
    """The table of models in Markdown: their sources, their sizes, and what our stored trainings reached."""
    from helpers import start

    with start.quiet():
        from helpers import models, records

    rows = ["| | of the source | model | parameters | published, epochs | here, epochs |", "|---|---|---|---|---|---|"]
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


def _with_interval(share: tuple[float, float, float], unit: str = "%") -> str:
    """100 times a mean or a difference, and its interval: "94.10 % (93.77 to 94.42)"."""
    value, low, high = (f"{100 * each:.2f}".replace("-", "−") for each in share)
    return f"{value} {unit} ({low} to {high})"


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
        from helpers.teaching import noise
        from tools.bench import epochs

    clock = records.benchmark("training")["epochs"]
    rows = [
        "| recipe | parameters | epochs | test accuracy of each seed: mean with its 95 % interval "
        "| minutes, views included | units |",
        "|---|--:|--:|---|--:|--:|",
    ]
    unit = np.median(clock[epochs.UNIT]["seconds"])
    for name in models.FAST:
        record = records.result(name)
        accuracies = ", ".join(f"{100 * value:.2f}" for value in record["test_accuracy"])
        seconds = max(records.seconds_to(name, np.median(clock[name]["seconds"])).values())
        rows.append(
            f"| `{name}` | {record['parameters']:,} | {record['epochs']} | {accuracies} %: "
            f"{_with_interval(noise.mean(record['test_accuracy']))} | {seconds / 60:.1f} | {seconds / unit:.1f} |"
        )
    return "\n".join(rows)


def larger_network() -> str:
    """A paragraph on "fast95": how it was chosen, what one view reaches, and its minutes on a slow machine."""
    from helpers import start

    with start.quiet():
        from helpers import models, records
        from helpers.teaching import noise

    recipe, (first, *second) = models.RECIPES["fast95"], records.study("fast95_forms")
    result, before = records.result("fast95"), [trial["test_accuracy"] for trial in second]
    mean, one_view = noise.mean(result["test_accuracy"]), noise.mean([by["1"] for by in result["test_by_views"]])
    verdict = "lies above" if mean.low > 0.95 else "lies below" if mean.high < 0.95 else "contains"
    gain = noise.difference(before, result["test_accuracy"])
    # At what an epoch took there, of small images and of whole ones.
    each, small = first["history"]["seconds"], first["recipe"].small_epochs
    seconds = recipe.small_epochs * np.mean(each[:small]) + first["views_seconds"]
    seconds += (recipe.epochs - recipe.small_epochs) * np.mean(each[small:])

    def form(of) -> str:
        return f"{of.small_epochs} of {of.epochs} epochs small and crops of {of.crop_padding} pixels"

    said = (
        f"`fast95` was not chosen like that: 5,000 held-out images do not distinguish a tenth of a point. It has as "
        f"many filters as airbench95. Two earlier forms met the test set (study `fast95_forms`): "
        f"{form(first['recipe'])} reached {100 * first['test_accuracy']:.2f} % with one seed, "
        f"{form(second[0]['recipe'])} {_with_interval(noise.mean(before))} with three. Then came today's form, "
        f"{form(recipe)}, and the test set once for each seed: the interval of their mean {verdict} 95 %. A gain over "
        f"the second form is {'shown' if gain.low > 0 else 'not shown'}: {_with_interval(gain, 'points')}. One view "
        f"has {_with_interval(one_view)} of the images right. A training would take {seconds / 60:.0f} minutes on a "
        f"machine about as slow as the second one below, computed from what an epoch of the first form took there."
    )
    return textwrap.fill(said, 119)


def second_machine() -> str:
    """A paragraph on the same benchmark on another machine, with the code of today and in the same units."""
    from helpers import start

    with start.quiet():
        from helpers import records
        from tools.bench import epochs

    first, second = (records.benchmark(name) for name in ("training", "training_second_machine"))
    clock, ceiling = second["epochs"], "ceiling_gflops"
    units = ", ".join(f"`{name}` {clock[name]['units']:.2f}" for name in ("residual_cnn", "fast90", "fast94"))
    seconds = records.seconds_to("fast94", np.median(clock["fast94"]["seconds"]))
    unit = np.median(clock[epochs.UNIT]["seconds"])
    said = (
        f"The same on a second machine ({second['machine']}) with {second[ceiling]['float32']:.0f} GFLOP/s in a "
        f"product of matrices, where the table's has {first[ceiling]['float32']:.0f}: a unit is {unit:.0f} s there, "
        f"and an epoch takes, in units, {units}; `fast94` is at 94 % after {seconds['94%'] / 60:.1f} minutes."
    )
    return textwrap.fill(said, 119)


def peers() -> str:
    """A paragraph on PyTorch: an epoch with the same work, and a whole training by airbench94_muon."""
    from helpers import start

    with start.quiet():
        from helpers import records

    def compared(record: dict) -> tuple[np.ndarray, str]:
        """The median seconds of ours, eager and compiled, and in how many rounds ours was the quicker one."""
        rounds = np.array(list(zip(*record["epochs"].values())))
        ahead = sum(rounds[:, 0] < rounds[:, 1:].min(axis=1))
        return np.median(rounds, axis=0), f"{ahead} of {len(rounds)} rounds"

    peer, older, airbench = (records.benchmark(name) for name in ("peer", "peer_zen4", "airbench"))
    (ours, eager, compiled), ahead = compared(peer)
    (ours_there, *theirs_there), ahead_there = compared(older)
    whole, theirs = (np.median(seconds) for seconds in airbench["seconds"].values())
    said = (
        f"Beside PyTorch {peer['torch']}, in turns, and apart from the table's, so that seconds differ by some per "
        f"cent: whole images of `fast90` take {ours:.1f} s an epoch, and {eager:.1f} s with the same work in PyTorch, "
        f"{compiled:.1f} s compiled. Ours takes {ours / min(eager, compiled):.2f} of the quicker one's seconds, and "
        f"was the quicker one in {ahead} (`bench peer`); on an older processor (Zen 4) "
        f"{ours_there:.1f} s and {min(theirs_there):.1f} s, {ours_there / min(theirs_there):.2f}, and in "
        f"{ahead_there}. All of `fast94` takes {whole:.0f} s, its views included. A training "
        f"by airbench94_muon, the public record for 94 %, takes {theirs:.0f} s: eight "
        f"epochs of whole images and six views, built anew in PyTorch, with SiLU for its GELU. Ours takes "
        f"{whole / theirs:.2f} of that (`bench airbench`, from the seconds of an epoch of noise; only seconds are "
        f"compared)."
    )
    return textwrap.fill(said, 119)


GROWING = {
    "images": "training images",
    "width": "filters of every layer, as multiples",
    "side": "pixels of a side",
    "cores": "cores",
}


def growth_table() -> str:
    """How an epoch of "fast90" on whole images grows, in Markdown: medians of ``bench growth``, and the exponents."""
    from helpers import start

    with start.quiet():
        from helpers import records

    record = records.benchmark("growth")
    rows = ["| what grows | seconds of an epoch | exponent |", "|---|---|--:|"]
    for name, seconds in record["seconds"].items():
        medians = " · ".join(f"{float(value):,g}: {np.median(each):.1f}" for value, each in seconds.items())
        rows.append(f"| {GROWING[name]} | {medians} | {record['exponents'][name]:.2f} |".replace("-", "−"))
    return "\n".join(rows)
