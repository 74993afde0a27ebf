"""A stacked network whose steps, on the processor, are compiled loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from tabmixnn.backbones import BackboneSettings
from tabmixnn.families import Binomial
from tabmixnn.training.stacked import kernels
from tabmixnn.training.stacked.linear import StackedLinear
from tabmixnn.training.stacked.network import StackedNetwork
from tabmixnn.training.stacked.noise import Noise
from tabmixnn.training.stacked.pool import Slot
from tabmixnn.training.stacked.rows import Batch
from tabmixnn.training.stacked.tables import Levels

Array = np.ndarray
NO_OFFSET = np.empty((0, 0, 0), np.float32)
ONCE = np.empty(0, np.float32)
NOTHING_DROPPED = np.empty((1, 0, 0), np.int16)


class _Draw(NamedTuple):
    """What the derivatives of a term need."""

    levels: Levels
    mu: Array
    log_sigma: Array
    deviation: Array
    sigma: Array
    work: Array
    codes: Array
    z: Array
    starts: Array


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
    held: Tensor

    def __init__(
        self,
        networks: Sequence[nn.Module],
        settings: BackboneSettings,
        kl_weights: Sequence[Sequence[float]],
        touched: Sequence[bool],
        clock,
        noise: Noise,
    ) -> None:
        super().__init__(networks, settings, kl_weights, touched, clock, noise)
        self._params, self._grads = self.pool.values.numpy(), self.pool.grads.numpy()
        self._activation = kernels.ACTIVATION_CODES[settings.activation]
        self._widths = [layer.width for layer in self.layers]
        self._layers = np.array([self._row(layer) for layer in self.layers], np.int64)
        self._layers = self._layers.reshape(len(self.layers), 7)
        linear = self.head.predicted[self.head.location]
        shared = [self._at(slot) for slot in self.head.shared.values()] or [kernels.NONE]
        self._head = np.array([*self._linear(linear), *shared], np.int64)
        self._binary = type(self.head.family) is Binomial
        self._work = np.empty(0, np.float32)
        self._rates = [(term.rate.numpy(), term.table.one_level.numpy()) for term in self.effects]

    def _at(self, slot: Slot) -> int:
        return slot.value.storage_offset()

    def _linear(self, linear: StackedLinear) -> tuple[int, int]:
        return self._at(linear.weight), self._at(linear.bias)

    def _row(self, layer) -> list[int]:
        out, into = layer.linear.weight.value.shape[1:]
        norm = [kernels.NONE] * 2
        if layer.normalised:
            norm = [self._at(layer.gain), self._at(layer.shift)]
        shortcut = kernels.IDENTITY if layer.residual else kernels.NONE
        if layer.shortcut is not None:
            shortcut = self._at(layer.shortcut.weight)
        return [into, out, *self._linear(layer.linear), *norm, shortcut]

    def differentiate(self, batch: Batch) -> tuple[Tensor, Tensor]:
        hidden, joined = self.fixed.forward(batch)
        values, n_train = hidden.numpy(), batch.n_train
        draws = [self._draw(values, n_train, batch, j) for j in range(len(self.effects))]
        likelihoods = self._through_layers(values, n_train, batch)
        kl = np.zeros(len(values), np.float32)
        for draw, (rate, one_level), term in zip(draws, self._rates, self.effects, strict=True):
            levels = draw.levels
            kernels.effects_backward(
                values, n_train, draw.mu, draw.log_sigma, draw.deviation, draw.sigma, draw.work,
                ONCE if levels.touch is None else levels.touch.numpy()[:, 0],
                rate, one_level, term.centre, draw.codes, draw.z, draw.starts,
                levels.mu_grad.numpy(), levels.log_sigma_grad.numpy(), kl,
            )  # fmt: skip
            term.table.collect()
        self.fixed.backward(batch, joined, hidden)
        nll, self.held = torch.from_numpy(likelihoods)
        return nll, torch.from_numpy(kl)

    def _draw(self, hidden: Array, n_train: int, batch: Batch, term: int) -> _Draw:
        """Draw a term's effects, and add them to the rows."""
        effects, table = self.effects[term], self.effects[term].table
        levels = table.take(batch, term)
        mu, log_sigma = levels.mu.numpy(), levels.log_sigma.numpy()
        deviation = table.normal(self.noise).numpy()
        sigma, work = np.empty((2, *mu.shape), np.float32)
        if not effects.centre:
            centre, centring = np.empty((len(hidden), mu.shape[1]), np.float32), kernels.NO_CENTRE
        elif levels.centre is None:
            centre, centring = np.empty((len(hidden), mu.shape[1]), np.float32), kernels.OWN_CENTRE
        else:
            centre, centring = levels.centre.numpy(), kernels.GIVEN_CENTRE
        codes, z, starts = levels.codes.numpy(), batch.slopes[term], levels.by_replica.starts
        kernels.add_effects(
            hidden, n_train, mu, log_sigma, deviation, sigma, work, centre, centring, codes, z,
            starts,
        )  # fmt: skip
        return _Draw(levels, mu, log_sigma, deviation, sigma, work, codes, z, starts)

    def _through_layers(self, hidden: Array, n_train: int, batch: Batch) -> Array:
        n, dim = hidden.shape[1:]
        size = kernels.work_size(n, dim, self._widths)
        if len(self._work) < size:
            self._work = np.empty(size, np.float32)
        bits, dropped, factor = NOTHING_DROPPED, 0, 1.0
        if self.dropout and self._widths:
            drawn = self.noise.bits(batch.lengths, sum(self._widths))
            bits, (dropped, factor) = drawn.numpy(), self.noise.threshold(self.dropout)
        likelihoods = np.empty((2, len(hidden)), np.float32)
        weight = batch.weight.numpy()
        kernels.through_layers(
            hidden, n_train, self._params, self._grads, self._layers, self._head,
            self._activation, self._binary, bits, dropped, factor, batch.y.numpy(),
            NO_OFFSET if batch.offset is None else batch.offset.numpy(),
            weight, weight[:, n_train:], self._work, likelihoods,
        )  # fmt: skip
        return likelihoods
