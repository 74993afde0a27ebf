"""A mixed model at the optimum of its exact likelihood: what it says of rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from tabmixnn.inference.exact.cross import cross_calibration
from tabmixnn.inference.exact.effects import IndependentEffects
from tabmixnn.inference.exact.families import ExactFamily
from tabmixnn.inference.exact.new_groups import mean_predictor
from tabmixnn.inference.exact.options import MarginalOptions
from tabmixnn.inference.exact.predictive import (
    make_joint,
    noise_shape,
    predictive,
    residual_degrees,
)
from tabmixnn.inference.marginal.fit import MixedFit
from tabmixnn.inference.parts import LinearParts
from tabmixnn.predictive import Calibration, Noise, Predictive


class ExactModel:
    """A (generalised) linear mixed model, fitted.

    Attributes
    ----------
    options : MarginalOptions
    result : MixedFit
        What the likelihood gave: ``LMMFit``, ``GLMMFit``, ``StructuredFit`` or, without random
        effects, ``LinearFit`` or ``GeneralisedFit``.
    effects : IndependentEffects
        How levels and residuals hang together.
    design, frame, y, weights, family
        What was fitted, so that the model can be refitted to other responses.
    """

    options: MarginalOptions
    result: MixedFit
    effects: IndependentEffects
    design: Any
    frame: Any
    y: np.ndarray
    weights: np.ndarray | None
    family: ExactFamily

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
        if seen or not self.options.averages_new_groups or self.is_linear:
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
        self,
        frame: Any,
        re_form: str,
        method: str = "predictive",
        kind: str = "response",
        weights: np.ndarray | None = None,
    ) -> Predictive:
        """Return the predictive distribution of n rows; see `tabmixnn.predictive`.

        Those of a Gaussian outcome have weight one, or the `weights`.
        """
        return predictive(self, frame, re_form, method, kind, weights)
