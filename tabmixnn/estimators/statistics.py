"""What a fitted mixed model can be asked, under lme4's names and the paper's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabmixnn.estimators.checks import as_pandas
from tabmixnn.inference.option_checks import flag
from tabmixnn.interpret.errors import NotExactError, several_predictors

if TYPE_CHECKING:
    from tabmixnn.interpret.summary import Summary


class StatisticsMixin:
    """Accessors and summaries; each hands the fitted engine to `tabmixnn.interpret`."""

    def _exact(self, name: str, has: str = "result") -> Any:
        """Return the engine if it has an exact likelihood.

        Parameters
        ----------
        name : str
            What is asked for.
        has : {"result", "estimates"}
            What the engine needs for it: the exact fit, or the formula's effects, which a model
            that grew has too.

        Raises
        ------
        NotFittedError
            Before `fit`.
        NotExactError
            If the engine does not have it.
        """
        check_is_fitted(self)
        if not hasattr(self.engine_, has):
            has_estimates = hasattr(self.engine_, "estimates")
            names = ("summary", "extract_parameters", "variance_decomposition")
            summary, parameters, variances = (
                f"{each}({'' if has_estimates else 'data'})" for each in names
            )
            others = f"use {summary}, {parameters} or {variances}"
            if not has_estimates and several_predictors(self.family_):
                others = "look at its predictions"
            raise NotExactError(
                f"{name} belongs to the exact likelihood of the formula's mixed model, and this "
                f"model was fitted with inference={self.inference_!r}. Fit it with "
                f"inference='marginal' and hidden_dims=[], or {others}."
            )
        return self.engine_

    @property
    def sigma_(self) -> float:
        """Residual standard deviation; 1 for families without one, as lme4's ``sigma``.

        The coefficient of variation for the gamma family.
        """
        engine = self._exact("sigma_", "estimates")
        scale = engine.dispersion if engine.family.data_type in ("real", "positive") else 1.0
        return float(np.sqrt(scale))

    @property
    def dispersion_(self) -> float:
        """Dispersion: residual variance, size (negative binomial), Var / mean^2 (gamma), or 1."""
        return self._exact("dispersion_", "estimates").dispersion

    @property
    def loglik_(self) -> float:
        """Log-likelihood; restricted if fitted by REML, Laplace or quadrature if generalised."""
        return float(self._exact("loglik_").result.loglik)

    @property
    def aic_(self) -> float:
        """Akaike's information criterion."""
        return float(self._exact("aic_").result.aic)

    @property
    def bic_(self) -> float:
        """Schwarz's information criterion, with the number of rows."""
        return float(self._exact("bic_").result.bic)

    @property
    def nobs_(self) -> int:
        """Rows the model was fitted to."""
        engine = self._exact("nobs_", "estimates")
        return int(getattr(engine, "exact", engine).result.n)

    @property
    def df_residual_(self) -> int:
        """Rows less all estimated parameters."""
        result = self._exact("df_residual_").result
        return int(result.n - result.df)

    @property
    def structure_(self) -> pd.DataFrame:
        """Parameters of the covariance structures, in the units of the data.

        Columns ``group``, ``over`` (levels, effects or residual), ``type``, ``parameter``,
        ``value``; no rows without structures that have parameters. The variances that stand
        before the structures are in `var_corr`, or for a network in `extract_parameters`.
        """
        from tabmixnn.interpret.structures import structure_table

        check_is_fitted(self)
        return structure_table(self.engine_)

    @property
    def terms_(self) -> pd.DataFrame:
        """The terms beyond the formula's: smooths, groups' own, and networks (``f(x)``).

        Columns ``term``, ``group``, ``sd`` and ``score``; see
        `tabmixnn.interpret.additive_summary.additive_terms`. No rows where the formula's own
        model was best.
        """
        check_is_fitted(self)
        if not hasattr(self.engine_, "additive"):
            return pd.DataFrame(columns=["term", "group", "sd", "score"])
        from tabmixnn.interpret.additive_summary import additive_terms

        return additive_terms(self.engine_)

    def is_singular(self) -> bool:
        """Return whether a variance is estimated as zero or a correlation as plus or minus one."""
        return self._exact("is_singular()").result.is_singular

    def fixef(self) -> pd.Series:
        """Return the fixed effects under R's names; aliased columns are left out."""
        from tabmixnn.interpret import parameters

        return parameters.fixef(self._exact("fixef()", "estimates"))

    def ranef(self, cond_var: bool = False) -> Any:
        """Return the random effects' conditional modes (BLUPs).

        They are the formula's. Where ``inference="auto"`` gave groups curves of their own, these
        are beside them and take part of the trend that slopes would otherwise have.

        Parameters
        ----------
        cond_var : bool
            Also return their conditional variances.

        Returns
        -------
        dict of str to DataFrame
            For each group its levels by terms; with `cond_var` a pair of such dicts, the effects
            and their variances.
        """
        from tabmixnn.interpret import parameters

        return parameters.ranef(self._exact("ranef()", "estimates"), cond_var=cond_var)

    def coef_by_group(self) -> dict[str, pd.DataFrame]:
        """Return fixed plus random effects of every level, one DataFrame a group."""
        from tabmixnn.interpret import parameters

        return parameters.coef_by_group(self._exact("coef_by_group()", "estimates"))

    def var_corr(self) -> pd.DataFrame:
        """Return variances and correlations of the random effects.

        Returns
        -------
        DataFrame
            Columns ``group``, ``term1``, ``term2``, ``vcov``, ``sdcor``; ``Residual`` last.
        """
        from tabmixnn.interpret import parameters

        return parameters.var_corr(self._exact("var_corr()", "estimates"))

    def vcov(self) -> pd.DataFrame:
        """Return the covariance of the fixed effects' estimates."""
        from tabmixnn.interpret import parameters

        return parameters.vcov(self._exact("vcov()", "estimates"))

    def summary(self, data: Any = None, *, ddf: str = "satterthwaite") -> Summary:
        """Summarise the model as lme4 does (section 3.6.4 of the paper).

        Parameters
        ----------
        data : DataFrame, optional
            Rows with responses whose scaled residuals are described; by default the training
            rows, if they are kept. A network, which does not keep them, is linearised at their
            mean.
        ddf : {"satterthwaite", "kenward_roger"}
            Degrees of freedom of a linear mixed model's t-tests; a grown model has z-tests. Kenward
            and Roger's, which also adjust the standard errors, need a REML fit, no
            ``cov_struct_map`` and at most 6,000 random effects, since they work on dense matrices
            of them.

        Returns
        -------
        Summary
            Printed it reads like ``summary(lmer(...))``; ``.fixed``, ``.random`` and ``.fit``
            are DataFrames. Standard errors of a network are approximate; it has them for the
            families that have an exact likelihood.
        """
        check_is_fitted(self)
        formula = self._formula_in_words()
        if hasattr(self.engine_, "result"):
            from tabmixnn.interpret.residuals import pearson_residuals
            from tabmixnn.interpret.summary import summarise

            rows = () if data is None else self._observed(data)
            known = bool(rows) or self.engine_.keeps_rows
            residuals = pearson_residuals(self.engine_, *rows) if known else None
            return summarise(self.engine_, formula, residuals, ddf=ddf)
        if hasattr(self.engine_, "additive"):
            from tabmixnn.interpret.additive_summary import summarise_additive

            if data is not None or ddf != "satterthwaite":
                raise ValueError(
                    "summary() of a grown model describes its training rows and has z-tests: leave "
                    "data and ddf out, or fit the formula's model (inference='marginal', "
                    "hidden_dims=[])."
                )
            return summarise_additive(self.engine_, formula)
        from tabmixnn.interpret.network import NetworkView
        from tabmixnn.interpret.network_summary import summarise_network

        frame, y, _ = self._observed(self._needed(data))
        return summarise_network(NetworkView(self.engine_, self._design, frame), formula, y)

    def confint(
        self, method: str = "wald", level: float = 0.95, *, n: int | None = None, seed: Any = None
    ) -> pd.DataFrame:
        """Return confidence intervals of the parameters.

        Parameters
        ----------
        method : {"wald", "profile", "boot"}
            Of the fixed effects from their standard errors; from the profile of the likelihood:
            of all parameters of a linear mixed model, and of the fixed effects and the deviations
            of terms with one effect of a generalised one; or percentiles of the parametric
            bootstrap, of all parameters.
        level : float
            Coverage.
        n : int, optional
            Simulations of the bootstrap, 500 by default.
        seed : int, Generator or None
            Of the bootstrap.

        Returns
        -------
        DataFrame
            A row a parameter, columns such as ``2.5 %`` and ``97.5 %``.
        """
        from tabmixnn.interpret import intervals

        return intervals.confint(self, method, level, n, seed)

    def anova(self, *others: Any, refit: bool = True, ddf: str = "satterthwaite") -> pd.DataFrame:
        """Test the terms of the fixed part, or compare with nested models.

        Parameters
        ----------
        *others : estimators
            Nested models for likelihood-ratio tests; see `tabmixnn.anova`, and there for `refit`.
            Without any, each term of an exact model has a test of all its columns at once.
        ddf : {"satterthwaite", "kenward_roger"}
            Degrees of freedom of these tests, as in `summary`.

        Returns
        -------
        DataFrame
            Of one model a row a term: ``NumDF``, ``DenDF``, ``F value``, ``Pr(>F)`` of a linear
            one, Wald's ``Chisq``, ``Df``, ``Pr(>Chisq)`` of a generalised one. The hypotheses are
            marginal (type III), as in lmerTest: a term is averaged over the factors of the
            interactions that contain it, whatever the contrasts are, and numbers are zero. See
            `tabmixnn.interpret.term_tests.term_tests`.
        """
        if not others:
            from tabmixnn.interpret.term_tests import term_tests

            return term_tests(self._exact("anova()"), ddf)
        if ddf != "satterthwaite":
            raise ValueError("ddf goes with anova() of one model; leave it out to compare models.")
        from tabmixnn.interpret.likelihood_ratio import anova

        return anova(self, *others, refit=refit)

    def contrast(
        self,
        L: Any,
        *,
        joint: bool = False,
        ddf: str = "satterthwaite",
        level: float = 0.95,
    ) -> pd.DataFrame:
        """Estimate and test linear combinations of the fixed effects, as lmerTest's ``contest``.

        Parameters
        ----------
        L : dict, DataFrame or array, shape (p,) or (r, p)
            Weights by name, ``{"Days": 5, "Dose": -1}``; rows of them; or a weight for each effect
            of `fixef`.
        joint : bool
            One test of all of them at once.
        ddf : {"satterthwaite", "kenward_roger"}
            Degrees of freedom of a linear mixed model, as in `summary`.
        level : float
            Coverage of the confidence limits.

        Returns
        -------
        DataFrame
            See `tabmixnn.interpret.contrasts.contrast`.
        """
        from tabmixnn.interpret.contrasts import contrast

        engine = self._exact("contrast()", "estimates")
        return contrast(engine, L, joint=joint, ddf=ddf, level=level)

    def variance_decomposition(self, data: Any = None) -> dict[str, Any]:
        """Partition the variance of the outcome (eqs. 55-57 of the paper).

        Parameters
        ----------
        data : DataFrame, optional
            Rows over which the predictors vary; by default the training rows. A network, which
            does not keep them, needs it.

        Returns
        -------
        dict
            ``icc`` by group, ``r_squared`` (also as ``r_squared_conditional``),
            ``r_squared_marginal``, and the components ``fixed``, ``random`` by group,
            ``residual`` and ``total``; ``terms`` has those of terms beyond the formula that
            ``inference="auto"`` let in. See `tabmixnn.interpret.variance.decompose`.
        """
        check_is_fitted(self)
        if hasattr(self.engine_, "linear_parts"):
            from tabmixnn.interpret.variance import decompose

            return decompose(self.engine_, None if data is None else self._frame(data))
        from tabmixnn.interpret.network import NetworkView

        frame = self._frame(self._needed(data))
        return NetworkView(self.engine_, self._design, frame).decompose()

    def extract_parameters(self, data: Any = None, *, linearize: bool = True) -> dict[str, Any]:
        """Return fixed effects and variance components (eq. 54 of the paper).

        Parameters
        ----------
        data : DataFrame, optional
            Rows at whose mean a network is linearised; an exact fit does not need them.
        linearize : bool
            Expand a network to first order at the mean. The coefficients of an exact fit are
            what they are.

        Returns
        -------
        dict
            ``fixed_effects``: name to coefficient on the scale of the linear predictor.
            ``variance_components``: group to effect to variance; ``Residual`` to the residual
            variance of an outcome that can be any number.

        Raises
        ------
        ValueError
            If a network is to be described without data or without linearising it.
        """
        check_is_fitted(self)
        flag("linearize", linearize)
        if hasattr(self.engine_, "estimates"):
            from tabmixnn.interpret.parameters import extract

            return extract(self.engine_)
        if not linearize:
            raise ValueError(
                "A network has no coefficients of its own; pass linearize=True for its expansion "
                "at the mean of the data."
            )
        from tabmixnn.interpret.network import NetworkView

        frame = self._frame(self._needed(data))
        return NetworkView(self.engine_, self._design, frame).extract()

    def _needed(self, data: Any) -> Any:
        if data is None:
            raise ValueError(
                "A network does not keep its training rows; pass data, such as those it was "
                "fitted to."
            )
        return data

    def _observed(self, data: Any) -> tuple[Any, np.ndarray, np.ndarray | None]:
        """Return the frame, the responses and the weights of rows that have their responses.

        Raises
        ------
        ValueError
            If the responses are not part of the data.
        """
        from tabmixnn.estimators.weights import read_weights

        if self.formula is None or self._design.formula.response is None:
            raise ValueError(self._why_not_observed())
        data = as_pandas(data)
        frame = self._frame(data, response=True)
        weights = None
        if self.weights is not None:
            weights = read_weights(data, self.weights, None, frame.rows)
        y = self._formula_response(self._design.formula, data, frame)
        if hasattr(self, "classes_"):
            # Labels as fit saw them, in its order, which need not be that of the levels.
            y = pd.Index(self.classes_).get_indexer(y).astype(np.float64)
        return frame, np.asarray(y, dtype=np.float64), weights

    def _why_not_observed(self) -> str:
        """Return why rows do not have the responses, and what to do."""
        if getattr(self, "outcomes", None) is not None:
            return (
                "This is for one outcome a row, and the model has several; look at its "
                "predictions, or fit the outcomes one by one."
            )
        if self.engine_.keeps_rows:
            return (
                "The response is not in the data of this model, it was given as y; call this "
                "method without data to describe the training rows."
            )
        return (
            "The response is not in the data of this model, it was given as y, and a network does "
            "not keep its training rows; fit it with a formula that names the response. "
            "extract_parameters(data) and variance_decomposition(data) do without."
        )
