"""Link functions, each with the three derivatives of its inverse that the Laplace method needs.

A new link is one class with ``link`` and ``inverse``; nothing else asks for its name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

EPS = np.finfo(float).eps


class Link(ABC):
    """Map between the mean and the linear predictor."""

    name: str

    @abstractmethod
    def link(self, mu: np.ndarray) -> np.ndarray:
        """Linear predictor of a mean."""

    @abstractmethod
    def inverse(self, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Mean and its first three derivatives, each of the shape of ``eta``."""


class Log(Link):
    """``log(mu)``."""

    name = "log"

    def link(self, mu: np.ndarray) -> np.ndarray:
        """Linear predictor of a mean."""
        return np.log(mu)

    def inverse(self, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Mean and its first three derivatives."""
        mu = np.exp(eta)
        return mu, mu, mu, mu


class Logit(Link):
    """``log(mu / (1 - mu))``."""

    name = "logit"

    def link(self, mu: np.ndarray) -> np.ndarray:
        """Linear predictor of a mean."""
        return logit(mu)

    def inverse(self, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Mean and its first three derivatives."""
        mu = expit(eta)
        first = mu * expit(-eta)
        second = first * (1.0 - 2.0 * mu)
        return np.clip(mu, EPS, 1.0 - EPS), first, second, first * (1.0 - 6.0 * first)


class Probit(Link):
    """The normal quantile of ``mu``."""

    name = "probit"

    def link(self, mu: np.ndarray) -> np.ndarray:
        """Linear predictor of a mean."""
        return ndtri(mu)

    def inverse(self, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Mean and its first three derivatives."""
        density = np.exp(-0.5 * eta * eta) / np.sqrt(2.0 * np.pi)
        mu = np.clip(ndtr(eta), EPS, 1.0 - EPS)
        return mu, density, -eta * density, (eta * eta - 1.0) * density


class CLogLog(Link):
    """``log(-log(1 - mu))``."""

    name = "cloglog"

    def link(self, mu: np.ndarray) -> np.ndarray:
        """Linear predictor of a mean."""
        return np.log(-np.log1p(-mu))

    def inverse(self, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Mean and its first three derivatives."""
        rate = np.exp(np.minimum(eta, 6.0))
        first = rate * np.exp(-rate)
        second = first * (1.0 - rate)
        third = first * ((1.0 - rate) ** 2 - rate)
        return np.clip(-np.expm1(-rate), EPS, 1.0 - EPS), first, second, third


LINKS: dict[str, type[Link]] = {link.name: link for link in (Log, Logit, Probit, CLogLog)}
