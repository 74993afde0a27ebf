"""What fitted generalised models share, with random effects or without."""

from __future__ import annotations

import numpy as np

from .response import Response


class GeneralisedMixin:
    """Fitted means and residuals of a `MixedFit` on the scale of the response.

    Attributes
    ----------
    response : Response
    dispersion : float or None
    """

    response: Response
    dispersion: float | None
    linear_predictor: np.ndarray

    @property
    def is_dispersion_at_boundary(self) -> bool:
        """Whether negative binomial counts have no more spread than Poisson's."""
        if self.dispersion is None:
            return False
        return self.response.distribution.is_at_boundary(self.fitted, self.dispersion)

    @property
    def fitted(self) -> np.ndarray:
        """Fitted means, conditional on the modes of random effects, ``(n,)``."""
        return self.response.mean(self.linear_predictor)

    @property
    def residuals(self) -> np.ndarray:
        """Response (binomial: share of successes) less the fitted mean, ``(n,)``."""
        return self.response.y - self.fitted
