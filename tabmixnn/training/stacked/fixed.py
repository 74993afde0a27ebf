"""Fixed effects of R replicas (eqs. 3-5 of the paper), with their derivatives."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from tabmixnn.encoder import FixedEffects
from tabmixnn.training.stacked.linear import StackedLinear
from tabmixnn.training.stacked.pool import ParameterPool
from tabmixnn.training.stacked.rows import Batch


class StackedFixed:
    """`FixedEffects`, one a replica.

    The embeddings of all categorical columns stand in one table as wide as the widest, so that
    they are looked up together whatever their number. What is missing to that width is zero, and
    so are the projection's columns for it: neither has a gradient, so both stay zero. The row of
    levels unseen when fitting stays zero because no training row has such a level.

    Parameters
    ----------
    pool : ParameterPool
    modules : sequence of FixedEffects
    """

    def __init__(self, pool: ParameterPool, modules: Sequence[FixedEffects]) -> None:
        first, self.count, self.dim = modules[0], len(modules), modules[0].dim
        self._modules = modules
        self.continuous = (
            None
            if first.continuous is None
            else StackedLinear(pool, [module.continuous for module in modules])
        )
        self._widths = [table.embedding_dim for table in first.embeddings]
        self._start = self.dim if self.continuous is not None else 0
        if self._widths:
            self._tables = [self._joined_table(module) for module in modules]
            self._projections = [self._spread_projection(module) for module in modules]
            rows, self._width = self._tables[0].shape
            self.table = pool.claim(self._tables, self.count * rows, self._width)
            self.projection = StackedLinear(pool, self._projections)

    def _joined_table(self, module: FixedEffects) -> Tensor:
        widest = max(self._widths)
        tables = (table.weight.detach() for table in module.embeddings)
        return torch.cat([pad(table, (0, widest - table.shape[1])) for table in tables])

    def _spread_projection(self, module: FixedEffects) -> torch.nn.Linear:
        width = self._start + len(self._widths) * max(self._widths)
        # Initial values would be drawn from the generator of whoever fits.
        spread = torch.nn.utils.skip_init(torch.nn.Linear, width, self.dim, bias=False)
        spread.weight.detach().zero_()[:, self._columns()] = module.projection.weight.detach()
        return spread

    def _columns(self) -> Tensor:
        """Return where the projection's own columns are among those of the padded one."""
        widest = max(self._widths)
        starts = [self._start + j * widest for j in range(len(self._widths))]
        own = [
            torch.arange(start, start + width)
            for start, width in zip(starts, self._widths, strict=True)
        ]
        return torch.cat([torch.arange(self._start), *own])

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """Return the rows' representation, shape (R, n, d), and what is projected, if anything."""
        parts = [] if self.continuous is None else [self.continuous.forward(batch.cont)]
        if self._widths:
            found = self.table.value.index_select(0, batch.cat)
            parts.append(found.view(self.count, -1, len(self._widths) * self._width))
            joined = parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)
            return self.projection.forward(joined), joined
        if not parts:
            return batch.y.new_zeros(self.count, batch.y.shape[1], self.dim), None
        return parts[0], None

    def backward(self, batch: Batch, joined: Tensor | None, grad: Tensor) -> None:
        """Set the parameters' gradients, given the representation's."""
        if joined is not None:
            grad = self.projection.backward(joined, grad)
            found = grad[:, :, self._start :].reshape(-1, self._width)
            self.table.grad.zero_().index_add_(0, batch.cat, found)
        if self.continuous is not None:
            self.continuous.backward_parameters(batch.cont, grad[:, :, : self.dim])

    def write_back(self) -> None:
        """Copy what the pool has written back into the modules themselves."""
        if not self._widths:
            return
        columns = self._columns()
        for module, table, projection in zip(
            self._modules, self._tables, self._projections, strict=True
        ):
            module.projection.weight.copy_(projection.weight[:, columns])
            rows = table.split([each.num_embeddings for each in module.embeddings])
            for each, part in zip(module.embeddings, rows, strict=True):
                each.weight.copy_(part[:, : each.embedding_dim])
