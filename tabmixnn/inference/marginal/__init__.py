"""The exact marginal likelihood: random effects integrated out of linear and generalised models.

Works on plain arrays in double precision, with numpy and scipy alone.
"""

from .conditions import (
    ConvergenceWarning,
    DesignError,
    IdentifiabilityError,
    NoOptimumError,
    RankDeficientWarning,
    SeparationWarning,
    SingularFitWarning,
)
from .glmm import fit_glmm
from .glmm_result import GLMMFit
from .lmm import fit_lmm
from .result import LMMFit

__all__ = [
    "ConvergenceWarning",
    "DesignError",
    "GLMMFit",
    "IdentifiabilityError",
    "LMMFit",
    "NoOptimumError",
    "RankDeficientWarning",
    "SeparationWarning",
    "SingularFitWarning",
    "fit_glmm",
    "fit_lmm",
]
