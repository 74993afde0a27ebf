"""The models that the default is compared with on outcomes of several classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tabmixbench.classes.sets import ClassSet

Model = Callable[["Split"], np.ndarray]


@dataclass(frozen=True)
class Split:
    """Training rows and test rows of a set.

    Attributes
    ----------
    data : ClassSet
    train, test : DataFrame
    seed : int
    """

    data: ClassSet
    train: pd.DataFrame
    test: pd.DataFrame
    seed: int

    @property
    def classes(self) -> np.ndarray:
        """The classes of the training rows, sorted, as columns of probabilities are."""
        return np.unique(self.train["class"])

    @property
    def columns(self) -> list[str]:
        """Predictors, and the group if there is one."""
        group = [] if self.data.group is None else [self.data.group_column]
        return self.data.predictors(self.train) + group

    @property
    def categories(self) -> list[str]:
        """Those of them that are text."""
        return list(self.train[self.columns].select_dtypes(include=object).columns)

    def as_categories(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of rows, text as the categories of the training rows."""
        known = {
            name: pd.CategoricalDtype(sorted(self.train[name].unique())) for name in self.categories
        }
        return rows[self.columns].astype(known)


def tabmixnn(split: Split, **options: object) -> np.ndarray:
    """The formula with every predictor and an effect of each group."""
    from tabmixnn import TabMixNNClassifier

    formula = split.data.formula(split.train)
    model = TabMixNNClassifier(formula, random_state=split.seed, **options)
    return model.fit(split.train).predict_proba(split.test)


def paper(split: Split) -> np.ndarray:
    """The paper's network, with its 100 epochs."""
    return tabmixnn(split, inference="variational")


def shares(split: Split) -> np.ndarray:
    """The classes' shares of the training rows."""
    found = split.train["class"].value_counts(normalize=True)[split.classes].to_numpy()
    return np.tile(found, (len(split.test), 1))


def ridge(split: Split) -> np.ndarray:
    """Multinomial ridge regression, numbers standardised, the rest one-hot; penalty by folds."""
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [name for name in split.columns if name not in split.categories]
    columns = make_column_transformer(
        (StandardScaler(), numbers),
        (OneHotEncoder(handle_unknown="ignore"), split.categories),
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=2_000))
    strengths = {"logisticregression__C": np.logspace(-3, 4, 15)}
    search = GridSearchCV(model, strengths, scoring="neg_log_loss", cv=5)
    search.fit(split.train[split.columns], split.train["class"])
    return search.predict_proba(split.test[split.columns])


def lightgbm(split: Split) -> np.ndarray:
    """A hundred trees and otherwise LightGBM's defaults, ids as categories."""
    from lightgbm import LGBMClassifier

    model = LGBMClassifier(n_estimators=100, n_jobs=1, random_state=split.seed, verbose=-1)
    model.fit(split.as_categories(split.train), split.train["class"])
    return model.predict_proba(split.as_categories(split.test))


def xgboost(split: Split) -> np.ndarray:
    """The paper's settings of XGBoost, ids as categories."""
    from xgboost import XGBClassifier

    is_small = len(split.train) < 1_000
    model = XGBClassifier(
        n_estimators=200 if is_small else 300,
        max_depth=5 if is_small else 6,
        learning_rate=0.05,
        subsample=0.8,
        colsample_bytree=0.8,
        reg_alpha=0.1,
        reg_lambda=1.0,
        enable_categorical=True,
        n_jobs=1,
        random_state=split.seed,
    )
    codes = np.searchsorted(split.classes, split.train["class"])
    model.fit(split.as_categories(split.train), codes)
    return model.predict_proba(split.as_categories(split.test))


def catboost(split: Split) -> np.ndarray:
    """CatBoost's defaults, ids as categories; trees by a fifth of the training rows, then all."""
    from catboost import CatBoostClassifier
    from sklearn.model_selection import train_test_split

    options = {
        "allow_writing_files": False,
        "cat_features": split.categories,
        "random_seed": split.seed,
        "thread_count": 1,
        "verbose": False,
    }
    x, y = split.train[split.columns], split.train["class"]
    inner, rest = train_test_split(np.arange(len(x)), test_size=0.2, stratify=y, random_state=0)
    trial = CatBoostClassifier(iterations=1_000, **options)
    trial.fit(
        x.iloc[inner],
        y.iloc[inner],
        eval_set=(x.iloc[rest], y.iloc[rest]),
        early_stopping_rounds=50,
    )
    trees = max(trial.get_best_iteration() + 1, 1)
    rate = trial.get_all_params()["learning_rate"]
    model = CatBoostClassifier(iterations=trees, learning_rate=rate, **options)
    return model.fit(x, y).predict_proba(split.test[split.columns])


#: A new model is a function from a split to probabilities, one line here and one below.
MODELS: dict[str, Model] = {
    "tabmixnn": tabmixnn,
    "paper": paper,
    "ridge": ridge,
    "catboost": catboost,
    "lightgbm": lightgbm,
    "xgboost": xgboost,
    "shares": shares,
}
LABELS = {
    "tabmixnn": "TabMixNN",
    "paper": "the paper's network",
    "ridge": "ridge (ids)",
    "catboost": "CatBoost",
    "lightgbm": "LightGBM",
    "xgboost": "XGBoost (ids)",
    "shares": "shares of classes",
}
