"""Fit by the exact marginal likelihood: random effects integrated out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from tabmixnn.caller import warn_caller
from tabmixnn.formula.stored_frame import stored
from tabmixnn.inference.exact.effects import IndependentEffects
from tabmixnn.inference.exact.families import ExactFamily
from tabmixnn.inference.exact.generalised import fit_generalised
from tabmixnn.inference.exact.linear import fit_linear
from tabmixnn.inference.exact.model import ExactModel
from tabmixnn.inference.exact.options import MarginalOptions
from tabmixnn.inference.exact.placed_frame import PlacedFrame
from tabmixnn.inference.exact.structures import named_columns, place_effects
from tabmixnn.inference.marginal import NoOptimumError, fit_glmm, fit_lmm
from tabmixnn.inference.marginal.fit import MixedFit
from tabmixnn.inference.marginal.fixed import constant_columns
from tabmixnn.inference.marginal.structured import fit_structured_lmm

NO_RESIDUAL = 1e-13
"""A residual deviation below this share of the largest response is rounding."""


class PerfectFitWarning(UserWarning):
    """The model explains the response to the last digit."""


class MarginalEngine(ExactModel):
    """(Generalised) linear mixed models by REML, ML, Laplace or adaptive quadrature.

    Parameters
    ----------
    options : MarginalOptions
    effects : IndependentEffects, optional
        How levels and residuals hang together; by default as ``cov_struct_map`` has it on the
        rows that are fitted.

    Attributes
    ----------
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
        placed = structures is not None and data is not None
        self.places = named_columns(structures, data) if placed else None
        self.design, self.frame, self.y = design, frame, y
        self.family, self.weights = family, weights
        self._search()
        if self.is_linear:
            self._warn_if_perfect(np.abs(y).max())
        return self

    def _search(self) -> None:
        """Find the optimum."""
        try:
            self.result = self._likelihood()()
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
            warn_caller(
                "essentially perfect fit: the residual variance is zero to rounding, so standard "
                "errors and tests mean nothing; look for the response among the predictors",
                PerfectFitWarning,
            )

    def _record(self) -> None:
        record = {
            "criterion": -2.0 * self.result.loglik,
            "evaluations": self.result.n_eval,
            "gradient": self.result.gradient_norm,
        }
        self.history = [record]

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
            "noise_by_mean": self.options.noise_by_mean,
            "averages_new_groups": self.options.averages_new_groups,
            "constant_alone": self.options.constant_alone,
            "history": self.history,
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
        engine.options = replace(
            engine.options,
            noise_by_mean=state["noise_by_mean"],
            averages_new_groups=state["averages_new_groups"],
            constant_alone=state["constant_alone"],
        )
        engine.effects = place_effects(
            engine.options.cov_struct_map, design, engine.frame, engine.places
        )
        engine._restore(state["result"])
        engine.history = state.get("history", engine.history)
        return engine

    def _restore(self, result: Mapping[str, Any]) -> None:
        """Return to the optimum of a model file."""
        with warnings.catch_warnings():
            # Whoever fitted the model was warned.
            warnings.simplefilter("ignore")
            self.result = self._likelihood()(at=MixedFit.solution_of(result))
        self.result.restore(result)
        self._record()

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
        if options.constant_alone:
            fixed = np.where(constant_columns(fixed), fixed, 0.0)
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
