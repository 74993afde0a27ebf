"""What a family has to say about itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution

from tabmixnn.families.links import InverseLink, identity


@dataclass(frozen=True)
class Parameter:
    """One parameter of a distribution.

    Parameters
    ----------
    inverse_link : callable
        From the linear predictor to the parameter.
    size : int
        Number of linear predictors.
    predicted : bool
        Whether the head computes it from each row's features (eq. 30) or it is one learnt value
        shared by all rows, such as the residual standard deviation.
    in_units : bool
        Whether it is in the response's units, and so on the network's scale in a network.
    """

    inverse_link: InverseLink = identity
    size: int = 1
    predicted: bool = True
    in_units: bool = False


@dataclass(frozen=True)
class ResponseScale:
    """The affine map between the response and the scale the network works on.

    Parameters
    ----------
    loc, scale : float, or ndarray of shape (K,)
        For all responses, or for each of K columns.
    """

    loc: float | np.ndarray = 0.0
    scale: float | np.ndarray = 1.0

    def standardise(self, y: np.ndarray) -> np.ndarray:
        """Map responses to the network's scale."""
        return (y - self.loc) / self.scale

    def restore(self, values: np.ndarray) -> np.ndarray:
        """Map means or linear predictors back to the response's scale."""
        return values * self.scale + self.loc

    def scale_offset(self, offset: Tensor) -> Tensor:
        """Map offsets, shape (n,), to the network's scale: shape (n,), or (n, K) for K columns."""
        if np.ndim(self.scale) == 0:
            return offset / self.scale
        return offset[:, None] / torch.as_tensor(self.scale, dtype=offset.dtype)


class Family(ABC):
    """A family of distributions for an outcome.

    A subclass says its name, how many columns a response has, the distribution's parameters with
    their links, the distribution, and what values a response can have. The first entry of
    `parameters` is the location parameter: offsets are added to its linear predictor, and
    ``predict(kind="link")`` returns it.

    Attributes
    ----------
    name, data_type, link : str
        ``data_type`` is one of ``"real"``, ``"positive"``, ``"count"``, ``"proportion"``,
        ``"binary"``, ``"categorical"`` and ``"survival"``.
    columns : tuple of int
        Numbers of columns a response can have; 0 stands for two or more.
    """

    name: ClassVar[str]
    data_type: ClassVar[str]
    link: ClassVar[str]
    columns: ClassVar[tuple[int, ...]] = (1,)

    def __repr__(self) -> str:
        """Return the name of the class and what it was made with."""
        made_with = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({made_with})"

    @property
    @abstractmethod
    def parameters(self) -> dict[str, Parameter]:
        """The distribution's parameters by name, the location parameter first."""

    @property
    def n_predictors(self) -> int:
        """Number of linear predictors that a row has."""
        return sum(each.size for each in self.parameters.values() if each.predicted)

    @abstractmethod
    def distribution(self, **parameters: Tensor) -> Distribution:
        """Return the distribution of n outcomes from its parameters.

        Predicted parameters have shape (n,), or (n, size) where size is above one; shared ones
        have the shape that their inverse link gives them.
        """

    @abstractmethod
    def check_values(self, y: np.ndarray) -> None:
        """Raise ValueError, saying what was found, if finite `y` are not data of this family."""

    def check_response(self, y: np.ndarray) -> None:
        """Check responses of shape (n,) or (n, K).

        Raises
        ------
        ValueError
            If they are not data of this family; the message says what was found.
        """
        found = 1 if y.ndim == 1 else y.shape[1]
        if y.ndim > 2 or not (found in self.columns or (0 in self.columns and found > 1)):
            wanted = " or ".join(_COLUMNS.get(number, str(number)) for number in self.columns)
            raise ValueError(
                f"A {self.name} model needs a response of {wanted}; found an array of shape "
                f"{y.shape}."
            )
        check_finite(self.name, y)
        self.check_values(y)

    def bind(self, y: np.ndarray) -> Family:
        """Return the family with what it must learn from the responses (e.g. how many classes)."""
        return self

    def response_scale(self, y: np.ndarray) -> ResponseScale:
        """Return the scale on which the network should see `y`; by default `y` itself."""
        return self.scale_of(float(y.mean()), float(y.std()))

    def scale_of(self, mean: float, std: float) -> ResponseScale:
        """Return what `response_scale` does, from the mean and standard deviation of responses."""
        return ResponseScale()

    def start(self, y: np.ndarray) -> dict[str, np.ndarray]:
        """Return linear predictors to start from, by parameter, each of the parameter's size.

        Only for parameters that would start far from what `y` suggest, such as the log mean of
        large counts; a head starts the others at random (predicted) or at zero (shared).
        """
        return {}

    def strata(self, y: np.ndarray) -> list[np.ndarray]:
        """Return codes of classes that must all stay among the rows one trains on."""
        return []

    def mean(self, distribution: Distribution) -> Tensor:
        """Return the expectation of the outcome, shape (n,) or (n, K).

        For classes it is the expectation of their indicators: the class probabilities.
        """
        return distribution.mean

    def probabilities(self, distribution: Distribution) -> Tensor:
        """Return the class probabilities, shape (n, K).

        Raises
        ------
        ValueError
            If outcomes of this family are not classes.
        """
        raise ValueError(
            f"A {self.name} outcome has no classes, so there are no class probabilities; use "
            "kind='response'."
        )

    def link_variance(self, mean: float, **shared: Tensor) -> float:
        """Return the variance of outcomes on the scale of the linear predictor.

        That of the link of an outcome, of its latent variable, or, where an outcome has no finite
        link, of the lognormal variable with its mean and variance (Nakagawa, Johnson and
        Schielzeth 2017).

        Parameters
        ----------
        mean : float
            Mean of the outcomes.
        **shared : Tensor
            Values of the parameters that all rows share.

        Raises
        ------
        ValueError
            If the family does not say.
        """
        raise ValueError(
            f"The {self.name} family does not say what variance outcomes have on the scale of "
            "their linear predictor, which a decomposition of variances needs; extract_parameters "
            "has the coefficients."
        )


_COLUMNS = {0: "two or more columns", 1: "one column", 2: "two columns"}


def check_finite(family: str, y: np.ndarray) -> None:
    """Raise ValueError if responses are missing or infinite."""
    bad = ~np.isfinite(y)
    if bad.any():
        raise ValueError(
            f"The response of a {family} model must be finite; {int(bad.sum())} of {y.size} "
            "values are NaN or infinity. Remove or impute those rows."
        )


def check_that(family: str, y: np.ndarray, good: np.ndarray, needed: str) -> None:
    """Raise ValueError, showing some of the other values, unless all of `y` are `good`.

    Parameters
    ----------
    family : str
    y, good : ndarray of the same shape
    needed : str
        What the family needs, for the message.
    """
    if not good.all():
        raise ValueError(
            f"A {family} model needs {needed}; {int((~good).sum())} of {y.size} values are not, "
            f"such as {show_values(np.unique(y[~good]))}."
        )


def check_varies(family: str, y: np.ndarray) -> None:
    """Raise ValueError if all responses are the same number."""
    if y.size and y.min() == y.max():
        raise ValueError(
            f"The response of a {family} model is constant: all {y.size} values are "
            f"{y.flat[0]:g}. There is nothing to model; check the target column."
        )


def show_values(values: Sequence[float]) -> str:
    """Return the first few of some values, for messages."""
    return ", ".join(f"{value:g}" for value in values[:5])
