"""What every fitted mixed model holds, linear or generalised."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from .minimize import Solution
from .names import listed
from .parameters import Parameters
from .terms import Block

REPORTED = (
    *("beta", "vcov_beta", "sigma", "theta", "factors", "G", "u"),
    *("loglik", "criterion_value", "dispersion", "gradient_norm", "n_eval", "converged"),
)
"""What is stored as it was computed, so that it stays the same wherever a model is read."""


class MixedFit(ABC):
    """Common part of the fitted models.

    Attributes
    ----------
    beta : ndarray of shape (p,)
        Fixed effects of the columns in ``names``.
    names : list of str
        Columns that were estimated; ``kept`` holds their positions in ``X``.
    vcov_beta : ndarray of shape (p, p)
    theta : ndarray of shape (n_theta,)
        Relative covariance parameters in lme4's order and units; ``theta_names`` names them.
    factors : list of ndarray of shape (q, q)
        Relative covariance factor of each block.
    G : list of ndarray of shape (q, q)
        Covariance of the random effects of each block.
    sigma : float
        Scale of the factors: the residual standard deviation of a linear model, else one.
    loglik : float
    n, df : int
        Rows, and estimated parameters.
    solution : ndarray of shape (k,)
        The optimiser's parameters.
    """

    beta: np.ndarray
    vcov_beta: np.ndarray
    loglik: float
    df: int

    def __init__(
        self,
        parameters: Parameters,
        working: np.ndarray,
        sigma: float,
        blocks: Sequence[Block],
        X: np.ndarray,
        y: np.ndarray,
        kept: np.ndarray,
        names: list[str],
        weights: np.ndarray | None,
        offset: np.ndarray | None,
    ) -> None:
        self.parameters, self.working, self.sigma = parameters, working, sigma
        self.solution = working
        self.blocks, self.X, self.y = list(blocks), X, y
        self.weights, self.offset = weights, offset
        self.kept, self.names = kept, [names[j] for j in kept]
        self.n = len(y)
        self.theta = parameters.theta(working)
        self.theta_names = parameters.theta_names()
        self.factors = parameters.natural_factors(working)
        self.G = [sigma**2 * factor @ factor.T for factor in self.factors]

    @property
    def is_dispersion_at_boundary(self) -> bool:
        """Whether the likelihood rises until the dispersion has no effect; see `vcov_beta`."""
        return False

    @property
    def se(self) -> np.ndarray:
        """Standard errors of the fixed effects, ``(p,)``."""
        return np.sqrt(np.diagonal(self.vcov_beta))

    @property
    def aic(self) -> float:
        """Akaike's criterion, from ``loglik``."""
        return -2.0 * self.loglik + 2.0 * self.df

    @property
    def bic(self) -> float:
        """Schwarz's criterion, from ``loglik`` and all rows."""
        return -2.0 * self.loglik + np.log(self.n) * self.df

    @cached_property
    def u(self) -> list[np.ndarray]:
        """Conditional modes (BLUPs) of each block, ``(G, q)``."""
        return self._per_term(self._working_modes())

    @cached_property
    def conditional_variances(self) -> list[np.ndarray]:
        """Conditional covariance of the effects given the data and beta, ``(G, q, q)`` a block."""
        return self._per_term([self.sigma**2 * part for part in self._working_variances()])

    @cached_property
    def linear_predictor(self) -> np.ndarray:
        """Fixed part, offset and conditional modes, ``(n,)``."""
        out = self.X[:, self.kept] @ self.beta
        if self.offset is not None:
            out += self.offset
        for block, u in zip(self.blocks, self.u, strict=True):
            out += np.einsum("nk,nk->n", block.Z, u[block.codes])
        return out

    @property
    def fitted(self) -> np.ndarray:
        """Conditional fitted values, ``(n,)``, offset included."""
        return self.linear_predictor

    @property
    def residuals(self) -> np.ndarray:
        """Response less the fitted values, ``(n,)``, not scaled by the weights."""
        return self.y - self.fitted

    @property
    def singular_blocks(self) -> list[int]:
        """Positions of the blocks whose covariance is singular."""
        return [i for i, T in enumerate(self.factors) if (np.diagonal(T) == 0.0).any()]

    @property
    def is_singular(self) -> bool:
        """Whether a variance is zero or a correlation is plus or minus one."""
        return bool(self.singular_blocks)

    @property
    def singular_message(self) -> str:
        """Which variance is zero and what to try."""
        parts, correlated = [], False
        for i in self.singular_blocks:
            block, variances = self.blocks[i], np.diagonal(self.G[i])
            correlated |= block.correlated and len(block.names) > 1
            zero = [name for name, v in zip(block.names, variances, strict=True) if v == 0.0]
            if zero:
                parts.append(f"the variance of {listed(zero)} in group '{block.group}' is zero")
            else:
                parts.append(
                    f"the covariance of {listed(block.names)} in group '{block.group}' "
                    "has a perfect correlation"
                )
        advice = "drop the term" + (", or try || in place of |" if correlated else "")
        return f"boundary (singular) fit: {'; '.join(parts)}; {advice}"

    def state(self) -> dict[str, Any]:
        """Return where the optimum is and what was computed there; see `restore`."""
        known = vars(self) | {"u": self.u}
        return {
            "solution": self.solution,
            "reported": {name: known[name] for name in REPORTED if name in known},
        }

    @staticmethod
    def solution_of(state: dict[str, Any]) -> Solution:
        """Return where the optimum is, for the ``fit_...`` functions, from a `state`."""
        reported = state["reported"]
        return Solution(state["solution"], reported["n_eval"], reported["converged"])

    def restore(self, state: dict[str, Any]) -> None:
        """Take what was computed at this optimum when the model was fitted, digit for digit.

        Raises
        ------
        ValueError
            If it is not of the shapes that this model has.
        """
        for name, value in state["reported"].items():
            if name not in REPORTED or _shapes(value) != _shapes(getattr(self, name)):
                raise ValueError(f"{name!r} is not what this model has")
        vars(self).update(state["reported"])

    def _per_term(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        """Split arrays of the groupings into the terms as written, in the data's units."""
        out = [np.empty(0)] * len(self.blocks)
        for grouping, array in zip(self.parameters.groupings, arrays, strict=True):
            for term in grouping.terms:
                inverse = np.linalg.inv(term.whitening)
                if array.ndim == 2:
                    out[term.position] = array[:, term.columns] @ inverse.T
                else:
                    inner = array[:, term.columns, term.columns]
                    out[term.position] = inverse @ inner @ inverse.T
        return out

    @abstractmethod
    def _working_modes(self) -> list[np.ndarray]:
        """Conditional modes of each grouping, in working units."""

    @abstractmethod
    def _working_variances(self) -> list[np.ndarray]:
        """Conditional variances of each grouping, in working units."""


def _shapes(value: Any) -> Any:
    return [np.shape(each) for each in value] if isinstance(value, list) else np.shape(value)
