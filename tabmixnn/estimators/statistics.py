"""What a fitted mixed model can be asked, under lme4's names and the paper's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabmixnn.interpret.errors import NotExactError

if TYPE_CHECKING:
    from tabmixnn.interpret.summary import Summary


class StatisticsMixin:
    """Accessors and summaries; each hands the fitted engine to `tabmixnn.interpret`."""

    def _exact(self, name: str) -> Any:
        """Return the engine if it has an exact likelihood.

        Raises
        ------
        NotFittedError
            Before `fit`.
        NotExactError
            If the model was fitted variationally.
        """
        check_is_fitted(self)
        if not hasattr(self.engine_, "result"):
            raise NotExactError(
                f"{name} belongs to the exact likelihood, and this model was fitted with "
                "inference='variational'. Fit it with inference='marginal' and hidden_dims=[], "
                "or use extract_parameters() and variance_decomposition(), which describe "
                "networks too."
            )
        return self.engine_

    @property
    def sigma_(self) -> float:
        """Residual standard deviation; 1 for families without one, as lme4's ``sigma``.

        The coefficient of variation for the gamma family.
        """
        engine = self._exact("sigma_")
        scale = engine.dispersion if engine.family.data_type in ("real", "positive") else 1.0
        return float(np.sqrt(scale))

    @property
    def dispersion_(self) -> float:
        """Dispersion: residual variance, size (negative binomial), Var / mean^2 (gamma), or 1."""
        return self._exact("dispersion_").dispersion

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
        return int(self._exact("nobs_").result.n)

    @property
    def df_residual_(self) -> int:
        """Rows less all estimated parameters."""
        result = self._exact("df_residual_").result
        return int(result.n - result.df)

    def is_singular(self) -> bool:
        """Return whether a variance is estimated as zero or a correlation as plus or minus one."""
        return self._exact("is_singular()").result.is_singular

    def fixef(self) -> pd.Series:
        """Return the fixed effects under R's names; aliased columns are left out."""
        from tabmixnn.interpret import parameters

        return parameters.fixef(self._exact("fixef()"))

    def ranef(self, cond_var: bool = False) -> Any:
        """Return the random effects' conditional modes (BLUPs).

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

        return parameters.ranef(self._exact("ranef()"), cond_var=cond_var)

    def coef_by_group(self) -> dict[str, pd.DataFrame]:
        """Return fixed plus random effects of every level, one DataFrame a group."""
        from tabmixnn.interpret import parameters

        return parameters.coef_by_group(self._exact("coef_by_group()"))

    def var_corr(self) -> pd.DataFrame:
        """Return variances and correlations of the random effects.

        Returns
        -------
        DataFrame
            Columns ``group``, ``term1``, ``term2``, ``vcov``, ``sdcor``; ``Residual`` last.
        """
        from tabmixnn.interpret import parameters

        return parameters.var_corr(self._exact("var_corr()"))

    def vcov(self) -> pd.DataFrame:
        """Return the covariance of the fixed effects' estimates."""
        from tabmixnn.interpret import parameters

        return parameters.vcov(self._exact("vcov()"))

    def summary(self, data: Any = None, *, ddf: str = "satterthwaite") -> Summary:
        """Summarise the model as lme4 does (section 3.6.4 of the paper).

        Parameters
        ----------
        data : DataFrame, optional
            Rows with responses whose scaled residuals are described; by default the training
            rows.
        ddf : {"satterthwaite", "kenward_roger"}
            Degrees of freedom of a linear mixed model's t-tests.

        Returns
        -------
        Summary
            Printed it reads like ``summary(lmer(...))``; ``.fixed``, ``.random`` and ``.fit``
            are DataFrames.
        """
        from tabmixnn.interpret.residuals import pearson_residuals
        from tabmixnn.interpret.summary import summarise

        engine = self._exact("summary()")
        rows = () if data is None else self._observed(data)
        residuals = pearson_residuals(engine, *rows)
        formula = str(self.formula) if self.formula is not None else "y ~ all columns"
        return summarise(engine, formula, residuals, ddf=ddf)

    def _observed(self, data: Any) -> tuple[Any, np.ndarray, np.ndarray | None]:
        """Return the frame, the responses and the weights of rows that have their responses.

        Raises
        ------
        ValueError
            If the responses are not part of the data.
        """
        from tabmixnn.estimators.weights import read_weights

        if self.formula is None or self._design.formula.response is None:
            raise ValueError(
                "The response is not in the data of this model, it was given as y; call this "
                "method without data to describe the training rows."
            )
        frame = self._frame(data, response=True)
        weights = None
        if self.weights is not None:
            weights = read_weights(data, self.weights, None)[frame.rows]
        return frame, frame.y, weights
