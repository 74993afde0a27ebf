"""The page on places: two tables and what they say."""

from __future__ import annotations

import pandas as pd

from tabmixbench.spatial.fields import DATA, FIELDS, FOLDS
from tabmixbench.statistics import corrected_resampled_t, p_said
from tabmixbench.tables.cell import Cell, best
from tabmixbench.tables.table import Table, Text


def agreement_table(rows: pd.DataFrame) -> Table:
    """One row a fit of Wheat2, glmmTMB's first."""
    texts, notes = [], []
    for row in rows.itertuples():
        numbers = [f"{row.logLik:.4f}", f"{row.sigma:.3f}", f"{row.sd:.3f}", f"{row.nu:.3f}"]
        texts.append([Text(row.software), Text(row.method), *map(Text, numbers)])
    for _, group in rows.groupby("model", sort=False):
        theirs, *ours = group.to_dict("records")
        for row in ours:
            gap = row["logLik"] - theirs["logLik"]
            notes.append(
                f"{row['software']}: log-likelihood {gap:+.1e} from that of {theirs['software']}."
            )
    notes.append("σ: residual sd. The SPDE has ν = 1; glmmTMB's Matérn estimates ν.")
    header = ["Fit of Wheat2", "method", "logLik", "σ", "sd of the field", "ν"]
    return Table("The same likelihood as glmmTMB", header, texts, rows, notes)


def prediction_table(rows: pd.DataFrame) -> Table:
    """One row a dataset and model."""
    texts, records, notes = [], [], []
    for name, group in rows.groupby("dataset", sort=False):
        models = list(dict.fromkeys(group["model"]))
        folds = {key: group[group["model"] == key].set_index("fold")["rmse"] for key in models}
        cells = [Cell.of(folds[key].to_numpy()) for key in models]
        marks = best(cells, larger_is_better=False, digits=2)
        for key, cell, mark in zip(models, cells, marks, strict=True):
            first = group[group["model"] == key].iloc[0]
            record = {"dataset": name, "model": key, "rmse_mean": cell.mean, "rmse_sd": cell.sd}
            record |= {column: first[column] for column in ("logLik", "lengthscale", "seconds")}
            records.append(record)
            length = "–" if pd.isna(first["lengthscale"]) else f"{first['lengthscale']:.2f}"
            texts.append(
                [
                    Text(DATA[str(name)].title),
                    Text(FIELDS[key].label),
                    Text(cell.text(2), mark),
                    Text(f"{first['logLik']:.2f}"),
                    Text(length),
                    Text(f"{first['seconds']:.1f}"),
                ]
            )
        notes += [
            _gain(str(name), folds, other)
            for other in ("none", "matern")
            if other in folds and "spde" in folds
        ]
    notes += [
        f"RMSE of places left out, in the target's units: mean ± standard deviation over {FOLDS} "
        "folds of whole places. Log-likelihood (REML), length scale and seconds of processor time "
        "are those of the fit on all rows.",
        "A cell of the SPDE's grid is the longest side over the number of cells; below a cell the "
        "field is interpolated, so that rough fields lose likelihood on coarse grids.",
    ]
    header = ["Data", "Model of the places", "RMSE", "logLik", "length scale", "seconds"]
    return Table("Prediction at places left out", header, texts, pd.DataFrame(records), notes)


def _gain(name: str, folds: dict[str, pd.Series], other: str) -> str:
    difference = (folds["spde"] - folds[other]).to_numpy()
    test = corrected_resampled_t(difference, 1 / (FOLDS - 1))
    percent = 100 * test.mean / folds[other].mean()
    return (
        f"{name}: the SPDE's error differs by {percent:+.1f}% from that of "
        f"“{FIELDS[other].label}”, {test.mean:+.2f} ± {difference.std(ddof=1):.2f} "
        f"({p_said(test.p)})."
    )


def page(agreeing: Table, predicting: Table, figure: str) -> str:
    """The page as Markdown, beside its figure."""
    return "\n".join(
        [
            "# Random effects at places: SPDE, Gaussian process, glmmTMB\n",
            agreeing.markdown(),
            predicting.markdown(),
            f"![The fields]({figure})\n",
        ]
    )
