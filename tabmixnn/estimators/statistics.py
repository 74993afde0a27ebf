"""Estimates and fit statistics of a mixed model, under lme4's names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.interpret.errors import NotExactError


class StatisticsMixin:
    """Accessors; each looks at the fitted engine or hands it to `tabmixnn.interpret`."""

    def _exact(self, name: str, has: str = "likelihood") -> Any:
        """Return the engine if it has an exact likelihood.

        Parameters
        ----------
        name : str
            What is asked for.
        has : {"likelihood", "estimates"}
            What the engine needs for it: the exact fit, or the formula's effects, which a model
            that grew has too.

        Raises
        ------
        NotFittedError
            Before `fit`.
        NotExactError
            If the engine does not have it.
        """
        description = self._description()
        if not getattr(description, f"has_{has}"):
            raise NotExactError(
                f"{name} belongs to the exact likelihood of the formula's mixed model, and this "
                f"model was fitted with inference={self.inference_!r}. {self._how_to_fit()}"
                f"{description.alternatives()}."
            )
        return self.engine_

    def _how_to_fit(self) -> str:
        """Return what to fit for an exact likelihood, as the beginning of a sentence."""
        from tabmixnn.inference.exact.families import is_exact

        exact = "with inference='marginal' and hidden_dims=[], or "
        if "event_" in vars(self):
            response = None if self.formula is None else self._design.formula.response
            event = f"{response or 'y'} == {self.event_!r}"
            return f"Make the outcome {event}, of two classes, and fit that {exact}"
        if is_exact(self.family_):
            return f"Fit it {exact}"
        if self.family_.name == "multinomial":
            return "Fit it with inference='auto', a mixed model of each class by itself, or "
        if self.family_.name == "joint":
            return "A model of several outcomes has none; "
        return f"The {self.family_.name} family has none; "

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
        self._exact("nobs_", "estimates")
        return int(self._description().exact.result.n)

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
        return self._description().structures()

    @property
    def terms_(self) -> pd.DataFrame:
        """The terms beyond the formula's: smooths, groups' own, and networks (``f(x)``).

        Columns ``term``, ``group``, ``sd`` and ``score``; see
        `tabmixnn.interpret.additive_summary.additive_terms`. ``sd`` is the deviation that a
        term's effects are estimated to be drawn with, as those of a random effect are; what a term
        adds to the rows varies by another amount, which `variance_decomposition` tells. No rows
        where the formula's own model was best.
        """
        return self._description().terms()

    def is_singular(self) -> bool:
        """Return whether a variance is estimated as zero or a correlation as plus or minus one."""
        return self._exact("is_singular()").result.is_singular

    def fixef(self) -> pd.Series:
        """Return the fixed effects under R's names; aliased columns are left out."""
        from tabmixnn.interpret import parameters

        return parameters.fixef(self._exact("fixef()", "estimates"))

    def ranef(self, cond_var: bool | str = False) -> Any:
        """Return the random effects' conditional modes (BLUPs).

        They are the formula's. Where ``inference="auto"`` gave groups curves of their own, these
        are beside them and take part of the trend that slopes would otherwise have.

        Parameters
        ----------
        cond_var : bool or "full"
            Also return their conditional variances; "full" for the covariances of the effects of
            each level, by which the standard error of a level's line is to be had.

        Returns
        -------
        dict of str to DataFrame
            For each group its levels by terms; with `cond_var` a pair of such dicts, the effects
            and their variances. Of "full" the rows are the levels by terms, so that
            ``variances["g"].loc["a"]`` is a matrix; several terms of one group, whose effects are
            independent before the data, have NaN between them.
        """
        from tabmixnn.interpret import parameters

        if not isinstance(cond_var, bool | np.bool_) and cond_var != "full":
            raise ValueError(f"cond_var must be True, False or 'full'; got {cond_var!r}.")
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
