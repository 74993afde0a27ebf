"""A mixed model that grew: what it says of rows, and what its parts are."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.averaged import PopulationAverage
from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.estimates import FormulaEstimates
from tabmixnn.inference.additive.fit import AdditiveFit, fit_additive
from tabmixnn.inference.additive.matrices import Matrices
from tabmixnn.inference.additive.model import Model
from tabmixnn.inference.additive.outcome import GaussianOutcome, Outcome, WorkingOutcome
from tabmixnn.inference.additive.predictive import (
    calibration,
    new_variance,
    new_variances,
    noise_shape,
    predictive,
    unmet_variance,
)
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.table import read_names
from tabmixnn.inference.additive.weighing import Weighing
from tabmixnn.inference.exact import ExactFamily, MarginalEngine
from tabmixnn.inference.exact.new_groups import conditional_predictor, mean_predictor
from tabmixnn.inference.parts import LinearParts
from tabmixnn.predictive import Calibration, Noise, Predictive

if TYPE_CHECKING:
    from tabmixnn.inference.additive.learned import LearnedPredictor

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


class GrownModel:
    """The formula's mixed model with the terms that were let in, at its estimates.

    Attributes
    ----------
    design : Design or ColumnDesign
    family : ExactFamily
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
    """

    design: Any
    family: ExactFamily
    exact: MarginalEngine
    model: Model
    rows: Rows
    additive: AdditiveFit
    scores: dict[Candidate, float]
    learned: LearnedPredictor | None = None
    averaged: PopulationAverage | None = None
    weighing: Weighing | None = None
    share: float = 1.0

    averages_new_groups = True
    """Whether the mean of a group not seen is that over all groups, not that of zero effects."""

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
        return self._predict(self.read(frame), active, kind)

    def _predict(self, rows: Rows, active: Sequence[NDArray[np.bool_]], kind: str) -> Array:
        if kind == "link":
            return self._linear_predictor(rows, active)
        return self.family.mean(rows.offset + self._effects(rows, active))

    def read(self, frame: Any) -> Rows:
        """Return the rows of a frame, with what networks make of their predictors."""
        rows = Rows.of(self.design, frame, seen=self.rows.table)
        return rows if self.learned is None else self.learned.add_to(rows)

    def _asked(self, frame: Any, re_form: str) -> tuple[Rows, str]:
        """Return the rows that a prediction is of, and whether with groups' effects."""
        rows = self.read(frame)
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
        new = [*new_variances(self, rows, off).values(), unmet_variance(self, rows, off)]
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
        off = _off(rows, active)
        on = sorted(set(self.model.space.n_levels) - off)
        is_new = any((rows.codes(group) < 0).any() for group in on)
        parts = (new_variance(self, rows, group, off) for group in on if is_new)
        variance = sum(parts, unmet_variance(self, rows, off))
        return mean_predictor(self.family, rows.offset + effects, variance) - rows.offset

    def _with(self, rows: Rows, active: Sequence[NDArray[np.bool_]]) -> Matrices:
        return self.model.matrices(rows.with_effects(active), _off(rows, active))

    def predictive(
        self,
        frame: Any,
        re_form: str,
        method: str = "predictive",
        kind: str = "response",
        weights: Array | None = None,
    ) -> Predictive:
        """Return the predictive distribution of n rows; see `tabmixnn.predictive`.

        Those of a Gaussian outcome have weight one, or the `weights`.
        """
        return predictive(self, *self._asked(frame, re_form), method, kind, weights)

    @cached_property
    def calibration(self) -> Calibration:
        """How far off predictions of training rows are that are left out."""
        return calibration(self)

    @cached_property
    def noise(self) -> Noise:
        """The variance function and the tails of a Gaussian outcome's noise."""
        return noise_shape(self)

    def fitted_to(self, rows: Codes) -> GrownModel:
        """Return the model with its effects, not its variances, fitted to some training rows."""
        fit, outcome = self.additive, self.outcome
        part = copy(self)
        if self.is_linear:
            part.noise = self.noise
        part.additive = fit_additive(
            fit.matrices.take(rows), outcome.take(rows), fit.x, fit.eta[rows], steps=0
        )
        return part

    @property
    def penalty(self) -> float:
        """The penalty of the fixed effects; 0 where they have none."""
        return self.model.space.penalty

    @property
    def estimates(self) -> FormulaEstimates:
        """The formula's fixed and random effects, given the terms let in."""
        names = [self.design.fixed_names[each] for each in self.model.space.kept]
        blocks, unit = self.exact.frame.blocks, self.weight_unit
        return FormulaEstimates(self.model, self.additive, self.rows, names, blocks, unit)

    @property
    def is_linear(self) -> bool:
        """Whether the response is Gaussian."""
        return self.exact.is_linear

    @property
    def outcome(self) -> Outcome:
        """The n training responses, as fits take them."""
        return self.outcome_at(self.dispersion)

    def outcome_at(self, scale: float) -> Outcome:
        """Return them with a dispersion of a family other than the Gaussian."""
        exact, offset = self.exact, self.rows.offset
        if self.is_linear:
            weights = None if self.weights is None else self.weights / self.weight_unit
            precision = None if self.weighing is None else self.weighing.precision
            return GaussianOutcome(exact.y, offset, weights, precision)
        return WorkingOutcome(exact.result.response, offset, scale)

    @property
    def weights(self) -> Array | None:
        """The weights that the n training rows were given."""
        return self.exact.weights

    @property
    def weight_unit(self) -> float:
        """The mean weight of a Gaussian outcome's rows; one without weights.

        Fits take weights in this unit: terms are in units of the noise of a row of weight one,
        which has to be an ordinary row, and inverse variances can be of any size.
        """
        has_unit = self.is_linear and self.weights is not None
        return float(self.weights.mean()) if has_unit else 1.0

    @property
    def dispersion(self) -> float:
        """The family's dispersion, as `MarginalEngine` has it, beside all that grew.

        Of a Gaussian outcome it is that of a row of weight one.
        """
        if self.is_linear:
            return self.additive.solution.sigma2 * self.weight_unit
        return self.additive.scale

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
        rows = self.rows if frame is None else self.read(frame)
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


def _all_or_none(rows: Rows, re_form: str) -> list[NDArray[np.bool_]]:
    return [np.full(each.Z.shape[1], re_form == "all") for each in rows.groups]


def _off(rows: Rows, active: Sequence[NDArray[np.bool_]]) -> set[str]:
    """Return the grouping factors of whose effects some are off."""
    return {each.group for each, on in zip(rows.groups, active, strict=True) if not on.all()}
