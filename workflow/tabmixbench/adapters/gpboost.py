"""GPBoost: boosted trees for the features, random effects of the formula for the groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import Adapter, Unsuitable
from tabmixbench.adapters.deadline import LIMIT, Deadline
from tabmixbench.adapters.features import FeatureTable
from tabmixbench.adapters.inner import inner_folds
from tabmixbench.adapters.thresholds import scaled_thresholds
from tabmixbench.adapters.tree_settings import GPBOOST

if TYPE_CHECKING:
    from tabmixbench.registry import Dataset
    from tabmixnn.formula import RandomBlock

LIKELIHOODS = {"regression": "gaussian", "binary": "bernoulli_logit"}

CHOLESKY_BELOW = 50_000
"""Rows from which on crossed factors of thousands of levels make Cholesky factors slow."""


class GPBoost(Adapter):
    """Boosting of the mean function jointly with the random effects of the dataset's formula.

    Grouping factors and random slopes come from the formula; GPBoost has no correlation between
    an intercept and a slope. Trees see the features, not the ids. Their number is chosen by
    ``gpboost.cv`` on the inner folds that all peers use, with random effects in the validation
    rows' predictions. Without features
    there is nothing to boost, and the model is its random effects and a constant; without
    groups it is boosting alone.

    Slopes are of standardised columns: the package takes a group's effects to be independent, which
    they can be where the data are, not in the year 0, and a new group's variance would be that of
    a slope times the year (US airlines: CRPS of new groups 60, with standardised ones .7).

    Three things differ from the package's defaults. Linear systems are solved by Cholesky
    factorisation: the package's choice for several effects, conjugate gradients, stops too early
    where the error variance is small (its tests: one factor with a slope, effects and response of
    about one deviation, errors of .03, predictions up to 5.7 off), and takes up to 20 times as long
    here. For a Gaussian response every step has its length found by a
    line search (the gradient is scaled by the inverse of the error variance, so a fixed rate
    overshoots where that is small: Oxboys .29, with it .08), and the variances start from the mixed
    model without features, estimated by Fisher scoring, which changes little.

    Parameters
    ----------
    booster : Mapping
        Tree and learning-rate settings, LightGBM's names (see `tree_settings`).
    full_at : int or None
        Rows below which LightGBM's row thresholds shrink (see `LightGBM`).
    cholesky_below : int
        Rows below which systems are solved by Cholesky factorisation: crossed factors of thousands
        of levels take longer by it than by conjugate gradients (InstEval 300 s a fit for 180), for
        the same error.
    line_search_below : int
        Rows below which there is a line search: with many it takes several times as long and
        changes nothing.
    max_rounds : int
        The most trees there may be.
    patience : int
        Trees without a better score after which cross-validation stops.
    folds, one_from : int
        Inner folds, and the rows from which on one of them is enough.
    max_seconds : float
        Time cap of a fit, cross-validation included.

    References
    ----------
    Sigrist (2022), Gaussian process boosting, Journal of Machine Learning Research 23.
    """

    name = "gpboost"
    package = "gpboost"
    kind = "trees"
    keywords: ClassVar = {"booster": GPBOOST}
    imports = ("gpboost", "sklearn.model_selection", "tabmixnn.formula")
    sources = (
        "workflow/tabmixbench/adapters/deadline.py",
        "workflow/tabmixbench/adapters/inner.py",
        "workflow/tabmixbench/adapters/thresholds.py",
        "workflow/tabmixbench/adapters/tree_settings.py",
        "tabmixnn/formula",
    )

    def __init__(
        self,
        dataset: Dataset,
        *,
        seed: int,
        threads: int,
        booster: Mapping[str, Any],
        full_at: int | None = None,
        cholesky_below: int = CHOLESKY_BELOW,
        line_search_below: int = 10_000,
        max_rounds: int = 1000,
        patience: int = 20,
        folds: int = 5,
        one_from: int = 1000,
        max_seconds: float = LIMIT,
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads)
        self._booster = dict(booster)
        self._full_at = full_at
        self._cholesky_below = cholesky_below
        self._line_search_below = line_search_below
        self._max_rounds = max_rounds
        self._patience = patience
        self._folds = folds
        self._one_from = one_from
        self._max_seconds = max_seconds
        self._used: dict[str, Any] = {}
        self._table = FeatureTable(dataset.numeric, dataset.categorical)

    def fit(self, train: pd.DataFrame) -> GPBoost:
        """Fit to the training rows (see `Adapter.fit`)."""
        import gpboost

        from tabmixnn.formula import Design

        self._design = Design.fit(self.dataset.formula, train)
        frame = self._design.frame(train, response=False)
        y = train[self.dataset.target].to_numpy(dtype=np.float64)
        deadline = Deadline(self._max_seconds, "GPBoost")
        self._scales = _scales(frame.blocks)
        self._effects = self._random_effects(frame.blocks)
        self._booster_model, rounds = None, 0
        try:
            self._start = self._starting_variances(gpboost, y)
            if not self._table.names:
                self._gp_model = self._gp(gpboost)
                self._gp_model.fit(y=y, X=np.ones((len(y), 1)))
            else:
                features = self._table.fit(train).transform(train)
                groups = self.left_out_groups(train)
                rounds = self._rounds(gpboost, features, y, groups, deadline)
                self._gp_model = self._gp(gpboost)
                self._booster_model = gpboost.train(
                    self._parameters(len(y)),
                    self._data(gpboost, features, y),
                    num_boost_round=rounds,
                    gp_model=self._gp_model,
                    verbose_eval=False,
                    callbacks=[_check_each_round(deadline)],
                )
        except gpboost.basic.GPBoostError as error:
            raise Unsuitable(f"GPBoost failed: {str(error).splitlines()[0]}") from error
        self._used = {
            "rounds": rounds,
            "parameters": self._parameters(len(y)),
            "random_effects": [f"{b.group}: {', '.join(b.names)}" for b in frame.blocks],
        }
        return self

    def predict(self, test: pd.DataFrame) -> np.ndarray:
        """Predict new rows (see `Adapter.predict`)."""
        return self._predict(test, variance=False)[0]

    def predict_sd(self, test: pd.DataFrame) -> np.ndarray | None:
        """From GPBoost's predictive variance, residual included (see `Adapter.predict_sd`)."""
        if self.is_binary or self._gp_model is None:
            return None
        return np.sqrt(self._predict(test, variance=True)[1])

    def settings(self) -> dict[str, Any]:
        """Rounds, tree settings after the rule for small data, and the random effects."""
        return {
            "formula": self.dataset.formula,
            "booster": self._booster,
            "full_at": self._full_at,
            "cholesky_below": self._cholesky_below,
            "line_search_below": self._line_search_below,
            "max_rounds": self._max_rounds,
            "patience": self._patience,
            "folds": self._folds,
            "one_from": self._one_from,
            "max_seconds": self._max_seconds,
            "features": list(self._table.names),
            **self._used,
        }

    def _predict(self, test: pd.DataFrame, variance: bool) -> tuple[np.ndarray, np.ndarray | None]:
        frame = self._design.frame(test, response=False)
        groups = {}
        if self._gp_model is not None:
            effects = self._random_effects(frame.blocks)
            groups = {
                "group_data_pred": effects["group_data"],
                "group_rand_coef_data_pred": effects.get("group_rand_coef_data"),
                "predict_var": variance,
            }
        if self._booster_model is None:
            found = self._gp_model.predict(
                X_pred=np.ones((len(test), 1)), predict_response=True, **groups
            )
            return found["mu"], found["var"]
        features = self._codes(self._table.transform(test))
        found = self._booster_model.predict(data=features, pred_latent=False, **groups)
        if self._gp_model is None:
            return np.asarray(found, dtype=np.float64), None
        return found["response_mean"], found["response_var"]

    def _random_effects(self, blocks: list[RandomBlock]) -> dict[str, Any]:
        """The blocks of the design as ``gpboost.GPModel`` takes them; empty without groups.

        A block's intercept is the factor itself, its other columns are coefficients of it.
        """
        if not blocks:
            return {}
        factors, coefficients, of_factor, without_intercept = [], [], [], []
        columns: dict[str, int] = {}
        for block in blocks:
            if block.group not in columns:
                columns[block.group] = len(factors) + 1
                # An unseen level has code -1, which no training row has.
                factors.append(block.codes.astype(str).astype(object))
                without_intercept.append(True)
            column = columns[block.group]
            for name, values in zip(block.names, block.Z.T, strict=True):
                if name == "(Intercept)":
                    without_intercept[column - 1] = False
                else:
                    mean, sd = self._scales.get((block.group, name), (0.0, 1.0))
                    coefficients.append((values - mean) / sd)
                    of_factor.append(column)
        effects: dict[str, Any] = {"group_data": np.column_stack(factors)}
        if coefficients:
            effects |= {
                "group_rand_coef_data": np.column_stack(coefficients),
                "ind_effect_group_rand_coef": of_factor,
                "drop_intercept_group_rand_effect": without_intercept,
            }
        return effects

    def _gp(self, gpboost: Any) -> Any:
        if not self._effects:
            return None
        rows = len(self._effects["group_data"])
        model = gpboost.GPModel(
            likelihood=LIKELIHOODS[self.dataset.task],
            num_parallel_threads=self.threads,
            seed=self.seed,
            matrix_inversion_method="cholesky" if rows < self._cholesky_below else "default",
            **self._effects,
        )
        if self._start is not None:
            model.set_optim_params({"init_cov_pars": self._start})
        return model

    @property
    def _has_start(self) -> bool:
        return bool(self._effects) and not self.is_binary

    def _starting_variances(self, gpboost: Any, y: np.ndarray) -> np.ndarray | None:
        """Variances of the Gaussian mixed model without features; None for other models."""
        self._start = None
        if not self._has_start:
            return None
        model = self._gp(gpboost)
        model.set_optim_params({"optimizer_cov": "fisher_scoring"})
        model.fit(y=y, X=np.ones((len(y), 1)))
        return np.asarray(model.get_cov_pars(), dtype=np.float64).ravel()

    def _parameters(self, rows: int) -> dict[str, Any]:
        parameters = {
            **scaled_thresholds(rows, self._full_at),
            "line_search_step_length": self._has_start and rows < self._line_search_below,
            **self._booster,
            "num_threads": self.threads,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "verbose": -1,
        }
        if not self._effects:
            parameters["objective"] = "binary" if self.is_binary else "regression"
        return parameters

    def _codes(self, features: pd.DataFrame) -> pd.DataFrame:
        codes = {name: features[name].cat.codes for name in self._table.categorical}
        return features.assign(**codes).astype("float64")

    def _data(self, gpboost: Any, features: pd.DataFrame, y: np.ndarray) -> Any:
        return gpboost.Dataset(
            self._codes(features),
            y,
            categorical_feature=list(self._table.categorical),
            free_raw_data=False,
            params={"verbose": -1},
        )

    def _rounds(
        self,
        gpboost: Any,
        features: pd.DataFrame,
        y: np.ndarray,
        groups: np.ndarray | None,
        deadline: Deadline,
    ) -> int:
        """Number of trees with the best score on the inner folds."""
        folds = inner_folds(
            y,
            binary=self.is_binary,
            folds=self._folds,
            one_from=self._one_from,
            seed=self.seed,
            groups=groups,
        )
        history = gpboost.cv(
            self._parameters(len(y)),
            self._data(gpboost, features, y),
            gp_model=self._gp(gpboost),
            num_boost_round=self._max_rounds,
            early_stopping_rounds=self._patience,
            folds=list(folds),
            metric="binary_logloss" if self.is_binary else "mse",
            use_gp_model_for_validation=True,
            verbose_eval=False,
            seed=self.seed,
            callbacks=[_check_each_round(deadline)],
        )
        return len(next(iter(history.values())))


def _scales(blocks: list[RandomBlock]) -> dict[tuple[str, str], tuple[float, float]]:
    """Mean and spread of every slope's column of numbers, by group and name.

    Indicators of a category's levels stay as they are, and so do slopes without an intercept, which
    are what they are through the origin.
    """
    return {
        (block.group, name): (float(values.mean()), float(values.std()))
        for block in blocks
        if "(Intercept)" in block.names
        for name, values in zip(block.names, block.Z.T, strict=True)
        if len(np.unique(values)) > 2
    }


def _check_each_round(deadline: Deadline) -> Any:
    return lambda _: deadline.check()
