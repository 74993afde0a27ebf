"""Negative log-likelihoods of R replicas and their derivatives, in the head's terms."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus

from tabmixnn.families import Binomial, Family, Gaussian

Scores = Mapping[str, Tensor]


class Slopes(NamedTuple):
    """A likelihood with its derivatives.

    Parameters
    ----------
    nll : Tensor, shape (R,)
        Weighted sum over rows.
    predicted : mapping of str to Tensor, each of shape (R, n, size)
        Derivatives by the scores of the parameters predicted for each row.
    shared : mapping of str to Tensor, each of shape (R, size)
        Derivatives by the parameters that rows share.
    """

    nll: Tensor
    predicted: Scores
    shared: Scores


def gaussian(
    family: Family, predicted: Scores, shared: Scores, y: Tensor, w: Tensor, mass: float
) -> Slopes:
    """Normal outcomes; ``sigma`` is shared, on the log scale."""
    residual = predicted["mu"] - y
    log_sigma = shared["sigma"]
    precision = (log_sigma * -2).exp_()
    weighted = residual * w
    scaled = torch.bmm(weighted.mT, residual).view_as(precision) * precision
    nll = (0.5 * scaled).add_(log_sigma, alpha=mass).add_(0.5 * math.log(2 * math.pi) * mass)
    return Slopes(nll.view(-1), {"mu": weighted * precision[:, :, None]}, {"sigma": mass - scaled})


def binomial(
    family: Family, predicted: Scores, shared: Scores, y: Tensor, w: Tensor, mass: float
) -> Slopes:
    """Outcomes of 0 and 1 with the logit link."""
    logits = predicted["logits"]
    losses = softplus(logits).sub_(logits * y)
    nll = torch.bmm(losses.mT, w).view(-1)
    return Slopes(nll, {"logits": (torch.sigmoid(logits) - y).mul_(w)}, {})


def differentiated(
    family: Family, predicted: Scores, shared: Scores, y: Tensor, w: Tensor, mass: float
) -> Slopes:
    """Outcomes of any family, one replica after the other, by automatic differentiation."""
    found = []
    with torch.inference_mode(False), torch.enable_grad():
        for r in range(len(w)):
            scores = {k: v[r].clone().requires_grad_() for k, v in {**predicted, **shared}.items()}
            values = {
                name: parameter.inverse_link(
                    scores[name].squeeze(-1) if parameter.predicted else scores[name]
                )
                for name, parameter in family.parameters.items()
            }
            outcomes = y[r].clone()
            outcomes = outcomes.squeeze(-1) if outcomes.shape[1] == 1 else outcomes
            densities = family.distribution(**values).log_prob(outcomes)
            nll = -(densities * w[r, :, 0].clone()).sum()
            grads = torch.autograd.grad(nll, list(scores.values()))
            found.append((nll.detach(), dict(zip(scores, grads, strict=True))))
    return Slopes(
        torch.stack([nll for nll, _ in found]),
        {name: torch.stack([grads[name] for _, grads in found]) for name in predicted},
        {name: torch.stack([grads[name] for _, grads in found]) for name in shared},
    )


def written_out(family: Family) -> bool:
    """Return whether the derivatives of a family's likelihood are written out."""
    return likelihood_of(family) is not differentiated


def likelihood_of(
    family: Family,
) -> Callable[[Family, Scores, Scores, Tensor, Tensor, float], Slopes]:
    """Return the function that differentiates a family's likelihood.

    Its arguments are the family, the scores by parameter (predicted ones of shape (R, n, size),
    shared ones of shape (R, size)), the outcomes of shape (R, n, K), the rows' weights of shape
    (R, n, 1), and what these add up to in each replica.
    """
    if type(family) is Gaussian:
        return gaussian
    if type(family) is Binomial and not family.counts:
        return binomial
    return differentiated
