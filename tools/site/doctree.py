"""What the book does to a lesson that Sphinx has read: texts of figures, folded parts, links to the glossary."""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

# Where a word is no running text.
OTHER = (nodes.literal, nodes.literal_block, nodes.reference, nodes.strong, nodes.title, nodes.math, nodes.math_block)
OTHER += (addnodes.pending_xref, addnodes.download_reference, nodes.raw, nodes.emphasis)
# Terms that are everyday words too: "45 minutes in class".
EVERYDAY = {"class", "unit", "distribution", "error", "precision", "confidence"}
OPTIONAL = re.compile(r" \(optional, (\d+ minutes?)\)$")


def setup(app: Sphinx) -> dict:
    """Sphinx calls this. ``site_alt`` is file name of a figure -> its text; ``site_terms`` term -> lesson."""
    app.add_config_value("site_alt", {}, "env")
    app.add_config_value("site_terms", {}, "env")
    app.connect("doctree-read", _change)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _change(app: Sphinx, doctree: nodes.document) -> None:
    page = app.env.docname
    if not page.startswith("lessons/"):
        return
    for image in doctree.findall(nodes.image):
        if text := app.config.site_alt.get(Path(image["uri"]).name):
            image["alt"] = text
    link_terms(doctree, {term for term, lesson in app.config.site_terms.items() if lesson != page.split("/")[1]})
    fold(doctree)


def fold(doctree: nodes.document) -> None:
    """Put what stands below the headings of *Going further* into folded parts; the headings stay."""
    for section in list(doctree.findall(nodes.section)):
        parent = section.parent
        optional = OPTIONAL.search(section[0].astext())
        further = isinstance(parent, nodes.section) and parent[0].astext() == "Going further"
        if not optional or not further:
            continue
        begin = nodes.raw("", f'<details class="further"><summary>Open: {optional[1]}</summary>', format="html")
        section[:] = [section[0], begin, *section[1:], nodes.raw("", "</details>", format="html")]


def link_terms(doctree: nodes.document, terms: set[str]) -> None:
    """Link the first use of each term in a lesson that does not define it to the glossary."""
    left = {term.casefold(): term for term in terms if term not in EVERYDAY}
    for text in list(doctree.findall(nodes.Text)):
        if not left or not _running(text):
            continue
        pattern = "|".join(map(re.escape, sorted(left, key=len, reverse=True)))
        parts, end = [], 0
        for found in re.finditer(rf"(?<![\w-])(?:{pattern})(?![\w-])", text, re.I):
            term = left.pop(found[0].casefold(), None)
            if term is None:
                continue
            link = addnodes.pending_xref(
                "", nodes.inline("", found[0]), refdomain="std", reftype="term", reftarget=term, refwarn=True
            )
            parts += [nodes.Text(text[end : found.start()]), link]
            end = found.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(text[end:])])


def _running(text: nodes.Text) -> bool:
    node, paragraph = text.parent, False
    while node is not None:
        if isinstance(node, OTHER) or (isinstance(node, nodes.section) and node[0].astext() == "Sources"):
            return False
        paragraph = paragraph or isinstance(node, nodes.paragraph)
        node = node.parent
    return paragraph
