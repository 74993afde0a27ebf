"""Algorithm 1 where every epoch is one step: its small arrays, kept from epoch to epoch.

There an operation takes longer to start than to run. The encoder and the head, whose arrays are
small, are therefore computed by numpy, which starts them several times faster than torch does, in
memory that is allocated once; the hidden layers, where the time is spent, stay with torch. What
is computed is what `StackedNetwork.step` computes, and to its numbers.

The random effects of few levels are looked up by a matrix product: ``A @ table``, where a row of A
has a row's slopes in the columns of its levels, and the table has the draws. Validation rows ride
along. They have columns of their own, where the table has the posterior means, and no weight.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import expit
from torch import Tensor

from tabmixnn.families import Binomial, Family, Gaussian
from tabmixnn.training.stacked.effects import StackedEffects
from tabmixnn.training.stacked.network import StackedNetwork
from tabmixnn.training.stacked.noise import Noise
from tabmixnn.training.stacked.rows import Batch
from tabmixnn.training.stacked.tables import WholeTable

MAX_COLUMNS = 512
"""Columns of A above which looking levels up one by one is faster."""
Array = np.ndarray


def is_small(network: StackedNetwork, train: Batch) -> bool:
    """Return whether `WholeEpochs` can train a network, and does it faster."""
    tables = [term.table for term in network.effects]
    if network.pool.device.type != "cpu" or type(network.head.family) not in LIKELIHOODS:
        return False
    if type(network.head.family) is Binomial and network.head.family.counts:
        return False
    if not all(type(each) is WholeTable and _even(each) for each in tables):
        return False
    pairs = zip(tables, network.effects, strict=True)
    levels = sum(table.by_replica.counts[0] * term.shape[0] for table, term in pairs)
    return train.cont.shape[2] + 2 * levels <= MAX_COLUMNS


def _even(table: WholeTable) -> bool:
    return len(set(table.by_replica.counts)) == 1


@dataclass
class Term:
    """A random-effects term of R replicas with G levels each: views of its parameters.

    Parameters
    ----------
    effects : StackedEffects
    drawn, expected : ndarray, shape (R, G, w)
        Its part of the table, w = q d.
    found : ndarray, shape (R, G, w)
        Its part of the table's gradient.
    """

    effects: StackedEffects
    drawn: Array
    expected: Array
    found: Array

    def __post_init__(self) -> None:
        table, shape = self.effects.table, self.drawn.shape
        slots = table.mu, table.log_sigma
        self.mu, self.log_sigma = (slot.value.numpy().reshape(shape) for slot in slots)
        self.mu_grad, self.log_sigma_grad = (slot.grad.numpy().reshape(shape) for slot in slots)
        self.rate = self.effects.rate.numpy()[:, :, None]
        self.standard = torch.empty(shape)
        self.noise, self.sigma = self.standard.numpy(), np.empty(shape, np.float32)
        self.work = np.empty(shape, np.float32)
        self.mean = np.empty((shape[0], 1, shape[2]), np.float32)
        self.one_level = np.float32(1 / shape[1])

    def draw(self, noise: Noise) -> None:
        """Draw the effects, and put them and their means into the table."""
        for part, generator in zip(self.standard, noise.generators, strict=True):
            part.normal_(generator=generator)
        np.exp(self.log_sigma, out=self.sigma)
        np.multiply(self.noise, self.sigma, out=self.noise)
        np.add(self.mu, self.noise, out=self.drawn)
        if self.effects.centre:
            self._centred(self.drawn, self.drawn)
            self._centred(self.mu, self.expected)
        else:
            np.copyto(self.expected, self.mu)

    def _centred(self, values: Array, out: Array) -> None:
        np.add.reduce(values, 1, out=self.mean, keepdims=True)
        np.multiply(self.mean, self.one_level, out=self.mean)
        np.subtract(values, self.mean, out=out)

    def backward(self) -> Array:
        """Set the gradients, given that of the table; return the weighted divergence, (R,)."""
        found, work = self.found, self.work
        if self.effects.centre:
            self._centred(found, found)
        np.multiply(self.mu, self.rate, out=self.mu_grad)
        np.add(self.mu_grad, found, out=self.mu_grad)
        np.multiply(self.sigma, self.sigma, out=work)
        np.subtract(work, 1, out=work)
        np.multiply(work, self.rate, out=self.log_sigma_grad)
        np.multiply(found, self.noise, out=found)
        np.add(self.log_sigma_grad, found, out=self.log_sigma_grad)
        np.multiply(self.mu, self.mu, out=found)
        np.add(work, found, out=work)
        np.multiply(self.log_sigma, 2, out=found)
        np.subtract(work, found, out=work)
        return np.add.reduce(work, (1, 2)) * (0.5 * self.rate[:, 0, 0])


class WholeEpochs:
    """Train R replicas with one step an epoch.

    Parameters
    ----------
    network : StackedNetwork
        `is_small`.
    train : Batch
        All rows to learn from.
    held : Batch, optional
        Rows whose likelihood is wanted.
    n_levels : sequence of int
        Levels of every term, in all replicas together.
    """

    def __init__(
        self,
        network: StackedNetwork,
        train: Batch,
        held: Batch | None,
        n_levels: Sequence[int],
    ) -> None:
        self.network, self.train = network, train
        self.batch = train if held is None else train.beside(held)
        replicas, self.n_train, self.p = train.cont.shape
        n, dim = self.batch.cont.shape[1], network.fixed.dim
        self.columns = self._design(n_levels)
        shape = replicas, self.columns.shape[2], dim
        self.table, self.found = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.terms = list(self._terms(n_levels))
        continuous = network.fixed.continuous
        self.plain = continuous is not None and not network.fixed.has_categories
        if self.plain:
            weight = continuous.weight
            pair = weight.value.numpy(), weight.grad.numpy()
            self.weight, self.weight_grad = map(_transposed, pair)
        self.hidden = torch.empty(replicas, n, dim)
        self.factors = self._all_kept(replicas, n)
        self.head = Head(network, self.batch, held)

    def _design(self, n_levels: Sequence[int]) -> Array:
        """Return A, shape (R, n, p + 2 (levels times slopes of all terms))."""
        batch, network, shape = self.batch, self.network, self.batch.cont.shape
        replicas, n = shape[:2]
        widths = [term.shape[0] for term in network.effects]
        levels = [count // replicas for count in n_levels]
        total = self.p + 2 * sum(q * g for q, g in zip(widths, levels, strict=True))
        columns = np.zeros((replicas, n, total), np.float32)
        columns[:, :, : self.p] = batch.cont.numpy()
        start = self.p
        where = np.ogrid[:replicas, :n]
        for codes, z, q, g in zip(batch.groups, batch.z, widths, levels, strict=True):
            own = codes.view(replicas, n).numpy() - g * where[0]
            own[:, self.n_train :] += g
            for s, values in enumerate(z):
                found = 1.0 if values is None else values.numpy()[:, :, 0]
                columns[where[0], where[1], start + own * q + s] = found
            start += 2 * q * g
        return columns

    def _terms(self, n_levels: Sequence[int]) -> Iterator[Term]:
        replicas, start = len(self.table), self.p
        for effects, count in zip(self.network.effects, n_levels, strict=True):
            g, (q, dim) = count // replicas, effects.shape
            halves = [slice(start + k * g * q, start + (k + 1) * g * q) for k in (0, 1)]
            views = [
                rows.reshape(replicas, g, q * dim)
                for rows in (self.table[:, halves[0]], self.table[:, halves[1]])
            ]
            yield Term(effects, *views, self.found[:, halves[0]].reshape(replicas, g, q * dim))
            start += 2 * g * q

    def _all_kept(self, replicas: int, n: int) -> Tensor | None:
        widths = [layer.width for layer in self.network.layers]
        if not (self.network.dropout and widths):
            self.keep: Sequence[Tensor | None] = [None] * len(widths)
            return None
        factors = torch.ones(replicas, n, sum(widths))
        self.keep = factors.split(widths, 2)
        return factors[:, : self.n_train]

    def forward(self) -> Array | None:
        """Draw effects, and compute the likelihood; return that of rows held out, shape (R,)."""
        network, table = self.network, self.table
        if self.plain:
            np.copyto(table[:, : self.p], self.weight)
        for term in self.terms:
            term.draw(network.noise)
        hidden = self.hidden
        np.matmul(self.columns, table, out=hidden.numpy())
        self.joined = None
        if not self.plain:
            added, self.joined = network.fixed.forward(self.batch)
            hidden.add_(added)
        if self.factors is not None:
            width = self.factors.shape[2]
            network.noise.keep(self.train.lengths, width, network.dropout, self.factors)
        self.traces = []
        for layer, keep in zip(network.layers, self.keep, strict=True):
            hidden, trace = layer.forward(hidden, keep)
            self.traces.append(trace)
        return self.head.forward(hidden)

    def learn(self, lr: float, clip_norm: float | None = None) -> list[Array]:
        """Take the step that `forward` asks for; see `StackedNetwork.step`."""
        network = self.network
        grad = self.head.backward()
        for layer, trace in zip(reversed(network.layers), reversed(self.traces), strict=True):
            grad = layer.backward(trace, grad)
        np.matmul(_transposed(self.columns), grad.numpy(), out=self.found)
        kl = sum((term.backward() for term in self.terms), np.zeros(len(self.found)))
        if self.plain:
            np.copyto(self.weight_grad, self.found[:, : self.p])
        else:
            network.fixed.backward(self.batch, self.joined, grad)
        network.update(lr, clip_norm)
        return [self.head.nll, kl]


class Head:
    """`StackedHead` on arrays that stay.

    Parameters
    ----------
    network : StackedNetwork
    batch : Batch
        The rows to learn from, then those held out.
    held : Batch, optional
        The latter.
    """

    def __init__(self, network: StackedNetwork, batch: Batch, held: Batch | None) -> None:
        head = network.head
        self._differentiate = LIKELIHOODS[type(head.family)]
        linear = head.predicted[head.location]
        self._weight, self._bias = linear.weight.value.numpy(), linear.bias.value.numpy()
        self._weight_grad, self._bias_grad = linear.weight.grad.numpy(), linear.bias.grad.numpy()
        self._shared = [(slot.value.numpy(), slot.grad.numpy()) for slot in head.shared.values()]
        self._y, weight = batch.y.numpy(), batch.weight.numpy()
        self._offset = None if batch.offset is None else batch.offset.numpy()
        weights = [weight]
        if held is not None:
            n_train = weight.shape[1] - held.weight.shape[1]
            weights.append(np.pad(held.weight.numpy(), ((0, 0), (n_train, 0), (0, 0))))
        self._weights = np.ascontiguousarray(_transposed(np.concatenate(weights, 2)))
        self._weight_of_row = weight
        self._scores = np.empty_like(weight)
        self._grad = torch.empty(*weight.shape[:2], self._weight.shape[2])

    def forward(self, hidden: Tensor) -> Array | None:
        """Compute the likelihood; return that of rows held out, shape (R,), if there are any."""
        self._features, scores = hidden.numpy(), self._scores
        np.matmul(self._features, _transposed(self._weight), out=scores)
        np.add(scores, self._bias, out=scores)
        if self._offset is not None:
            np.add(scores, self._offset, out=scores)
        nll, self._slope = self._differentiate(scores, self._y, self._weights, self._shared)
        np.multiply(self._slope, self._weight_of_row, out=self._slope)
        self.nll = nll[:, 0]
        return nll[:, 1] if nll.shape[1] > 1 else None

    def backward(self) -> Tensor:
        """Set the parameters' gradients; return the features', shape (R, n, h)."""
        np.matmul(_transposed(self._slope), self._features, out=self._weight_grad)
        np.add.reduce(self._slope, 1, out=self._bias_grad, keepdims=True)
        np.multiply(self._slope, self._weight, out=self._grad.numpy())
        return self._grad


def _transposed(matrices: Array) -> Array:
    return matrices.swapaxes(1, 2)


def _gaussian(scores: Array, y: Array, weights: Array, shared: Shared) -> tuple[Array, Array]:
    residual = np.subtract(scores, y, out=scores)
    ((log_sigma, grad),) = shared
    precision = np.exp(-2 * log_sigma)
    scaled = np.matmul(weights, residual * residual)[:, :, 0] * precision
    np.subtract(1, scaled[:, :1], out=grad)
    nll = 0.5 * scaled + (log_sigma + 0.5 * math.log(2 * math.pi))
    return nll, np.multiply(residual, precision[:, :, None], out=residual)


def _binomial(scores: Array, y: Array, weights: Array, shared: Shared) -> tuple[Array, Array]:
    losses = np.logaddexp(0, scores, dtype=np.float32) - scores * y
    return np.matmul(weights, losses)[:, :, 0], np.subtract(expit(scores), y, out=scores)


Shared = Sequence[tuple[Array, Array]]
LIKELIHOODS: dict[type[Family], Callable[[Array, Array, Array, Shared], tuple[Array, Array]]] = {
    Gaussian: _gaussian,
    Binomial: _binomial,
}
"""Of scores, outcomes, weights of sums over rows, shape (R, c, n), and the parameters that rows
share with the places of their gradients: the sums, (R, c), and the derivatives by the scores."""
