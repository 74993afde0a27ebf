"""Our fit of a reference model, and how far each of its numbers is from R's."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.validation.reference import Reference, reference_data

#: Family names of R -> ours.
FAMILIES = {
    "gaussian": "gaussian",
    "binomial": "binomial",
    "poisson": "poisson",
    "nbinom2": "negative_binomial",
}


@dataclass(frozen=True)
class Quantity:
    """One number of a fit, ours and R's.

    Attributes
    ----------
    kind : str
        ``logLik``, ``fixef``, ``se``, ``varcomp``, ``sigma`` or ``ranef``.
    name : str
        What it belongs to.
    ours, theirs : float
        The two values.
    scale : float
        What an error is compared with: the value itself, or for random effects the root mean
        square of the term's effects; 1 for a log-likelihood.
    """

    kind: str
    name: str
    ours: float
    theirs: float
    scale: float

    @property
    def error(self) -> float:
        """Error relative to the scale; values within 1e-8 of each other agree."""
        difference = abs(self.ours - self.theirs)
        return 0.0 if difference <= 1e-8 else difference / max(abs(self.scale), 1e-8)


def fit_reference(reference: Reference) -> tuple[Any, float]:
    """Fit a reference model through the public estimator.

    Returns
    -------
    model : TabMixNN
        Fitted.
    seconds : float
        Of ``fit`` on the data frame, the best of three.
    """
    from tabmixnn import TabMixNN

    data = reference_data(reference)
    options: dict[str, Any] = {"inference": "marginal", "hidden_dims": ()}
    if reference["family"] == "gaussian":
        options["reml"] = reference["method"] == "REML"
    else:
        options["family"] = FAMILIES[reference["family"]]
        if reference["method"].startswith("AGQ"):
            options["nagq"] = int(reference["method"].removeprefix("AGQ"))
    seconds = []
    for _ in range(3):
        model = TabMixNN(reference["formula"], **options)
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(data)
        seconds.append(time.perf_counter() - start)
    return model, min(seconds)


def quantities(reference: Reference, model: Any) -> Iterator[Quantity]:
    """Every number that both fits have."""
    yield Quantity("logLik", "", model.loglik_, reference["logLik"], 1.0)
    fixef, se = model.fixef(), np.sqrt(np.diag(model.vcov()))
    for name, error in zip(fixef.index, se, strict=True):
        theirs = reference["fixef"][name]
        yield Quantity("fixef", name, fixef[name], theirs, theirs)
        if (theirs := reference["se"].get(name)) is not None:
            yield Quantity("se", name, error, theirs, theirs)
    yield from _components(reference, model)
    for group, table in reference["ranef"].items():
        yield from _effects(group, table, model.ranef()[group])


def _components(reference: Reference, model: Any) -> Iterator[Quantity]:
    ours = {
        # lme4 numbers the terms of `||` that share a factor.
        (row.group.removesuffix(".1"), frozenset({row.term1, row.term2} - {None})): row.sdcor
        for row in model.var_corr().replace({np.nan: None}).itertuples()
    }
    for group, term1, term2, _, sdcor in reference["varcomp"]:
        key = group.removesuffix(".1"), frozenset({term1, term2} - {None})
        name = " ".join(part for part in (group, term1, term2) if part)
        yield Quantity("varcomp", name, ours[key], sdcor, sdcor)


def _effects(group: str, table: Reference, ours: pd.DataFrame) -> Iterator[Quantity]:
    scale = np.sqrt(np.array(table["sum_squares"]) / table["n"])
    for level, row in zip(table["levels"], table["values"], strict=True):
        for name, theirs, unit in zip(table["names"], row, scale, strict=True):
            value = ours.loc[level, name]
            yield Quantity("ranef", f"{group} {level} {name}", value, theirs, unit)


def agreement(name: str, reference: Reference, model: Any, seconds: float) -> dict[str, Any]:
    """One row of the validation table: largest error of each kind, and our seconds.

    Parameters
    ----------
    name : str
    reference : Reference
    model, seconds
        Of `fit_reference`.
    """
    row: dict[str, Any] = {
        "fit": name,
        "made_by": f"{reference['package']} {reference['version']}",
        "method": reference["method"],
        "family": reference["family"],
        "formula": reference["formula"],
        "n": reference["n"],
        "seconds": seconds,
    }
    for quantity in quantities(reference, model):
        key = f"error_{quantity.kind}"
        row[key] = max(row.get(key, 0.0), quantity.error)
    row["gain_logLik"] = model.loglik_ - reference["logLik"]
    return row
