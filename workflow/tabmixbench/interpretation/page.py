"""``results/interpretation.md``: the figures of every model, with their captions."""

from __future__ import annotations

from collections.abc import Mapping

from tabmixbench.interpretation.figures import FIGURES
from tabmixbench.interpretation.models import MODELS

INTRODUCTION = (
    "Figures 1 to 3 of the paper (section 5.5.1) for `Reaction ~ Days + (Days | Subject)`: first "
    "the linear mixed model, whose SHAP slopes are its fixed plus random slopes, then the paper's "
    "network. The base value, the fixed effect of Days, and the subject's intercept and slope of "
    "Days add up to the prediction of every row. A SHAP value of Days is relative to the mean over "
    "the days of the study, so that it is negative at Day 0."
)


def page(captions: Mapping[tuple[str, str], str]) -> str:
    """Put the page together.

    Parameters
    ----------
    captions : mapping
        By model and figure.

    Returns
    -------
    str
        Markdown; figures are in ``interpretation/`` beside it.
    """
    parts = ["# Interpretation of the sleep study", INTRODUCTION]
    for model, entry in MODELS.items():
        parts.append(f"## {entry.label[0].upper()}{entry.label[1:]}")
        for figure in FIGURES:
            parts.append(f"![{figure}, {model}](interpretation/{model}/{figure}.png)")
            parts.append(captions[model, figure])
    return "\n\n".join(parts) + "\n"
