"""Survival times, some of them censored on the right."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution

from tabmixnn.families.base import Family, Parameter, check_that
from tabmixnn.families.links import exp

_ONE = torch.Size()


class Weibull(Family):
    """Times to an event, ``P(T > t) = exp(-(t / scale)^shape)``, log link and one learnt shape.

    Responses are one column of times, all observed, or two columns: the time, and 1 where the
    event was observed, 0 where it had not happened by then (right censoring), as
    ``cbind(time, event)`` gives them. What is predicted is the mean survival time.
    """

    name: ClassVar[str] = "weibull"
    data_type: ClassVar[str] = "survival"
    link: ClassVar[str] = "log"
    columns: ClassVar[tuple[int, ...]] = (1, 2)

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {
            "log_scale": Parameter(),
            "shape": Parameter(inverse_link=exp, predicted=False),
        }

    def distribution(self, log_scale: Tensor, shape: Tensor) -> CensoredWeibull:
        return CensoredWeibull(log_scale, shape)

    def link_variance(self, mean: float, **shared: Tensor) -> float:
        # The logarithm of a time is that of an exponential one over the shape.
        return (np.pi / float(shared["shape"])) ** 2 / 6.0

    def start(self, y: np.ndarray) -> dict[str, np.ndarray]:
        # The exponential model's maximum likelihood: time at risk for every event.
        time, event = (y, np.ones(len(y))) if y.ndim == 1 else y.T
        return {"log_scale": np.log([time.sum() / event.sum()])}

    def check_values(self, y: np.ndarray) -> None:
        time = y if y.ndim == 1 else y[:, 0]
        check_that(self.name, time, time > 0, "times above 0")
        if y.ndim == 1:
            return
        event = y[:, 1]
        check_that(
            self.name, event, np.isin(event, (0, 1)), "events of 1 (observed) or 0 (censored)"
        )
        if not event.any():
            raise ValueError(
                f"A {self.name} model needs an observed event; all {len(y)} times are censored."
            )


class CensoredWeibull(Distribution):
    """Weibull distribution whose log-likelihood knows right censoring.

    Parameters
    ----------
    log_scale : Tensor, shape (n,)
    shape : Tensor, shape (1,)
    """

    def __init__(self, log_scale: Tensor, shape: Tensor) -> None:
        super().__init__(log_scale.shape, validate_args=False)
        self.log_scale = log_scale
        self.shape = shape

    @property
    def mean(self) -> Tensor:
        """The mean survival time, shape (n,)."""
        return torch.exp(self.log_scale + torch.lgamma(1 + 1 / self.shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log-density of events and the log-survival at censored times.

        Parameters
        ----------
        value : Tensor, shape (n,), or (n, 2) with times and events
        """
        censorable = value.ndim > self.log_scale.ndim
        time, event = value.unbind(-1) if censorable else (value, torch.ones_like(value))
        log_ratio = torch.log(time) - self.log_scale
        hazard = torch.log(self.shape) + (self.shape - 1) * log_ratio - self.log_scale
        return event * hazard - torch.exp(self.shape * log_ratio)

    def sample(self, sample_shape: torch.Size = _ONE) -> Tensor:
        """Draw times to the event, none of them censored, shape ``sample_shape + (n,)``."""
        exponential = self.log_scale.new_empty(self._extended_shape(sample_shape)).exponential_()
        return torch.exp(self.log_scale + torch.log(exponential) / self.shape)
