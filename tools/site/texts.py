"""The pages that are no lesson: start, list of lessons, glossary, formulas, explorer."""

from __future__ import annotations

import re

from tools.lessons import find, readme, reference, repository
from tools.site import explorer, sources

START = """\
# Convolutional neural networks on CIFAR-10

Notebooks that go from the arithmetic of one convolution to networks that you train, measure and question on your own
processor, in Python with TensorFlow and Keras 3. These pages show them with their stored outputs, for reading; to do
the exercises, take the [student edition](lessons.md).

```{{image}} overview.png
:alt: {alt}
```

{edition}

* [The lessons](lessons.md), with what you learn in each and the minutes that it takes
* [Convolution explorer](explorer.md): move a kernel over an image, number by number
* [Glossary](glossary.md) and [formulas](formulas.md), in the words of the lessons
* [The five sources](sources/index.md) whose networks are rebuilt, and the [results](results.md) with their intervals

```{{toctree}}
:hidden:
:caption: Lessons

lessons
{lessons}
```

```{{toctree}}
:hidden:
:caption: To look up

explorer
glossary
formulas
results
```

```{{toctree}}
:hidden:
:caption: Sources

sources/index
{sources}
```
"""
ALT = "Four figures from the lessons: edges of a tower, a kernel that learns, test images with predictions, scores."
PUBLIC = "Exercises are here as they are handed out: their cells are empty, and their checks have not run."
TEACHERS = "```{warning}\nThis copy holds the solutions and the notes for teachers. Do not publish it for a class.\n```"
EXPLORER = """\
# Convolution explorer

Choose an image and a kernel, then point at the response, or move the position with the arrow keys: below stands the sum
of that one position. Nothing leaves your browser, a photo of your own included. [Lesson 01](lessons/{first}) says what
it all means.

{explorer}
"""


def start(lessons: list[find.Lesson], solutions: bool) -> str:
    """The first page, with the table of contents of the book."""
    entries = "\n".join(f"lessons/{lesson.path.stem}" for lesson in lessons)
    pages = "\n".join(f"sources/{letter.lower()}" for letter in sources.ABOUT)
    return START.format(alt=ALT, edition=TEACHERS if solutions else PUBLIC, lessons=entries, sources=pages)


def lesson_list(lessons: list[find.Lesson]) -> str:
    """The page with a line for each lesson."""
    rows = ["| | lesson | you learn | needs | minutes | run | |", "|---|---|---|---|--:|--:|---|"]
    for lesson in lessons:
        rows.append(
            f"| {lesson.number} | [{lesson.title}](lessons/{lesson.path.name}) | {lesson.learn} | {lesson.needs} "
            f"| {readme.in_class(lesson)} | {readme.run(lesson)} | {download(lesson, 'student edition')} |"
        )
    return (
        "# Lessons\n\n" + "\n".join(rows) + "\n\n*Minutes* are those in class and, after the plus, those of *Going "
        "further*; *run* is the time that all cells take on two cores, on CIFAR-10 and on Shapes-10. Lessons 01 to 08 "
        "are the course, each building on those before it; of the others, *needs* says what comes first. A notebook "
        "of the student edition needs the folder of the course around it, or the project installed: its first cell "
        "says so.\n"
    )


def download(lesson: find.Lesson, text: str) -> str:
    """A link that downloads the student edition of a lesson, for a page of any folder."""
    return f"{{download}}`{text} <{'/student/' + lesson.path.name}>`"


def below_title(lesson: find.Lesson, url: str) -> str:
    """What stands below a lesson's title: where its student edition is, on Colab and Binder if there is an address."""
    links = [download(lesson, "Download the student edition")]
    links += [f"[Open in {name}]({link})" for name, link in repository.launches(url, lesson.path.name).items()]
    return "{.site-links}\n" + " · ".join(links)


def glossary(lessons: list[find.Lesson]) -> str:
    """The glossary as Sphinx knows one, so that lessons can point to its terms; each with where it is defined."""
    entries = {entry.name: entry for entry in reference.terms() if entry.lesson in lessons}
    lines = ["# Glossary", "", "Each term in the words of the lesson that defines it.", "", "`````{glossary}"]
    for name, entry in sorted(entries.items(), key=lambda pair: pair[0].casefold().lstrip("$")):
        text = reference.BOLD.sub(r"\1", entry.text)
        lines += [name, f"  {text} ({_link(entry)})", ""]
    return "\n".join([*lines, "`````", ""])


def terms(lessons: list[find.Lesson]) -> dict[str, str]:
    """Each term that lessons can point to -> the file name, without its end, of the lesson that defines it."""
    return {
        entry.name: entry.lesson.path.stem
        for entry in reference.terms()
        if entry.lesson in lessons and re.fullmatch(r"[\w -]+", entry.name)
    }


def formulas(lessons: list[find.Lesson]) -> str:
    """The formulas, lesson by lesson."""
    lines, last = ["# Formulas", "", "From the lessons, in their order.", ""], None
    for entry in reference.formulas():
        if entry.lesson not in lessons:
            continue
        if entry.lesson != last:
            lines += [f"## {entry.lesson.number} {entry.lesson.title}", ""]
            last = entry.lesson
        lines += [f"**{entry.name}** ({_link(entry)})", "", "$$", entry.text, "$$", ""]
        lines += [entry.symbols, ""] if entry.symbols else []
    return "\n".join(lines)


def _link(entry: reference.Entry) -> str:
    """A link to the section in which a term or a formula stands."""
    from mdit_py_plugins.anchors.index import slugify

    return f"[{entry.lesson.number}](lessons/{entry.lesson.path.name}#{slugify(entry.section)})"


def explorer_page(lessons: list[find.Lesson]) -> str:
    """The page of the explorer alone."""
    return EXPLORER.format(first=lessons[0].path.name, explorer=explorer.markdown())
