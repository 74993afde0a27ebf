"""Figures from our scores, the paper's numbers beside ours.

Adding a figure is one file with a function ``draw(results) -> Figure``, one entry in `DRAWERS` and
its caption in the report, ``workflow/report/<figure>.rst``. Matplotlib and seaborn are imported
inside the functions: the workflow reads this list at every start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tabmixbench.figures import improvement

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tabmixbench.tables import Results

__all__ = ["DRAWERS"]

DRAWERS: dict[str, Callable[[Results], Figure]] = {
    "improvement": improvement.draw,
}
