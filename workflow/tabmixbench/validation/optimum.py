"""Which of two linear fits is at the optimum, where their random effects differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.tables.table import Table, Text
from tabmixbench.validation.agreement import quantities
from tabmixbench.validation.reference import Reference


class _AtTheta:
    """Our fit moved to the covariance parameters that R reports, for `quantities`."""

    def __init__(self, model: Any, theta: np.ndarray) -> None:
        from tabmixnn.inference.marginal import fit_lmm
        from tabmixnn.inference.marginal.minimize import Solution

        engine, result = model.engine_, model.engine_.result
        self.x = result.parameters.working(theta)
        self.fit = fit_lmm(
            engine.frame.X,
            engine.y,
            engine.frame.blocks,
            reml=engine.options.reml,
            names=engine.design.fixed_names,
            at=Solution(self.x, 0, True),
        )

    def effects(self) -> dict[str, pd.DataFrame]:
        """Conditional modes by group, as ``ranef()`` gives them."""
        tables: dict[str, list[pd.DataFrame]] = {}
        for block, u in zip(self.fit.blocks, self.fit.u, strict=True):
            levels = [str(level) for level in block.levels]
            table = pd.DataFrame(u, index=levels, columns=block.names)
            tables.setdefault(block.group, []).append(table)
        return {group: pd.concat(parts, axis=1) for group, parts in tables.items()}


def optimum_row(name: str, reference: Reference, model: Any) -> dict[str, Any]:
    """Compare the optima of one linear fit.

    Parameters
    ----------
    name : str
    reference : Reference
    model : TabMixNN
        Our fit of it.

    Returns
    -------
    dict
        ``theirs``, ``ours``: largest element of the gradient of minus twice the log-likelihood in
        lme4's ``theta``, at R's theta and at ours. ``gain``: how much lower that criterion is at
        ours. ``modes``: the largest difference of R's conditional modes from those that belong to
        its theta, relative to the root mean square of the term's.
    """
    result = model.engine_.result
    theta = np.array([reference["theta"][name] for name in result.theta_names])
    there = _AtTheta(model, theta)
    values = {}
    for label, x, at in (("theirs", there.x, theta), ("ours", result.working, result.theta)):
        value, gradient = result.likelihood(x)
        slope = result.parameters.theta_gradient(at, gradient)
        values[label] = (value, float(np.abs(slope).max()))
    effects = there.effects()

    class Moved:
        """What `quantities` asks of a model, with the modes at R's theta."""

        loglik_ = model.loglik_
        fixef, vcov, var_corr = model.fixef, model.vcov, model.var_corr

        @staticmethod
        def ranef() -> dict[str, pd.DataFrame]:
            return effects

    modes = [q.error for q in quantities(reference, Moved) if q.kind == "ranef"]
    return {
        "fit": name,
        "theirs": values["theirs"][1],
        "ours": values["ours"][1],
        "gain": values["theirs"][0] - values["ours"][0],
        "modes": max(modes),
    }


def optimum_table(rows: pd.DataFrame) -> Table:
    """One row a fit whose numbers differ: where the gradient vanishes, and whose modes R gives."""
    texts = [
        [
            Text(row.fit),
            Text(f"{row.error_ranef:.0e}"),
            Text(f"{row.theirs:.0e}"),
            Text(f"{row.ours:.0e}"),
            Text(f"{row.gain:.0e}"),
            Text(f"{row.modes:.0e}"),
        ]
        for row in rows.itertuples()
    ]
    notes = [
        "The linear fits above with a number beyond tolerance. At the optimum the gradient of "
        "minus twice the log-likelihood in lme4's theta is zero: it is evaluated by the same code "
        "at the theta that R reports and at ours. The gain is how much lower the criterion is at "
        "ours.",
        "The last column compares R's random effects with those that belong to R's own theta. "
        "Where it is as large as the difference from ours, R reports the effects of an earlier, "
        "coarser optimum (they were kept from the default fit, before it was restarted with tight "
        "tolerances); where it is small, the difference is that of the two thetas.",
    ]
    header = [
        "Fit",
        "BLUPs differ",
        "gradient at R's theta",
        "gradient at ours",
        "gain",
        "R's BLUPs from those at R's theta",
    ]
    return Table("Where the BLUPs differ", header, texts, rows, notes)
