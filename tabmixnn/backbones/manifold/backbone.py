"""The manifold backbone: blocks on grids, one after the other, put together (eq. 24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from tabmixnn.backbones.manifold.aggregation import AGGREGATIONS
from tabmixnn.backbones.manifold.block import ManifoldBlock
from tabmixnn.backbones.manifold.settings import GridError
from tabmixnn.backbones.penalties import Penalties

if TYPE_CHECKING:
    from tabmixnn.backbones.settings import BackboneSettings


class ManifoldBackbone(nn.Module):
    """L blocks on N-dimensional grids, each on the result of the one before (eq. 24).

    Parameters
    ----------
    in_features : int
        Width d of the encoder's output.
    settings : BackboneSettings
        ``settings.manifold`` has the grids and the aggregation, the rest is common to the
        blocks.

    Attributes
    ----------
    layers : nn.ModuleList of ManifoldBlock
    out_features : int
        Width of the aggregated result.
    floats_per_row : int
        Largest number of values that a row has in memory at once.

    Raises
    ------
    GridError
        If a grid is too large for its input, or the aggregation needs grids of one size.
    """

    def __init__(self, in_features: int, settings: BackboneSettings) -> None:
        super().__init__()
        blocks, aggregation = settings.manifold.blocks, settings.manifold.aggregation
        sizes = [block.size for block in blocks]
        kind = AGGREGATIONS[aggregation]
        if kind.needs_equal_widths and len(set(sizes)) > 1:
            shapes = ", ".join(str(block.grid_shape) for block in blocks)
            raise GridError(
                f"manifold_aggregation={aggregation!r} adds the blocks up, but their grids "
                f"({shapes}) have different numbers of points; use 'concat', or one size."
            )
        widths = (in_features, *sizes)
        self.layers = nn.ModuleList(
            ManifoldBlock(width, block, settings)
            for width, block in zip(widths, blocks, strict=False)
        )
        self.aggregation = kind(sizes)
        self.out_features = self.aggregation.out_features
        # Every block's result is kept until the end, beside that of the aggregation.
        self.floats_per_row = max(in_features, sum(sizes)) + self.out_features

    def forward(self, hidden: Tensor, penalties: Penalties | None = None) -> Tensor:
        """Map (n, in_features) to (n, out_features); add the blocks' penalties."""
        results = []
        for layer in self.layers:
            hidden = layer(hidden, penalties)
            results.append(hidden)
        return self.aggregation(results)
