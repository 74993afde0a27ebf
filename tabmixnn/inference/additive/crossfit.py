"""Networks of the predictors inside a mixed model, each learned without one fold of the rows.

The model is ``g(E y) = X beta + Z u + f(x)``. Given f, fixed and random effects and variances
are those of the restricted likelihood of what f leaves; given them, f learns by gradients from
the rows' partial residuals, the exact M step of an EM algorithm in which u is integrated out.
Every row gets its value of f from networks that never saw it: a comparison with the model
without f, a column of f whose coefficient is not flattered, and an average of networks for new
rows come from the same training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tabmixnn.inference.additive.crossval import Comparison
from tabmixnn.inference.additive.fit import AdditiveFit, fit_additive
from tabmixnn.inference.additive.matrices import Matrices
from tabmixnn.inference.additive.networks import Networks
from tabmixnn.inference.additive.outcome import Outcome
from tabmixnn.training.stacked.adam import AdamClock, VectorAdam
from tabmixnn.training.threads import threads_for

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

STEPS = 600
"""Gradient steps at least."""
PASSES = 16
"""Passes over the rows at least."""
LOOKS = (0.08, 0.16, 0.33, 0.5, 0.75, 1.0)
"""Shares of the steps after which the mixed model is fitted again and held-out rows are asked."""
SMALL_BATCH, LARGE_BATCH, MANY_ROWS = 256, 1_024, 10_000
"""Rows of a step, the latter with that many rows and more."""
RATE, DECAY, AVERAGE = 0.005, 1e-3, 0.98
"""Learning rate and weight decay of AdamW, and of the running average of the parameters."""
FARTHEST = 10.0
"""Targets lie within this many residual deviations of what the networks say."""


@dataclass(frozen=True, eq=False)
class Learned:
    """What networks learned.

    Attributes
    ----------
    networks : Networks
        One a fold of every division, K in all.
    scale : float
        What their outputs are multiplied by.
    held_out : ndarray, shape (n,)
        For each training row the mean of the networks that did not see it, scaled.
    comparison : Comparison
        Of the mixed model without them and with them.
    """

    networks: Networks
    scale: float
    held_out: Array
    comparison: Comparison


class _Fold:
    """One fold's mixed model, fitted without the fold.

    Attributes
    ----------
    train, held_out : ndarray of int
        Rows of the others and of the fold.
    """

    def __init__(self, outcome: Outcome, fit: AdditiveFit, numbers: Codes, fold: int) -> None:
        self.train, self.held_out = np.flatnonzero(numbers != fold), np.flatnonzero(numbers == fold)
        self._outcome, self._start, self._ratio = outcome, fit, 1.0
        self._eta = fit.eta[self.train]
        self._train: Matrices = fit.matrices.take(self.train)
        self._held_out: Matrices = fit.matrices.take(self.held_out)
        self._f = np.zeros(len(numbers))

    def look(self, f: Array) -> tuple[Array, Array, Array]:
        """Fit the mixed model to what f leaves, its effects' variances as they are without f.

        Returns
        -------
        losses : ndarray
            Of the held-out rows.
        residuals, weights : ndarray
            Working residuals of the training rows, and their weights.
        """
        part = self._outcome.beyond(f).take(self.train)
        eta = self._eta + (f - self._f)[self.train]
        x = self._start.parameters.rescaled(self._start.x, self._ratio)
        fit = fit_additive(self._train, part, x, eta, steps=0)
        self._eta, self._f = fit.eta, f
        # The residual variance falls as f learns, so that the others rise in relation to it.
        self._ratio = float(np.sqrt(self._start.solution.sigma2 / fit.solution.sigma2))
        working, weights = part.working(fit.eta)
        residuals = working + part.offset - fit.eta
        rest = self._outcome.beyond(f).take(self.held_out)
        return rest.losses(fit.predict(self._held_out) + rest.offset), residuals, weights


def cross_fit(
    inputs: Tensor,
    outcome: Outcome,
    fit: AdditiveFit,
    divided: Sequence[Codes],
    hidden: Sequence[int],
    seed: int,
    *,
    patience: int | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Learned | None:
    """Train a network for each fold, all of them at once.

    Parameters
    ----------
    inputs : Tensor, shape (n, d)
    outcome : Outcome
        The n responses.
    fit : AdditiveFit
        The mixed model that the networks are to improve on.
    divided : sequence of ndarray, shape (n,)
        Divisions into folds, from `crossval.divisions`.
    hidden : sequence of int
        Widths of the hidden layers.
    seed : int
    patience : int, optional
        Looks after which networks that held-out rows never liked are given up. Without it they
        train to the end, and those of the best look are returned whether liked or not.
    report : callable
        Takes a line of progress a look.

    Returns
    -------
    Learned or None
        At the look that held-out rows liked best; None if they were given up.
    """
    n, d = inputs.shape
    folds = [
        _Fold(outcome, fit, numbers, fold)
        for numbers in divided
        for fold in range(numbers.max() + 1)
    ]
    scale = float(np.sqrt(fit.solution.sigma2))
    batch = SMALL_BATCH if n < MANY_ROWS else LARGE_BATCH
    steps = max(STEPS, PASSES * n // batch)
    work = len(folds) * batch * (d * hidden[0] + sum(a * b for a, b in pairwise(hidden)))
    with threads_for(work):
        trainer = _Trainer(inputs, [each.train for each in folds], hidden, batch, steps, seed)
        plain: Array | None = None
        best: Learned | None = None
        done = 0
        for number, share in enumerate((0.0, *LOOKS)):
            trainer.train(round(share * steps) - done)
            done = round(share * steps)
            says = trainer.average.everywhere(inputs) * scale
            looks = [fold.look(f) for fold, f in zip(folds, says, strict=True)]
            losses = _pool(folds, [look[0] for look in looks], len(divided))
            if plain is None:
                plain = losses
            comparison = Comparison.of(plain, losses)
            report(f"networks after {done} steps: {comparison.richer:.5g}, t = {comparison.t:.1f}")
            bar = _bar(plain, best, patience)
            if number and comparison.richer < bar:
                held_out = _pool(
                    folds,
                    [f[fold.held_out] for fold, f in zip(folds, says, strict=True)],
                    len(divided),
                )
                best = Learned(trainer.average.copy(), scale, held_out, comparison)
            if best is None and patience is not None and number >= patience:
                return None
            trainer.aim(
                says / scale, [look[1] / scale for look in looks], [look[2] for look in looks]
            )
    return best


def _bar(plain: Array, best: Learned | None, patience: int | None) -> float:
    """Return the mean loss that networks have to be below to be the best ones."""
    if best is not None:
        return best.comparison.richer
    return np.inf if patience is None else float(plain.mean())


def _pool(folds: Sequence[_Fold], parts: Sequence[Array], times: int) -> Array:
    """Return each row's mean over the divisions of what its folds say of it, shape (n,)."""
    out = np.zeros(sum(len(fold.held_out) for fold in folds) // times)
    for fold, part in zip(folds, parts, strict=True):
        out[fold.held_out] += part / times
    return out


class _Trainer:
    """Stacked networks, each learning its own targets of its own rows by AdamW.

    Attributes
    ----------
    average : Networks
        Running averages of the parameters: what is asked.
    """

    def __init__(
        self,
        inputs: Tensor,
        rows: Sequence[Codes],
        hidden: Sequence[int],
        batch: int,
        steps: int,
        seed: int,
    ) -> None:
        self._inputs, self._batch = inputs, batch
        self._generator = torch.Generator().manual_seed(seed)
        self._networks = Networks.start(len(rows), [inputs.shape[1], *hidden], self._generator)
        self.average = self._networks.copy()
        for each in self._networks.parameters:
            each.requires_grad_()
        self._clock = AdamClock(steps, inputs.device)
        self._adam = VectorAdam(self._clock, self._networks.vector)
        longest = max(map(len, rows))
        self._rows = torch.zeros(len(rows), longest, dtype=torch.int64)
        for position, each in zip(self._rows, rows, strict=True):
            position[: len(each)] = torch.from_numpy(each)
        self._lengths = torch.tensor([len(each) for each in rows])[:, None]
        self._targets = torch.zeros(len(rows), longest)
        self._weights = torch.zeros(len(rows), longest)

    def aim(self, says: Array, residuals: Sequence[Array], weights: Sequence[Array]) -> None:
        """Set the targets: what networks say and what that leaves, with the rows' weights.

        Parameters
        ----------
        says : ndarray, shape (K, n)
        residuals, weights : sequence of ndarray
            Of each network's training rows.
        """
        for k, (rest, weight) in enumerate(zip(residuals, weights, strict=True)):
            m = len(rest)
            here = self._rows[k, :m].numpy()
            target = says[k, here] + np.clip(rest, -FARTHEST, FARTHEST)
            self._targets[k, :m] = torch.from_numpy(target)
            self._weights[k, :m] = torch.from_numpy(weight / weight.mean())

    def train(self, steps: int) -> None:
        """Take gradient steps towards the targets."""
        shape = len(self._rows), self._batch
        networks = self._networks
        for _ in range(steps):
            drawn = torch.rand(shape, generator=self._generator)
            at = (drawn * self._lengths).to(torch.int64)
            x = self._inputs[self._rows.gather(1, at)]
            gap = networks(x) - self._targets.gather(1, at)
            loss = (self._weights.gather(1, at) * gap**2).mean(dim=1).sum()
            grads = torch.autograd.grad(loss, networks.parameters)
            self._clock.begin(RATE)
            networks.vector.mul_(1.0 - RATE * DECAY)
            self._adam.step(torch.cat([each.flatten() for each in grads]))
            kept = min(AVERAGE, self._clock.now / (self._clock.now + 10.0))
            self.average.vector.lerp_(networks.vector, 1.0 - kept)
