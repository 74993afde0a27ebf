"""How the leaderboard's figures look: colours that colour-blind readers tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tabmixbench.adapters import ModelSpec

#: Okabe and Ito's palette, by a model's kind.
COLOURS = {"ours": "#0072B2", "trees": "#D55E00", "mixed": "#007A5A", "other": "#4D4D4D"}
LEGEND = {
    "ours": "TabMixNN",
    "trees": "trees",
    "mixed": "mixed model of the formula",
    "other": "other",
}


def colour(spec: ModelSpec) -> str:
    """Colour of a model."""
    return COLOURS[spec.kind]


def message(title: str, text: str) -> Figure:
    """A figure that says why there is nothing to draw."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 1.6), layout="constrained")
    axis.axis("off")
    axis.set_title(title)
    axis.text(0.5, 0.5, text, ha="center", va="center")
    return figure
