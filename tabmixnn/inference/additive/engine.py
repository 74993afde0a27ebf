"""``inference="auto"``: the formula's mixed model, and richer ones where they predict better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tabmixnn.blas import one_blas_thread
from tabmixnn.inference import FORMULA_ALONE
from tabmixnn.inference.additive.averaged import PopulationAverage
from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.crossval import Comparison, divisions
from tabmixnn.inference.additive.duplicates import warn_of_duplicates
from tabmixnn.inference.additive.estimates import FormulaEstimates
from tabmixnn.inference.additive.features import FEATURES
from tabmixnn.inference.additive.fit import AdditiveFit, fit_additive, restore_fit
from tabmixnn.inference.additive.ladder import Ladder, Step
from tabmixnn.inference.additive.matrices import Matrices
from tabmixnn.inference.additive.model import Model, Space
from tabmixnn.inference.additive.options import AutoOptions
from tabmixnn.inference.additive.outcome import GaussianOutcome, Outcome, WorkingOutcome
from tabmixnn.inference.additive.predictive import (
    calibration,
    new_variance,
    new_variances,
    noise_shape,
    predictive,
)
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.table import Table, read_names
from tabmixnn.inference.additive.variables import Reading
from tabmixnn.inference.additive.weighing import Weighing
from tabmixnn.inference.exact import ExactFamily, MarginalEngine
from tabmixnn.inference.exact.new_groups import conditional_predictor, mean_predictor
from tabmixnn.inference.exact.options import MarginalOptions
from tabmixnn.inference.marginal import takes_quadrature
from tabmixnn.inference.parts import LinearParts
from tabmixnn.predictive import Calibration, Noise, Predictive

if TYPE_CHECKING:
    from tabmixnn.inference.additive.learned import LearnedPredictor

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

QUADRATURE_POINTS = 9
MOST_QUADRATURE_ROWS = 1_000_000
"""Rows up to which the integrals over groups are by quadrature; all points of all rows are held at
once, and of so many rows few are alone in their group."""


class AutoEngine(Ladder):
    """A mixed model that grows for as long as cross-validation says that it should.

    The formula's own (generalised) linear mixed model comes first. Score tests then find terms
    that it lacks: smooths of its predictors, their interactions, and what groups have of their
    own, each with a variance estimated by restricted likelihood; they go again if pooled
    cross-validation within the training rows contradicts them. Where residuals vary more around
    some means than around others, rows weigh what they tell, if held-out rows are clearly
    predicted better so. Networks of all predictors then learn what is left, and stay if
    cross-validation speaks for them: what they make of a row is one more predictor, of which
    groups may have slopes of their own. Last, groups left out say whether predictors tell of a
    new group. If nothing stays, `fit` returns the formula's exact model.

    Parameters
    ----------
    options : AutoOptions

    Attributes
    ----------
    exact : MarginalEngine
        The formula's own model.
    model : Model
        Which terms there are.
    rows : Rows
        The training rows.
    additive : AdditiveFit
    scores : dict of Candidate to float
        Each term's standardised score when it was let in.
    learned : LearnedPredictor or None
        The networks, if they stayed.
    averaged : PopulationAverage or None
        What predictors tell of new groups, if groups left out speak for it.
    weighing : Weighing or None
        How much the rows of a Gaussian outcome tell, if held-out rows speak for such weights.
    share : float
        Of the deviations between groups that the likelihood finds, what predictions use; 1 for a
        Gaussian outcome, and unless held-out rows speak for less.
    steps : list of Step
        What cross-validation said of each step of the ladder, whether kept or not.
    history : list of dict
        One record a step: mean held-out losses before and after, and the t statistic of the
        gain.
    """

    keeps_rows = True
    """Whether the training rows are at hand."""
    averages_new_groups = True
    """Whether the mean of a group not seen is that over all groups, not that of zero effects."""

    def __init__(self, options: AutoOptions) -> None:
        self.options = options
        self.steps: list[Step] = []
        self.learned: LearnedPredictor | None = None
        self.averaged: PopulationAverage | None = None
        self.weighing: Weighing | None = None
        self.share = 1.0
        self.best_epoch = 1
        self.settled: dict[str, Any] = {}

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> AutoEngine:
        """Build the engine from the estimator's options.

        Raises
        ------
        ValueError
            If an option has a value it cannot have.
        """
        return cls(AutoOptions.from_mapping(options))

    def fit(
        self,
        design: Any,
        frame: Any,
        y: Array,
        family: ExactFamily,
        seed: int,
        weights: Array | None = None,
    ) -> AutoEngine | MarginalEngine:
        """Fit on the frame of the training rows.

        Parameters
        ----------
        design : Design or ColumnDesign
        frame : PlacedFrame or ColumnFrame
            n rows.
        y : ndarray, shape (n,) or (n, 2)
            Their responses, checked by the family.
        family : ExactFamily
        seed : int
            Decides the folds.
        weights : ndarray, shape (n,), optional
            As `MarginalEngine.fit` takes them.

        Returns
        -------
        AutoEngine or MarginalEngine
            The latter, with the attribute `steps`, if nothing is better than the formula.
        """
        self.design, self.family = design, family
        exact = self._formula_alone(design, frame, y, seed, weights)
        self.exact = exact
        if exact.is_linear and weights is not None:
            # Terms are in units of the noise of a row of weight one, which has to be an ordinary
            # row: inverse variances can be of any size.
            weights = weights / weights.mean()
            self.exact = self._formula_alone(design, frame, y, seed, weights)
        with one_blas_thread():
            self._grow(design, frame, y, seed, weights)
        if self._has_grown:
            return self
        self.settled |= FORMULA_ALONE
        exact.steps, exact.history, exact.settled = self.steps, self.history, self.settled
        exact.noise_by_mean = exact.averages_new_groups = True
        return exact

    def _formula_alone(
        self, design: Any, frame: Any, y: Array, seed: int, weights: Array | None
    ) -> MarginalEngine:
        engine = MarginalEngine(self._exact_options(frame, self.family))
        engine.fit(design, frame, y, self.family, seed, weights)
        return engine

    def _exact_options(self, frame: Any, family: ExactFamily) -> MarginalOptions:
        """Return the options of the formula's model, by quadrature where that can be."""
        options = self.options.exact
        is_generalised = family.distribution is not None
        may = is_generalised and self.options.chooses_nagq and len(frame.X) <= MOST_QUADRATURE_ROWS
        if not (may and takes_quadrature(frame.blocks)):
            return options
        self.settled = {"nagq": QUADRATURE_POINTS}
        return replace(options, nagq=QUADRATURE_POINTS)

    def _grow(self, design: Any, frame: Any, y: Array, seed: int, weights: Array | None) -> None:
        """Let terms and networks into the formula's fitted model."""
        exact = self.exact
        rows = Rows.of(design, frame)
        if exact.is_linear:
            warn_of_duplicates(rows, y)
        space = Space(rows, exact.result.kept)
        outcome = self._outcome(rows, y, weights)
        self.rows, self.model = rows, Model(space)
        self.additive, self.scores = self._formula_fit(space, rows, outcome), {}
        folds = divisions(rows.codes(space.largest), np.random.default_rng(seed))
        self.climb(outcome, folds, seed)
        self.history = [step.record for step in self.steps] or exact.history

    @property
    def _has_grown(self) -> bool:
        """Whether anything is different from the formula's model."""
        found = self.scores, self.averaged is not None, self.weighing is not None
        return any(found) or self.share < 1.0

    def _outcome(self, rows: Rows, y: Array, weights: Array | None) -> Outcome:
        if self.exact.is_linear:
            precision = None if self.weighing is None else self.weighing.precision
            return GaussianOutcome(y, rows.offset, weights, precision)
        return WorkingOutcome(self.exact.result.response, rows.offset, self.exact.dispersion)

    def _formula_fit(self, space: Space, rows: Rows, outcome: Outcome) -> AdditiveFit:
        """Return the formula's own model at its exact estimates."""
        model, result = Model(space), self.exact.result
        matrices = model.matrices(rows)
        variance = result.sigma**2
        x = model.formula_start(matrices, rows, [G / variance for G in result.G])
        return fit_additive(matrices, outcome, x, result.linear_predictor, steps=0)

    def predict(self, frame: Any, re_form: str, kind: str) -> Array:
        """Predict n rows.

        Parameters
        ----------
        frame : PlacedFrame or ColumnFrame
            n rows.
        re_form : {"all", "none", "marginal"}
            Conditional on the groups' effects; at the population level; or integrated over the
            effects' distribution, as groups that were not seen are predicted. The linear
            predictor's expectation is the population's.
        kind : {"response", "link"}
            The outcome's mean, or the linear predictor; that of a group not seen is at effects of
            zero.

        Returns
        -------
        ndarray, shape (n,)
        """
        if kind == "link" and re_form == "marginal":
            re_form = "none"
        rows, re_form = self._asked(frame, re_form)
        return self._predict(rows, _all_or_none(rows, re_form), kind)

    def predict_with(self, frame: Any, active: Sequence[NDArray[np.bool_]], kind: str) -> Array:
        """Predict n rows with some random effects and the others zero.

        Parameters
        ----------
        frame : PlacedFrame or ColumnFrame
            n rows.
        active : sequence of ndarray of bool, each of shape (q,)
            For each random-effects term of the formula, which of its effects are on. What a
            group has besides is on where all of its effects in the formula are.
        kind : {"response", "link"}

        Returns
        -------
        ndarray, shape (n,)
        """
        return self._predict(self._read(frame), active, kind)

    def _predict(self, rows: Rows, active: Sequence[NDArray[np.bool_]], kind: str) -> Array:
        if kind == "link":
            return self._linear_predictor(rows, active)
        return self.family.mean(rows.offset + self._effects(rows, active))

    def _read(self, frame: Any) -> Rows:
        """Return the rows of a frame, with what networks make of their predictors."""
        rows = Rows.of(self.design, frame, seen=self.rows.table)
        return rows if self.learned is None else self.learned.add_to(rows)

    def _asked(self, frame: Any, re_form: str) -> tuple[Rows, str]:
        """Return the rows that a prediction is of, and whether with groups' effects."""
        rows = self._read(frame)
        return (rows.of_new_groups(), "all") if re_form == "marginal" else (rows, re_form)

    def matrices(self, rows: Rows, re_form: str) -> Matrices:
        """Return the matrices of rows with all groups' effects, or with none of them."""
        return self._with(rows, _all_or_none(rows, re_form))

    def linear_predictor(self, rows: Rows, re_form: str) -> Array:
        """Return the linear predictors of rows, those of groups not seen at effects of zero."""
        return self._linear_predictor(rows, _all_or_none(rows, re_form))

    def _linear_predictor(self, rows: Rows, active: Sequence[NDArray[np.bool_]]) -> Array:
        off = _off(rows, active)
        if self.averaged is None or self.averaged.group in off:
            return rows.offset + self.additive.predict(self._with(rows, active))
        eta = rows.offset + self._effects(rows, active)
        if self.is_linear or not self.averages_new_groups:
            return eta
        new = [each for group, each in new_variances(self, rows).items() if group not in off]
        return conditional_predictor(self.family, eta, np.sum(new, axis=0))

    def effects(self, rows: Rows, re_form: str) -> Array:
        """Return the linear predictors of rows' means, those over groups not seen, less the offset.

        These are what `linear_predictor` says where the link is the identity or groups are known.
        """
        return self._effects(rows, _all_or_none(rows, re_form))

    def _effects(self, rows: Rows, active: Sequence[NDArray[np.bool_]]) -> Array:
        found = self._over_new_groups(rows, active, self.additive.predict(self._with(rows, active)))
        if self.averaged is None or self.averaged.group in _off(rows, active):
            return found
        return found + self.averaged.shift(rows, self.model.space.variables, found)

    def _over_new_groups(
        self, rows: Rows, active: Sequence[NDArray[np.bool_]], effects: Array
    ) -> Array:
        """Return what gives the mean over the groups there could be, in place of those not seen."""
        if self.is_linear or not self.averages_new_groups:
            return effects
        on = sorted(set(self.model.space.n_levels) - _off(rows, active))
        new = [group for group in on if (rows.codes(group) < 0).any()]
        parts = (new_variance(self, rows, group) for group in new)
        variance = sum(parts, np.zeros(len(rows)))
        return mean_predictor(self.family, rows.offset + effects, variance) - rows.offset

    def _with(self, rows: Rows, active: Sequence[NDArray[np.bool_]]) -> Matrices:
        return self.model.matrices(rows.with_effects(active), _off(rows, active))

    def predictive(
        self, frame: Any, re_form: str, method: str = "predictive", kind: str = "response"
    ) -> Predictive:
        """Return the predictive distribution of n rows; see `tabmixnn.predictive`."""
        return predictive(self, *self._asked(frame, re_form), method, kind)

    @cached_property
    def calibration(self) -> Calibration:
        """How far off predictions of training rows are that are left out."""
        return calibration(self)

    @cached_property
    def noise(self) -> Noise:
        """The variance function and the tails of a Gaussian outcome's noise."""
        return noise_shape(self)

    def fitted_to(self, rows: Codes) -> AutoEngine:
        """Return the engine with its effects, not its variances, fitted to some training rows."""
        fit, outcome = self.additive, self._outcome(self.rows, self.exact.y, self.exact.weights)
        part = copy(self)
        if self.is_linear:
            part.noise = self.noise
        part.additive = fit_additive(
            fit.matrices.take(rows), outcome.take(rows), fit.x, fit.eta[rows], steps=0
        )
        return part

    @property
    def estimates(self) -> FormulaEstimates:
        """The formula's fixed and random effects, given the terms let in."""
        p, names = self.additive.matrices.p, self.exact.result.names
        blocks = self.exact.frame.blocks
        return FormulaEstimates(self.model, self.additive, self.rows, names[:p], blocks)

    @property
    def is_linear(self) -> bool:
        """Whether the response is Gaussian."""
        return self.exact.is_linear

    @property
    def dispersion(self) -> float:
        """The family's dispersion, as `MarginalEngine` has it."""
        return self.additive.solution.sigma2 if self.is_linear else self.exact.dispersion

    @property
    def fitted(self) -> Array:
        """Means of the n training rows given their groups' effects."""
        return self.family.mean(self.additive.eta)

    @property
    def row_weights(self) -> Array:
        """The weights of the n training rows; the trials of a binomial response."""
        return self.exact.row_weights

    @property
    def response_values(self) -> Array:
        """The n responses; shares of successes for a binomial response in two columns."""
        return self.exact.response_values

    def residual_deviations(self, frame: Any = None) -> Array:
        """Return deviations of n rows' residuals relative to the dispersion's.

        Ones, unless the model weighs rows by their variances.
        """
        if self.weighing is None:
            return np.ones(len(self.rows) if frame is None else len(frame.offset))
        if frame is None:
            return 1.0 / np.sqrt(self.weighing.precision)
        return np.sqrt(self.weighing.spread.factors(self.predict(frame, "all", "link")))

    def linear_parts(self, frame: Any = None) -> LinearParts:
        """Return what each part adds to the linear predictors of n rows.

        Parameters
        ----------
        frame : PlacedFrame or ColumnFrame, optional
            By default the training rows.
        """
        rows = self.rows if frame is None else self._read(frame)
        fixed = rows.X[:, self.model.space.kept] @ self.estimates.beta
        random = [
            (block.group, np.einsum("nk,km,nm->n", block.Z, G, block.Z))
            for block, G in zip(rows.groups, self.estimates.G, strict=True)
        ]
        smooths, own = self.model.term_parts(rows, self.additive)
        return LinearParts(rows.offset, fixed, random, smooths, own)

    def is_additive(self, kind: str) -> bool:
        """Return False: smooths of predictors are no sums of the formula's columns."""
        return False

    def feature_columns(self, design: Any) -> list[str]:
        """Return the columns of the data that smooths and offsets are of."""
        return read_names(design)

    def state(self) -> dict[str, Any]:
        """Return the formula's model, the terms let in and the estimates, for a model file."""
        fit = self.additive
        return {
            "exact": self.exact.state(),
            "numbers": dict(self.rows.table.numbers),
            "labels": {name: list(each) for name, each in self.rows.table.labels.items()},
            "terms": [
                [type(term.feature).__name__, list(term.feature.names), term.group, score]
                for term, score in self.scores.items()
            ],
            "steps": [
                [step.name, step.comparison.plain, step.comparison.richer, step.comparison.t]
                for step in self.steps
            ],
            "networks": None if self.learned is None else self.learned.state(),
            "averaged": None if self.averaged is None else self.averaged.state(),
            "weighing": None if self.weighing is None else self.weighing.state(),
            "share": self.share,
            "reading": vars(self.model.space.reading),
            "x": fit.x,
            "working": fit.working,
            "working_weights": fit.weights,
            "side": fit.solution.side,
            "own": fit.solution.own,
        }

    @classmethod
    def from_state(
        cls, state: dict[str, Any], options: Mapping[str, Any], design: Any, family: ExactFamily
    ) -> AutoEngine:
        """Return an engine at the estimates that were found; see `tabmixnn.persistence`."""
        engine = cls.from_options(options)
        exact = {**options, "hidden_dims": []}
        engine.exact = MarginalEngine.from_state(state["exact"], exact, design, family)
        engine.design, engine.family = design, family
        labels = {name: np.array(each, dtype=object) for name, each in state["labels"].items()}
        table = Table(state["numbers"], labels)
        engine.rows = Rows.of(design, engine.exact.frame, table)
        engine.scores = {
            Candidate(FEATURES[kind](tuple(names)), group): score
            for kind, names, group, score in state["terms"]
        }
        engine.steps = [Step(name, Comparison(*rest)) for name, *rest in state["steps"]]
        engine.history = [step.record for step in engine.steps]
        space = Space(engine.rows, engine.exact.result.kept, Reading(**state["reading"]))
        engine.model = Model(space, tuple(engine.scores))
        if state["networks"] is not None:
            from tabmixnn.inference.additive.learned import LearnedPredictor

            engine.learned = LearnedPredictor.from_state(state["networks"], space.variables)
        if state["averaged"] is not None:
            engine.averaged = PopulationAverage.from_state(state["averaged"])
        if state.get("weighing") is not None:
            engine.weighing = Weighing.from_state(state["weighing"])
        engine.share = state.get("share", 1.0)
        outcome = engine._outcome(engine.rows, engine.exact.y, engine.exact.weights)
        matrices = engine.model.matrices(engine.rows)
        observed = state["working"], state["working_weights"]
        x = state["x"]
        if state.get("is_only_scaled"):
            x = engine.model.from_scaled(matrices, engine.rows, x)
        with one_blas_thread():
            engine.additive = restore_fit(matrices, outcome, x, *observed)
        if state["side"] is not None:
            solution = engine.additive.solution
            solution.side, solution.own = state["side"], state["own"]
        return engine


def _all_or_none(rows: Rows, re_form: str) -> list[NDArray[np.bool_]]:
    return [np.full(each.Z.shape[1], re_form == "all") for each in rows.groups]


def _off(rows: Rows, active: Sequence[NDArray[np.bool_]]) -> set[str]:
    """Return the grouping factors of whose effects some are off."""
    return {each.group for each, on in zip(rows.groups, active, strict=True) if not on.all()}
