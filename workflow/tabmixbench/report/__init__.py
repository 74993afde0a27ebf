"""``results/report.html``: what a reader opens first.

`contents` reads the result files, `findings` puts the summary into sentences, `sections` lists what
the page has, and `templates/` says how it looks: one template a section, one style sheet, one
script. Adding a section is one line in `sections.SECTIONS` and one template of its name.
"""

from tabmixbench.report.boards import board_parts
from tabmixbench.report.classes import read_classes
from tabmixbench.report.contents import Contents
from tabmixbench.report.extras import extras
from tabmixbench.report.figure import figures_of
from tabmixbench.report.render import render
from tabmixbench.report.standings import join_standings

__all__ = [
    "Contents",
    "board_parts",
    "extras",
    "figures_of",
    "join_standings",
    "read_classes",
    "render",
]
