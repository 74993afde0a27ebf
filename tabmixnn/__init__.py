"""Mixed-effects neural networks for tabular data.

Names are loaded when first used (PEP 562), so that ``import tabmixnn`` costs next to nothing
and a job that only parses formulas never pays for torch.
"""

from __future__ import annotations

from tabmixnn.deferred import deferred

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

__getattr__, __dir__ = deferred(__name__, _PUBLIC)
