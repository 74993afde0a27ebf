"""The rows of R replicas side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from tabmixnn.training.rows import TrainingRows


@dataclass(frozen=True)
class Batch:
    """Rows of R replicas, n each; a replica with fewer repeats one of them without weight.

    Parameters
    ----------
    lengths : tuple of int
        Rows of each replica that count, without those held out.
    cont : Tensor, shape (R, n, p_cont)
    cat : Tensor, shape (R n p_cat,), int64
        Levels of the categorical columns, numbered through all columns and replicas.
    groups : list of Tensor, shape (R n,), int64
        Levels of every random-effects term, numbered through all replicas.
    z : list of sequence of Tensor, shape (R, n, 1), or None
        Values of every slope of every term; None for ones, as intercepts have them.
    y : Tensor, shape (R, n, K)
    offset : Tensor, shape (R, n, 1 or K), or None
        None if all are zero.
    weight : Tensor, shape (R, n, 1)
        One divided by the number of rows that count, or zero; of rows held out by themselves.
    share : list of Tensor, shape (R, n, 1)
        For every term of which a batch has few levels, n_rows / n_g of the row's level g, n_rows
        all rows of the replica.
    ascending : list of bool
        For every term, whether its levels are known to be in order.
    mass : float
        Sum of a replica's weights, without those held out.
    rows : slice, optional
        Which rows of the batch of all processes these are; None if there is one process.
    whole : Batch, optional
        That batch.
    n_held : int
        How many of the n rows, the last, are only to be looked at: see `beside`.
    """

    lengths: tuple[int, ...]
    cont: Tensor
    cat: Tensor
    groups: list[Tensor]
    z: list[Sequence[Tensor | None]]
    y: Tensor
    offset: Tensor | None
    weight: Tensor
    share: list[Tensor]
    ascending: list[bool]
    mass: float = 1.0
    rows: slice | None = None
    whole: Batch | None = None
    n_held: int = 0

    @property
    def n_train(self) -> int:
        """Rows of a replica before those that are held out."""
        return self.y.shape[1] - self.n_held

    @cached_property
    def slopes(self) -> list[np.ndarray]:
        """`z` on the CPU, shape (R, n, q) each; empty where all of a term's slopes are ones."""
        shape = (*self.y.shape[:2], 1)
        return [
            np.empty((0, 0, 0), np.float32)
            if all(column is None for column in term)
            else torch.cat([torch.ones(shape) if z is None else z for z in term], 2).numpy()
            for term in self.z
        ]

    def beside(self, others: Batch) -> Batch:
        """Return these rows, replica by replica, followed by others that are held out."""
        replicas = len(self.lengths)

        def codes(first: Tensor, second: Tensor) -> Tensor:
            parts = [each.view(replicas, each.numel() // replicas) for each in (first, second)]
            return torch.cat(parts, 1).view(-1)

        def rows(first: Tensor, second: Tensor) -> Tensor:
            return torch.cat([first, second], 1)

        pairs = zip(self.z, others.z, strict=True)
        weight = rows(self.weight, others.weight)
        return Batch(
            self.lengths,
            cont=rows(self.cont, others.cont),
            cat=codes(self.cat, others.cat),
            groups=[codes(a, b) for a, b in zip(self.groups, others.groups, strict=True)],
            z=[
                [None if a is None else rows(a, b) for a, b in zip(mine, theirs, strict=True)]
                for mine, theirs in pairs
            ],
            y=rows(self.y, others.y),
            offset=None if self.offset is None else rows(self.offset, others.offset),
            weight=weight,
            share=[weight] * len(self.groups),
            ascending=[False] * len(self.groups),
            n_held=others.y.shape[1],
        )


@dataclass(frozen=True)
class Layout:
    """Which columns batches have of all rows of a fit.

    Parameters
    ----------
    ones : tuple of tuple of bool
        For every slope of every term, whether it is one in all rows.
    few_touched : tuple of bool
        For every term, whether a batch has few of its levels.
    has_offset : bool
    """

    ones: tuple[tuple[bool, ...], ...]
    few_touched: tuple[bool, ...]
    has_offset: bool

    @classmethod
    def of(cls, rows: Sequence[TrainingRows], few_touched: Sequence[bool]) -> Layout:
        """Look at all rows, trained on and held out."""
        terms = zip(*([group.z for group in each.inputs.groups] for each in rows), strict=True)
        ones = [[(z == 1).all(0).tolist() for z in term] for term in terms]
        return cls(
            tuple(tuple(map(all, zip(*term, strict=True))) for term in ones),
            tuple(few_touched),
            any(bool(each.inputs.offset.any()) for each in rows),
        )

    def columns(self, rows: TrainingRows) -> list[Tensor]:
        """Return the columns of some rows, in the order in which a batch reads them."""
        inputs, n_rows = rows.inputs, len(rows)
        slopes = [
            z[:, None]
            for group, ones in zip(inputs.groups, self.ones, strict=True)
            for z, one in zip(group.z.unbind(1), ones, strict=True)
            if not one
        ]
        shares = [
            (n_rows / torch.bincount(group.codes)[group.codes].float())[:, None]
            for group, few in zip(inputs.groups, self.few_touched, strict=True)
            if few
        ]
        offset = [inputs.offset.view(n_rows, -1)] if self.has_offset else []
        return [inputs.cont, *slopes, rows.y.view(n_rows, -1), *offset, *shares]


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
    layout : Layout
    device : torch.device
    """

    def __init__(
        self,
        replicas: Sequence[TrainingRows],
        cat_sizes: Sequence[int],
        n_levels: Sequence[Sequence[int]],
        layout: Layout,
        device: torch.device,
    ) -> None:
        self.lengths = [len(rows) for rows in replicas]
        self._longest = max(self.lengths)
        starts = torch.tensor([0, *cat_sizes]).cumsum(0)
        floats, cats, groups = [], [], []
        for r, rows in enumerate(replicas):
            inputs, n_rows = rows.inputs, len(rows)
            columns = layout.columns(rows)
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
        self._layout = layout
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
        parts = iter(floats.view(len(lengths), -1, floats.shape[1]).split(self._widths, 2))
        layout, weight = self._layout, self._weight(lengths)
        return Batch(
            lengths,
            cont=next(parts),
            cat=cat.view(-1),
            groups=list(groups),
            z=[[None if ones else next(parts) for ones in term] for term in layout.ones],
            y=next(parts),
            offset=next(parts) if layout.has_offset else None,
            weight=weight,
            share=[next(parts) if few else weight for few in layout.few_touched],
            ascending=self._ascending,
        )

    def _weight(self, lengths: tuple[int, ...]) -> Tensor:
        if lengths not in self._weights:
            weight = torch.zeros(len(lengths), max(lengths), 1)
            for row, length in zip(weight, lengths, strict=True):
                row[:length] = 1 / length
            self._weights[lengths] = weight.to(self._starts.device)
        return self._weights[lengths]
