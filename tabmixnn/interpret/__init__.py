"""What a fitted model says: parameters, summaries, intervals, tests, variance, simulation.

The functions here take an inference engine; the estimators' methods hand theirs over. `anova`
takes estimators. Nothing is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "NotExactError": "tabmixnn.interpret.errors",
    "RefitWarning": "tabmixnn.interpret.likelihood_ratio",
    "Summary": "tabmixnn.interpret.summary",
    "anova": "tabmixnn.interpret.likelihood_ratio",
}

__all__ = ["NotExactError", "RefitWarning", "Summary", "anova"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'tabmixnn.interpret' has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value
