"""Formulas in formgrader, set by the MathJax that the project's packages carry: no other host is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).with_name("templates")
# Parts of TeX without \href and \style: what students write cannot reach out of its formula.
PACKAGES = ["base", "ams", "newcommand", "noundefined"]
BEFORE = f"""\
window.MathJax = {{
  tex: {{inlineMath: [["$", "$"], ["\\\\(", "\\\\)"]], packages: {json.dumps(PACKAGES)}}},
  options: {{enableMenu: false}},
  svg: {{fontCache: "local"}},
}};"""
# Formgrader's own script waits for the end of MathJax 2 by this name before it scrolls to the first mark.
AFTER = """\
MathJax.Hub = {Startup: {signal: {Interest: (told) => MathJax.startup.promise.then(() => told("End"))}}};"""


def settle(config: Any) -> None:
    """Put it into the settings of nbgrader."""
    from nbgrader.server_extensions.formgrader import handlers

    config.HTMLExporter.extra_template_basedirs = [str(TEMPLATES), handlers.template_path]
    config.HTMLExporter.filters = {"own_mathjax": "tools.grading.formgrader.scripts"}


def scripts(url: str = "") -> Any:
    """The scripts for a page, whatever address nbconvert would ask."""
    from markupsafe import Markup

    from tools.slides import assets

    script = (assets.packaged(*assets.MATHJAX) / "tex-svg-full.js").read_text(encoding="utf-8")
    return Markup("".join(f"<script>\n{text}\n</script>\n" for text in (BEFORE, script, AFTER)))
