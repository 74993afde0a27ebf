"""Section 5.5.1 of the paper: Figures 1 to 3, SHAP values of the sleep study, and their captions.

Matplotlib and torch are imported inside the functions: the workflow reads `MODELS` and `FIGURES`
at every start.
"""

from __future__ import annotations

from tabmixbench.interpretation.figures import FIGURES
from tabmixbench.interpretation.models import MODELS

__all__ = ["FIGURES", "MODELS"]
