"""The exact marginal likelihood: random effects integrated out of linear and generalised models.

Works on plain arrays in double precision, with numpy and scipy alone.
"""

from .batches import Batch
from .conditions import (
    ConvergenceWarning,
    DesignError,
    GroupLevelResponseWarning,
    IdentifiabilityError,
    NoOptimumError,
    RankDeficientWarning,
    RedundantEffectsWarning,
    SeparationWarning,
    SingularFitWarning,
)
from .glmm import fit_glmm, takes_quadrature
from .glmm_result import GLMMFit
from .lmm import fit_lmm, fit_summed
from .result import LMMFit
from .summing import Summed, sum_rows

__all__ = [
    "Batch",
    "ConvergenceWarning",
    "DesignError",
    "GLMMFit",
    "GroupLevelResponseWarning",
    "IdentifiabilityError",
    "LMMFit",
    "NoOptimumError",
    "RankDeficientWarning",
    "RedundantEffectsWarning",
    "SeparationWarning",
    "SingularFitWarning",
    "Summed",
    "fit_glmm",
    "fit_lmm",
    "fit_summed",
    "sum_rows",
    "takes_quadrature",
]
