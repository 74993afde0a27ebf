"""``results/interpretation.md``: each figure of every model beside what the paper says of it."""

from __future__ import annotations

from collections.abc import Mapping

from tabmixbench.interpretation.figures import FIGURES
from tabmixbench.interpretation.models import MODELS

INTRODUCTION = (
    "Figures 1 to 3 of the paper (section 5.5.1) for `Reaction ~ Days + (Days | Subject)`, each "
    "beside what the paper says that it shows: first of the linear mixed model, whose SHAP slopes "
    "are its fixed plus random slopes, then of the paper's network. The base value, the fixed "
    "effect of Days, and the subject's intercept and slope of Days add up to the prediction of "
    "every row. A SHAP value of Days is relative to the mean over the days of the study, so that "
    "it is negative at Day 0."
)
PAPER: Mapping[str, str] = {
    "figure1": (
        "six representative subjects, a panel each: SHAP values of Days against Days with a fitted "
        "line, whose slope is the subject's sensitivity to losing sleep. Some slopes are steep, "
        "others flat or even negative. The paper names neither the subjects nor the slopes."
    ),
    "figure2": (
        "left, a bar for the SHAP slope of each of the 18 subjects, sorted, coloured by size: some "
        "get worse fast, others hardly. Right, the distribution of the slopes with its mean and "
        "median, which is said to show that the differences are systematic and to measure the "
        "variance of the random slopes. No number is given."
    ),
    "figure3": (
        "waterfalls of four subjects at Days 0, 5 and 9, a bar for what each feature adds to the "
        "prediction. The contributions are said to grow from Day 0 to Day 9, and to differ between "
        "subjects."
    ),
}
"""What the paper says that each figure shows."""


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
    for figure in FIGURES:
        parts += [f"## Figure {figure.removeprefix('figure')}", f"The paper: {PAPER[figure]}"]
        for model, entry in MODELS.items():
            parts.append(f"### Ours, of {entry.label}")
            parts.append(f"![{figure}, {model}](interpretation/{model}/{figure}.png)")
            parts.append(captions[model, figure])
    return "\n\n".join(parts) + "\n"
