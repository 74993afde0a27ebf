"""Fit by the exact marginal likelihood: random effects integrated out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any

import numpy as np

from tabmixnn.formula.stored_frame import stored
from tabmixnn.inference.exact.cross import cross_calibration
from tabmixnn.inference.exact.effects import IndependentEffects
from tabmixnn.inference.exact.families import ExactFamily
from tabmixnn.inference.exact.generalised import fit_generalised
from tabmixnn.inference.exact.linear import fit_linear
from tabmixnn.inference.exact.new_groups import mean_predictor
from tabmixnn.inference.exact.options import MarginalOptions
from tabmixnn.inference.exact.placed_frame import PlacedFrame
from tabmixnn.inference.exact.predictive import (
    make_joint,
    noise_shape,
    predictive,
    residual_degrees,
)
from tabmixnn.inference.exact.structures import named_columns, place_effects
from tabmixnn.inference.marginal import NoOptimumError, fit_glmm, fit_lmm
from tabmixnn.inference.marginal.fit import MixedFit
from tabmixnn.inference.marginal.structured import fit_structured_lmm
from tabmixnn.inference.parts import LinearParts
from tabmixnn.predictive import Calibration, Noise, Predictive

NO_RESIDUAL = 1e-13
"""A residual deviation below this share of the largest response is rounding."""


class PerfectFitWarning(UserWarning):
    """The model explains the response to the last digit."""


class MarginalEngine:
    """(Generalised) linear mixed models by REML, ML, Laplace or adaptive quadrature.

    Parameters
    ----------
    options : MarginalOptions
    effects : IndependentEffects, optional
        How levels and residuals hang together; by default as ``cov_struct_map`` has it on the
        rows that are fitted.

    Attributes
    ----------
    result : MixedFit
        What the likelihood gave: ``LMMFit``, ``GLMMFit``, ``StructuredFit`` or, without random
        effects, ``LinearFit`` or ``GeneralisedFit``.
    design, frame, y, weights, family
        What was fitted, so that the model can be refitted to other responses.
    places : DataFrame or None
        The columns of the training rows that ``cov_struct_map`` names.
    history : list of dict
        One record: the criterion (minus twice the log-likelihood), the number of its evaluations
        and its gradient.
    """

    settled: Mapping[str, Any] = MappingProxyType({})
    """Options that the fit decided for itself: none."""
    keeps_rows = True
    """Whether the training rows are at hand."""
    noise_by_mean = False
    """Whether predictive distributions look for a variance function (`tabmixnn.predictive.spread`);
    the formula's model has one variance, as R's has."""
    averages_new_groups = False
    """Whether the mean of a group not seen is that over all groups, and not, as in lme4, that of a
    group whose effects are zero."""

    def __init__(self, options: MarginalOptions, effects: IndependentEffects | None = None) -> None:
        self.options, self.effects = options, effects

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> MarginalEngine:
        """Build the engine from the estimator's options.

        Raises
        ------
        ValueError
            If an option has a value it cannot have.
        """
        return cls(MarginalOptions.from_mapping(options))

    def fit(
        self,
        design: Any,
        frame: Any,
        y: np.ndarray,
        family: ExactFamily,
        seed: int,
        weights: np.ndarray | None = None,
    ) -> MarginalEngine:
        """Fit on the frame of the training rows.

        Parameters
        ----------
        design : Design
            The fitted design, for the names of its columns.
        frame : ModelFrame
            n rows; a `PlacedFrame` if there is a ``cov_struct_map``.
        y : ndarray, shape (n,) or (n, 2)
            Their responses, checked by the family.
        family : ExactFamily
        seed : int
            Not used: nothing here is random.
        weights : ndarray, shape (n,), optional
            Precision weights of a Gaussian response, trials of binomial shares, otherwise
            multipliers of the log-likelihood.

        Raises
        ------
        ValueError
            If the likelihood cannot be evaluated for these data.
        """
        self._check_structures(family)
        data, structures = None, self.options.cov_struct_map
        if isinstance(frame, PlacedFrame):
            data, frame = frame.data, frame.bare()
        if self.effects is None:
            self.effects = place_effects(structures, design, frame, data)
        self.places = None if data is None else named_columns(structures, data)
        self.design, self.frame, self.y = design, frame, y
        self.family, self.weights = family, weights
        self._search()
        if self.is_linear:
            self._warn_if_perfect(np.abs(y).max())
        return self

    def _search(self) -> None:
        """Find the optimum."""
        try:
            self.result: MixedFit = self._likelihood()()
        except ArithmeticError as error:
            raise NoOptimumError(
                f"The likelihood of this {self.family.name} model has no maximum that can be found "
                f"({error}): give all columns similar scales, leave out terms that determine the "
                "outcome, or fit the paper's network by inference='variational'."
            ) from error
        self._record()

    def _warn_if_perfect(self, largest: float) -> None:
        """Warn if residuals are rounding of responses of this size."""
        if self.result.sigma <= NO_RESIDUAL * largest:
            warnings.warn(
                "essentially perfect fit: the residual variance is zero to rounding, so standard "
                "errors and tests mean nothing; look for the response among the predictors",
                PerfectFitWarning,
                stacklevel=4,
            )

    def _record(self) -> None:
        record = {
            "criterion": -2.0 * self.result.loglik,
            "evaluations": self.result.n_eval,
            "gradient": self.result.gradient_norm,
        }
        self.history, self.best_epoch = [record], 1

    def state(self) -> dict[str, Any]:
        """Return what was fitted and the optimum, for a model file (`tabmixnn.persistence`).

        The training rows are part of it, as they are part of the model.
        """
        return {
            "frame": stored(self.frame),
            "places": self.places,
            "y": self.y,
            "weights": self.weights,
            "result": self.result.state(),
            "noise_by_mean": self.noise_by_mean,
            "averages_new_groups": self.averages_new_groups,
        }

    @classmethod
    def from_state(
        cls, state: dict[str, Any], options: Mapping[str, Any], design: Any, family: ExactFamily
    ) -> MarginalEngine:
        """Return an engine at the optimum that was found; see `tabmixnn.persistence`."""
        if "summed" in state:
            from tabmixnn.streaming.exact import StreamedEngine

            return StreamedEngine.from_state(state, options, design, family)
        engine = cls.from_options(options)
        engine._check_structures(family)
        engine.design, engine.frame, engine.family = design, state["frame"], family
        engine.places, engine.y, engine.weights = state["places"], state["y"], state["weights"]
        engine.noise_by_mean = state["noise_by_mean"]
        engine.averages_new_groups = state.get("averages_new_groups", False)
        engine.effects = place_effects(
            engine.options.cov_struct_map, design, engine.frame, engine.places
        )
        with warnings.catch_warnings():
            # Whoever fitted the model was warned.
            warnings.simplefilter("ignore")
            engine.result = engine._likelihood()(at=MixedFit.solution_of(state["result"]))
        engine.result.restore(state["result"])
        engine._record()
        return engine

    def _check_structures(self, family: ExactFamily) -> None:
        """Refuse structures where the likelihood is not Gaussian."""
        if self.options.cov_struct_map is not None and family.distribution is not None:
            raise ValueError(
                f"cov_struct_map goes with a gaussian outcome, but the family is {family.name}; "
                "leave it out, or model a transformed outcome as gaussian."
            )

    def _likelihood(self) -> Callable[..., MixedFit]:
        """Return what fits this model; told where the optimum is, it does not search."""
        frame, y, family, options = self.frame, self.y, self.family, self.options
        fixed, blocks = frame.X, frame.blocks
        arrays = {
            "weights": self.weights,
            "offset": frame.offset if np.any(frame.offset) else None,
            "names": self.design.fixed_names,
        }
        if family.distribution is None:
            if options.nagq > 1:
                raise ValueError(
                    "A gaussian model needs no quadrature: its likelihood is exact. Leave nagq=1."
                )
            if self.effects.is_structured:
                blocks, residual = self.effects.blocks, self.effects.residual
                arrays |= {"residual": residual}
                return partial(fit_structured_lmm, fixed, y, blocks, reml=options.reml, **arrays)
            if blocks:
                return partial(fit_lmm, fixed, y, blocks, reml=options.reml, **arrays)
            return partial(fit_linear, fixed, y, reml=options.reml, **arrays)
        arrays |= {"family": family.distribution, "link": family.link}
        if blocks:
            return partial(fit_glmm, fixed, y, blocks, n_quad=options.nagq, **arrays)
        return partial(fit_generalised, fixed, y, **arrays)

    def refit(self, y: np.ndarray | None = None, *, reml: bool | None = None) -> MarginalEngine:
        """Fit the same model again, to other responses or by another likelihood.

        Parameters
        ----------
        y : ndarray, shape (n,) or (n, 2), optional
            By default the same responses.
        reml : bool, optional
            By default as before.

        Returns
        -------
        MarginalEngine
            A new engine.
        """
        reml = self.options.reml if reml is None else reml
        engine = MarginalEngine(replace(self.options, reml=reml), self.effects)
        y = self.y if y is None else y
        engine.fit(self.design, self.frame, y, self.family, 0, self.weights)
        engine.places = self.places
        return engine

    @property
    def is_linear(self) -> bool:
        """Whether the response is Gaussian."""
        return self.family.distribution is None

    @property
    def dispersion(self) -> float:
        """The family's dispersion: the residual variance of a Gaussian model, one if none."""
        if self.is_linear:
            return float(self.result.sigma**2)
        dispersion = self.result.dispersion
        return 1.0 if dispersion is None else dispersion

    @property
    def row_weights(self) -> np.ndarray:
        """The weights of the n training rows; the trials of a binomial response."""
        if not self.is_linear:
            return self.result.response.weights
        return np.ones(self.result.n) if self.weights is None else self.weights

    @property
    def response_values(self) -> np.ndarray:
        """The n responses; shares of successes for a binomial response in two columns."""
        return self.y if self.is_linear else self.result.response.y

    @property
    def estimates(self) -> MixedFit:
        """The fixed and random effects, for `tabmixnn.interpret.parameters`."""
        return self.result

    @property
    def fitted(self) -> np.ndarray:
        """Means of the n training rows given the conditional modes."""
        return self.predict(self.frame, "all", "response")

    def residual_deviations(self, frame: Any = None) -> np.ndarray:
        """Return deviations of n rows' residuals relative to sigma, by default training rows'."""
        return self.effects.residual_deviations(self.result, frame)

    def linear_parts(self, frame: Any = None) -> LinearParts:
        """Return what each part adds to the linear predictors of n rows.

        Parameters
        ----------
        frame : ModelFrame, optional
            By default the training rows.
        """
        frame = self.frame if frame is None else frame
        groups = [block.group for block in frame.blocks]
        random = list(zip(groups, self.effect_variances(frame), strict=True))
        return LinearParts(frame.offset, self.fixed_part(frame) - frame.offset, random)

    def fixed_part(self, frame: Any) -> np.ndarray:
        """Return the linear predictor of n rows with all random effects zero, offset included."""
        return frame.X[:, self.result.kept] @ self.result.beta + frame.offset

    def linear_predictor(self, frame: Any) -> np.ndarray:
        """Return the linear predictor of n rows given the conditional modes.

        Groups that were not seen when fitting have their expectation: zero, or what a covariance
        structure makes of the groups that were seen. Correlated residuals add nothing: the
        prediction is of the mean, as in nlme.
        """
        return self._with_effects(frame, [slice(None)] * len(frame.blocks))

    def _with_effects(self, frame: Any, active: Sequence[Any]) -> np.ndarray:
        """Return the linear predictor with the effects that an index of each block picks."""
        eta = self.fixed_part(frame)
        for position, (block, on) in enumerate(zip(frame.blocks, active, strict=True)):
            if isinstance(on, slice) or on.any():
                effects = self.effects.of_rows(self.result, frame, position)
                eta += (block.Z[:, on] * effects[:, on]).sum(axis=1)
        return eta

    def predict_with(self, frame: Any, active: Sequence[np.ndarray], kind: str) -> np.ndarray:
        """Predict n rows with some random effects and the others zero.

        Parameters
        ----------
        frame : ModelFrame
            n rows.
        active : sequence of ndarray of bool, each of shape (q,)
            Which effects of each term are at their conditional modes.
        kind : {"response", "link"}

        Returns
        -------
        ndarray, shape (n,)
        """
        eta = self._with_effects(frame, active)
        return eta if kind == "link" else self._mean(frame, eta, active)

    def _mean(self, frame: Any, eta: np.ndarray, active: Sequence[np.ndarray]) -> np.ndarray:
        """Return the mean given linear predictors and which effects are on."""
        seen = all((block.codes >= 0).all() for block in frame.blocks)
        if seen or not self.averages_new_groups or self.is_linear:
            return self.family.mean(eta)
        variance = np.zeros(len(eta))
        for block, part, on in zip(frame.blocks, self.effect_variances(frame), active, strict=True):
            variance += np.where((block.codes < 0) & on.all(), part, 0.0)
        return self.family.mean(mean_predictor(self.family, eta, variance))

    def is_additive(self, kind: str) -> bool:
        """Return whether predictions are sums over terms: linear predictors are."""
        return kind == "link" or self.family.link == "identity"

    def effect_variances(self, frame: Any) -> list[np.ndarray]:
        """Return ``z'Gz`` of n rows for each term: the variance of what it adds to a row."""
        return [
            np.einsum("nk,km,nm->n", block.Z, G, block.Z)
            * self.effects.level_variances(self.result, frame, position)
            for position, (block, G) in enumerate(zip(frame.blocks, self.result.G, strict=True))
        ]

    def predict(self, frame: Any, re_form: str, kind: str) -> np.ndarray:
        """Predict n rows.

        Parameters
        ----------
        frame : ModelFrame
            n rows.
        re_form : {"all", "none", "marginal"}
            Given the conditional modes (BLUPs), with random effects zero, or integrated over
            their distribution. The linear predictor's expectation is its fixed part.
        kind : {"response", "link"}
            The outcome's mean or its linear predictor.

        Returns
        -------
        ndarray, shape (n,)
        """
        eta = self.linear_predictor(frame) if re_form == "all" else self.fixed_part(frame)
        if kind == "link":
            return eta
        if re_form == "marginal":
            variance = sum(self.effect_variances(frame), np.zeros(len(eta)))
            return self.family.marginal_mean(eta, variance)
        active = [np.full(block.Z.shape[1], re_form == "all") for block in frame.blocks]
        return self._mean(frame, eta, active)

    @cached_property
    def joint(self) -> Any:
        """What the fit leaves unknown of fixed and random effects together (`JointEffects`)."""
        return make_joint(self)

    @cached_property
    def residual_degrees(self) -> float:
        """Degrees of freedom of a Gaussian outcome's residual variance."""
        return residual_degrees(self)

    @cached_property
    def noise(self) -> Noise:
        """The variance function and the tails of a Gaussian outcome's noise."""
        return noise_shape(self)

    @cached_property
    def calibration(self) -> Calibration:
        """How far off predictions of training rows are that are left out (`cross_calibration`)."""
        return cross_calibration(self)

    def predictive(
        self, frame: Any, re_form: str, method: str = "predictive", kind: str = "response"
    ) -> Predictive:
        """Return the predictive distribution of n rows; see `tabmixnn.predictive`."""
        return predictive(self, frame, re_form, method, kind)
