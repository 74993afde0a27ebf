"""The conditional mode of the random effects given everything else.

Penalised iteratively reweighted least squares (Bates et al. 2015, section 7): Newton steps on the
spherical effects ``u`` with ``b = Lambda u``, each a block elimination with new row weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .elimination import Elimination
from .gram import RandomGram
from .profiled import CriterionError
from .response import Response, RowTerms

MAX_STEPS = 100
NEARLY_THERE = 1e-11
"""Below this decrement one more Newton step, being quadratic, reaches rounding."""
LARGEST = 1e8
"""Deviations of effects, in units of the linear predictor, that no data can mean: a search that
gets there follows an effect that nothing tells, and modes beyond are hard to find or not there."""


@dataclass
class Mode:
    """The mode and what the Laplace approximation needs there.

    Attributes
    ----------
    lead : ndarray of shape (G, q)
        Spherical effects of the first factor.
    tail : ndarray of shape (m,)
        Those of all others.
    eta : ndarray of shape (n,)
    rows : RowTerms
    elimination : Elimination
        At the weights of ``rows``.
    """

    lead: np.ndarray
    tail: np.ndarray
    eta: np.ndarray
    rows: RowTerms
    elimination: Elimination


class RandomPart:
    """Products of the random-effects columns with vectors.

    Parameters
    ----------
    gram : RandomGram
    """

    def __init__(self, gram: RandomGram) -> None:
        self.gram = gram

    def times(self, factors: list[np.ndarray], lead: np.ndarray, tail: np.ndarray) -> np.ndarray:
        """``Z Lambda u``, ``(n,)``."""
        out = _row_products(self.gram.first, lead @ factors[0].T)
        for i, grouping in enumerate(self.gram.rest):
            part = tail[self.gram.span(i)].reshape(-1, grouping.size)
            out += _row_products(grouping, part @ factors[i + 1].T)
        return out

    def transposed(self, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``Z'v`` as ``(G, q)`` and ``(m,)``."""
        lead = _level_sums(self.gram.first, v)
        if not self.gram.rest:
            return lead, np.zeros(0)
        return lead, np.concatenate([_level_sums(g, v).ravel() for g in self.gram.rest])


def _row_products(grouping, effects: np.ndarray) -> np.ndarray:
    if grouping.unit:
        return effects[:, 0][grouping.codes]
    return np.einsum("nk,nk->n", grouping.Z, effects[grouping.codes])


def _level_sums(grouping, v: np.ndarray) -> np.ndarray:
    columns = [
        np.bincount(grouping.codes, v if grouping.unit else v * grouping.Z[:, k], grouping.n_levels)
        for k in range(grouping.size)
    ]
    return np.stack(columns, axis=1)


class ModeFinder:
    """Finds conditional modes, each search starting from the last mode.

    Parameters
    ----------
    gram : RandomGram
    response : Response
    """

    def __init__(self, gram: RandomGram, response: Response) -> None:
        self.gram, self.response = gram, response
        self.random = RandomPart(gram)
        self.lead = np.zeros((gram.first.n_levels, gram.first.size))
        self.tail = np.zeros(gram.m)

    def find(self, base: np.ndarray, factors: list[np.ndarray], dispersion: float) -> Mode:
        """Mode given the fixed part ``base (n,)`` of the linear predictor.

        Raises
        ------
        CriterionError
            The search leaves the range of floating point.
        """
        if any(np.abs(factor).max() > LARGEST for factor in factors):
            raise CriterionError("the random effects' deviations are without bounds")
        lead, tail = self.lead, self.tail
        shift = self.random.times(factors, lead, tail)
        rows = self.response.rows(base + shift, dispersion)
        value = _penalised(rows, lead, tail)
        if not np.isfinite(value):
            lead, tail = np.zeros_like(lead), np.zeros_like(tail)
            shift = np.zeros_like(base)
            rows = self.response.rows(base, dispersion)
            value = _penalised(rows, lead, tail)
        if not np.isfinite(value):
            raise CriterionError("the likelihood is not finite at these parameters")
        for _ in range(MAX_STEPS):
            elimination = self._eliminate(rows, factors)
            right = self.random.transposed(rows.score + rows.weight * shift)
            new_lead, new_tail = elimination.spherical(*right)
            step_lead, step_tail = new_lead - lead, new_tail - tail
            step_shift = self.random.times(factors, step_lead, step_tail)
            # The gradient of the penalised log-likelihood along the step.
            decrement = float(rows.score @ step_shift)
            decrement -= float(np.vdot(lead, step_lead) + tail @ step_tail)
            scale = 1.0
            while True:
                trial = shift + scale * step_shift
                new_rows = self.response.rows(base + trial, dispersion)
                trial_lead, trial_tail = lead + scale * step_lead, tail + scale * step_tail
                new_value = _penalised(new_rows, trial_lead, trial_tail)
                if new_value <= value + 1e-9 * (1.0 + abs(value)):
                    break
                scale *= 0.5
                if scale < 1e-8:
                    raise CriterionError("the conditional mode was not found")
            lead, tail, shift, rows, value = trial_lead, trial_tail, trial, new_rows, new_value
            if decrement < NEARLY_THERE and scale == 1.0:
                break
        else:
            raise CriterionError("the conditional mode was not found")
        self.lead, self.tail = lead, tail
        return Mode(lead, tail, base + shift, rows, self._eliminate(rows, factors))

    def _eliminate(self, rows: RowTerms, factors: list[np.ndarray]) -> Elimination:
        if not np.isfinite(rows.weight).all():
            raise CriterionError("the weights are not finite at these parameters")
        self.gram.refresh(rows.weight)
        return Elimination(self.gram, factors)


def _penalised(rows: RowTerms, lead: np.ndarray, tail: np.ndarray) -> float:
    return -2.0 * float(rows.loglik.sum()) + float(np.vdot(lead, lead) + tail @ tail)
