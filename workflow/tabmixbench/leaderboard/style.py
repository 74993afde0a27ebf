"""How the leaderboard's figures look: colours that colour-blind readers tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabmixbench.leaderboard.roles import MIXED_MODELS, TREES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tabmixbench.adapters import ModelSpec

#: Okabe and Ito's palette: ours, trees, mixed models, everything else.
COLOURS = {"ours": "#0072B2", "trees": "#D55E00", "mixed": "#007A5A", "other": "#4D4D4D"}
LEGEND = {
    "ours": "TabMixNN",
    "trees": "trees",
    "mixed": "mixed model of the formula",
    "other": "other",
}


def kind(spec: ModelSpec) -> str:
    """Which colour a model has; our mixed model is one of ours."""
    if spec.is_ours:
        return "ours"
    if spec.name in TREES:
        return "trees"
    return "mixed" if spec.name in MIXED_MODELS else "other"


def colour(spec: ModelSpec) -> str:
    """Colour of a model."""
    return COLOURS[kind(spec)]


def message(title: str, text: str) -> Figure:
    """A figure that says why there is nothing to draw."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 1.6), layout="constrained")
    axis.axis("off")
    axis.set_title(title)
    axis.text(0.5, 0.5, text, ha="center", va="center")
    return figure
