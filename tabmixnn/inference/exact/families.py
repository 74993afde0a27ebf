"""What a family means to the exact likelihood: its responses, its spread, how to draw from it.

A new family is one class here and one distribution in `tabmixnn.inference.marginal`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from tabmixnn.formula.errors import suggest
from tabmixnn.inference.marginal.distributions import DISTRIBUTIONS
from tabmixnn.inference.marginal.links import LINKS

_POINTS, _WEIGHTS = np.polynomial.hermite_e.hermegauss(61)
NODES = _POINTS, _WEIGHTS / _WEIGHTS.sum()
"""Points of a standard normal variable and their weights, which sum to one."""
MOST_DRAWN = 1e15
"""Mean from which on counts are drawn as their mean: their spread is of the eighth digit there."""
HUGE = 1e300
"""Means are cut here before a gamma variable multiplies them."""


class ExactFamily(ABC):
    """A family of distributions whose random effects can be integrated out.

    Parameters
    ----------
    link : str, optional
        One of the family's links, by default the first.

    Raises
    ------
    ValueError
        If the family does not go with this link.

    Attributes
    ----------
    name : str
        As in ``TabMixNN(family=name)``.
    distribution : str or None
        Its name among the distributions of the likelihood; None for the Gaussian family, whose
        random effects integrate out in closed form.
    data_type : str
        ``"real"``, ``"binary"``, ``"count"`` or ``"positive"``.
    columns : tuple of int
        Numbers of columns a response can have.
    """

    name: ClassVar[str]
    distribution: ClassVar[str | None]
    data_type: ClassVar[str]
    columns: ClassVar[tuple[int, ...]] = (1,)

    def __init__(self, link: str | None = None) -> None:
        links = self.links()
        self.link = links[0] if link is None else link
        if self.link not in links:
            shown = ", ".join(repr(name) for name in links)
            raise ValueError(f"The {self.name} family goes with link {shown}; got {link!r}.")

    @classmethod
    def links(cls) -> tuple[str, ...]:
        """Return the links that the family goes with, the default first."""
        return DISTRIBUTIONS[cls.distribution].links

    def bind(self, y: np.ndarray) -> ExactFamily:
        """Return the family itself: it has nothing to learn from the responses."""
        return self

    def check_response(self, y: np.ndarray) -> None:
        """Check that there is one column of finite numbers that are not all the same.

        Raises
        ------
        ValueError
            Saying what was found. What values a family can take is left to the likelihood.
        """
        if y.ndim != 1:
            raise ValueError(
                f"A {self.name} model needs one response column; found an array of shape {y.shape}."
            )
        self._check_finite(y)
        if y.size and y.min() == y.max():
            raise ValueError(
                f"The response of a {self.name} model is constant: all {y.size} values are "
                f"{y[0]:g}. There is nothing to model; check the target column."
            )

    def _check_finite(self, y: np.ndarray) -> None:
        bad = int((~np.isfinite(y)).sum())
        if bad:
            raise ValueError(
                f"The response of a {self.name} model must be finite; {bad} of {y.size} values "
                "are NaN or infinity. Remove or impute those rows."
            )

    def mean(self, eta: np.ndarray) -> np.ndarray:
        """Return the mean at linear predictors of any shape."""
        return LINKS[self.link]().inverse(eta)[0]

    def marginal_mean(self, eta: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """Return the mean integrated over a normal part of the linear predictor.

        Parameters
        ----------
        eta : ndarray, shape (n,)
            Fixed part.
        variance : ndarray, shape (n,)
            Variance of the random part, ``z'Gz``.

        Returns
        -------
        ndarray, shape (n,)
            By 61 points of Gauss-Hermite quadrature, in one dimension whatever the number of
            random effects, because their sum is normal.
        """
        nodes, weights = NODES
        points = eta[:, None] + np.sqrt(variance)[:, None] * nodes
        return self.mean(points) @ weights

    def standard_deviation(
        self, mu: np.ndarray, weights: np.ndarray, dispersion: float
    ) -> np.ndarray:
        """Return the standard deviation of responses with means `mu`, for Pearson residuals."""
        return np.sqrt(self.variance(mu, dispersion) / weights)

    @abstractmethod
    def variance(self, mu: np.ndarray, dispersion: float) -> np.ndarray:
        """Return the variance of a response of weight one at means `mu`."""

    @abstractmethod
    def link_variance(self, mu: float, dispersion: float) -> float:
        """Return the observations' variance on the link scale at the mean `mu`.

        Distribution-specific variance of Nakagawa, Johnson and Schielzeth (2017), table 1.
        """

    @abstractmethod
    def draw(
        self, rng: np.random.Generator, mu: np.ndarray, weights: np.ndarray, dispersion: float
    ) -> np.ndarray:
        """Draw responses with means `mu`, shape (n,)."""


class Gaussian(ExactFamily):
    """Normal responses; the dispersion is the residual variance."""

    name = "gaussian"
    distribution = None
    data_type = "real"

    @classmethod
    def links(cls) -> tuple[str, ...]:
        return ("identity",)

    def mean(self, eta: np.ndarray) -> np.ndarray:
        return eta

    def marginal_mean(self, eta: np.ndarray, variance: np.ndarray) -> np.ndarray:
        return eta

    def variance(self, mu: np.ndarray, dispersion: float) -> np.ndarray:
        return np.full_like(mu, dispersion)

    def link_variance(self, mu: float, dispersion: float) -> float:
        return dispersion

    def draw(
        self, rng: np.random.Generator, mu: np.ndarray, weights: np.ndarray, dispersion: float
    ) -> np.ndarray:
        return rng.normal(mu, np.sqrt(dispersion / weights))


_LATENT_VARIANCE = {"logit": np.pi**2 / 3, "probit": 1.0, "cloglog": np.pi**2 / 6}


class Binomial(ExactFamily):
    """Successes and failures; weights are numbers of trials."""

    name = "binomial"
    distribution = "binomial"
    data_type = "binary"
    columns = (1, 2)

    def check_response(self, y: np.ndarray) -> None:
        if y.ndim == 1:
            super().check_response(y)
            return
        self._check_finite(y)
        negative = int((y < 0).sum())
        if negative:
            raise ValueError(
                "A binomial model needs counts of successes and failures; "
                f"{negative} of {y.size} are below zero, such as {y.min():g}."
            )

    def variance(self, mu: np.ndarray, dispersion: float) -> np.ndarray:
        return mu * (1.0 - mu)

    def link_variance(self, mu: float, dispersion: float) -> float:
        return _LATENT_VARIANCE[self.link]

    def draw(
        self, rng: np.random.Generator, mu: np.ndarray, weights: np.ndarray, dispersion: float
    ) -> np.ndarray:
        return rng.binomial(np.round(weights).astype(np.int64), mu) / weights


class Poisson(ExactFamily):
    """Counts whose variance is their mean."""

    name = "poisson"
    distribution = "poisson"
    data_type = "count"

    def variance(self, mu: np.ndarray, dispersion: float) -> np.ndarray:
        return mu

    def link_variance(self, mu: float, dispersion: float) -> float:
        return float(np.log1p(1.0 / mu))

    def draw(
        self, rng: np.random.Generator, mu: np.ndarray, weights: np.ndarray, dispersion: float
    ) -> np.ndarray:
        return _counts(rng, mu)


class NegativeBinomial(ExactFamily):
    """Counts with variance ``mu + mu^2 / dispersion`` (glmmTMB's ``nbinom2``)."""

    name = "negative_binomial"
    distribution = "nbinom2"
    data_type = "count"

    def variance(self, mu: np.ndarray, dispersion: float) -> np.ndarray:
        return mu + mu**2 / dispersion

    def link_variance(self, mu: float, dispersion: float) -> float:
        return float(np.log1p(1.0 / mu + 1.0 / dispersion))

    def draw(
        self, rng: np.random.Generator, mu: np.ndarray, weights: np.ndarray, dispersion: float
    ) -> np.ndarray:
        rate = rng.gamma(dispersion, 1.0 / dispersion, len(mu))
        return _counts(rng, np.minimum(mu, HUGE) * rate)


class Gamma(ExactFamily):
    """Positive responses with variance ``dispersion * mu^2``."""

    name = "gamma"
    distribution = "gamma"
    data_type = "positive"

    def variance(self, mu: np.ndarray, dispersion: float) -> np.ndarray:
        return dispersion * mu**2

    def link_variance(self, mu: float, dispersion: float) -> float:
        return float(np.log1p(dispersion))

    def draw(
        self, rng: np.random.Generator, mu: np.ndarray, weights: np.ndarray, dispersion: float
    ) -> np.ndarray:
        return rng.gamma(1.0 / dispersion, dispersion * mu)


def _counts(rng: np.random.Generator, mu: np.ndarray) -> np.ndarray:
    """Draw Poisson counts with means `mu`, shape (n,): numpy refuses means beyond its integers."""
    is_far = mu > MOST_DRAWN
    return np.where(is_far, mu, rng.poisson(np.where(is_far, 0.0, mu)))


EXACT_FAMILIES: dict[str, type[ExactFamily]] = {
    family.name: family for family in (Gaussian, Binomial, Poisson, NegativeBinomial, Gamma)
}
_ALIASES = {"nbinom2": "negative_binomial", "negativebinomial": "negative_binomial"}


def is_exact(choice: Any) -> bool:
    """Return whether a family, given by name or as an object, has an exact likelihood.

    An object of a class of the user's own has none, whatever its name.
    """
    if isinstance(choice, str):
        return _ALIASES.get(choice, choice) in EXACT_FAMILIES
    if isinstance(choice, ExactFamily):
        return True
    from tabmixnn.families import FAMILIES

    name = getattr(choice, "name", None)
    return name in EXACT_FAMILIES and type(choice) is FAMILIES[name]


def get_exact_family(choice: Any, link: str | None = None) -> ExactFamily:
    """Return the exact family of a name or of one of the network's families.

    Parameters
    ----------
    choice : str or Family
        A name, or an object with a ``name`` and perhaps a ``link``.
    link : str, optional
        By default the object's, or the family's first.

    Raises
    ------
    ValueError
        If there is no exact family of this name.
    """
    is_name = isinstance(choice, str)
    name = choice if is_name else getattr(choice, "name", choice)
    if not is_exact(choice):
        names = ", ".join(sorted(EXACT_FAMILIES))
        said = f"family {name!r}" if is_name or name not in EXACT_FAMILIES else "family of your own"
        raise ValueError(
            f"There is no {said} for inference='marginal'; choose one of {names}, or "
            f"inference='auto', which takes all families.{suggest(str(name), EXACT_FAMILIES)}"
        )
    if not is_name and link is None:
        link = choice.link
    return EXACT_FAMILIES[_ALIASES.get(name, name)](link)
