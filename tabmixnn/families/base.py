"""What a family has to say about itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
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
    """

    inverse_link: InverseLink = identity
    size: int = 1
    predicted: bool = True


@dataclass(frozen=True)
class ResponseScale:
    """The affine map between the response and the scale the network works on."""

    loc: float = 0.0
    scale: float = 1.0

    def standardise(self, y: np.ndarray) -> np.ndarray:
        """Map responses to the network's scale."""
        return (y - self.loc) / self.scale

    def restore(self, values: np.ndarray) -> np.ndarray:
        """Map means or linear predictors back to the response's scale."""
        return values * self.scale + self.loc


class Family(ABC):
    """A family of distributions for an outcome.

    The first entry of `parameters` is the location parameter: offsets are added to its linear
    predictor, and ``predict(kind="link")`` returns it.
    """

    name: ClassVar[str]
    data_type: ClassVar[str]
    link: ClassVar[str]

    @property
    @abstractmethod
    def parameters(self) -> dict[str, Parameter]:
        """The distribution's parameters by name, the location parameter first."""

    @abstractmethod
    def distribution(self, **parameters: Tensor) -> Distribution:
        """Return the distribution of n outcomes from its parameters, each (n,) or (n, size)."""

    @abstractmethod
    def check_response(self, y: np.ndarray) -> None:
        """Raise ValueError, saying what was found, if `y` is not data of this family."""

    def bind(self, y: np.ndarray) -> Family:
        """Return the family with what it must learn from the responses (e.g. how many classes)."""
        return self

    def response_scale(self, y: np.ndarray) -> ResponseScale:
        """Return the scale on which the network should see `y`; by default `y` itself."""
        return ResponseScale()

    def mean(self, distribution: Distribution) -> Tensor:
        """Return the expectation of the outcome, shape (n,) or (n, size)."""
        return distribution.mean


def check_finite(family: str, y: np.ndarray) -> None:
    """Raise ValueError if responses are missing or infinite."""
    bad = ~np.isfinite(y)
    if bad.any():
        raise ValueError(
            f"The response of a {family} model must be finite; {int(bad.sum())} of {y.size} "
            "values are NaN or infinity. Remove or impute those rows."
        )
