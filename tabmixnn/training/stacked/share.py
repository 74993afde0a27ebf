"""Which rows, and effects of which groups, one of several processes has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor

from tabmixnn.training.processes import Processes
from tabmixnn.training.rows import TrainingRows
from tabmixnn.training.stacked.rows import Batch


class Share:
    """One process's rows of a network: whole groups of the factor with most levels.

    Where a batch has few of its levels, the effects of those groups, their moments and all their
    updates are in this process alone. Everything else of the network is in all processes, and its
    gradients are added up.

    Parameters
    ----------
    processes : Processes
    train : TrainingRows
        All n rows, sorted by that factor (`TrainingRows.by_group`).
    n_levels : sequence of int
        Levels of every random-effects term.
    few_touched : sequence of bool
        For every term, whether a batch has few of its levels.

    Attributes
    ----------
    rows : slice
        The process's rows of the n.
    firsts : list of int
        The factor's first level of every process, and the number of levels after the last.
    owned : list of bool
        For every term, whether its levels are shared out.

    Raises
    ------
    ValueError
        If a process would have no rows.
    """

    def __init__(
        self,
        processes: Processes,
        train: TrainingRows,
        n_levels: Sequence[int],
        few_touched: Sequence[bool],
    ) -> None:
        self.processes = processes
        n, count, terms = len(train), processes.count, train.inputs.groups
        starts = torch.arange(count) * n // count
        self.firsts, self.owned = [0] * (count + 1), [False] * len(terms)
        if terms:
            self._largest = train.largest
            codes = terms[self._largest].codes
            levels = codes[starts]
            starts = torch.searchsorted(codes, levels)
            self.firsts = [0, *levels[1:].tolist(), n_levels[self._largest]]
            self.owned = [
                few and torch.equal(term.codes, codes)
                for few, term in zip(few_touched, terms, strict=True)
            ]
        ends = [*starts.tolist(), n]
        if any(start == end for start, end in pairwise(ends)):
            raise ValueError(
                f"{count} processes cannot share {n} rows whose groups stay together: one would "
                "have none. Start fewer."
            )
        self.rows = slice(*ends[processes.rank :][:2])

    @property
    def levels(self) -> slice:
        """This process's levels of the factor."""
        return slice(*self.firsts[self.processes.rank :][:2])

    @property
    def counts(self) -> list[int]:
        """How many levels of the factor each process has."""
        return [end - start for start, end in pairwise(self.firsts)]

    def among(self, rows: Tensor) -> slice:
        """Return which of some rows, numbers out of n in ascending order, are this process's."""
        ends = torch.tensor([self.rows.start, self.rows.stop])
        return slice(*torch.searchsorted(rows, ends).tolist())

    def of_others(self, rows: TrainingRows) -> tuple[TrainingRows, slice]:
        """Sort rows that are not trained on; return them and which are this process's."""
        if not self.owned:
            return rows, self.processes.part(len(rows))
        codes, order = rows.inputs.groups[self._largest].codes.sort(stable=True)
        ends = torch.tensor([self.levels.start, self.levels.stop])
        return rows.take(order), slice(*torch.searchsorted(codes, ends).tolist())

    def part(self, batch: Batch, rows: slice) -> Batch:
        """Return the rows of a batch that are this process's, owned levels counted from its first.

        Their weights stay those in the whole batch.
        """
        n, first = batch.y.shape[1], self.levels.start
        groups = zip(batch.groups, self.owned, strict=True)
        return replace(
            batch,
            cont=batch.cont[:, rows],
            cat=batch.cat.view(n, batch.cat.numel() // n)[rows].reshape(-1),
            groups=[codes[rows] - first if owned else codes[rows] for codes, owned in groups],
            z=[[z if z is None else z[:, rows] for z in term] for term in batch.z],
            y=batch.y[:, rows],
            offset=None if batch.offset is None else batch.offset[:, rows],
            weight=batch.weight[:, rows],
            share=[share[:, rows] for share in batch.share],
            mass=(rows.stop - rows.start) / n,
            rows=rows,
            whole=batch,
        )
