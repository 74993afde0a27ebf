"""``inference="auto"``: the formula's mixed model, and richer ones where they predict better."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabmixnn.blas import one_blas_thread
from tabmixnn.inference import FORMULA_ALONE
from tabmixnn.inference.additive.crossval import divisions
from tabmixnn.inference.additive.duplicates import warn_of_duplicates
from tabmixnn.inference.additive.fit import AdditiveFit, fit_additive
from tabmixnn.inference.additive.ladder import Ladder, Step
from tabmixnn.inference.additive.model import Model
from tabmixnn.inference.additive.options import AutoOptions
from tabmixnn.inference.additive.penalty import tell_of_separation
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.space import Space
from tabmixnn.inference.additive.stored import restore, stored
from tabmixnn.inference.additive.wide import fixed_columns, is_wide
from tabmixnn.inference.exact import ExactFamily, MarginalEngine
from tabmixnn.inference.exact.options import MarginalOptions
from tabmixnn.inference.marginal import (
    RankDeficientWarning,
    SeparationWarning,
    SingularFitWarning,
    takes_quadrature,
)

Array = NDArray[np.float64]

QUADRATURE_POINTS = 9
MOST_QUADRATURE_ROWS = 1_000_000
"""Rows up to which the integrals over groups are by quadrature; all points of all rows are held at
once, and of so many rows few are alone in their group."""


class AutoEngine(Ladder):
    """A mixed model that grows for as long as cross-validation says that it should.

    The formula's own (generalised) linear mixed model comes first. Its fixed effects may be
    penalised and, unless the outcome is Gaussian, its groups differ less, if held-out rows are
    predicted better so. Score tests then find terms that it lacks: smooths of its predictors, their
    interactions, and what groups have of their own, each with a variance estimated by restricted
    likelihood; they go again if pooled cross-validation within the training rows contradicts them.
    Where residuals vary more around some means than around others, rows weigh what they tell, if
    held-out rows are clearly predicted better so. Networks of all predictors then learn what is
    left, and stay if cross-validation speaks for them: what they make of a row is one more
    predictor, of which groups may have slopes of their own. Last, groups left out say whether
    predictors tell of a new group. If nothing stays, `fit` returns the formula's exact model.

    Parameters
    ----------
    options : AutoOptions

    Attributes
    ----------
    steps : list of Step
        What cross-validation said of each step of the ladder, whether kept or not.
    history : list of dict
        One record a step: mean held-out losses before and after, and the t statistic of the
        gain.
    """

    keeps_rows = True
    """Whether the training rows are at hand."""

    def __init__(self, options: AutoOptions) -> None:
        self.options = options
        self.steps: list[Step] = []
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
        self.exact = exact = start = self._formula_alone(design, frame, y, seed, weights)
        if exact.is_linear and weights is not None:
            start = self._formula_alone(design, frame, y, seed, weights / self.weight_unit)
        with one_blas_thread():
            self._grow(frame, seed, start)
        if not (exact.is_linear or self.penalty):
            space = self.model.space
            names = [design.fixed_names[each] for each in space.kept]
            columns = self.rows.X[:, space.kept]
            tell_of_separation(self.additive.matrices, self.outcome, columns, names)
        if self._has_grown:
            return self
        self.settled |= FORMULA_ALONE
        exact.steps, exact.history, exact.settled = self.steps, self.history, self.settled
        exact.options = replace(exact.options, noise_by_mean=True, averages_new_groups=True)
        return exact

    def _formula_alone(
        self, design: Any, frame: Any, y: Array, seed: int, weights: Array | None
    ) -> MarginalEngine:
        options = self._exact_options(frame, self.family)
        engine = MarginalEngine(options)
        with warnings.catch_warnings():
            # A penalty can make the estimates finite; where there is none, it is told then.
            warnings.simplefilter("ignore", SeparationWarning)
            if options.constant_alone:
                # All others come in with a penalty, and groups' variances are found beside them.
                warnings.simplefilter("ignore", RankDeficientWarning)
                warnings.simplefilter("ignore", SingularFitWarning)
            engine.fit(design, frame, y, self.family, seed, weights)
        return engine

    def _exact_options(self, frame: Any, family: ExactFamily) -> MarginalOptions:
        """Return the options of the formula's model, by quadrature where that can be."""
        options = replace(self.options.exact, constant_alone=is_wide(frame.X))
        is_generalised = family.distribution is not None
        may = is_generalised and self.options.chooses_nagq and len(frame.X) <= MOST_QUADRATURE_ROWS
        if not (may and takes_quadrature(frame.blocks)):
            return options
        self.settled = {"nagq": QUADRATURE_POINTS}
        return replace(options, nagq=QUADRATURE_POINTS)

    def _grow(self, frame: Any, seed: int, start: MarginalEngine) -> None:
        """Let terms and networks into the formula's model, from its fit in the unit of weights."""
        exact = self.exact
        self.rows = rows = Rows.of(self.design, frame)
        if exact.is_linear:
            warn_of_duplicates(rows, exact.y)
        space = Space(rows, fixed_columns(exact), weights=start.row_weights)
        if exact.options.constant_alone:
            # Without a penalty, which the ladder then looks for, effects have no estimate.
            space = space.penalised(1.0)
        self.model, self.scores = Model(space), {}
        self.additive = self._formula_fit(start)
        folds = divisions(rows.codes(space.largest), np.random.default_rng(seed))
        self.climb(self.outcome, folds, seed)
        self.history = [step.record for step in self.steps] or exact.history

    @property
    def _has_grown(self) -> bool:
        """Whether anything is different from the formula's model."""
        found = self.scores, self.averaged is not None, self.weighing is not None
        return any(found) or self.share < 1.0 or self.penalty > 0.0

    def _formula_fit(self, start: MarginalEngine) -> AdditiveFit:
        """Return the formula's own model at its exact estimates."""
        model, rows, result = self.model, self.rows, start.result
        matrices = model.matrices(rows)
        x = model.formula_start(matrices, rows, result.factors)
        outcome = self.outcome_at(self.exact.dispersion)
        return fit_additive(matrices, outcome, x, result.linear_predictor, steps=0)

    def state(self) -> dict[str, Any]:
        """Return the formula's model, the terms let in and the estimates, for a model file."""
        return stored(self)

    @classmethod
    def from_state(
        cls, state: dict[str, Any], options: Mapping[str, Any], design: Any, family: ExactFamily
    ) -> AutoEngine:
        """Return an engine at the estimates that were found; see `tabmixnn.persistence`."""
        engine = cls.from_options(options)
        formula_alone = {**options, "hidden_dims": []}
        exact = MarginalEngine.from_state(state["exact"], formula_alone, design, family)
        restore(engine, exact, state)
        return engine
