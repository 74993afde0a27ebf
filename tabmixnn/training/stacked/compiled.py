"""A stacked network whose steps, on the processor, are compiled loops."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from tabmixnn.families import Binomial
from tabmixnn.training.stacked.effects import StackedEffects
from tabmixnn.training.stacked.hidden import StackedLayer
from tabmixnn.training.stacked.indexed import IndexedTable
from tabmixnn.training.stacked.linear import StackedLinear
from tabmixnn.training.stacked.loops import effects as effect_loops
from tabmixnn.training.stacked.loops import layers as layer_loops
from tabmixnn.training.stacked.network import StackedNetwork
from tabmixnn.training.stacked.noise import Noise
from tabmixnn.training.stacked.pool import Slot
from tabmixnn.training.stacked.rows import Batch
from tabmixnn.training.stacked.tables import Levels
from tabmixnn.training.stacked.whole_tables import WholeTable

Array = np.ndarray
NO_OFFSET = np.empty((0, 0, 0), np.float32)
NOTHING_DROPPED = np.empty((1, 0, 0), np.int16)
ALL_LEVELS = np.empty(0, np.int64)
ONCE = np.empty(0, np.float32)


class CompiledNetwork(StackedNetwork):
    """`StackedNetwork` on the processor, to its numbers, for families that are `written_out`.

    A batch may have rows that are held out after those to learn from. The likelihood of these, at
    the posterior means, is computed in passing.

    Attributes
    ----------
    held : Tensor, shape (R,)
        Mean negative log-likelihood of the rows held out of the last batch, before its step.
    """

    looks_at_held = True
    pooled = IndexedTable
    held: Tensor

    _batch: Batch | None = None
    _work = np.empty(0, np.float32)

    @cached_property
    def _description(self) -> tuple:
        """What `through_layers` asks of the network, after its parameters have their places."""
        layers = np.array([_row(layer) for layer in self.layers], np.int64).reshape(-1, 7)
        linear = self.head.predicted[self.head.location]
        shared = [_at(slot) for slot in self.head.shared.values()] or [layer_loops.NONE]
        return (
            self.pool.values.numpy(),
            self.pool.grads.numpy(),
            layers,
            np.array([*_linear(linear), *shared], np.int64),
            layer_loops.ACTIVATION_CODES[self.settings.activation],
            type(self.head.family) is Binomial,
        )

    @cached_property
    def _whole(self) -> bool:
        """Whether every batch has all levels."""
        return all(type(term.table) is WholeTable for term in self.effects)

    def differentiate(self, batch: Batch) -> tuple[Tensor, Tensor]:
        # The levels of a table that a step has moved are to be looked up again.
        same = batch is self._batch and self._whole
        self._batch = batch
        if not same:
            self._terms = [
                _Term(term, term.table.take(batch, j), batch, j)
                for j, term in enumerate(self.effects)
            ]
            self._rows = _rows(batch)
        hidden, joined = self.fixed.forward(batch)
        values, n_train = hidden.numpy(), batch.n_train
        for term in self._terms:
            term.add_to(values, n_train, self.noise)
        likelihoods = np.empty((2, len(values)), np.float32)
        layer_loops.through_layers(
            values, n_train, *self._description, *self._dropped(batch), *self._rows,
            self._workspace(values.shape[1]), likelihoods,
        )  # fmt: skip
        kl = np.zeros(len(values), np.float32)
        for term in self._terms:
            term.backward(values, n_train, kl)
        self.fixed.backward(batch, joined, hidden)
        nll, self.held = torch.from_numpy(likelihoods)
        return nll, torch.from_numpy(kl)

    def _dropped(self, batch: Batch) -> tuple[Array, int, float]:
        """Draw what decides which features are dropped."""
        width = sum(self.widths)
        if not self.dropout or not width:
            return NOTHING_DROPPED, 0, 1.0
        bits = self.noise.bits(batch.lengths, width).numpy()
        return np.ascontiguousarray(bits), *Noise.threshold(self.dropout)

    def _workspace(self, n: int) -> Array:
        size = n * layer_loops.numbers_per_row(self.fixed.dim, self.widths)
        if len(self._work) < size:
            self._work = np.empty(size, np.float32)
        return self._work


class _Term:
    """A random-effects term on the levels of a batch, for the loops that draw and learn them."""

    def __init__(self, effects: StackedEffects, levels: Levels, batch: Batch, term: int) -> None:
        self.effects, self.table = effects, effects.table
        self._posterior = levels.mu.numpy(), levels.log_sigma.numpy()
        width = levels.mu.shape[1]
        if effects.centre and levels.centre is not None:
            self._centre = levels.centre.numpy(), effect_loops.GIVEN_CENTRE
        else:
            centring = effect_loops.OWN_CENTRE if effects.centre else effect_loops.NO_CENTRE
            self._centre = np.empty((len(batch.lengths), width), np.float32), centring
        self._where = (
            ALL_LEVELS if levels.rows is None else levels.rows,
            levels.codes.numpy(),
            batch.slopes[term],
            levels.by_replica.starts,
        )
        self._weights = (
            ONCE if levels.touch is None else levels.touch.numpy()[:, 0],
            effects.rate.numpy(),
            self.table.one_level.numpy(),
            effects.centre,
        )
        self._grads = levels.mu_grad.numpy(), levels.log_sigma_grad.numpy()
        self._sigma, self._values = np.empty((2, self._where[-1][-1], width), np.float32)

    def add_to(self, hidden: Array, n_train: int, noise: Noise) -> None:
        """Draw the effects, and add them to the rows."""
        deviation = self.table.normal(noise).numpy()
        self._drawn = deviation, self._sigma, self._values
        effect_loops.add_effects(
            hidden, n_train, *self._posterior, *self._drawn, *self._centre, *self._where
        )

    def backward(self, grad: Array, n_train: int, kl: Array) -> None:
        """Set the gradients, given those of the rows; add the divergence to `kl`, (R,)."""
        effect_loops.effects_backward(
            grad, n_train, *self._posterior, *self._drawn, *self._weights, *self._where,
            *self._grads, kl,
        )  # fmt: skip
        self.table.collect()


def _rows(batch: Batch) -> tuple[Array, Array, Array, Array]:
    """Return the outcomes, offsets and weights of a batch, and weights of rows held out."""
    weight = batch.weight.numpy()
    offset = NO_OFFSET if batch.offset is None else batch.offset.numpy()
    return batch.y.numpy(), offset, weight, weight[:, batch.n_train :]


def _at(slot: Slot) -> int:
    return slot.value.storage_offset()


def _linear(linear: StackedLinear) -> tuple[int, int]:
    return _at(linear.weight), _at(linear.bias)


def _row(layer: StackedLayer) -> list[int]:
    """Return a layer's row of the table that `through_layers` reads."""
    out, into = layer.linear.weight.value.shape[1:]
    norm = [layer_loops.NONE] * 2
    if layer.normalised:
        norm = [_at(layer.gain), _at(layer.shift)]
    shortcut = layer_loops.IDENTITY if layer.residual else layer_loops.NONE
    if layer.shortcut is not None:
        shortcut = _at(layer.shortcut.weight)
    return [into, out, *_linear(layer.linear), *norm, shortcut]
