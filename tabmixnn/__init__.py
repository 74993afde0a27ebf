"""Mixed-effects neural networks for tabular data.

Names are loaded when first used (PEP 562), so that ``import tabmixnn`` costs next to nothing
and a job that only parses formulas never pays for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "Formula": "tabmixnn.formula",
    "OutcomeSpec": "tabmixnn.outcomes",
    "TabMixNN": "tabmixnn.estimators",
    "TabMixNNClassifier": "tabmixnn.estimators",
    "TabMixNNRegressor": "tabmixnn.estimators",
    "anova": "tabmixnn.interpret",
    "fit_together": "tabmixnn.estimators",
    "learn_dag": "tabmixnn.structure",
}

__all__ = [
    "Formula",
    "OutcomeSpec",
    "TabMixNN",
    "TabMixNNClassifier",
    "TabMixNNRegressor",
    "__version__",
    "anova",
    "fit_together",
    "learn_dag",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'tabmixnn' has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_PUBLIC))
