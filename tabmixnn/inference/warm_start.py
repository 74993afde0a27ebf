"""A trained network with room for new groups, and the optimiser's state to go on from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tabmixnn.encoder import EncoderSpec
from tabmixnn.encoder.random import sum_to_zero
from tabmixnn.inference.effect_options import EffectOptions
from tabmixnn.inference.options import VariationalOptions
from tabmixnn.training import Moments

ARRIVED = "arrived"
"""Beside Adam's state of a parameter: its value when training ended, where it has another since."""
BUILT_BY = ("embedding_dim", "effects", "architecture", "backbone", "outputs")
"""Options that a trained network cannot change any more."""


def check_same_network(before: VariationalOptions, now: VariationalOptions) -> None:
    """Check that only options of training differ.

    Raises
    ------
    ValueError
        Naming what differs.
    """
    if before.effects.cov_struct_map is not None or now.effects.cov_struct_map is not None:
        raise ValueError(
            "warm_start cannot place further rows in the structures of cov_struct_map; fit the "
            "model to all rows, without warm_start."
        )
    changed = [name for name in BUILT_BY if getattr(before, name) != getattr(now, name)]
    if changed:
        raise ValueError(
            f"warm_start goes on with the network as it is, but options of its {changed[0]} were "
            "changed; set them back, or fit without warm_start."
        )


def check_can_grow(effects: EffectOptions, spec: EncoderSpec, blocks: Sequence[Any]) -> None:
    """Check that a posterior has room for new levels, if there are some.

    Raises
    ------
    ValueError
        If it is one of all levels together.
    """
    more = [
        b.group for b, old in zip(blocks, spec.blocks, strict=True) if len(b.levels) > old.n_levels
    ]
    if more and effects.posterior == "joint":
        raise ValueError(
            f"posterior='joint' cannot take the new levels of {more[0]!r}: it is one distribution "
            "of all levels together. Fit the model to all rows, without warm_start."
        )


def grow(trained: nn.Module, moments: Moments, network: nn.Module) -> Moments:
    """Copy a trained network into one with more levels; return the optimiser's state for it.

    New levels start where the others are centred, so that those keep their effects, with the
    spread that training starts from.

    Parameters
    ----------
    trained : MixedEffectsNetwork
    moments : dict
        Adam's state of its parameters; empty if it is not known.
    network : MixedEffectsNetwork
        In float32, with as many levels or more.
    """
    old, new = trained.state_dict(), network.state_dict()
    old |= {name: state[ARRIVED] for name, state in moments.items() if ARRIVED in state}
    filled = {name: _fitted_in(value, new[name]) for name, value in old.items()}
    for position, term in enumerate(network.encoder.random):
        mean = f"encoder.posterior.terms.{position}.mu"
        if term.centre and mean in old:
            filled[mean][len(old[mean]) :] = old[mean].mean(0)
    network.load_state_dict(filled)
    room = {name: torch.zeros_like(value) for name, value in network.named_parameters()}
    grown: Moments = {}
    for name, state in moments.items():
        grown[name] = {
            key: _fitted_in(value, room[name].detach()) if value.ndim else value.clone()
            for key, value in state.items()
            if key != ARRIVED
        }
    return grown


def _fitted_in(old: Tensor, room: Tensor) -> Tensor:
    """Return a copy of `room` with the first rows overwritten by `old`."""
    if old.shape == room.shape:
        return old.to(room.dtype, copy=True)
    out = room.clone()
    out[: len(old)] = old
    return out


class HeldCentring:
    """Centring that leaves some levels where they are: the others make up for each other.

    Parameters
    ----------
    mu : Tensor, shape (G, q, d)
        The effects before.
    moving : Tensor of float, shape (G,)
        1 for the levels that move, some of them but not all; 0 for those that stay.
    """

    def __init__(self, mu: Tensor, moving: Tensor) -> None:
        self._moving = moving[:, None, None]
        self._mean = mu.detach().mean(dim=0, keepdim=True)
        self._mean_moving = self._of_moving(mu.detach())

    def __call__(self, effects: Tensor) -> Tensor:
        """Return what `sum_to_zero` does once the effects are those of `settle`."""
        return self.settle(effects) - self._mean.to(effects)

    def settle(self, effects: Tensor) -> Tensor:
        """Return effects whose mean is what it was, those that stay being what they are."""
        moved = self._of_moving(effects) - self._mean_moving.to(effects)
        return effects - moved * self._moving.to(effects)

    def _of_moving(self, effects: Tensor) -> Tensor:
        moving = self._moving.to(effects)
        return (effects * moving).sum(dim=0, keepdim=True) / moving.sum()


@contextmanager
def absent_levels_held(
    network: nn.Module, moments: Moments, blocks: Sequence[Any]
) -> Iterator[None]:
    """Keep the effects of levels without rows where they are while the network is trained.

    Where effects are centred, the mean of a term's other levels stays for that too.
    """
    encoder = network.encoder
    present = [_with_rows(block) for block in blocks]
    parameters = dict(encoder.posterior.named_parameters())
    handles = []
    for name, mask in encoder.posterior.of_levels(present).items():
        state = moments.get(f"encoder.posterior.{name}", {})
        if "exp_avg" in state:
            # Without gradients, a level would still move by its momentum.
            state["exp_avg"] *= mask
        handles.append(parameters[name].register_hook(lambda g, mask=mask: g * mask.to(g)))
    held = []
    for term, mu, mask in zip(encoder.random, encoder.posterior.mean(), present, strict=True):
        if term.centre and 0 < mask.sum() < len(mask):
            term.centred = HeldCentring(mu, mask)
            held.append((term, mu))
    try:
        yield
        with torch.no_grad():
            for term, mu in held:
                mu.copy_(term.centred.settle(mu))
    finally:
        for handle in handles:
            handle.remove()
        for term, _ in held:
            term.centred = sum_to_zero


def _with_rows(block: Any) -> Tensor:
    """Return 1 for the levels of a term that have rows, else 0."""
    present = torch.zeros(len(block.levels))
    present[np.unique(block.codes[block.codes >= 0])] = 1.0
    return present
