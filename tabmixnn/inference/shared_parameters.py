"""Parameters of the outcome's distribution that all rows share, once a network is trained.

They start at what the outcome alone suggests, and Adam moves them by about a learning rate a step:
the paper's hundred epochs on small data leave a residual deviation near that of the outcome,
whatever the network explains. All else given, their optimum is one of a few dimensions.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from tabmixnn.heads import MultitaskHead, OutputHead
from tabmixnn.inference.expectation import at_nodes
from tabmixnn.inference.passes import in_parts, n_draws, under_draws
from tabmixnn.training import TrainingRows

STEPS = 100


class _Rows(NamedTuple):
    """Some rows under some value of the random effects, and how much that counts.

    The features are kept where they decide another parameter besides the location.
    """

    weight: float
    features: Tensor | None
    eta: Tensor
    y: Tensor


def settle(
    network: nn.Module, parts: Sequence[TrainingRows], expectation: str
) -> dict[str, Tensor]:
    """Take a head's shared parameters to where its rows are most likely, all others given.

    The likelihood is averaged over the posterior of the random effects, as in training, of which
    this is the last step, for these parameters alone. Linear predictors stay what they are. Of
    several outcomes each has its own, which the rows that have the outcome decide.

    Parameters
    ----------
    network : MixedEffectsNetwork
        Trained, in float64.
    parts : sequence of TrainingRows
        What it was trained on, and validated.
    expectation : str
        A key of ``EXPECTATIONS``.

    Returns
    -------
    dict of str to Tensor
        Where training had them, by their names in the network: it goes on from there.
    """
    arrived = {}
    for place, head in _heads(network.head).items():
        if any(each.numel() for each in head.shared.values()):
            prefix = "head." if place is None else f"head.heads.{place}."
            for name, value in head.shared.items():
                arrived[f"{prefix}shared.{name}"] = value.detach().clone()
            _settle(head, _averaged(network, parts, expectation, place))
    return arrived


def _heads(head: OutputHead | MultitaskHead) -> dict[int | None, OutputHead]:
    """Return the head of every outcome, by its place among them; None for a single one."""
    return {None: head} if isinstance(head, OutputHead) else dict(enumerate(head.heads))


def _settle(head: OutputHead, rows: Iterator[_Rows]) -> None:
    if head.family.name == "gaussian":
        total = count = 0.0
        for weight, _, eta, y in rows:
            total += weight * float((y - eta).square().sum())
            count += weight * len(y)
        with torch.no_grad():
            mean = max(total / count, sys.float_info.min)
            head.shared["sigma"].fill_(math.log(mean) / 2.0)
    else:
        _maximise(head, list(rows))


def _averaged(
    network: nn.Module,
    parts: Sequence[TrainingRows],
    expectation: str,
    place: int | None = None,
) -> Iterator[_Rows]:
    """Yield the rows under the values of the effects that the likelihood is averaged over.

    Of several outcomes, those that have the outcome in a place.
    """
    if expectation == "quadrature":  # which is for a single outcome
        yield from _under_nodes(network, parts)
        return
    weight = 1.0 / n_draws(network.encoder)
    for inputs, effects, y in under_draws(network, *parts):
        if place is not None:
            has_it, y = _of_outcome(network.head, place, y)
            inputs = inputs.take(has_it)
            if not len(y):
                continue
        with torch.no_grad():
            features = network.features(inputs, effects)
            eta = _eta(network.head, features, inputs.offset, place)
        yield _Rows(weight, _needed(network.head, features, place), eta, y)


def _of_outcome(head: MultitaskHead, place: int, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return which rows have an outcome, and what they have."""
    own = list(head.family.split(y).values())[place]
    has_it = ~own.reshape(len(own), -1).isnan().any(dim=1)
    return has_it.nonzero().squeeze(1), own[has_it]


def _under_nodes(network: nn.Module, parts: Sequence[TrainingRows]) -> Iterator[_Rows]:
    for inputs, y in in_parts(network, *parts):
        with torch.no_grad():
            _, etas = at_nodes(network, inputs)
        yield from (_Rows(weight, None, eta, y) for weight, eta in etas)


def _needed(head: OutputHead | MultitaskHead, features: Tensor, place: int | None) -> Tensor | None:
    one = head if place is None else head.heads[place]
    return features if len(one.predicted) > 1 else None


def _eta(
    head: OutputHead | MultitaskHead, features: Tensor, offset: Tensor, place: int | None
) -> Tensor:
    if isinstance(head, OutputHead):
        return head.linear_predictor(features, offset)
    return head.linear_predictors(features, offset)[place]


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
