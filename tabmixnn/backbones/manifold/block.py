"""A block of the manifold backbone: grid mapping, SPDE, SEM (eqs. 24-29 of the paper)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from tabmixnn.backbones.activations import ACTIVATIONS
from tabmixnn.backbones.manifold.precision import GridPrecision
from tabmixnn.backbones.manifold.sem import PositionStructure
from tabmixnn.backbones.manifold.settings import BlockSettings, GridError
from tabmixnn.backbones.penalties import Penalties
from tabmixnn.draws import Dropout

if TYPE_CHECKING:
    from tabmixnn.backbones.settings import BackboneSettings

MOST_WEIGHTS = 2**27
"""Weights of one grid mapping; in float32 half a gigabyte, and three times that with Adam."""


class ManifoldBlock(nn.Module):
    """Map a row to a grid, smooth it, relate its points; then activation, LayerNorm, dropout.

    Eqs. 25, 28 and 29 are linear, so they are applied once to the fields that the columns of
    ``W_grid`` (and the bias) are on the grid, instead of to the grid of every row. That is the
    same result, and says what it means: ``W_grid = Q^-1/2 W_raw`` gives the weights a Matérn
    prior where ``W_raw`` has a white one, as it has at its start. The smoother is divided by
    ``sqrt(trace(Q^-1) / N)``: kappa then sets the range and leaves the size of the fields alone.

    Parameters
    ----------
    in_features : int
        Width d of the input.
    block : BlockSettings
        Its grid.
    settings : BackboneSettings
        Activation, dropout, LayerNorm and residual, as in a GSEM layer.

    Attributes
    ----------
    mapping : nn.Linear
        ``W_grid`` before smoothing, (N, d), and its bias.
    spde : GridPrecision or None
    structure : PositionStructure or None

    Raises
    ------
    GridError
        If the grid is too large for its input.
    """

    def __init__(self, in_features: int, block: BlockSettings, settings: BackboneSettings) -> None:
        super().__init__()
        n = block.size
        if n * in_features > MOST_WEIGHTS:
            raise GridError(
                f"a grid of grid_shape={block.grid_shape} on {in_features:,} features takes "
                f"{n * in_features:.1e} weights; make it, or the grid of the block before, coarser."
            )
        self.grid_shape = block.grid_shape
        self.mapping = nn.Linear(in_features, n)
        self.spde = (
            GridPrecision(block.grid_shape, block.spde_alpha, block.spde_kappa_init, block.boundary)
            if block.use_spde
            else None
        )
        self.structure = (
            PositionStructure(block.grid_shape, block.sem_lengthscale_init, block.boundary)
            if block.use_sem
            else None
        )
        steps: list[nn.Module] = [ACTIVATIONS[settings.activation]()]
        if settings.layer_norm:
            steps.append(nn.LayerNorm(n))
        if settings.dropout:
            steps.append(Dropout(settings.dropout))
        self.transform = nn.Sequential(*steps)
        same = n == in_features
        shortcut = nn.Identity() if same else nn.Linear(in_features, n, bias=False)
        self.shortcut = shortcut if settings.residual else None

    def fields(self, penalties: Penalties | None = None) -> Tensor:
        """Return what each input feature, and the bias, adds to the grid: (d + 1, N)."""
        fields = torch.cat([self.mapping.weight.T, self.mapping.bias[None]])
        if self.spde is not None:
            grids = fields.unflatten(-1, self.grid_shape)
            smooth = self.spde.multiply(grids, -0.5) / self.spde.variance().sqrt()
            fields = smooth.flatten(1)
        if self.structure is not None:
            fields = self.structure(fields, penalties)
        return fields

    def forward(self, hidden: Tensor, penalties: Penalties | None = None) -> Tensor:
        """Map (n, d) to the grid's values (n, N), row-major; add the SEM's penalty."""
        fields = self.fields(penalties)
        out = self.transform(functional.linear(hidden, fields[:-1].T, fields[-1]))
        return out if self.shortcut is None else out + self.shortcut(hidden)
