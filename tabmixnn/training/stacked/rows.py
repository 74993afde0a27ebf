"""The rows of R replicas side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tabmixnn.training.rows import TrainingRows


@dataclass(frozen=True)
class Batch:
    """Rows of R replicas, n each; a replica with fewer repeats one of them without weight.

    Parameters
    ----------
    lengths : tuple of int
        Rows of each replica that count.
    cont : Tensor, shape (R, n, p_cont)
    cat : Tensor, shape (R n p_cat,), int64
        Levels of the categorical columns, numbered through all columns and replicas.
    groups : list of Tensor, shape (R n,), int64
        Levels of every random-effects term, numbered through all replicas.
    z : list of Tensor, shape (R, n, q)
        Slope values of every term.
    y : Tensor, shape (R, n, K)
    offset : Tensor, shape (R, n, 1 or K), or None
        None if all are zero.
    weight : Tensor, shape (R, n, 1)
        One divided by the number of rows that count, or zero.
    share : list of Tensor, shape (R, n, 1)
        For every term, n_rows / n_g of the row's level g, n_rows all rows of the replica.
    ascending : list of bool
        For every term, whether its levels are known to be in order.
    """

    lengths: tuple[int, ...]
    cont: Tensor
    cat: Tensor
    groups: list[Tensor]
    z: list[Tensor]
    y: Tensor
    offset: Tensor | None
    weight: Tensor
    share: list[Tensor]
    ascending: list[bool]


class StackedRows:
    """Training or validation rows of R replicas, from which batches are taken.

    Parameters
    ----------
    replicas : sequence of TrainingRows
        With the same columns.
    cat_sizes : sequence of int
        Rows of the table of every categorical column.
    n_levels : sequence of sequence of int
        Levels of every term, replica by replica.
    device : torch.device
    """

    def __init__(
        self,
        replicas: Sequence[TrainingRows],
        cat_sizes: Sequence[int],
        n_levels: Sequence[Sequence[int]],
        device: torch.device,
    ) -> None:
        self.lengths = [len(rows) for rows in replicas]
        self._longest = max(self.lengths)
        starts = torch.tensor([0, *cat_sizes]).cumsum(0)
        floats, cats, groups = [], [], []
        for r, rows in enumerate(replicas):
            inputs, n_rows = rows.inputs, len(rows)
            shares = [n_rows / torch.bincount(g.codes)[g.codes].float() for g in inputs.groups]
            columns = [
                inputs.cont,
                *(group.z for group in inputs.groups),
                rows.y.view(n_rows, -1),
                inputs.offset.view(n_rows, -1),
                *(share[:, None] for share in shares),
            ]
            floats.append(self._padded(torch.cat(columns, 1)))
            cats.append(self._padded(inputs.cat + (starts[:-1] + r * starts[-1])))
            codes = [
                group.codes + sum(term[:r])
                for group, term in zip(inputs.groups, n_levels, strict=True)
            ]
            stacked = torch.stack(codes, 1) if codes else inputs.cat.new_zeros(n_rows, 0)
            groups.append(self._padded(stacked).T)
        self._floats, self._cat = torch.cat(floats).to(device), torch.cat(cats).to(device)
        self._groups = torch.cat(groups, 1).contiguous().to(device)
        # Rows that are repeated to make replicas equally long would be out of order.
        alone = len(replicas) == 1
        self._ascending = [alone and bool((term.diff() >= 0).all()) for term in self._groups]
        self._widths = [part.shape[1] for part in columns]
        self._n_terms = len(n_levels)
        self._has_offset = any(bool(rows.inputs.offset.any()) for rows in replicas)
        self._starts = torch.arange(len(replicas), device=device)[:, None] * self._longest
        self._weights: dict[tuple[int, ...], Tensor] = {}
        self._everything: Batch | None = None

    def _padded(self, values: Tensor) -> Tensor:
        missing = self._longest - len(values)
        return torch.cat([values, values[:1].expand(missing, -1)]) if missing else values

    def all(self) -> Batch:
        """Return all rows as one batch."""
        if self._everything is None:
            lengths = tuple(self.lengths)
            self._everything = self._batch(self._floats, self._cat, self._groups, lengths)
        return self._everything

    def take(self, rows: Sequence[Tensor]) -> Batch:
        """Return some rows of each replica, given their numbers, shape (n_r,) each."""
        lengths = tuple(len(each) for each in rows)
        longest = max(lengths)
        device = self._starts.device
        index = rows[0].to(device)
        if len(rows) > 1:
            # A repeated row has no weight and touches no level that is not touched anyway.
            padded = [torch.cat([each, each[:1].expand(longest - len(each))]) for each in rows]
            index = (torch.stack(padded).to(device) + self._starts).view(-1)
        return self._batch(
            self._floats.index_select(0, index),
            self._cat.index_select(0, index),
            self._groups.index_select(1, index),
            lengths,
        )

    def _batch(
        self, floats: Tensor, cat: Tensor, groups: Tensor, lengths: tuple[int, ...]
    ) -> Batch:
        parts = floats.view(len(lengths), -1, floats.shape[1]).split(self._widths, 2)
        terms = self._n_terms
        return Batch(
            lengths,
            cont=parts[0],
            cat=cat.view(-1),
            groups=list(groups),
            z=list(parts[1 : terms + 1]),
            y=parts[terms + 1],
            offset=parts[terms + 2] if self._has_offset else None,
            weight=self._weight(lengths),
            share=list(parts[terms + 3 :]),
            ascending=self._ascending,
        )

    def _weight(self, lengths: tuple[int, ...]) -> Tensor:
        if lengths not in self._weights:
            weight = torch.zeros(len(lengths), max(lengths), 1)
            for row, length in zip(weight, lengths, strict=True):
                row[:length] = 1 / length
            self._weights[lengths] = weight.to(self._starts.device)
        return self._weights[lengths]
