"""The ladder of ``inference="auto"``: what a mixed model grows by, and who decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.averaged import find_average
from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.crossval import Comparison, compare, fewest_trained
from tabmixnn.inference.additive.fit import AdditiveFit, fit_additive
from tabmixnn.inference.additive.grown import GrownModel
from tabmixnn.inference.additive.model import Model
from tabmixnn.inference.additive.options import AutoOptions
from tabmixnn.inference.additive.outcome import (
    MOST_DEVIATION,
    GaussianOutcome,
    Outcome,
    WorkingOutcome,
)
from tabmixnn.inference.additive.parameters import Parameters
from tabmixnn.inference.additive.penalty import find_penalty
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.score import ScoreTest
from tabmixnn.inference.additive.search import (
    MOST_WORK,
    Found,
    affordable,
    passing,
    refit,
    search_terms,
    work,
)
from tabmixnn.inference.additive.shrinkage import find_share
from tabmixnn.inference.additive.table import LEARNED
from tabmixnn.inference.additive.variants import Variant
from tabmixnn.inference.additive.weighing import find_weighing

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

SEARCHED_IN_FOLDS = 2_000
"""Rows up to which terms are chosen anew in each fold; with more, choosing hardly overfits."""
SEARCHED_WORK = 2e7
"""Work of an evaluation (`work`) that terms in folds must not exceed: ten searches of a model with
curves for each of many groups would take minutes."""
SEARCHED_CANDIDATES = 1_000
"""Candidates up to which rows are divided into folds more than once."""
FEWEST_LEARNED = 400
"""Rows from which on networks may find what smooths have not."""


@dataclass(frozen=True)
class Step:
    """One step of the ladder.

    Attributes
    ----------
    name : str
    comparison : Comparison
        With the model before it; of a penalty without which there is none, with the widest prior.
    """

    name: str
    comparison: Comparison

    @property
    def record(self) -> dict[str, Any]:
        """The step, mean held-out losses before and after it, and the t statistic of the gain."""
        return {"step": self.name, **vars(self.comparison)}


@dataclass(frozen=True, eq=False)
class _Searched(Found):
    """What a search arrived at, and how it compares with the model before on held-out rows."""

    comparison: Comparison


class Ladder(GrownModel):
    """A model and the steps it grows by, each of which changes it or leaves it as it is."""

    options: AutoOptions
    steps: list[Step]

    grows = True
    """Whether terms are looked for."""
    patience: int | None = 3
    """Looks after which networks that held-out rows never spoke for are given up; None if there
    are to be networks whatever held-out rows say."""

    def climb(self, outcome: Outcome, folds: list[Codes], seed: int) -> None:
        """Hold back what outcomes say little of, then let in what they ask for.

        First the fixed effects and the groups; then terms, a variance function, networks, and what
        predictors tell of new groups.

        Parameters
        ----------
        outcome : Outcome
            The n training responses.
        folds : list of ndarray, shape (n,)
            From `divisions`.
        seed : int
            Of the networks.
        """
        if self.grows:
            self._bound_groups(outcome)
            self._penalise(outcome, folds)
            outcome = outcome.scaled(self.additive.scale)
        if fewest_trained(folds[0]) <= self.additive.matrices.p:
            # Held-out rows cannot judge: without them the formula's fit is not determined.
            self._cannot_judge()
            return
        if self.grows:
            self._shrink_groups(outcome, folds)
        if self.grows and not outcome.is_scarce:
            self._add_terms(outcome, folds)
            self._add_interactions(outcome, folds)
            outcome = self._weigh_rows(outcome.scaled(self.additive.scale), folds)
        if self._can_learn():
            self._add_networks(outcome, folds, seed)
        if self.grows and self._is_affordable:
            self._add_average(outcome.scaled(self.additive.scale))

    def _cannot_judge(self) -> None:
        """Stay with the formula's model."""

    def _bound_groups(self, outcome: Outcome) -> None:
        """Keep what groups differ by to what can be, where events are too few to tell.

        Groups in which all rows are alike make their likelihood rise with the deviation, for ever
        if fixed effects tell the others apart.
        """
        fit = self.additive
        if not (isinstance(outcome, WorkingOutcome) and outcome.is_scarce):
            return
        share = MOST_DEVIATION / max(fit.parameters.largest_deviation(fit.x), MOST_DEVIATION)
        if share < 1.0:
            self.share = share
            bounded = fit.parameters.rescaled(fit.x, share)
            self.additive = Variant(fit.matrices, outcome, bounded).fit()

    def _penalise(self, outcome: Outcome, folds: list[Codes]) -> None:
        """Keep fixed effects back that outcomes say little of (`find_penalty`).

        Then variances of a Gaussian outcome are estimated anew; what the rows of another determine
        stays by their exact likelihood.
        """
        if not (self._is_affordable or self.penalty):
            return
        found = find_penalty(self.additive, self.model.space, outcome, folds)
        if found is None:
            return
        self.steps.append(Step("penalty", found.comparison))
        if found.is_wanted:
            self.model = Model(self.model.space.penalised(found.value))
            matrices, x = self.model.matrices(self.rows), self.additive.x
            if outcome.dispersion is None:
                # What effects without a prior left to groups can be next to nothing.
                x = Parameters(matrices).lifted(x)
            fit = Variant(matrices, outcome, x).fit(None if outcome.dispersion is None else 0)
            if outcome.has_scale:
                fit = fit_additive(matrices, outcome, x, fit.eta, steps=0, renews_scale=True)
            self.additive = fit

    def _shrink_groups(self, outcome: Outcome, folds: list[Codes]) -> None:
        """Make groups differ less than the likelihood says, if held-out rows speak for it."""
        if not isinstance(outcome, WorkingOutcome) or not self._is_affordable:
            return
        fit = self.additive
        found = find_share(fit, outcome, folds)
        if found is None:
            return
        share, comparison = found
        self.steps.append(Step("shrinkage", comparison))
        if comparison.is_clear:
            x = fit.parameters.rescaled(fit.x, share)
            self.share *= share
            self.additive = fit_additive(fit.matrices, outcome, x, fit.eta, steps=0)

    def _add_terms(self, outcome: Outcome, folds: list[Codes]) -> None:
        """Let in the terms that score tests find, unless held-out rows contradict them."""
        found = self._search(self.model.space.candidates, outcome, folds)
        if found is not None:
            self.steps.append(Step("additive", found.comparison))
            if not found.comparison.is_contradiction:
                self._become(found)

    def _add_interactions(self, outcome: Outcome, folds: list[Codes]) -> None:
        """Let in interactions in which groups differ, then rough ones, if held-out rows are for it.

        They are many, so that chance finds some; what held-out rows do not care for stays out.
        """
        for name, candidates in self.model.space.interactions.items():
            found = self._search(candidates, outcome, folds)
            if found is not None:
                self.steps.append(Step(name, found.comparison))
                if found.comparison.is_support:
                    self._become(found)

    def _search(
        self, candidates: Sequence[Candidate], outcome: Outcome, folds: list[Codes]
    ) -> _Searched | None:
        """Return what score tests find, and what held-out rows say of it; None if it is nothing."""
        start = Found(self.model, self.additive, self.scores)
        found = search_terms(start, candidates, self.rows, outcome, self.options.report)
        if not found.has_more_than(start):
            return None
        losses = _FoldLosses(start, found, candidates, self.rows, outcome)
        is_quick = losses.is_cheap and len(candidates) <= SEARCHED_CANDIDATES
        comparison = compare(folds if is_quick else folds[:1], losses)
        return _Searched(found.model, found.fit, found.scores, comparison)

    def _become(self, found: Found) -> None:
        self.model, self.additive, self.scores = found.model, found.fit, found.scores

    def _weigh_rows(self, outcome: Outcome, folds: list[Codes]) -> Outcome:
        """Let rows weigh what their noise lets them tell, if held-out rows speak for it."""
        if not isinstance(outcome, GaussianOutcome) or not self._is_affordable:
            return outcome
        found = find_weighing(self, outcome, folds)
        if found is None:
            return outcome
        weighing, comparison = found
        self.steps.append(Step("noise", comparison))
        if not comparison.is_clear:
            return outcome
        self.weighing, fit = weighing, self.additive
        weighed = outcome.weighed(weighing.precision)
        self.additive = fit_additive(fit.matrices, weighed, fit.x, fit.eta, steps=0)
        return weighed

    def _can_learn(self) -> bool:
        is_worth_it = len(self.rows) >= FEWEST_LEARNED
        if not (self.options.hidden_dims and is_worth_it and self._is_affordable):
            return False
        from tabmixnn.inference.additive.learned import inputs_of

        return bool(inputs_of(self.model.space.variables))

    @property
    def _is_affordable(self) -> bool:
        """Whether the model can be fitted some times more."""
        return work(self.additive.matrices) <= MOST_WORK

    def _add_networks(self, outcome: Outcome, folds: list[Codes], seed: int) -> None:
        """Let in what networks learn of the predictors, if held-out rows speak for it."""
        from tabmixnn.inference.additive.crossfit import cross_fit
        from tabmixnn.inference.additive.learned import TERM, LearnedPredictor, inputs_of

        inputs = inputs_of(self.model.space.variables)
        learned = cross_fit(
            inputs(self.rows.table),
            outcome,
            self.additive,
            folds,
            self.options.hidden_dims,
            seed,
            patience=self.patience,
            report=self.options.report,
        )
        if learned is None:
            return
        self.steps.append(Step("networks", learned.comparison))
        if self.patience is not None and not learned.comparison.is_support:
            return
        self.learned = LearnedPredictor(inputs, learned.networks, learned.scale)
        self.rows = self.rows.with_number(LEARNED, learned.held_out)
        space = self.model.space.of_rows(self.rows)
        self.model = Model(space, self.model.terms)
        self._let_in({TERM: learned.comparison.t}, outcome)
        test = ScoreTest(space, self.rows, self.additive)
        own = [each for each in space.candidates if each.feature == TERM.feature]
        tested = passing(test, space, own)
        units = [(each,) for each in tested]
        new = affordable(units, space, self.rows, self.additive.matrices)
        self._let_in({each: tested[each] for each in new}, outcome)

    def _add_average(self, outcome: Outcome) -> None:
        """Let in what predictors tell of new groups, if groups left out speak for it."""
        found = find_average(self, outcome)
        if found is None:
            return
        averaged, comparison = found
        self.steps.append(Step("new groups", comparison))
        if comparison.is_support:
            self.averaged = averaged

    def _let_in(self, scores: dict[Candidate, float], outcome: Outcome) -> None:
        """Add terms to the model and estimate its variances anew."""
        if scores:
            model = Model(self.model.space, self.model.terms + tuple(scores))
            self.model, self.additive = refit(model, self.model, self.additive, self.rows, outcome)
            self.scores = {**self.scores, **scores}


