"""The validation page: agreement with R fit by fit, and the time of each."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tabmixbench.tables.table import Table, Text

#: Largest error that counts as agreement, by kind and by how the model was fitted. A linear fit is
#: exact; Laplace fits of R differ among themselves by more.
EXACT = {"logLik": 1e-6, "fixef": 1e-5, "se": 1e-5, "varcomp": 1e-5, "ranef": 1e-5}
LAPLACE = {"logLik": 1e-3, "fixef": 1e-3, "se": 1e-3, "varcomp": 1e-3, "ranef": 1e-3}
STRUCTURED = {**LAPLACE, "logLik": 1e-4, "new": 1e-6}
TOLERANCES = {
    "gaussian": EXACT,
    "structured": STRUCTURED,
    # glmmTMB holds the residual deviation at 1e-4 instead of zero.
    "no_residual": LAPLACE,
    "spatial": LAPLACE,
}
"""By family; generalised models, which are not here, have those of `LAPLACE`."""
KINDS = {
    "logLik": "logLik",
    "fixef": "β",
    "se": "SE of β",
    "varcomp": "sd and corr",
    "ranef": "BLUPs",
}


def tolerances(family: str) -> Mapping[str, float]:
    """The largest errors allowed for a family of models."""
    return TOLERANCES.get(family, LAPLACE)


ALLOWED = (
    "Allowed: 1e-5, and 1e-6 for the log-likelihood, where the model is linear; 1e-3 for "
    "generalised models. In bold: beyond that."
)
ALLOWED_STRUCTURED = (
    "Allowed: 1e-4 for the log-likelihood (1e-3 of spatial fits and of those where glmmTMB holds "
    "the residual deviation at 1e-4), 1e-3 for parameters, 1e-6 for levels that the fit did not "
    "see. In bold: beyond that. glmmTMB's standard errors are left out: they include the "
    "uncertainty of the variances, as ours do not."
)


def agreement_table(rows: pd.DataFrame) -> Table:
    """One row a reference fit: the largest error of each kind; an error too large is in bold.

    Parameters
    ----------
    rows : DataFrame
        Of `tabmixbench.validation.agreement.agreement`.
    """
    return _agreement(rows, "Agreement with R", KINDS, ALLOWED)


def structured_table(rows: pd.DataFrame) -> Table:
    """The same for fits with covariance structures.

    Parameters
    ----------
    rows : DataFrame
        Of `tabmixbench.validation.structured.structured_agreement`.
    """
    kinds = {**KINDS, "varcomp": "variances and structure", "new": "new levels"}
    title = "Agreement with R: covariance structures"
    return _agreement(rows, title, kinds, ALLOWED_STRUCTURED)


def _agreement(rows: pd.DataFrame, title: str, kinds: Mapping[str, str], note: str) -> Table:
    rows = rows.copy()
    verdicts, texts = [], []
    for row in rows.to_dict("records"):
        allowed = tolerances(row["family"])
        cells, misses = [], 0
        for kind in kinds:
            error = row.get(f"error_{kind}")
            if error is None or pd.isna(error):
                cells.append(Text("–"))
                continue
            too_large = error > allowed[kind]
            misses += too_large
            cells.append(Text(f"{error:.0e}", too_large))
        verdicts.append("agrees" if not misses else f"{misses} beyond tolerance")
        texts.append([Text(row["fit"]), Text(row["made_by"]), Text(row["method"]), *cells])
    rows["verdict"] = verdicts
    agreeing = verdicts.count("agrees")
    notes = [
        f"{agreeing} of {len(rows)} fits agree in every number.",
        "Largest relative error over the numbers of a fit (log-likelihood: absolute; BLUPs: "
        "relative to the root mean square of the term's effects).",
        note,
    ]
    header = ["Reference fit", "made by", "criterion", *kinds.values()]
    return Table(title, header, texts, rows, notes)


def timing_table(rows: pd.DataFrame, reason: str) -> Table:
    """One row a linear fit: our seconds, and those of the others as ratios to ours.

    Parameters
    ----------
    rows : DataFrame
        Columns fit, n, ours, mixedlm, lmer (seconds; NaN where not timed).
    reason : str
        Why lmer was not timed; empty where it was.
    """
    texts = [
        [
            Text(row.fit),
            Text(f"{row.n:,}"),
            Text(f"{1000 * row.ours:.1f}"),
            *(
                Text("–" if pd.isna(other) else f"{1000 * other:.1f} ({other / row.ours:.1f}×)")
                for other in (row.mixedlm, row.lmer)
            ),
        ]
        for row in rows.itertuples()
    ]
    notes = [
        "Milliseconds of one fit from a data frame, median of several in one run on one core; in "
        "brackets how many times longer than ours."
    ]
    if reason:
        notes.append(reason + ".")
    header = ["Fit", "n", "tabmixnn", "mixedlm", "lmer"]
    return Table("Time of a linear mixed model", header, texts, rows, notes)
