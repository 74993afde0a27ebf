"""SVG figures of matplotlib, put into a page of their own and of others."""

from __future__ import annotations

import re
from pathlib import Path

from markupsafe import Markup, escape

#: What refers to an id: href="#x", xlink:href="#x", url(#x).
REFERENCE = re.compile(r'((?:xlink:)?href="#|url\(#)')


def inline(path: str | Path, caption: str) -> Markup:
    """The drawing without what only a file needs, its ids made unique by its folder and name.

    Several drawings of one program use the same ids (``axes_1``); in one page the first would win.

    Parameters
    ----------
    path
        An SVG file.
    caption : str
        What a reader who does not see it is told.
    """
    path = Path(path)
    text = path.read_text(encoding="utf-8")
    prefix = re.sub(r"\W+", "-", f"{path.parent.name}-{path.stem}")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # Rules of a style element would hold for the whole page; the root hands these two down.
    text = re.sub(r"<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = REFERENCE.sub(rf"\g<1>{prefix}-", text)
    head, _, body = text.partition(">")
    head = re.sub(r'\s(width|height|xmlns:xlink|version)="[^"]*"', "", head)
    described = f'{head} role="img" aria-label="{escape(caption)}" class="drawing">'
    return Markup(described + body.replace("xlink:href", "href"))