class _FoldLosses:
    """Losses of a model and of the one found, fitted without the held-out rows.

    What counts is whether choosing terms pays, so that they are chosen anew without those rows: had
    the rows a say, terms found by chance would look good in them, too. A model that is too dear to
    be searched for in folds is judged by the terms found there that are not; only where there are
    none, or very many rows, it is fitted with its own.

    Parameters
    ----------
    start : Found
        The model before.
    found : Found
        What it became.
    candidates : sequence of Candidate
        Of which its terms were chosen.
    rows : Rows
        The training rows.
    outcome : Outcome
    """

    def __init__(
        self,
        start: Found,
        found: Found,
        candidates: Sequence[Candidate],
        rows: Rows,
        outcome: Outcome,
    ) -> None:
        self.start, self.found, self.candidates = start, found, candidates
        self.rows, self.outcome = rows, outcome
        self.is_cheap = work(found.fit.matrices) <= SEARCHED_WORK

    def __call__(self, train: Codes, held_out: Codes) -> tuple[Array, Array]:
        plain = self._refit(self.start.fit, train, steps=0)
        offset = self.outcome.offset[held_out]
        found = self._search_anew(plain, train)
        if found is not None:
            richer, matrices = found.fit, found.model.matrices(self.rows.take(held_out))
        else:
            held = self.found.model.held(self.found.fit.matrices, self.outcome)
            richer = self._refit(self.found.fit, train, steps=3, held=held)
            matrices = self.found.fit.matrices.take(held_out)
        before = plain.predict(self.start.fit.matrices.take(held_out))
        after = richer.predict(matrices)
        return (
            self.outcome.scaled(plain.scale).take(held_out).losses(before + offset),
            self.outcome.scaled(richer.scale).take(held_out).losses(after + offset),
        )

    def _search_anew(self, plain: AdditiveFit, train: Codes) -> Found | None:
        """Return what a search finds in some rows; None if that cannot stand for all rows' search.

        There are too many rows to look, or nothing in reach where the model found is beyond it.
        """
        if len(self.rows) > SEARCHED_IN_FOLDS:
            return None
        start = replace(self.start, fit=plain)
        part = self.rows.take(train), self.outcome.take(train)
        found = search_terms(start, self.candidates, *part, most_work=SEARCHED_WORK)
        return found if found.has_more_than(start) or self.is_cheap else None

    def _refit(self, fit: AdditiveFit, train: Codes, **options: Any) -> AdditiveFit:
        part = fit.matrices.take(train), self.outcome.scaled(fit.scale).take(train)
        return fit_additive(*part, fit.x, fit.eta[train], **options)
