"""The warnings that every fit ends with."""

from __future__ import annotations

import warnings

from .conditions import ConvergenceWarning, SingularFitWarning
from .fit import MixedFit


def warn_of(
    fit: MixedFit,
    remedy: str = "rescale the columns or simplify the random effects",
    stacklevel: int = 3,
) -> None:
    """Warn if the optimiser stopped early or a variance is zero.

    Parameters
    ----------
    fit : MixedFit
    remedy : str
        What to try where the optimiser stopped early.
    stacklevel : int
        By default the caller of the function that fits.
    """
    if not fit.converged:
        warnings.warn(
            f"the optimiser stopped with a gradient of {fit.gradient_norm:.2g}; {remedy}",
            ConvergenceWarning,
            stacklevel=stacklevel,
        )
    if fit.is_singular:
        warnings.warn(fit.singular_message, SingularFitWarning, stacklevel=stacklevel)
