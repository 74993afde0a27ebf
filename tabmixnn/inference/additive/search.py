"""Let terms into a model one round after the other, for as long as the data ask for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.fit import AdditiveFit, fit_additive
from tabmixnn.inference.additive.matrices import Matrices
from tabmixnn.inference.additive.model import Model
from tabmixnn.inference.additive.outcome import Outcome
from tabmixnn.inference.additive.parameters import Parameters
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.score import ScoreTest
from tabmixnn.inference.additive.screening import promising
from tabmixnn.inference.additive.space import Space

Array = NDArray[np.float64]

ROUNDS = 6
MAIN_ROUNDS = 3
"""Rounds in which terms of one predictor, and of groups, go before interactions."""
ADDED = 6
"""Terms let in at a time."""
MAIN_SCORE, PAIR_SCORE = 1.0, 2.5
"""Scores from which on a term is let in; there are many more pairs than single predictors."""
CHANCE_MAINS, CHANCE_PAIRS = 3.0, 1.5
"""Terms that may pass by chance, where there are so many to try that these scores would let in
more: of 30 predictors without any effect they let in dozens."""
CONTEXTUAL_MAIN_SCORE, CONTEXTUAL_PAIR_SCORE = 4.0, 7.0
"""Likewise of predictors that groups hardly vary in: chances of about 0.01 and 0.001 without any
effect (of chi-squared with one degree of freedom). What such a term says of whole groups the
effects of known groups make up for, so that neither its own rows nor cross-validation take it back;
new groups would pay for it."""
MOST_WORK = 2e9
"""Multiplications that one evaluation of the likelihood may cost."""
VANISHED = 0.02
"""Deviation, relative to the residual's, below which a term leaves again."""
CHANCES = 2
"""Times that a term may come in: one let in beside others can vanish on the way to their optimum,
where its score then says that the likelihood rises with its variance."""
_FIRST_ROW = np.zeros(1, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Found:
    """What a search arrived at.

    Attributes
    ----------
    model : Model
    fit : AdditiveFit
    scores : dict of Candidate to float
        Of the terms of the model when they were let in.
    """

    model: Model
    fit: AdditiveFit
    scores: dict[Candidate, float]

    def has_more_than(self, start: Found) -> bool:
        """Return whether there are terms that were not there before."""
        return not set(start.model.terms).issuperset(self.model.terms)


def search_terms(
    start: Found,
    candidates: Sequence[Candidate],
    rows: Rows,
    outcome: Outcome,
    report: Callable[[str], None] = lambda line: None,
    most_work: float = MOST_WORK,
) -> Found:
    """Grow a model by score tests, and drop what its variance says is nothing.

    Parameters
    ----------
    start : Found
        The model that is to grow.
    candidates : sequence of Candidate
        The terms that there are to try.
    rows : Rows
        The training rows.
    outcome : Outcome
        Their responses.
    report : callable
        Takes a line of progress a round.
    most_work : float
        Work of an evaluation that terms must not exceed.
    """
    model, fit, space = start.model, start.fit, start.model.space
    if work(fit.matrices) > most_work:
        report("the model is too large to look for further terms")
        return start
    scores = dict(start.scores)
    vanished: Counter[Candidate] = Counter()
    for round_ in range(ROUNDS):
        without = {*model.terms, *(term for term, times in vanished.items() if times == CHANCES)}
        left = [each for each in candidates if each not in without]
        test = ScoreTest(space, rows, fit)
        tested = _wanted(test, space, left, main=round_ < MAIN_ROUNDS)
        common = _in_common([*model.terms, *tested], test, without)
        units = _units(list(tested), model.terms, common)
        new = affordable(units, space, rows, fit.matrices, most_work)
        if not new:
            break
        report(f"round {round_ + 1}: {', '.join(map(str, new))}")
        model, fit = refit(Model(space, model.terms + tuple(new)), model, fit, rows, outcome)
        scored = {**tested, **common}
        scores.update({term: scored[term] for term in new})
        deviations = model.deviations(fit.matrices, fit.x)
        stay = [term for term, size in zip(model.terms, deviations, strict=True) if size > VANISHED]
        if len(stay) < len(model.terms):
            vanished.update(set(model.terms).difference(stay))
            model, fit = refit(Model(space, tuple(stay)), model, fit, rows, outcome, steps=0)
    return Found(model, fit, {term: scores[term] for term in model.terms})


def _in_common(
    terms: Iterable[Candidate], test: ScoreTest, without: Container[Candidate]
) -> dict[Candidate, float]:
    """Return the scores of what groups have in common of their interactions, if it may come in.

    It needs no score to; but what it says of whole groups must be as clear as otherwise, and what
    the fixed effects have has no score.
    """
    out: dict[Candidate, float] = {}
    for each in dict.fromkeys(term.in_common for term in terms):
        score = None if each is None or each in without else test(each)
        if score is None:
            continue
        is_whole = test.space.is_contextual(each)
        if not is_whole or score > least_score(test.space, each):
            out[each] = score
    return out


def _units(
    terms: Iterable[Candidate], before: Iterable[Candidate], common: Container[Candidate]
) -> list[tuple[Candidate, ...]]:
    """Return what comes in together: terms with what groups have in common, best first.

    What is missing beside terms of the model comes before all.
    """
    of_model = dict.fromkeys(each.in_common for each in before if each.in_common in common)
    units = [(each,) for each in of_model]
    return units + [(e, e.in_common) if e.in_common in common else (e,) for e in terms]


def work(matrices: Matrices, own: int = 0, side: int = 0) -> float:
    """Return about how many multiplications an evaluation of the likelihood costs.

    Parameters
    ----------
    matrices : Matrices
    own, side : int
        Columns that come in addition, in Z and beside it.
    """
    width = matrices.n_side + matrices.p + side
    of_level = min(matrices.n_own + own, matrices.longest)
    return float(matrices.n_levels * of_level + width) * width**2


def affordable(
    units: Sequence[tuple[Candidate, ...]],
    space: Space,
    rows: Rows,
    matrices: Matrices,
    most_work: float = MOST_WORK,
) -> list[Candidate]:
    """Return the terms, best first, that fit into the work of an evaluation.

    Those of a unit come in together or not at all.
    """
    own = side = 0
    out: list[Candidate] = []
    for unit in units:
        terms = [each for each in unit if each not in out]
        if len(out) + len(terms) > ADDED:
            break
        more_own, more_side = own, side
        for term in terms:
            size = space.columns(rows.take(_FIRST_ROW), term).shape[1]
            if term.group == space.largest and term.group is not None:
                more_own += size
            else:
                more_side += size * space.n_levels.get(term.group, 1)
        if work(matrices, more_own, more_side) <= most_work:
            own, side = more_own, more_side
            out += terms
    return out


def _wanted(
    test: ScoreTest, space: Space, candidates: Sequence[Candidate], *, main: bool
) -> dict[Candidate, float]:
    """Return what to let in: main terms while there are any and it is their turn, or pairs."""
    if main and (found := passing(test, space, [c for c in candidates if c.is_main])):
        return found
    pairs = [c for c in candidates if not c.is_main]
    return passing(test, space, promising(pairs, space, test.rows, test.fit))


def passing(
    test: ScoreTest, space: Space, candidates: Sequence[Candidate]
) -> dict[Candidate, float]:
    """Return the candidates whose scores are high enough, best first."""
    scores = {each: test(each) for each in candidates}
    high = {
        each: score
        for each, score in scores.items()
        if score is not None and score > least_score(space, each)
    }
    return dict(sorted(high.items(), key=lambda item: -item[1]))


def least_score(space: Space, candidate: Candidate) -> float:
    """Return the score above which a candidate is let in."""
    if space.is_contextual(candidate):
        return CONTEXTUAL_MAIN_SCORE if candidate.is_main else CONTEXTUAL_PAIR_SCORE
    tried = space.tried(candidate)
    if candidate.is_main:
        return max(MAIN_SCORE, _score_by_chance(CHANCE_MAINS, tried))
    return max(PAIR_SCORE, _score_by_chance(CHANCE_PAIRS, tried))


@cache
def _score_by_chance(terms: float, tried: int) -> float:
    """Return the score that so many of the terms tried have without any effect.

    The score of a term with one column is a standardised chi-squared with one degree of freedom,
    whose tail is the longest that a score has.
    """
    if tried <= terms:
        return -np.inf
    return float((stats.chi2.isf(terms / tried, 1) - 1.0) / np.sqrt(2.0))


def refit(
    model: Model,
    before: Model,
    fit: AdditiveFit,
    rows: Rows,
    outcome: Outcome,
    steps: int | None = None,
) -> tuple[Model, AdditiveFit]:
    """Fit a model, its variances starting from those of the model before.

    Parameters
    ----------
    model, before : Model
    fit : AdditiveFit
        Of the model before.
    rows : Rows
    outcome : Outcome
    steps : int, optional
        As `fit_additive` takes them.
    """
    matrices = model.matrices(rows)
    x = model.start(matrices, fit.x, before.terms)
    held = model.held(matrices, outcome)
    if steps != 0:
        x = Parameters(matrices).lifted(x, held)
    scaled = outcome.scaled(fit.scale)
    return model, fit_additive(matrices, scaled, x, fit.eta, steps=steps, held=held)
