"""Likelihoods, predictions at places left out, and seconds."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.spatial.fields import DATA, FIELDS, Field
from tabmixbench.streams import stream

Report = Callable[[str], None]

#: Our counterparts of glmmTMB's fits: nu is free in its Matérn, 1 in the SPDE.
COUNTERPARTS = {
    "spatial_exp_tmb_wheat2_ml": {"exponential": FIELDS["exponential"]},
    "spatial_mat_tmb_wheat2_reml": {
        "matern_free": Field(
            "Gaussian process, Matérn, ν free",
            {"type": "GP", "kernel": "Matern", "estimate_nu": True},
        ),
        "spde": FIELDS["spde"],
    },
}


def agreement(path: str | Path) -> pd.DataFrame:
    """Fit Wheat2 as glmmTMB did, and hold the numbers against its own.

    Parameters
    ----------
    path
        ``data/reference/structured.json``.

    Returns
    -------
    DataFrame
        One row a fit: model, software, method, logLik, sigma, sd of the field, lengthscale.
    """
    reference = json.loads(Path(path).read_text(encoding="utf-8"))
    places = DATA["Wheat2"]
    data = places.load()
    rows = []
    for name, fields in COUNTERPARTS.items():
        theirs = reference[name]
        structure = theirs["structure"]
        kind = structure["type"].partition(":")[0]
        row = {"model": kind, "software": f"glmmTMB `{kind}`", "method": theirs["method"]}
        row |= {"logLik": theirs["logLik"], "sigma": theirs["sigma"], "sd": structure["sd"]}
        rows.append({**row, "nu": structure.get("smoothness", 0.5)})
        for field in fields.values():
            model = field.fit(places, data, reml=theirs["method"] == "REML")
            found = _parameters(model)
            row = {"model": kind, "software": field.label, "method": theirs["method"]}
            row |= {"logLik": model.loglik_, "sigma": model.sigma_}
            row["sd"] = float(model.var_corr().loc[0, "sdcor"])
            nu = found.get("nu", 1.0 if field.entry["type"] == "SPDE" else 0.5)
            rows.append({**row, "nu": nu})
    return pd.DataFrame(rows)


def _parameters(model: Any) -> dict[str, float]:
    return dict(zip(model.structure_["parameter"], model.structure_["value"], strict=True))


def prediction(seed: int, report: Report = lambda line: None) -> pd.DataFrame:
    """Fit every model on all rows, then predict every fifth of the places from the rest.

    Returns
    -------
    DataFrame
        One row a dataset, model and fold: rmse; and logLik and seconds of the fit on all rows.
    """
    rows = []
    for name, places in DATA.items():
        data = places.load()
        fold = places.folds(data, stream(seed, "spatial", name))
        y = data[places.target].to_numpy(float)
        for key, field in FIELDS.items():
            with warnings.catch_warnings():
                # A range at the edge of its domain is a result here: the row says so.
                warnings.simplefilter("ignore")
                started = time.process_time()
                whole = field.fit(places, data)
                seconds = time.process_time() - started
                errors = []
                for k in range(fold.max() + 1):
                    test = fold == k
                    model = field.fit(places, data[~test])
                    errors.append(y[test] - model.predict(data[test]))
            common = {"dataset": name, "model": key, "logLik": whole.loglik_, "seconds": seconds}
            common["lengthscale"] = (
                _parameters(whole)["lengthscale"] if field.entry is not None else float("nan")
            )
            rmse = [float(np.sqrt(np.mean(error**2))) for error in errors]
            rows += [{**common, "fold": k, "rmse": value} for k, value in enumerate(rmse)]
            report(f"{name}, {field.label}: RMSE {np.mean(rmse):.3f}, {seconds:.1f} s")
    return pd.DataFrame(rows)
