"""A trained network over the rows it was trained on, part by part, and draws of its effects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from tabmixnn.draws import seeded
from tabmixnn.encoder import EncoderInputs, GroupRows
from tabmixnn.encoder.encoder import MixedEffectsEncoder
from tabmixnn.inference.drawn_effects import draw_effects
from tabmixnn.training import TrainingRows

N_DRAWS, SEED = 8, 0
"""Draws of the random effects that rows are averaged over, and their seed."""
MAX_FLOATS = 2**18
"""Values of a hidden layer at once; more do not stay near the processor and take twice the time."""


def in_parts(network: nn.Module, *rows: TrainingRows) -> Iterator[tuple[EncoderInputs, Tensor]]:
    """Yield inputs and outcomes in float64, of as many rows as fit into memory.

    Parameters
    ----------
    network : MixedEffectsNetwork
    *rows : TrainingRows
        One after the other; few of them together, since a pass takes longer to start than to run.
    """
    size = _rows_at_once(network)
    parts = (part for each in rows for part in each.parts(size))
    if sum(map(len, rows)) <= size:
        parts = [TrainingRows.together(list(parts))]
    for part in parts:
        yield part.inputs.double(), part.y.double()


def draws_of_known(encoder: MixedEffectsEncoder) -> Iterator[list[Tensor]]:
    """Yield draws of the known groups' effects, always the same ones; one, of nothing, without any.

    One at a time: each is as large as the effects of all groups. torch's global generator is left
    as it was in between.
    """
    state = None
    for _ in range(n_draws(encoder)):
        with torch.no_grad(), seeded(SEED):
            if state is not None:
                torch.set_rng_state(state)
            drawn = draw_effects(encoder, new_groups=False)
            state = torch.get_rng_state()
        yield drawn


def n_draws(encoder: MixedEffectsEncoder) -> int:
    """Return the number of draws of `draws_of_known`."""
    return N_DRAWS if encoder.random else 1


def under_draws(
    network: nn.Module, *rows: TrainingRows
) -> Iterator[tuple[EncoderInputs, list[Tensor], Tensor]]:
    """Yield inputs, effects and outcomes, as `in_parts` does, under each of the draws.

    Of few rows under all draws at once: the tables of effects one after the other, and the rows as
    often, each time with the next table's groups.
    """
    drawn, draws = draws_of_known(network.encoder), n_draws(network.encoder)
    if draws * sum(map(len, rows)) > _rows_at_once(network):
        for effects in drawn:
            for inputs, y in in_parts(network, *rows):
                yield inputs, effects, y
        return
    tables = list(zip(*drawn, strict=True))
    for inputs, y in in_parts(network, *rows):
        again = [replace(inputs, groups=_in_table(k, inputs.groups, tables)) for k in range(draws)]
        yield (
            EncoderInputs.together(again),
            [torch.cat(each) for each in tables],
            torch.cat([y] * draws),
        )


def _in_table(
    k: int, groups: Sequence[GroupRows], tables: Sequence[Sequence[Tensor]]
) -> tuple[GroupRows, ...]:
    """Return the rows' groups in the k-th of tables that stand one after the other."""
    pairs = zip(groups, tables, strict=True)
    return tuple(GroupRows(rows.codes + k * len(table[0]), rows.z) for rows, table in pairs)


def _rows_at_once(network: nn.Module) -> int:
    return max(MAX_FLOATS // network.backbone.floats_per_row, 1)
