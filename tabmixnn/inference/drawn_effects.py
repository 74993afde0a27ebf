"""Random effects drawn from a network's posterior."""

from __future__ import annotations

import torch
from torch import Tensor

from tabmixnn.encoder.encoder import MixedEffectsEncoder


def draw_effects(encoder: MixedEffectsEncoder, *, new_groups: bool) -> list[Tensor]:
    """Draw a table of effects for each term, unseen levels last.

    Parameters
    ----------
    encoder : MixedEffectsEncoder
    new_groups : bool
        Give unseen levels the effects of some known one, not what the encoder's strategy says.
    """
    tables = []
    for term, drawn in zip(encoder.random, encoder.posterior.draw(), strict=True):
        someone = int(torch.randint(len(drawn), ())) if new_groups else None
        tables.append(term.known(drawn, someone))
    return tables
