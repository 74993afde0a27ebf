"""The expected log-likelihood under the posterior of the random effects, by name in `EXPECTATIONS`.

The paper samples it (Algorithm 1). Where a network has no hidden layers its linear predictor is
normal under the posterior, and Gauss-Hermite quadrature of that one number gives the expectation
without noise: exactly for a Gaussian outcome, whose log-density is a quadratic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor
from torch.distributions import Distribution

from tabmixnn.backbones import Penalties
from tabmixnn.encoder import EncoderInputs
from tabmixnn.heads.output import OutputHead

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
"""Of quadrature under the standard normal, its weights adding up to ``sqrt(2 pi)``."""


class ExpectedLikelihood:
    """A weighted mean of log-densities, in place of the outcomes' distribution.

    Parameters
    ----------
    weights : sequence of float
    distributions : sequence of Distribution
    """

    def __init__(self, weights: Sequence[float], distributions: Sequence[Distribution]) -> None:
        self.weights, self.distributions = weights, distributions

    def log_prob(self, y: Tensor) -> Tensor:
        """Return the expected log-density of n outcomes, shape (n,)."""
        parts = zip(self.weights, self.distributions, strict=True)
        return sum(weight * distribution.log_prob(y) for weight, distribution in parts)


def _sampled(network: Any, inputs: EncoderInputs, penalties: Penalties) -> Distribution:
    features = network.features(inputs, network.encoder.sample(), penalties)
    return network.head(features, inputs.offset)


def _quadrature(network: Any, inputs: EncoderInputs, penalties: Penalties) -> ExpectedLikelihood:
    features, etas = at_nodes(network, inputs, penalties)
    weights = [weight for weight, _ in etas]
    return ExpectedLikelihood(
        weights, [network.head.distribution(features, eta) for _, eta in etas]
    )


def at_nodes(
    network: Any, inputs: EncoderInputs, penalties: Penalties | None = None
) -> tuple[Tensor, list[tuple[float, Tensor]]]:
    """Return the features of n rows, and weights and linear predictors at the nodes."""
    head, means = network.head, network.encoder.posterior_mean()
    features = network.features(inputs, means, *([] if penalties is None else [penalties]))
    eta = head.linear_predictor(features, inputs.offset)
    weight = head.predicted[head.location].weight[0]
    sd = network.encoder.posterior.predictor_variance(inputs.groups, weight).sqrt()
    weights = (WEIGHTS / math.sqrt(2 * math.pi)).tolist()
    etas = [eta + node * sd for node in NODES.tolist()]
    return features, list(zip(weights, etas, strict=True))


EXPECTATIONS: dict[
    str, Callable[[Any, EncoderInputs, Penalties], Distribution | ExpectedLikelihood]
] = {"sampled": _sampled, "quadrature": _quadrature}
"""One draw of the effects a step (line 5 of Algorithm 1), or no draw."""


def check_head(head: Any, blocks: Sequence[Any]) -> None:
    """Check that an outcome is of the kind that quadrature can average.

    Raises
    ------
    ValueError
        If it has several linear predictors, or there are no random effects.
    """
    one = isinstance(head, OutputHead) and len(head.predicted) == 1 and head.size == 1
    if not one or not blocks:
        raise ValueError(
            "expectation='quadrature' is for random effects and one outcome with one linear "
            "predictor; leave expectation='sampled'."
        )
