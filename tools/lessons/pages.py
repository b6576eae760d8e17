"""A lesson as an HTML page: nbconvert's, with the text of each figure, which its own template leaves out."""

from __future__ import annotations

import html

TEMPLATE = "with_text.html.j2"
SOURCE = """\
{% extends 'lab/index.html.j2' %}
{% block data_png scoped %}{{ super() | with_text(output) }}{% endblock %}
"""


def page(notebook: str, title: str) -> str:
    """The HTML of a notebook, given as its text; images are in it."""
    import nbformat
    from jinja2 import DictLoader
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(embed_images=True, extra_loaders=[DictLoader({TEMPLATE: SOURCE})], template_file=TEMPLATE)
    exporter.register_filter("with_text", _with_text)
    node = nbformat.reads(notebook, as_version=4)
    body, _ = exporter.from_notebook_node(node, resources={"metadata": {"name": title}})
    return body


def _with_text(image: str, output: dict) -> str:
    text = output.get("metadata", {}).get("image/png", {}).get("alt", "")
    return image.replace("<img ", f'<img alt="{html.escape(text)}" ', 1) if text else image
