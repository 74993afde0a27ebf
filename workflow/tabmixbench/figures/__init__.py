"""Figures from our scores, the paper's numbers beside ours.

Adding a figure is one file with a function ``draw(results) -> Figure`` and one entry in `DRAWERS`.
Matplotlib and seaborn are imported inside the functions: the workflow reads this list at every
start.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tabmixbench.figures import improvement
from tabmixbench.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tabmixbench.tables import Results

__all__ = ["DRAWERS", "save"]

DRAWERS: dict[str, Callable[[Results], Figure]] = {
    "improvement": improvement.draw,
}


def save(figure: Figure, *, png: str | Path, svg: str | Path) -> None:
    """Write a figure for screens and for print; the SVG carries no date, so it is reproducible."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "tabmixnn"}):
        write_atomically(svg, lambda f: figure.savefig(f, format="svg", metadata={"Date": None}))
        write_atomically(png, lambda f: figure.savefig(f, format="png", dpi=150))
