"""The exact likelihood with covariance structures over levels, effects and residuals."""

from .fit import StructuredFit, fit_structured_lmm

__all__ = ["StructuredFit", "fit_structured_lmm"]
