"""Networks trained on rows that are read from a file, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch

from tabmixnn.draws import seeded
from tabmixnn.encoder import EncoderSpec, InputScaling
from tabmixnn.families import Family
from tabmixnn.formula.frame import ModelFrame
from tabmixnn.formula.transforms.pieces import DistinctLearner
from tabmixnn.inference.expectation import check_head
from tabmixnn.inference.network import MixedEffectsNetwork
from tabmixnn.inference.variational import VariationalEngine
from tabmixnn.streaming.blocks import BlockRows, HeldRows
from tabmixnn.streaming.moments import ColumnMoments
from tabmixnn.streaming.progress import CountLine
from tabmixnn.streaming.rows import FileRows, check_known
from tabmixnn.streaming.source import Block
from tabmixnn.training import TrainingRows, arrays_of, digest, processes
from tabmixnn.training.checkpoint import Checkpoint

FAMILIES = ("gaussian", "binomial", "multinomial")
"""Families whose networks start from nothing that takes all responses at once."""


class Seen:
    """Statistics of all rows that a network is scaled by, collected in one pass.

    Parameters
    ----------
    frame : ModelFrame
        Some of the rows, for the number of columns.
    """

    def __init__(self, frame: Any) -> None:
        self.cont = ColumnMoments(frame.cont.shape[1])
        self.slopes = [ColumnMoments(block.Z.shape[1]) for block in frame.blocks]
        self.response = ColumnMoments(1)
        self.digest = 0
        self._values = DistinctLearner(lambda values: values)

    def add(self, frame: Any) -> None:
        """Look at a batch of rows."""
        self.cont.add(frame.cont)
        for moments, block in zip(self.slopes, frame.blocks, strict=True):
            moments.add(block.Z)
        self.response.add((frame.y - frame.offset)[:, None])
        self._values.add(frame.y)
        self.digest = digest(arrays_of(frame, frame.y), self.digest)

    @property
    def values(self) -> np.ndarray:
        """Different responses: all of them, if they are few."""
        return self._values.end_pass()


class StreamedNetwork(VariationalEngine):
    """Algorithm 1 of the paper on rows that are read block by block in random order.

    A block is a row group of the file. Rows stored sorted by the largest grouping factor are best:
    a batch then touches few groups. In any other order training works as well, on batches that
    touch more. Rows to validate by are a fixed random half of the rows of a few blocks.

    Attributes
    ----------
    n_left_out : int
        Number of rows that were left out for missing values; known after `fit_rows`.
    """

    def fit_rows(
        self,
        design: Any,
        rows: FileRows,
        family: Family,
        seed: int,
        checkpoint: Checkpoint | None = None,
        codes: np.ndarray | None = None,
    ) -> StreamedNetwork:
        """Fit a file: one pass for scales, then one an epoch.

        Parameters
        ----------
        design : Design
            Learned from the rows.
        rows : FileRows
        family : Family
        seed : int
        checkpoint : Checkpoint, optional
            Where the run is kept; one that was interrupted goes on.
        codes : ndarray, shape (K,), optional
            The class of each of the response's levels, if it is not in their order.

        Raises
        ------
        ValueError
            If the outcome or an option needs all rows at once.
        """
        options = self.options
        # Several processes read the same blocks and take a part of every batch.
        seed = processes().of_first(seed if checkpoint is None else checkpoint.seed)
        frame_of = partial(_training_frame, design, codes)
        sample = frame_of(rows.sample)
        self._check_streams(family, sample.y)
        blocks = rows.source.blocks()
        held = HeldRows(blocks, options.validation_fraction, seed)
        seen, n_held = self._see(frame_of, rows, blocks, held, sample)
        if checkpoint is not None:
            checkpoint.identify("digest of the rows", f"{seen.digest:08x}")
        family.check_response(rows.counted(seen.values))
        self.n_left_out = rows.total - rows.n
        self.family = family.bind(seen.values)
        mean, std = float(seen.response.mean[0]), float(seen.response.std[0])
        self.response_scale = self.family.scale_of(mean, std)
        self.spec, self.places = EncoderSpec.from_frame(design, sample), None
        spec = self._placed_spec(design)
        learned = None if options.effects.is_papers else spec.blocks
        self.scaling = InputScaling.of(seen.cont, seen.slopes, sample.blocks, learned)
        with seeded(seed):
            self.network = MixedEffectsNetwork(spec, self.family, options, self.response_scale)
        if options.effects.expectation == "quadrature":
            check_head(self.network.head, spec.blocks)
        read = partial(self._read, frame_of, rows, held)
        train = BlockRows(blocks, partial(read, False), rows.n - n_held)
        chosen = [block for block in blocks if block.start in held.starts]
        valid = BlockRows(chosen, partial(read, True), n_held) if n_held else None
        self.task = self._new_task(train, valid, seed)
        self.train_alone(checkpoint=checkpoint)
        # Found now: the file need not be there later.
        _ = self.last_layer
        return self

    def _check_streams(self, family: Family, y: np.ndarray) -> None:
        if family.name not in FAMILIES or y.ndim > 1:
            what = "counts of two columns" if y.ndim > 1 else f"a {family.name} outcome"
            raise ValueError(
                f"Networks read {', '.join(FAMILIES)} outcomes of one column from files, not "
                f"{what}; read the file into a data frame."
            )
        if self.options.effects.cov_struct_map is not None:
            raise ValueError(
                "cov_struct_map needs all rows at once; read the file into a data frame, or leave "
                "it out."
            )

    def _see(
        self,
        frame_of: Callable[[pd.DataFrame], ModelFrame],
        rows: FileRows,
        blocks: list[Block],
        held: HeldRows,
        sample: ModelFrame,
    ) -> tuple[Seen, int]:
        """Return the statistics of all rows, and how many are set aside."""
        seen, n_held, done = Seen(sample), 0, 0
        line = CountLine("looking at columns", rows.total, enabled=rows.progress)
        for block in blocks:
            aside = held.of(block.start, block.n_rows)
            for data in rows.of(block):
                seen.add(frame_of(data))
                n_held += int(aside[data.index - block.start].sum())
            done += block.n_rows
            line.update(done)
        line.close()
        return seen, n_held

    def _read(
        self,
        frame_of: Callable[[pd.DataFrame], ModelFrame],
        rows: FileRows,
        held: HeldRows,
        aside: bool,
        block: Block,
    ) -> Iterator[TrainingRows]:
        """Yield the rows of a block to train on, or those that are set aside."""
        chosen = held.of(block.start, block.n_rows) == aside
        for data in rows.of(block):
            data = data[chosen[data.index - block.start]]
            if len(data):
                frame = frame_of(data)
                targets = self.response_scale.standardise(frame.y)
                inputs = self._inputs(frame, torch.float32)
                yield TrainingRows(inputs, torch.as_tensor(targets, dtype=torch.float32))


def _training_frame(design: Any, codes: np.ndarray | None, data: pd.DataFrame) -> ModelFrame:
    """Return the frame of training rows, with the codes of classes as responses."""
    frame = check_known(design.frame(data))
    return frame if codes is None else replace(frame, y=codes[frame.y.astype(np.int64)])
