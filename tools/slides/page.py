"""The page of a deck, and the list of all decks: HTML whose scripts, styles and fonts lie beside it."""

from __future__ import annotations

import html

from tools.slides import code, sizes
from tools.slides.deck import Slide

# By it the command knows files that it wrote.
SIGN = '<meta name="generator" content="python -m tools slides">'

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{sign}
<title>{title}</title>
<link rel="stylesheet" href="assets/reveal.css">
<style>{style}</style>
<link rel="stylesheet" href="assets/slides.css">
</head>
<body>
<main><div class="reveal" data-seconds="{seconds}"><div class="slides">
{slides}
</div></div></main>
<script src="assets/reveal.js"></script>
<script src="assets/notes.js"></script>
<script src="assets/zoom.js"></script>
<script src="assets/start.js"></script>
{mathjax}</body>
</html>
"""

SLIDE = """<section class="{kind}" aria-label="Slide {number} of {count}"{timing}>
<p class="head"><span>{head}</span><span class="number">{number} / {count}</span></p>
{body}
<aside class="notes">{notes}</aside>
</section>
"""

INDEX = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{sign}
<title>Slides</title>
<style>{style}</style>
<link rel="stylesheet" href="assets/slides.css">
</head>
<body class="index"><main>
<h1>Slides</h1>
<p>Keys: arrow right or space for what comes next, S for the speaker's notes with a clock, F for the whole screen,
O for all slides, Alt and a click to look closer, Escape to leave.</p>
<ol>
{entries}
</ol>
</main></body>
</html>
"""

MATHJAX = '<script src="assets/tex-svg-full.js"></script>\n'


def deck(title: str, slides: list[Slide]) -> str:
    """The HTML of a deck."""
    from tools.slides.blocks import inline

    made = []
    for number, slide in enumerate(slides, 1):
        body = "\n".join(block.html for block in slide.blocks)
        made.append(
            SLIDE.format(
                kind=slide.kind or "plain",
                number=number,
                count=len(slides),
                timing=f' data-timing="{round(slide.seconds)}"' if slide.seconds else "",
                head=inline(slide.head),
                body=body,
                notes="\n".join(slide.notes),
            )
        )
    text = "".join(made)
    style = f"{sizes.variables()}\n{code.style()}"
    mathjax = MATHJAX if "\\(" in text or "\\[" in text else ""
    seconds = round(sum(slide.seconds for slide in slides))
    return PAGE.format(seconds=seconds, sign=SIGN, title=html.escape(title), style=style, slides=text, mathjax=mathjax)


def index(entries: list[tuple[str, str, int, int]]) -> str:
    """The list of decks: file, title, slides, minutes."""
    lines = "\n".join(
        f'<li><a href="{file}">{html.escape(title)}</a> <span>{count} slides, {minutes} minutes</span></li>'
        for file, title, count, minutes in entries
    )
    return INDEX.format(sign=SIGN, style=sizes.variables(), entries=lines)
