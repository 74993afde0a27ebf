"""A trained network over the rows it was trained on, part by part, and draws of its effects."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from tabmixnn.draws import seeded
from tabmixnn.encoder import EncoderInputs
from tabmixnn.encoder.encoder import MixedEffectsEncoder
from tabmixnn.inference.drawn_effects import draw_effects
from tabmixnn.training import TrainingRows

N_DRAWS, SEED = 8, 0
"""Draws of the random effects that rows are averaged over, and their seed."""
MAX_FLOATS = 2**24
"""Values of hidden layers in memory at once."""


def in_parts(network: nn.Module, rows: TrainingRows) -> Iterator[tuple[EncoderInputs, Tensor]]:
    """Yield inputs and outcomes in float64, of as many rows as fit into memory.

    Parameters
    ----------
    network : MixedEffectsNetwork
    rows : TrainingRows
    """
    for part in rows.parts(max(MAX_FLOATS // network.backbone.floats_per_row, 1)):
        yield part.inputs.double(), part.y.double()


def draws_of_known(encoder: MixedEffectsEncoder) -> list[list[Tensor]]:
    """Return `N_DRAWS` draws of the known groups' effects; one, of nothing, without effects."""
    with torch.no_grad(), seeded(SEED):
        return [
            draw_effects(encoder, new_groups=False) for _ in range(N_DRAWS if encoder.random else 1)
        ]
