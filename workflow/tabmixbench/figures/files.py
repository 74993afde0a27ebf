"""A figure as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tabmixbench.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: Figure, output: Mapping[str, str | Path]) -> None:
    """Write a figure for screens and for print; the SVG carries no date, so it is reproducible.

    Parameters
    ----------
    figure : Figure
    output : Mapping
        Paths: ``png`` and ``svg``, as a rule's named outputs.
    """
    import matplotlib as mpl

    svg, png = output["svg"], output["png"]
    with mpl.rc_context({"svg.hashsalt": "tabmixnn"}):
        write_atomically(svg, lambda f: figure.savefig(f, format="svg", metadata={"Date": None}))
        write_atomically(png, lambda f: figure.savefig(f, format="png", dpi=150))
