"""statsmodels, with the model class that fits the formula and the task."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import Adapter, Unsuitable
from tabmixbench.adapters.bayes_glmm import fit_bayes_glmm
from tabmixbench.adapters.deadline import LIMIT
from tabmixbench.adapters.mixedlm import fit_mixedlm
from tabmixbench.adapters.predictor import LinearPredictor, orthogonalised

if TYPE_CHECKING:
    from tabmixbench.registry import Dataset
    from tabmixnn.formula import ModelFrame

Fitted = tuple[LinearPredictor, dict[str, Any]]


class Statsmodels(Adapter):
    """The classical model of the dataset's formula, as far as statsmodels has it.

    ======================  =============================================
    regression, groups      ``MixedLM`` (REML, empirical BLUPs)
    regression, no groups   ``OLS``
    binary, groups          ``BinomialBayesMixedGLM`` (variational Bayes)
    binary, no groups       ``GLM`` with the binomial family
    ======================  =============================================

    Design matrices come from `tabmixnn.formula`, so that every mixed model of the suite sees
    the same columns. Predictions for known groups add the predicted random effects; for a new
    group they are 0.

    Parameters
    ----------
    max_seconds : float
        Time cap of a fit.
    """

    name = "statsmodels"
    package = "statsmodels"
    kind = "mixed"
    imports = ("statsmodels.api", "tabmixnn.formula")
    sources = (
        *(
            f"workflow/tabmixbench/adapters/{part}.py"
            for part in ("bayes_glmm", "components", "deadline", "mixedlm", "predictor")
        ),
        "tabmixnn/formula",
    )

    def __init__(
        self, dataset: Dataset, *, seed: int, threads: int, max_seconds: float = LIMIT
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads)
        self._max_seconds = max_seconds
        self._used: dict[str, Any] = {}

    def unsuitable(self, train: pd.DataFrame | None = None) -> str | None:
        """Say so when the formula asks for what is not passed on to statsmodels."""
        from tabmixnn.formula import Formula

        if Formula.parse(self.dataset.formula).offsets:
            return f"the formula of {self.dataset.name} has an offset, which this adapter lacks"
        return super().unsuitable(train)

    def fit(self, train: pd.DataFrame) -> Statsmodels:
        """Fit to the training rows (see `Adapter.fit`)."""
        from threadpoolctl import threadpool_limits

        from tabmixnn.formula import Design

        self._design = Design.fit(self.dataset.formula, train)
        frame = self._design.frame(train, response=False)
        y = train[self.dataset.target].to_numpy(dtype=np.float64)
        model, fitter = FITTERS[self.dataset.task, bool(frame.blocks)]
        with threadpool_limits(self.threads):
            self._predictor, settings = fitter(self, frame, y)
        self._used = {"model": model, **settings}
        return self

    def predict(self, test: pd.DataFrame) -> np.ndarray:
        """Predict new rows (see `Adapter.predict`)."""
        from scipy.special import expit

        eta = self._predictor.eta(self._design.frame(test, response=False))
        return expit(eta) if self.is_binary else eta

    def settings(self) -> dict[str, Any]:
        """Return the model class, its random effects and the time cap."""
        return {
            "formula": self.dataset.formula,
            "max_seconds": self._max_seconds,
            **self._used,
        }

    def _mixed_lm(self, frame: ModelFrame, y: np.ndarray) -> Fitted:
        return fit_mixedlm(frame.X, y, frame.blocks, max_seconds=self._max_seconds)

    def _bayes_glmm(self, frame: ModelFrame, y: np.ndarray) -> Fitted:
        return fit_bayes_glmm(
            frame.X, y, frame.blocks, seed=self.seed, max_seconds=self._max_seconds
        )

    def _ols(self, frame: ModelFrame, y: np.ndarray) -> Fitted:
        from statsmodels.regression.linear_model import OLS

        fixed = orthogonalised(frame.X)
        return LinearPredictor(fixed.back @ OLS(y, fixed.matrix).fit().params), {}

    def _logit(self, frame: ModelFrame, y: np.ndarray) -> Fitted:
        from statsmodels.genmod.families import Binomial
        from statsmodels.genmod.generalized_linear_model import GLM

        fixed = orthogonalised(frame.X)
        # Not iteratively reweighted least squares, the default: without step halving it
        # diverges where a feature nearly gives the class away (CreditCard), to a deviance
        # nine times that of the intercept alone.
        optimiser = {"method": "bfgs", "maxiter": 1000, "max_start_irls": 0}
        result = GLM(y, fixed.matrix, family=Binomial()).fit(**optimiser, disp=False)
        if np.array_equal(fixed.matrix @ result.params > 0, y == 1):
            raise Unsuitable(
                "the features separate the classes perfectly, so that logistic regression has "
                "no maximum-likelihood estimate"
            )
        if not result.mle_retvals["converged"]:
            raise Unsuitable("logistic regression did not converge in 1,000 steps of BFGS")
        return LinearPredictor(fixed.back @ result.params), {"optimiser": optimiser}


FITTERS: dict[tuple[str, bool], tuple[str, Callable[..., Fitted]]] = {
    ("regression", True): ("MixedLM", Statsmodels._mixed_lm),
    ("regression", False): ("OLS", Statsmodels._ols),
    ("binary", True): ("BinomialBayesMixedGLM", Statsmodels._bayes_glmm),
    ("binary", False): ("GLM, binomial", Statsmodels._logit),
}
"""(task, whether the formula has random effects) -> (model class, how to fit it)."""
