"""The exact marginal likelihood: random effects integrated out of linear and generalised models.

Works on plain arrays in double precision, with numpy and scipy alone.
"""

from .lmm import fit_lmm
from .result import LMMFit

__all__ = ["LMMFit", "fit_lmm"]
