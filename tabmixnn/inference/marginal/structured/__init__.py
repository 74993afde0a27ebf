"""The exact likelihood with covariance structures over levels, effects and residuals."""

from .fit import StructuredFit, fit_structured_lmm
from .warn import StructureWarning

__all__ = ["StructureWarning", "StructuredFit", "fit_structured_lmm"]
