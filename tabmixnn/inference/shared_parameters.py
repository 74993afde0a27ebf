"""Parameters of the outcome's distribution that all rows share, once a network is trained.

They start at what the outcome alone suggests, and Adam moves them by about a learning rate a step:
the paper's hundred epochs on small data leave a residual deviation near that of the outcome,
whatever the network explains. All else given, their optimum is one of a few dimensions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from tabmixnn.draws import seeded
from tabmixnn.heads.output import OutputHead
from tabmixnn.inference.drawn_effects import draw_effects
from tabmixnn.inference.expectation import at_nodes
from tabmixnn.training import TrainingRows

N_DRAWS, SEED = 8, 0
"""Draws of the random effects that the likelihood is averaged over, and their seed."""
MAX_FLOATS = 2**24
"""Values of hidden layers in memory at once."""
STEPS = 100


class _Rows(NamedTuple):
    """Some rows under some value of the random effects, and how much that counts."""

    weight: float
    features: Tensor
    eta: Tensor
    y: Tensor


def settle(
    network: nn.Module, parts: Iterable[TrainingRows], expectation: str
) -> dict[str, Tensor]:
    """Take a head's shared parameters to where its rows are most likely, all others given.

    The likelihood is averaged over the posterior of the random effects, as in training, of which
    this is the last step, for these parameters alone. Linear predictors stay what they are.

    Parameters
    ----------
    network : MixedEffectsNetwork
        Trained, in float64.
    parts : iterable of TrainingRows
        What it was trained on, and validated.
    expectation : str
        A key of ``EXPECTATIONS``.

    Returns
    -------
    dict of str to Tensor
        Where training had them, by their names in the network: it goes on from there.
    """
    head = network.head
    if not isinstance(head, OutputHead) or not sum(each.numel() for each in head.shared.values()):
        return {}
    arrived = {f"head.shared.{k}": value.detach().clone() for k, value in head.shared.items()}
    rows = _averaged(network, parts, expectation)
    if head.family.name == "gaussian":
        total = count = 0.0
        for weight, _, eta, y in rows:
            total += weight * float((y - eta).square().sum())
            count += weight * len(y)
        with torch.no_grad():
            head.shared["sigma"].fill_(math.log(total / count) / 2.0)
    else:
        _maximise(head, list(rows))
    return arrived


def _averaged(
    network: nn.Module, parts: Iterable[TrainingRows], expectation: str
) -> Iterator[_Rows]:
    """Yield the rows under the values of the effects that the likelihood is averaged over."""
    encoder, head = network.encoder, network.head
    n_draws = N_DRAWS if encoder.random else 1
    with torch.no_grad(), seeded(SEED):
        drawn = [draw_effects(encoder, new_groups=False) for _ in range(n_draws)]
    size = max(MAX_FLOATS // network.backbone.floats_per_row, 1)
    for rows in parts:
        for part in rows.parts(size):
            inputs, y = part.inputs.double(), part.y.double()
            with torch.no_grad():
                if expectation == "quadrature":
                    features, etas = at_nodes(network, inputs)
                    yield from (_Rows(weight, features, eta, y) for weight, eta in etas)
                    continue
                for effects in drawn:
                    features = network.features(inputs, effects)
                    eta = head.linear_predictor(features, inputs.offset)
                    yield _Rows(1.0 / n_draws, features, eta, y)


def _maximise(head: OutputHead, rows: list[_Rows]) -> None:
    shared = list(head.shared.values())
    before = [each.detach().clone() for each in shared]
    count = sum(each.weight * len(each.y) for each in rows)
    search = torch.optim.LBFGS(shared, max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        search.zero_grad()
        total = torch.zeros((), dtype=torch.float64)
        for weight, features, eta, y in rows:
            total = total - weight / count * head.distribution(features, eta).log_prob(y).sum()
        total.backward(inputs=shared)
        return total

    with torch.enable_grad():
        first = float(search.step(loss).detach())
        last = float(loss().detach())
    search.zero_grad()
    if not last <= first:
        with torch.no_grad():
            for each, value in zip(shared, before, strict=True):
                each.copy_(value)
