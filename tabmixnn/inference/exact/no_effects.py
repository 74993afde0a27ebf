"""What a model without random effects says of its random effects: nothing."""

from __future__ import annotations

import numpy as np

from tabmixnn.inference.marginal.fit import MixedFit


class NoParameters:
    """Variance parameters of a model that has no random effects."""

    n_params = 0
    groupings: tuple[()] = ()

    def theta(self, x: np.ndarray) -> np.ndarray:
        """Return no parameters, shape (0,)."""
        return np.zeros(0)

    def theta_names(self) -> list[str]:
        """Return no names."""
        return []

    def natural_factors(self, x: np.ndarray) -> list[np.ndarray]:
        """Return no factors."""
        return []


class FixedFit(MixedFit):
    """A fitted model that has fixed effects only; see `MixedFit` for its attributes."""

    def __init__(
        self,
        sigma: float,
        X: np.ndarray,
        y: np.ndarray,
        kept: np.ndarray,
        names: list[str],
        weights: np.ndarray | None,
        offset: np.ndarray | None,
    ) -> None:
        super().__init__(NoParameters(), np.zeros(0), sigma, [], X, y, kept, names, weights, offset)

    def _working_modes(self) -> list[np.ndarray]:
        return []

    def _working_variances(self) -> list[np.ndarray]:
        return []
