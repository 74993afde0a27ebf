"""The numbers and the time of ``statsmodels.MixedLM`` beside ours, in one run."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.tables.table import Table, Text

ALLOWED = 1e-3
"""Largest relative difference that counts as the same: MixedLM stops at coarser tolerances."""

MODELS = {"random intercept": "1", "random slope": "1 + x"}
"""Terms of the random effects by name."""


def growth_data(n_groups: int, per_group: int, slope: bool, seed: int = 0) -> pd.DataFrame:
    """Rows of a linear mixed model with one grouping factor.

    Parameters
    ----------
    n_groups, per_group : int
    slope : bool
        Whether the slope of x varies over groups too.
    """
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(n_groups), per_group)
    x = rng.normal(size=len(g))
    y = 1.0 + 0.5 * x + 0.8 * rng.normal(size=n_groups)[g] + rng.normal(size=len(g))
    if slope:
        y += 0.5 * rng.normal(size=n_groups)[g] * x
    return pd.DataFrame({"y": y, "x": x, "g": g})


Numbers = tuple[np.ndarray, np.ndarray, float]
"""Fixed effects, the covariance of the random effects, the residual variance."""


def _theirs(data: pd.DataFrame, terms: str) -> tuple[bool, np.ndarray, np.ndarray, float]:
    """Return whether MixedLM converged, and its `Numbers`."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    model = MixedLM.from_formula("y ~ x", data, re_formula=f"~ {terms}", groups=data["g"])
    fit = model.fit(reml=True)
    covariance = np.asarray(fit.cov_re)
    return fit.converged, np.asarray(fit.fe_params), covariance, float(fit.scale)


def _ours(data: pd.DataFrame, terms: str) -> Numbers:
    from tabmixnn import TabMixNN

    model = TabMixNN(f"y ~ x + ({terms} | g)", inference="marginal", hidden_dims=()).fit(data)
    result = model.engine_.result
    return model.fixef().to_numpy(), result.G[0], result.sigma**2


def _error(ours: Numbers, theirs: Numbers) -> float:
    """Return the largest relative difference; of a covariance, in units of the deviations."""
    deviations = np.sqrt(np.diagonal(theirs[1]))
    scales = np.abs(theirs[0]), np.outer(deviations, deviations), theirs[2]
    parts = zip(ours, theirs, scales, strict=True)
    return max(float(np.max(np.abs(a - b) / scale)) for a, b, scale in parts)


def _timed(fit: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = fit()
    return found, time.perf_counter() - start


def statsmodels_rows(n_groups: int = 1000, per_group: int = 10) -> list[dict[str, Any]]:
    """One row a model: largest relative difference, and the seconds of both, interleaved."""
    rows = []
    for name, terms in MODELS.items():
        data = growth_data(n_groups, per_group, slope="x" in terms)
        ours, theirs = [], []
        _ours(data, terms)
        for _ in range(3):
            (converged, *their_numbers), seconds = _timed(lambda d=data, t=terms: _theirs(d, t))
            theirs.append(seconds)
            our_numbers, seconds = _timed(lambda d=data, t=terms: _ours(d, t))
            ours.append(seconds)
        rows.append(
            {
                "model": name,
                "groups": n_groups,
                "n": len(data),
                "converged": bool(converged),
                "error": _error(our_numbers, tuple(their_numbers)),
                "ours": statistics.median(ours),
                "statsmodels": statistics.median(theirs),
            }
        )
    return rows


def statsmodels_table(rows: pd.DataFrame) -> Table:
    """One row a model; a difference too large, where MixedLM converged, is in bold."""
    texts = [
        [
            Text(row.model),
            Text(f"{row.groups:,}"),
            Text(f"{row.n:,}"),
            Text("yes" if row.converged else "no"),
            Text(f"{row.error:.0e}", row.converged and row.error > ALLOWED),
            Text(f"{1000 * row.ours:.1f}"),
            Text(f"{1000 * row.statsmodels:.0f} ({row.statsmodels / row.ours:.0f}×)"),
        ]
        for row in rows.itertuples()
    ]
    notes = [
        "Simulated, REML. Largest relative difference over fixed effects, covariances and residual "
        f"variance; in bold: more than {ALLOWED:g} where MixedLM says that it converged.",
        "Milliseconds of one fit from a data frame, median of three in turn; in brackets how many "
        "times longer than ours.",
    ]
    header = ["Model", "groups", "n", "converged", "difference", "tabmixnn", "MixedLM"]
    return Table("The numbers and the time of statsmodels", header, texts, rows, notes)
