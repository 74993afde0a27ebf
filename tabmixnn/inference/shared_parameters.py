"""Parameters of the outcome's distribution that all rows share, once a network is trained.

They start at what the outcome alone suggests, and Adam moves them by about a learning rate a step:
the paper's hundred epochs on small data leave a residual deviation near that of the outcome,
whatever the network explains. All else given, their optimum is one of a few dimensions.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from tabmixnn.encoder import EncoderInputs
from tabmixnn.heads import MultitaskHead, OutputHead
from tabmixnn.inference.expectation import at_nodes
from tabmixnn.inference.passes import draws_of_known, in_parts
from tabmixnn.training import TrainingRows

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
    this is the last step, for these parameters alone. Linear predictors stay what they are. Of
    several outcomes each has its own, which the rows that have the outcome decide.

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
    parts: Iterable[TrainingRows],
    expectation: str,
    place: int | None = None,
) -> Iterator[_Rows]:
    """Yield the rows under the values of the effects that the likelihood is averaged over.

    Of several outcomes, those that have the outcome in a place.
    """
    under = _under_nodes if expectation == "quadrature" else _under_draws
    for rows in parts:
        for inputs, y in in_parts(network, rows):
            if place is not None:
                has_it, y = _of_outcome(network.head, place, y)
                inputs = inputs.take(has_it)
                if not len(y):
                    continue
            with torch.no_grad():
                found = under(network, inputs, place)
            yield from (_Rows(*each, y) for each in found)


def _of_outcome(head: MultitaskHead, place: int, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return which rows have an outcome, and what they have."""
    own = list(head.family.split(y).values())[place]
    has_it = ~own.reshape(len(own), -1).isnan().any(dim=1)
    return has_it.nonzero().squeeze(1), own[has_it]


def _under_nodes(
    network: nn.Module, inputs: EncoderInputs, place: int | None
) -> list[tuple[float, Tensor, Tensor]]:
    # Quadrature is for single outcomes.
    features, etas = at_nodes(network, inputs)
    return [(weight, features, eta) for weight, eta in etas]


def _under_draws(
    network: nn.Module, inputs: EncoderInputs, place: int | None
) -> list[tuple[float, Tensor, Tensor]]:
    drawn = draws_of_known(network.encoder)
    features = [network.features(inputs, effects) for effects in drawn]
    return [(1.0 / len(drawn), f, _eta(network.head, f, inputs.offset, place)) for f in features]


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
