"""A page for each of the five sources, and one of results: layers from the networks, figures from the records."""

from __future__ import annotations

import re
from collections.abc import Iterable

from helpers.places import ROOT
from tools.lessons import files, find, readme_tables

# What each source is, in our words; its name, by which lessons cite it; what of ours differs from it.
ABOUT = {
    "S": (
        "lab sheet",
        "A lab sheet with an exercise: a first network whose convolutions stride, then a deeper one of the student's "
        "own, to be counted, trained and compared. It is the spine of this course. The deeper network was trained for "
        "5 epochs and the first for 15, so its conclusion that more layers do not raise accuracy compares unequals; "
        "lesson 05 compares them on equal terms.",
    ),
    "C": (
        "Click Reader",
        "A chapter that builds three convolutions with two poolings and a dense head, trains ten epochs, and prints "
        "the accuracy of each. It says that validation accuracy decreases while training accuracy increases; in its "
        "own log validation *loss* turns up, and accuracy does not.",
    ),
    "R": (
        "Revathi",
        "A post that explains terms and activation functions, and closes with curves and a confusion matrix. Most of "
        "its network's parameters lie in one dense layer. It watches the test set while training, so its figure is "
        "not of images that had no say.",
    ),
    "G": (
        "Goenka",
        "A post that describes a network with batch normalization in words, trains it for five epochs, and draws every "
        "layer's output for a large photo. The sizes of the network below are ours.",
    ),
    "W": (
        "Wang Ming Rui",
        "A long guide with scripts: how a convolution works, how weights are found, how to look inside a network in "
        "four ways, and how to improve it. Its comments count 576 inputs of the dense layer; its code has 1,600, as "
        "below. The improved network here is another than the guide's.",
    ),
}


def citations() -> dict[str, str]:
    """Letter -> how the README cites that source, in Markdown."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = dict(re.findall(r"^\| ([SCRGW]) \| ([^|]+) \|$", text, re.M))
    if set(found) != set(ABOUT):
        raise SystemExit(f"README.md cites the sources {sorted(found)}, and not {sorted(ABOUT)}: look at its table.")
    return found


def index() -> str:
    """The page that lists the sources."""
    rows = [f"| [{letter}]({letter.lower()}.md) | {text} |" for letter, text in citations().items()]
    return (
        "# The five sources\n\n"
        "The lessons rebuild the networks of five published tutorials, count for count, and measure them again.\n\n"
        "| | source |\n|---|---|\n" + "\n".join(rows) + "\n"
    )


def page(letter: str, lessons: Iterable[find.Lesson]) -> str:
    """The page of one source: citation, what it is, its networks layer by layer, published and own figures."""
    name, about = ABOUT[letter]
    where = [lesson for lesson in lessons if name in _prose(lesson)]
    links = ", ".join(f"[{lesson.number} {lesson.title}](../lessons/{lesson.path.name})" for lesson in where)
    parts = [
        f"# Source {letter}: {name[0].upper()}{name[1:]}",
        f"{citations()[letter]}.",
        about,
        f"In lessons {links}.",
    ]
    for model, (source, of_it, published) in readme_tables.SOURCES.items():
        if source == letter:
            parts += [f"## {model}", f"Of the source: {of_it}.", layers(model), figures(model, published)]
    return "\n\n".join(parts) + "\n"


def _prose(lesson: find.Lesson) -> str:
    return "\n".join(files.source(cell) for cell in files.read(lesson.path)["cells"] if cell["cell_type"] == "markdown")


def layers(name: str) -> str:
    """The layers of a network as a table in Markdown, counted from the network itself."""
    from helpers import anatomy, models

    rows = anatomy.layers(models.build(name))
    lines = ["| layer | output | parameters | MACs |", "|---|--:|--:|--:|"]
    for row in rows:
        output = " × ".join(map(str, row.output))
        lines.append(f"| {row.layer} | {output} | {row.parameters:,} | {row.macs:,} |")
    total = sum(row.parameters for row in rows), sum(row.macs for row in rows)
    return "\n".join([*lines, f"| **together** | | **{total[0]:,}** | **{total[1]:,}** |"])


def figures(name: str, published: str) -> str:
    """Published and own test accuracy of a network as a table in Markdown."""
    lines = ["| | epochs | test accuracy |", "|---|--:|---|"]
    accuracy, epochs = published.rsplit(" in ", 1)
    lines.append(f"| published | {epochs} | {accuracy} |")
    lines += [
        f"| here, {images:,} training images | {epochs} | {accuracy} |" for images, epochs, accuracy in _own(name)
    ]
    return "\n".join(lines) + f"\n\nTrained here by: {_recipe(name)}."


def _own(name: str) -> list[tuple[int, int, str]]:
    """(training images, epochs, test accuracy with its interval) of what is stored of a network."""
    from helpers import records

    stored = filter(None, (records.result(name), records.result(f"{name}_50000")))
    return [(one["training_images"], one["epochs"], accuracy(one["test_accuracy"])) for one in stored]


def accuracy(values: list[float]) -> str:
    """The mean of several trainings with its 95 % interval; of one, its accuracy and that it is one."""
    from helpers.teaching import noise

    if len(values) < 2:
        return f"{100 * values[0]:.1f} % (one training: no interval)"
    return f"{noise.mean(values).share()}, {len(values)} trainings"


def _recipe(name: str) -> str:
    from helpers import models

    recipe = models.RECIPES[name]
    return (
        f"{recipe.optimizer}, learning rate {recipe.learning_rate:g}, batches of {recipe.batch_size}; the rest of the "
        "recipe stands in `helpers/models`"
    )


def results() -> str:
    """The page of results: every stored network with its interval, and how fast they are."""
    from helpers import models, records

    lines = [
        "| network | source | parameters | training images | epochs | test accuracy, 95 % interval |",
        "|---|---|--:|--:|--:|---|",
    ]
    for name in models.RECIPES:
        source = readme_tables.SOURCES.get(name, ("",))[0]
        link = f"[{source}](sources/{source.lower()}.md)" if source else ""
        for images, epochs, share in _own(name):
            parameters = records.result(name)["parameters"]
            lines.append(f"| `{name}` | {link} | {parameters:,} | {images:,} | {epochs} | {share} |")
    return RESULTS.format(networks="\n".join(lines), fast=readme_tables.fast_table(), speed=readme_tables.speed_table())


RESULTS = """\
# Results

Test accuracy on CIFAR-10 of every network that is stored with the course. The interval is that of the mean over
trainings that differ in their seed alone, by Student's t with n − 1 degrees of freedom, so with three trainings it is
wide; that the test set has 10,000 images adds noise of its own (lesson 04).

{networks}

## How fast

```{{figure}} speed.png
:alt: Accuracy against seconds of training: a line for each network, and a star at the end of each fast recipe.

Validation accuracy (lines) and test accuracy (stars) against seconds of training, on two cores without a GPU.
```

{fast}

Every choice of the first two recipes was made on held-out images; then came one training a seed on all 50,000 images,
and the test set. The third one's crops and small epochs were changed after its first form had met the test set once.

{speed}

An *epoch* is 50,000 images. A *unit* is an epoch of `deeper_cnn` by its published recipe. *Of the ceiling* is the share
of what a product of large matrices reaches in the same precision. The last columns are the seconds until a stored
training, at these speeds, reached that accuracy.
"""
