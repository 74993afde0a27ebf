"""Between the optimiser's parameters and lme4's ``theta``.

The optimiser works on whitened columns, with terms ordered by elimination; ``theta`` is in the
units of the data, with terms in the order they were written.
"""

from __future__ import annotations

import numpy as np

from .smallblocks import canonical_factor
from .terms import Grouping, Term


class Parameters:
    """Layout of the variance parameters of a model.

    Parameters
    ----------
    groupings : list of Grouping
    """

    def __init__(self, groupings: list[Grouping]) -> None:
        self.groupings = groupings
        self.terms = sorted((t for g in groupings for t in g.terms), key=lambda t: t.position)
        self.n_params = sum(t.structure.n_params for t in self.terms)
        in_groups = [t for g in groupings for t in g.terms]
        self.elimination_order = np.concatenate(
            [np.arange(t.params.start, t.params.stop) for t in in_groups]
        )
        scales = [t.params.start + t.structure.scales for t in self.terms]
        self.scales = np.concatenate(scales) if scales else np.zeros(0, dtype=int)
        self._spans = []
        start = 0
        for term in self.terms:
            self._spans.append(slice(start, start + term.structure.n_params))
            start += term.structure.n_params

    def factors(self, x: np.ndarray) -> list[np.ndarray]:
        """Working factor of every grouping."""
        return [g.factor(x) for g in self.groupings]

    def pullback(self, x: np.ndarray, gradients: list[np.ndarray]) -> np.ndarray:
        """Gradient with respect to the parameters from those of the working factors."""
        out = np.empty(self.n_params)
        for grouping, gradient in zip(self.groupings, gradients, strict=True):
            grouping.pullback(x, gradient, out)
        return out

    def derivatives(self, x: np.ndarray) -> list[np.ndarray]:
        """Derivatives ``(k_g, q, q)`` of every grouping's working factor, in elimination order."""
        out = []
        for grouping in self.groupings:
            parts = []
            for term in grouping.terms:
                inner = term.structure.derivatives(x[term.params])
                part = np.zeros((len(inner), grouping.size, grouping.size))
                part[:, term.columns, term.columns] = inner
                parts.append(part)
            out.append(np.concatenate(parts))
        return out

    def natural_factor(self, term: Term, x: np.ndarray) -> np.ndarray:
        """Relative covariance factor of a term in the units of its columns."""
        return np.linalg.solve(term.whitening, term.structure.factor(x[term.params]))

    def natural_factors(self, x: np.ndarray) -> list[np.ndarray]:
        """Canonical factor of every term as written: lower triangular, diagonal not negative."""
        return [canonical_factor(self.natural_factor(term, x)) for term in self.terms]

    def theta(self, x: np.ndarray) -> np.ndarray:
        """lme4's parameter vector."""
        parts = [
            term.structure.from_factor(factor)
            for term, factor in zip(self.terms, self.natural_factors(x), strict=True)
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    def working(self, theta: np.ndarray) -> np.ndarray:
        """Optimiser's parameters from ``theta``."""
        out = np.empty(self.n_params)
        for term, span in zip(self.terms, self._spans, strict=True):
            factor = term.whitening @ term.structure.factor(theta[span])
            out[term.params] = term.structure.from_factor(factor)
        return out

    def theta_gradient(self, theta: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """Gradient in ``theta`` from the gradient in the working parameters."""
        out = np.empty(self.n_params)
        for term, span in zip(self.terms, self._spans, strict=True):
            inner = term.structure.factor(gradient[term.params])
            out[span] = term.structure.pullback(theta[span], term.whitening.T @ inner)
        return out

    def theta_names(self) -> list[str]:
        """Names of ``theta``, as lme4 has them."""
        return [name for t in self.terms for name in t.structure.theta_names(t.group, t.names)]


def moment_start(
    groupings: list[Grouping],
    moments: list[tuple[np.ndarray, np.ndarray]],
    total: float,
    n_params: int,
) -> np.ndarray:
    """Start values from the sums of squares between levels.

    For whitened columns ``E sum_g (Z_g'r)^2 = tau^2 sum_g A_g^2 + (v - tau^2) sum_g A_g`` when the
    total variance is ``v``; each effect is solved for alone, which overstates nested factors a
    little and is close enough to start from.

    Parameters
    ----------
    moments : list of pairs of ndarray of shape (G, q)
        ``A_g`` on its diagonal and ``Z_g'r`` of every grouping's levels, ``r`` being the weighted
        least-squares residual.
    total : float
        Mean square of ``r``.
    """
    shares = []
    for grouping, (sizes, betweens) in zip(groupings, moments, strict=True):
        for k in range(grouping.size):
            size, between = sizes[:, k], betweens[:, k]
            spread = float(size @ size) - float(size.sum())
            excess = float(between @ between) / total - float(size.sum())
            shares.append(excess / spread if spread > 0 else 0.0)
    shares = np.clip(shares, 0.02, 0.99)
    within = max(1.0 - shares.sum(), 0.02 if len(groupings) == 1 else 0.1)
    sd = np.sqrt(shares / within)
    out = np.empty(n_params)
    start = 0
    for grouping in groupings:
        for term in grouping.terms:
            here = sd[start + term.columns.start : start + term.columns.stop]
            out[term.params] = term.structure.start(here)
        start += grouping.size
    return out
