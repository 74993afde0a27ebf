"""The warnings that every fit ends with."""

from __future__ import annotations

from tabmixnn.caller import warn_caller

from .conditions import ConvergenceWarning, SingularFitWarning
from .fit import MixedFit

FLAT = 1e-9
"""Gradient at which there is nowhere to go, though the search has not found that it ended: where
outcomes are separated the likelihood is as good as constant."""


def warn_of(
    fit: MixedFit,
    remedy: str = "rescale the columns or simplify the random effects",
) -> None:
    """Warn if the optimiser stopped early or a variance is zero.

    Parameters
    ----------
    fit : MixedFit
    remedy : str
        What to try where the optimiser stopped early.
    """
    if not fit.converged and fit.gradient_norm > FLAT:
        warn_caller(
            f"the optimiser stopped with a gradient of {fit.gradient_norm:.2g}; {remedy}",
            ConvergenceWarning,
        )
    if fit.is_singular:
        warn_caller(fit.singular_message, SingularFitWarning)
