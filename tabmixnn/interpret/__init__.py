"""What a fitted model says: parameters, summaries, intervals, tests, variance, simulation.

The functions here take an inference engine; the estimators' methods hand theirs over. `anova`
takes estimators. Nothing is imported before it is used.
"""

from __future__ import annotations

from tabmixnn.deferred import deferred

_PUBLIC = {
    "NotExactError": "tabmixnn.interpret.errors",
    "RefitWarning": "tabmixnn.interpret.likelihood_ratio",
    "Summary": "tabmixnn.interpret.summary",
    "anova": "tabmixnn.interpret.likelihood_ratio",
}

__all__ = ["NotExactError", "RefitWarning", "Summary", "anova"]

__getattr__, __dir__ = deferred(__name__, _PUBLIC)
