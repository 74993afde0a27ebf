"""Distributions of the response given the random effects.

A new distribution is one class: its default and allowed links, its log-density per unit weight,
three derivatives in the mean, and, if it has a dispersion, three derivatives in that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from scipy.special import betaln, digamma, gammaln, xlogy

from tabmixnn.caller import warn_caller

from .conditions import DesignError

Triple = tuple[np.ndarray, np.ndarray, np.ndarray]


class Distribution(ABC):
    """Conditional distribution of one observation.

    Attributes
    ----------
    name : str
    links : tuple of str
        Allowed links, the default first.
    canonical : str or None
        The link under which the score is ``y - mu``.
    has_dispersion : bool
        Whether a positive dispersion is estimated.
    """

    name: str
    links: tuple[str, ...]
    canonical: str | None = None
    has_dispersion = False

    @abstractmethod
    def check(self, y: np.ndarray, weights: np.ndarray | None) -> None:
        """Raise DesignError for values that the distribution cannot take with these weights."""

    @abstractmethod
    def log_density(self, y, weights, mu, dispersion) -> np.ndarray:
        """Weighted log-density with all constants."""

    def constant(self, y, weights) -> np.ndarray:
        """The weighted log-density under the canonical link less its kernel."""
        raise TypeError(f"the {self.name} distribution has no canonical link")

    def cumulant(self, eta) -> np.ndarray:
        """``b`` in the kernel ``weights (y eta - b(eta))`` of the canonical link.

        Unlike the density as a function of the mean it is exact where the mean rounds to its
        bounds, so that no search is led astray by rows that are predicted far from what they are.
        """
        raise TypeError(f"the {self.name} distribution has no canonical link")

    @abstractmethod
    def mean_derivatives(self, y, mu, dispersion) -> Triple:
        """First three derivatives of the log-density in ``mu``, per unit weight."""

    def dispersion_derivatives(self, y, mu, dispersion) -> Triple:
        """Derivatives in the dispersion of the log-density and its first two in ``mu``."""
        raise TypeError(f"the {self.name} distribution has no dispersion to differentiate in")

    def is_at_boundary(self, mu: np.ndarray, dispersion: float) -> bool:
        """Whether an estimated dispersion is where the distribution has turned into another."""
        return False

    def start_mean(self, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Means from which a fit can start, ``(n,)``."""
        return (y + np.average(y, weights=weights)) / 2.0

    def start_dispersion(self, y: np.ndarray, mu: np.ndarray) -> float:
        """Dispersion from which a fit can start."""
        return 1.0

    def events(self, y: np.ndarray, weights: np.ndarray) -> float:
        """How many observations tell of effects: of counts and classes the events alone."""
        return float(np.sum(weights))


def are_whole(counts: np.ndarray) -> np.ndarray:
    """Return which counts are whole, to the 0.001 that R's ``binomial()`` allows for rounding."""
    return np.abs(counts - np.round(counts)) <= 1e-3


def _others(y: np.ndarray, low: float, high: float = np.inf) -> str:
    """Say how many of n values lie outside of limits, and name the first."""
    outside = (y < low) | (y > high)
    return f"{outside.sum()} of {len(y)} values are not, such as {y[outside][0]:g}"


