"""R networks of the same plain architecture as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from tabmixnn.backbones import BackboneSettings
from tabmixnn.encoder.posterior import DiagonalPosterior
from tabmixnn.training.stacked.adam import AdamClock, VectorAdam
from tabmixnn.training.stacked.effects import StackedEffects
from tabmixnn.training.stacked.fixed import StackedFixed
from tabmixnn.training.stacked.head import StackedHead
from tabmixnn.training.stacked.hidden import StackedLayer
from tabmixnn.training.stacked.noise import Noise
from tabmixnn.training.stacked.pool import ParameterPool
from tabmixnn.training.stacked.rows import Batch
from tabmixnn.training.stacked.share import Share
from tabmixnn.training.stacked.shared_tables import CommonTable, OwnedTable
from tabmixnn.training.stacked.tables import Table
from tabmixnn.training.stacked.touched_table import TouchedTable
from tabmixnn.training.stacked.whole_tables import PooledTable, WholeTable
from tabmixnn.training.task import Moments

POOLED_VALUES = 2**18
"""Values of a table that Adam steps over sooner than it finds those that a batch has touched."""


class StackedNetwork:
    """Encoder, GSEM backbone without structures and head of one outcome, one a replica.

    The derivatives are written out: on networks of this size what automatic differentiation costs
    for each operation is more than the operation itself, and a replica more costs little.

    Parameters
    ----------
    networks : sequence of MixedEffectsNetwork
        The replicas, with the same columns; groups may have different levels in each.
    settings : BackboneSettings
        Theirs.
    kl_weights : sequence of sequence of float
        Weight of every term's divergence averaged over levels, replica by replica.
    touched : sequence of bool
        For every term, whether a batch has few of its levels.
    clock : AdamClock
    noise : Noise
    share : Share, optional
        What this process has of a single replica that several train.
    """

    looks_at_held: ClassVar[bool] = False
    """Whether `differentiate` looks at the rows of a batch that are held out."""

    pooled: ClassVar[type[PooledTable]] = PooledTable
    """The kind of table that Adam steps over as a whole."""

    def __init__(
        self,
        networks: Sequence[nn.Module],
        settings: BackboneSettings,
        kl_weights: Sequence[Sequence[float]],
        touched: Sequence[bool],
        clock: AdamClock,
        noise: Noise,
        share: Share | None = None,
    ) -> None:
        self._networks, self._share = networks, share
        self.pool = ParameterPool(noise.device)
        self.clock, self.noise = clock, noise
        self.settings, self.dropout = settings, settings.dropout
        encoders = [network.encoder for network in networks]
        self.fixed = StackedFixed(self.pool, [encoder.fixed for encoder in encoders])
        posteriors = zip(*(encoder.posterior.terms for encoder in encoders), strict=True)
        self.effects = [
            self._effects(j, each, weights, few, term.centre)
            for j, (each, weights, few, term) in enumerate(
                zip(posteriors, kl_weights, touched, encoders[0].random, strict=True)
            )
        ]
        layers = zip(*(network.backbone.layers for network in networks), strict=True)
        self.layers = [StackedLayer(self.pool, each, settings) for each in layers]
        self.widths = [layer.width for layer in self.layers]
        self.head = StackedHead(self.pool, [network.head for network in networks])
        self.pool.seal()
        self._adam = VectorAdam(clock, self.pool.values)
        self._kept: Tensor | None = None

    def _effects(
        self,
        term: int,
        posteriors: Sequence[DiagonalPosterior],
        kl_weights: Sequence[float],
        touched: bool,
        centre: bool,
    ) -> StackedEffects:
        mu, log_sigma = [each.mu for each in posteriors], [each.log_sigma for each in posteriors]
        device, share = self.pool.device, self._share
        if share is not None and not share.owned[term]:
            # Every process has the term's divergence.
            kl_weights = [weight / share.processes.count for weight in kl_weights]
        table: Table
        if not touched:
            table = WholeTable(self.pool, mu, log_sigma)
        elif share is None and 2 * sum(each.numel() for each in mu) <= POOLED_VALUES:
            table = self.pooled(self.pool, mu, log_sigma)
        elif share is None:
            table = TouchedTable(self.clock, mu, log_sigma, device)
        elif share.owned[term]:
            table = OwnedTable(self.clock, *mu, *log_sigma, device, share)
        else:
            table = CommonTable(self.clock, *mu, *log_sigma, device, share.processes)
        shape = (mu[0].shape[1], mu[0].shape[2])
        return StackedEffects(table, shape, kl_weights, centre, device)

    def step(self, batch: Batch, lr: float, clip_norm: float | None = None) -> Tensor:
        """Take a step of Adam (lines 4-11 of Algorithm 1).

        Parameters
        ----------
        batch : Batch
        lr : float
            Learning rate.
        clip_norm : float, optional
            Largest norm of each replica's gradient.

        Returns
        -------
        Tensor, shape (2, R)
            Mean negative log-likelihood and weighted divergence, before it; of several processes,
            this one's part of them.
        """
        parts = torch.stack(self.differentiate(batch))
        self.update(lr, clip_norm)
        return parts

    def differentiate(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Draw effects, and set the gradients; return the two parts of the loss, (R,) each."""
        hidden, joined = self.fixed.forward(batch)
        draws = []
        for j, term in enumerate(self.effects):
            draws.append(term.sample(hidden, batch, j, self.noise))
        traces = []
        for layer, keep in zip(self.layers, self._keep(batch), strict=True):
            hidden, trace = layer.forward(hidden, keep)
            traces.append(trace)
        nll, grad = self.head.backward(hidden, batch)
        for layer, trace in zip(reversed(self.layers), reversed(traces), strict=True):
            grad = layer.backward(trace, grad)
        kl = torch.zeros_like(nll)
        for term, draw in zip(self.effects, draws, strict=True):
            kl += term.backward(draw, grad)
        self.fixed.backward(batch, joined, grad)
        return nll, kl

    def update(self, lr: float, clip_norm: float | None = None) -> None:
        """Let Adam take the step that `differentiate` asks for; see `step`."""
        if self._share is not None:
            self._add_up()
        if clip_norm is not None:
            self._clip(clip_norm)
        self.clock.begin(lr)
        self._adam.step(self.pool.grads)
        for term in self.effects:
            term.table.step()
        self.clock.end()

    def _add_up(self) -> None:
        """Make the gradients of this process's rows those of all processes' rows."""
        self._share.processes.sum(self.pool.grads)
        for term in self.effects:
            term.table.reduce()

    def _clip(self, largest: float) -> None:
        """Shorten the gradients of those replicas where they are longer, as torch does."""
        squares = self.pool.grads.new_zeros(len(self._networks))
        squares.index_add_(0, self.pool.owner, self.pool.grads.square())
        for term in self.effects:
            squares += term.table.squared_gradients()
        factors = (largest / squares.sqrt_().add_(1e-6)).clamp_(max=1)
        self.pool.grads *= factors.index_select(0, self.pool.owner)
        for term in self.effects:
            term.table.shorten(factors)

    def _keep(self, batch: Batch) -> Sequence[Tensor | None]:
        """Draw dropout's factors for every layer."""
        widths = self.widths
        if not self.dropout or not widths:
            return [None] * len(widths)
        keep = self.noise.keep(batch.lengths, sum(widths), self.dropout, rows=batch.rows)
        return keep.split(widths, 2)

    def nll(self, batch: Batch) -> Tensor:
        """Return the mean negative log-likelihoods at the posterior means, shape (R,)."""
        hidden, _ = self.fixed.forward(batch)
        for term, codes, z in zip(self.effects, batch.groups, batch.z, strict=True):
            term.mean(hidden, codes, z)
        for layer in self.layers:
            hidden, _ = layer.forward(hidden, None)
        return self.head.nll(hidden, batch)

    def keep(self, chosen: Sequence[bool]) -> None:
        """Remember the weights of those of the R replicas that are chosen."""
        values, every = self.pool.values, all(chosen)
        replicas = None if every else torch.tensor(chosen, device=values.device)
        if self._kept is None:
            self._kept = values.clone()
        elif every:
            self._kept.copy_(values)
        else:
            mask = replicas.index_select(0, self.pool.owner)
            torch.where(mask, values, self._kept, out=self._kept)
        for term in self.effects:
            term.table.keep(replicas)

    def restore(self) -> None:
        """Write the weights last remembered, or else the current ones, into the networks."""
        kept = self.pool.values if self._kept is None else self._kept
        self._write(kept, lambda table: table.best())

    def moments(self) -> list[Moments]:
        """Return each replica's state of Adam; the networks' own parameters are overwritten."""
        states: list[Moments] = [{} for _ in self._networks]
        vectors = {"exp_avg": self._adam.mean, "exp_avg_sq": self._adam.square}
        for key, vector in vectors.items():
            self._write(vector, lambda table, key=key: table.moment(key))
            for network, state in zip(self._networks, states, strict=True):
                for name, parameter in network.named_parameters():
                    step = torch.tensor(float(self.clock.now))
                    entry = state.setdefault(name, {"step": step})
                    entry[key] = parameter.detach().clone()
        return states

    @torch.inference_mode()
    def _write(self, values: Tensor, rows_of: Callable[[Table], Tensor | None]) -> None:
        self.pool.write(values)
        self.fixed.write_back()
        for term in self.effects:
            term.table.write(rows_of(term.table))
