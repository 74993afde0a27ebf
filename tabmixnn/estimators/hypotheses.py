"""Confidence intervals and tests of a fitted model's parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd


class HypothesesMixin:
    """Each hands the model or its engine to `tabmixnn.interpret`."""

    def confint(
        self,
        method: str = "wald",
        level: float = 0.95,
        *,
        parm: str | Sequence[str] | None = None,
        n: int | None = None,
        seed: Any = None,
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
        parm : str or sequence of str, optional
            Names of the parameters wanted, by default all.
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

        return intervals.confint(self, method, level, n, seed, parm)

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
        from tabmixnn.interpret.fixed_tests import ddf_method

        ddf = ddf_method(ddf)
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
        from tabmixnn.interpret.fixed_tests import ddf_method

        engine = self._exact("contrast()", "estimates")
        return contrast(engine, L, joint=joint, ddf=ddf_method(ddf), level=level)
