"""What the training rows tell of a network's last layer, for predictive distributions.

The layers before it are taken as known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from tabmixnn.draws import seeded
from tabmixnn.encoder import EncoderInputs
from tabmixnn.heads.output import OutputHead
from tabmixnn.inference.drawn_effects import draw_effects
from tabmixnn.inference.passes import in_parts, n_draws, under_draws
from tabmixnn.predictive import Tails
from tabmixnn.training import TrainingRows

ENOUGH = 30
"""Rows of validation that tell a deviation well."""
N_SPREAD, MOST_SPREAD, SEED = 50, 1000, 0
"""Draws and rows that tell how sure predictions are, and the draws' seed."""


@dataclass(frozen=True)
class LastLayer:
    """Laplace's approximation around the trained weights of the location parameter.

    Parameters
    ----------
    precision : ndarray, shape (h + 1, h + 1), or None
        Of its weights and intercept: the prior's precision (`prior_precision`) plus the observed
        information of the rows trained on and validated with, averaged over the posterior of the
        random effects, which training averaged the likelihood over. Where the posterior means of
        the effects do not go, only draws show that a weight matters. None for outcomes with
        several linear predictors.
    noise : float or None
        Residual deviation of a Gaussian outcome on the network's scale, None for any other. From
        the rows of validation if there are `ENOUGH`, otherwise from all. What is not known of
        effects and weights is part of the errors of validation, and comes off: it is drawn besides.
    tails : Tails or None
        Of that outcome's noise; None, as in files of earlier formats, for the normal ones.
    """

    precision: np.ndarray | None
    noise: float | None
    tails: Tails | None = None

    @classmethod
    def of(cls, network: nn.Module, train: TrainingRows, valid: TrainingRows | None) -> LastLayer:
        """Learn it from the rows.

        Parameters
        ----------
        network : MixedEffectsNetwork
            Trained, in float64.
        train, valid : TrainingRows
            What it was trained on, and validated.
        """
        head = network.head
        if not isinstance(head, OutputHead) or head.size > 1:
            return cls(None, None)
        seen = [_seen(network, rows) for rows in (train, valid) if rows is not None]
        precision = prior_precision(network.backbone.out_features + 1)
        precision += sum(each.information for each in seen)
        if head.family.name != "gaussian":
            return cls(precision, None)
        is_held_out = valid is not None and len(valid) >= ENOUGH
        errors = np.concatenate([each.errors for each in (seen[-1:] if is_held_out else seen)])
        total = float(np.mean(errors**2))
        size = np.full(len(errors), total)
        found = cls(precision, math.sqrt(total), Tails.of(errors, size, np.zeros(len(errors))))
        if not is_held_out:
            return found
        # Less than where it was fitted the noise cannot be elsewhere.
        least = min(total, float(np.mean(seen[0].errors ** 2)))
        rest = max(total - _spread(network, found, next(valid.parts(MOST_SPREAD))), least)
        return replace(found, noise=math.sqrt(rest))

    def after(self, before: LastLayer) -> LastLayer:
        """Return it with what the rows of an earlier training told of the same weights."""
        if self.precision is None or before.precision is None:
            return self
        # The prior counts once.
        known = before.precision - prior_precision(len(before.precision))
        return replace(self, precision=self.precision + known)

    def root(self, head: OutputHead) -> np.ndarray:
        """Return a root of the weights' covariance, shape (h + 1, h + 1)."""
        precision = self.precision
        if self.noise is not None:
            trained = float(head.shared["sigma"].detach().exp())
            prior = prior_precision(len(precision))
            precision = prior + (precision - prior) * (trained / self.noise) ** 2
        return np.linalg.inv(np.linalg.cholesky(precision)).T


def prior_precision(size: int) -> np.ndarray:
    """Return the prior's precision of h weights and an intercept, shape (h + 1, h + 1).

    Variance 1 / h for each weight, so that h features of unit size together have the variance of
    a standardised outcome however many they are.
    """
    return np.diag([*[float(size - 1)] * (size - 1), 1.0])


def with_intercept(features: Tensor) -> Tensor:
    """Return features with a column of ones after them, shape (n, h + 1)."""
    return torch.cat([features, torch.ones_like(features[:, :1])], dim=1)


def _spread(network: nn.Module, layer: LastLayer, rows: TrainingRows) -> float:
    """Return the mean variance of what is predicted of rows with known groups, by draws."""
    part, root = rows.inputs.double(), torch.as_tensor(layer.root(network.head))
    drawn = []
    with torch.no_grad(), seeded(SEED):
        for _ in range(N_SPREAD):
            features = network.features(part, draw_effects(network.encoder, new_groups=False))
            eta = network.head.linear_predictor(features, part.offset)
            change = root @ torch.randn(len(root), dtype=eta.dtype)
            drawn.append(eta + with_intercept(features) @ change)
    return float(torch.stack(drawn).var(dim=0).mean())


class _Seen(NamedTuple):
    """What some rows tell: the information, and a Gaussian outcome's distances from its means."""

    information: Any
    errors: np.ndarray


def _seen(network: nn.Module, rows: TrainingRows) -> _Seen:
    encoder = network.encoder
    with torch.no_grad():
        means = encoder.posterior_mean()
    errors = [_errors(network, inputs, means, y) for inputs, y in in_parts(network, rows)]
    information = sum(_information(network, *each) for each in under_draws(network, rows))
    return _Seen(information / n_draws(encoder), np.concatenate(errors))


def _information(
    network: nn.Module, inputs: EncoderInputs, effects: list[Tensor], y: Tensor
) -> np.ndarray:
    """Return the observed information of rows, given their groups' effects."""
    with torch.no_grad():
        features = network.features(inputs, effects)
        eta = network.head.linear_predictor(features, inputs.offset)
    eta.requires_grad_(True)
    loglik = network.head.distribution(features, eta).log_prob(y).sum()
    (score,) = torch.autograd.grad(loglik, eta, create_graph=True)
    (slope,) = torch.autograd.grad(score.sum(), eta)
    design = with_intercept(features).numpy()
    return design.T @ (design * np.maximum(-slope.numpy(), 0.0)[:, None])


def _errors(
    network: nn.Module, inputs: EncoderInputs, effects: list[Tensor], y: Tensor
) -> np.ndarray:
    """Return a Gaussian outcome's distances from its means, of any other nothing."""
    if network.head.family.name != "gaussian":
        return np.zeros(0)
    with torch.no_grad():
        features = network.features(inputs, effects)
        return (y - network.head.linear_predictor(features, inputs.offset)).numpy()