class Binomial(Distribution):
    """Successes out of ``weights`` trials; ``y`` is their share."""

    name = "binomial"
    links = ("logit", "probit", "cloglog")
    canonical = "logit"

    def check(self, y: np.ndarray, weights: np.ndarray | None) -> None:
        """Shares lie between 0 and 1, are 0 or 1 without trials, and of whole successes."""
        if y.min() < 0.0 or y.max() > 1.0:
            raise DesignError(
                f"a binomial response must lie between 0 and 1, but {_others(y, 0.0, 1.0)}; two "
                "classes with other numbers are factor(y), counts are two columns (successes, "
                "failures), three classes or more go to the multinomial family"
            )
        between = (y > 0.0) & (y < 1.0)
        if weights is None:
            if between.any():
                raise DesignError(
                    f"a binomial response without trials must be 0 or 1, but {between.sum()} of "
                    f"{len(y)} values lie between; give the trials as weights, or counts by "
                    "cbind(successes, failures)"
                )
            return
        broken = between & ~are_whole(y * weights)
        if broken.any():
            warn_caller(
                f"{broken.sum()} of {len(y)} binomial shares times their weights are not whole "
                "numbers of successes; give the trials as weights, or counts by "
                "cbind(successes, failures)",
            )

    def log_density(self, y, weights, mu, dispersion) -> np.ndarray:
        """Binomial probability of ``y * weights`` successes."""
        k = y * weights
        return self.constant(y, weights) + xlogy(k, mu) + xlogy(weights - k, 1.0 - mu)

    def constant(self, y, weights) -> np.ndarray:
        """Logarithm of the binomial coefficient."""
        k = y * weights
        return gammaln(weights + 1) - gammaln(k + 1) - gammaln(weights - k + 1)

    def cumulant(self, eta) -> np.ndarray:
        """``log(1 + exp(eta))``."""
        return np.logaddexp(0.0, eta)

    def mean_derivatives(self, y, mu, dispersion) -> Triple:
        """Derivatives of ``y log(mu) + (1 - y) log(1 - mu)``."""
        other = 1.0 - mu
        first = y / mu - (1.0 - y) / other
        second = -y / mu**2 - (1.0 - y) / other**2
        return first, second, 2.0 * y / mu**3 - 2.0 * (1.0 - y) / other**3

    def start_mean(self, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Shares pulled towards one half."""
        return (weights * y + 0.5) / (weights + 1.0)

    def events(self, y: np.ndarray, weights: np.ndarray) -> float:
        """Successes or failures, whichever are fewer."""
        successes = float(weights @ y)
        return min(successes, float(np.sum(weights)) - successes)


class _Counts(Distribution):
    links = ("log",)

    def check(self, y: np.ndarray, weights: np.ndarray | None) -> None:
        """Counts are whole and not negative."""
        if y.min() < 0.0 or not np.array_equal(y, np.floor(y)):
            broken = (y < 0.0) | (y != np.floor(y))
            raise DesignError(
                f"a {self.name} response must be whole numbers, none negative, but "
                f"{broken.sum()} of {len(y)} values are not, such as {y[broken][0]:g}"
            )

    def start_mean(self, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Counts pulled towards their mean; where there are only zeros, half an event among all."""
        if not y.any():
            return np.full(len(y), 0.5 / np.sum(weights))
        return super().start_mean(y, weights)

    def events(self, y: np.ndarray, weights: np.ndarray) -> float:
        """Sum of the counts."""
        return float(weights @ y)


class Poisson(_Counts):
    """Counts whose variance is their mean."""

    name = "poisson"
    canonical = "log"

    def log_density(self, y, weights, mu, dispersion) -> np.ndarray:
        """Poisson log-probability."""
        return weights * (xlogy(y, mu) - mu) + self.constant(y, weights)

    def constant(self, y, weights) -> np.ndarray:
        """Minus the logarithm of ``y!``."""
        return -weights * gammaln(y + 1.0)

    def cumulant(self, eta) -> np.ndarray:
        """The mean."""
        return np.exp(eta)

    def mean_derivatives(self, y, mu, dispersion) -> Triple:
        """Derivatives of ``y log(mu) - mu``."""
        return y / mu - 1.0, -y / mu**2, 2.0 * y / mu**3


POISSON_EXCESS = 1e-5
"""Negative binomial variances that exceed their Poisson part by less are Poisson's."""


class NegativeBinomial(_Counts):
    """Counts with variance ``mu + mu^2 / dispersion`` (glmmTMB's ``nbinom2``)."""

    name = "nbinom2"
    has_dispersion = True

    def log_density(self, y, weights, mu, dispersion) -> np.ndarray:
        """Negative binomial log-probability."""
        # In a form that keeps its digits where the size is huge: counts that are all but Poisson.
        size, positive = dispersion, np.maximum(y, 1.0)
        rising = np.where(y > 0.0, gammaln(positive) - betaln(size, positive), 0.0)
        kernel = xlogy(y, mu) - size * np.log1p(mu / size) - y * np.log(mu + size)
        return weights * (rising - gammaln(y + 1.0) + kernel)

    def mean_derivatives(self, y, mu, dispersion) -> Triple:
        """Derivatives of ``y log(mu) - (y + size) log(mu + size)``."""
        total, both = y + dispersion, mu + dispersion
        first = y / mu - total / both
        second = -y / mu**2 + total / both**2
        return first, second, 2.0 * y / mu**3 - 2.0 * total / both**3

    def dispersion_derivatives(self, y, mu, dispersion) -> Triple:
        """Derivatives in the size."""
        size, both = dispersion, mu + dispersion
        total = y + size
        plain = digamma(total) - digamma(size) + np.log(size) + 1.0 - np.log(both) - total / both
        return plain, (y - mu) / both**2, (both - 2.0 * total) / both**3

    def is_at_boundary(self, mu: np.ndarray, dispersion: float) -> bool:
        """Whether the size has run off to infinity, where the counts are Poisson."""
        return bool(mu.max() < POISSON_EXCESS * dispersion)

    def start_dispersion(self, y: np.ndarray, mu: np.ndarray) -> float:
        """Moment estimate from the excess over the Poisson variance."""
        excess = float(np.mean((y - mu) ** 2 - mu))
        return float(np.clip(np.mean(mu**2) / max(excess, 1e-8), 0.1, 100.0))


class Gamma(Distribution):
    """Positive responses with variance ``dispersion * mu^2``."""

    name = "gamma"
    links = ("log",)
    has_dispersion = True

    def check(self, y: np.ndarray, weights: np.ndarray | None) -> None:
        """Responses are positive."""
        if y.min() <= 0.0:
            raise DesignError(f"a gamma response must be positive, but {_others(y, 1e-300)}")

    def log_density(self, y, weights, mu, dispersion) -> np.ndarray:
        """Gamma log-density with shape ``1 / dispersion``."""
        shape = 1.0 / dispersion
        kernel = (shape - 1.0) * np.log(y) - shape * (np.log(mu) + y / mu)
        return weights * (kernel + shape * np.log(shape) - gammaln(shape))

    def mean_derivatives(self, y, mu, dispersion) -> Triple:
        """Derivatives of ``-(log(mu) + y / mu) / dispersion``."""
        shape = 1.0 / dispersion
        first = shape * (y - mu) / mu**2
        second = shape * (mu - 2.0 * y) / mu**3
        return first, second, shape * (6.0 * y - 2.0 * mu) / mu**4

    def dispersion_derivatives(self, y, mu, dispersion) -> Triple:
        """Derivatives in the dispersion."""
        shape = 1.0 / dispersion
        by_shape = np.log(y) - np.log(mu) - y / mu + np.log(shape) + 1.0 - digamma(shape)
        slope = -(shape**2)
        return by_shape * slope, slope * (y - mu) / mu**2, slope * (mu - 2.0 * y) / mu**3

    def start_dispersion(self, y: np.ndarray, mu: np.ndarray) -> float:
        """Mean squared relative residual."""
        return float(np.clip(np.mean((y / mu - 1.0) ** 2), 1e-3, 10.0))


DISTRIBUTIONS: dict[str, type[Distribution]] = {
    d.name: d for d in (Binomial, Poisson, NegativeBinomial, Gamma)
}
