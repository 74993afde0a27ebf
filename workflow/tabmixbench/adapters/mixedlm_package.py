"""The package mixedlm: linear and generalised mixed models in Rust and Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import TimedOut, Unsuitable
from tabmixbench.adapters.deadline import LIMIT, time_limit
from tabmixbench.adapters.mixed_model import PARTS, MixedModel

if TYPE_CHECKING:
    from tabmixbench.adapters.mixed_formula import PlainModel
    from tabmixbench.adapters.predictor import LinearPredictor
    from tabmixbench.registry import Dataset


class MixedLM(MixedModel):
    """``mixedlm.lmer`` (REML) or ``mixedlm.glmer`` (Laplace) with the package's defaults.

    Parameters
    ----------
    max_seconds : float
        Time cap of a fit.
    """

    name = "mixedlm"
    package = "mixedlm"
    kind = "mixed"
    imports = ("mixedlm", "tabmixnn.formula")
    sources = (*PARTS, "workflow/tabmixbench/adapters/deadline.py")

    def __init__(
        self, dataset: Dataset, *, seed: int, threads: int, max_seconds: float = LIMIT
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads)
        self._max_seconds = max_seconds

    def estimate(self, model: PlainModel) -> tuple[LinearPredictor, dict[str, Any]]:
        """Fit and hand back the estimates (see `MixedModel.estimate`)."""
        import mixedlm

        try:
            with time_limit(self._max_seconds, "mixedlm"):
                if self.is_binary:
                    family = mixedlm.families.Binomial()
                    fit = mixedlm.glmer(model.formula, model.data, family=family)
                else:
                    fit = mixedlm.lmer(model.formula, model.data, REML=True)
        except TimedOut:
            raise
        except (ValueError, np.linalg.LinAlgError, RuntimeError) as error:
            raise Unsuitable(f"mixedlm failed: {str(error).splitlines()[0]}") from error
        effects = {}
        for factor, columns in fit.ranef().items():
            levels = _levels(fit, factor)
            for column, values in columns.items():
                effects[factor, column] = pd.Series(values, index=levels)
        settings = {
            "function": "glmer" if self.is_binary else "lmer",
            "converged": bool(fit.converged),
            "singular": bool(fit.isSingular()),
        }
        return model.predictor(fit.fixef(), effects), settings

    def settings(self) -> dict[str, Any]:
        """Add the time cap (see `MixedModel.settings`)."""
        return {"max_seconds": self._max_seconds, **super().settings()}


def _levels(fit: Any, factor: str) -> list[str]:
    """Levels of a factor in the order of its random effects."""
    for structure in fit.matrices.random_structures:
        if structure.grouping_factor == factor:
            return sorted(structure.level_map, key=structure.level_map.get)
    raise KeyError(factor)
