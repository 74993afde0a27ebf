"""The response of a generalised model: its log-likelihood as a function of the predictor."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .conditions import DesignError
from .distributions import DISTRIBUTIONS, Distribution, are_whole
from .links import LINKS, Link


@dataclass
class RowTerms:
    """Log-likelihood of each row and its derivatives in the linear predictor.

    Attributes
    ----------
    loglik, score : ndarray
        Value and first derivative.
    weight : ndarray
        Minus the second derivative (observed, not expected).
    weight_slope : ndarray
        Derivative of ``weight``.
    by_dispersion : tuple of ndarray or None
        Derivatives of ``loglik``, ``score`` and ``weight`` in the logarithm of the dispersion.
    """

    loglik: np.ndarray
    score: np.ndarray
    weight: np.ndarray
    weight_slope: np.ndarray
    by_dispersion: tuple[np.ndarray, np.ndarray, np.ndarray] | None


class Response:
    """Observed values with their distribution and link.

    Parameters
    ----------
    family, link : str
        ``link=None`` takes the family's default.
    y : ndarray of shape (n,) or (n, 2)
        Two columns are successes and failures.
    weights : ndarray of shape (n,), optional
        Trials of a binomial share; multipliers of the log-likelihood otherwise.

    Attributes
    ----------
    excess : ndarray, shape (n,)
        What the log-likelihood of counts with multipliers has beyond that of shares with as many
        trials as these make.

    Raises
    ------
    DesignError
        Unknown names, or values the family cannot take.
    """

    def __init__(
        self, family: str, link: str | None, y: np.ndarray, weights: np.ndarray | None
    ) -> None:
        if family not in DISTRIBUTIONS:
            raise DesignError(f"family '{family}' is unknown; choose from {sorted(DISTRIBUTIONS)}")
        self.distribution: Distribution = DISTRIBUTIONS[family]()
        link = self.distribution.links[0] if link is None else link
        if link not in self.distribution.links:
            raise DesignError(
                f"link '{link}' does not fit family '{family}'; choose from "
                f"{list(self.distribution.links)}"
            )
        self.link: Link = LINKS[link]()
        self.excess = np.zeros(len(y))
        if y.ndim == 2:
            y, trials = self._shares(y)
            multipliers = np.ones(len(y)) if weights is None else weights
            weights = multipliers * trials
            # Multipliers are of the counts' whole log-likelihood, not of their trials alone.
            constant = self.distribution.constant
            self.excess = multipliers * constant(y, trials) - constant(y, weights)
        else:
            self.distribution.check(y, weights)
        self.y, self.weights = y, np.ones(len(y)) if weights is None else weights

    def _shares(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the shares of successes, and the trials, of successes and failures."""
        if self.distribution.name != "binomial" or y.shape[1] != 2:
            raise DesignError("only a binomial response may have two columns")
        trials = y.sum(axis=1)
        if (y < 0).any() or (trials <= 0).any():
            broken = (y < 0).any(axis=1) | (trials <= 0)
            raise DesignError(
                "every row needs at least one trial and no negative count, but "
                f"{broken.sum()} of {len(y)} do not have that, such as row "
                f"{int(np.argmax(broken)) + 1}"
            )
        broken = ~are_whole(y).all(axis=1)
        if broken.any():
            raise DesignError(
                f"successes and failures must be whole numbers, but in {broken.sum()} of {len(y)} "
                "rows they are not; give counts, not shares"
            )
        return y[:, 0] / trials, trials

    @cached_property
    def constant(self) -> np.ndarray:
        """What the log-likelihood of each row has besides the kernel of the canonical link."""
        return self.distribution.constant(self.y, self.weights) + self.excess

    def rows(self, eta: np.ndarray, dispersion: float = 1.0) -> RowTerms:
        """Terms of every row at ``eta`` of shape (n,) or (n, K)."""
        y, weights = self.y, self.weights
        if eta.ndim == 2:
            y, weights = y[:, None], weights[:, None]
        distribution = self.distribution
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            mu, m1, m2, m3 = self.link.inverse(eta)
            if distribution.canonical == self.link.name:
                constant = self.constant if eta.ndim == 1 else self.constant[:, None]
                loglik = weights * (y * eta - distribution.cumulant(eta)) + constant
                return RowTerms(loglik, weights * (y - mu), weights * m1, weights * m2, None)
            excess = self.excess if eta.ndim == 1 else self.excess[:, None]
            loglik = distribution.log_density(y, weights, mu, dispersion) + excess
            d1, d2, d3 = distribution.mean_derivatives(y, mu, dispersion)
            score = weights * d1 * m1
            weight = -weights * (d2 * m1**2 + d1 * m2)
            slope = -weights * (d3 * m1**3 + 3.0 * d2 * m1 * m2 + d1 * m3)
            by_dispersion = None
            if distribution.has_dispersion:
                p0, p1, p2 = distribution.dispersion_derivatives(y, mu, dispersion)
                scale = weights * dispersion
                by_dispersion = (
                    scale * p0,
                    scale * p1 * m1,
                    -scale * (p2 * m1**2 + p1 * m2),
                )
        return RowTerms(loglik, score, weight, slope, by_dispersion)

    def take(self, rows: np.ndarray) -> Response:
        """Return some of the responses."""
        part = copy.copy(self)
        part.__dict__.pop("constant", None)
        part.y, part.weights, part.excess = self.y[rows], self.weights[rows], self.excess[rows]
        return part

    def mean(self, eta: np.ndarray) -> np.ndarray:
        """Mean at the linear predictor."""
        return self.link.inverse(eta)[0]
