"""Fixed effects, random effects and variances, under lme4's names and in its shapes.

They are the formula's, whatever an engine has besides: what it calls its ``estimates``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.inference.additive.engine import AutoEngine
from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.interpret.names import RESIDUAL, told_apart


def fixef(engine: MarginalEngine | AutoEngine) -> pd.Series:
    """Return the fixed effects, named as R names their columns, aliased columns left out."""
    result = engine.estimates
    return pd.Series(result.beta, index=result.names, name="Estimate")


def vcov(engine: MarginalEngine | AutoEngine) -> pd.DataFrame:
    """Return the covariance of the fixed effects' estimates, shape (p, p)."""
    result = engine.estimates
    return pd.DataFrame(result.vcov_beta, index=result.names, columns=result.names)


def blocks_in_order(blocks: list[Any]) -> list[int]:
    """Return the positions of the terms in lme4's order: most levels first, then as written."""
    return sorted(range(len(blocks)), key=lambda i: -len(blocks[i].levels))


def labelled_blocks(blocks: list[Any]) -> list[tuple[int, str]]:
    """Return positions and names of the terms; a group's further terms are ``g.1``, ``g.2``."""
    seen: dict[str, int] = {}
    out = []
    for position in blocks_in_order(blocks):
        group = blocks[position].group
        count = seen.get(group, 0)
        seen[group] = count + 1
        out.append((position, f"{group}.{count}" if count else group))
    return out


def _by_group(blocks: list[Any], values: list[np.ndarray]) -> dict[str, pd.DataFrame]:
    tables: dict[str, list[pd.DataFrame]] = {}
    for position in blocks_in_order(blocks):
        block = blocks[position]
        table = pd.DataFrame(
            values[position], index=pd.Index(block.levels, name=block.group), columns=block.names
        )
        tables.setdefault(block.group, []).append(table)
    return {group: pd.concat(parts, axis=1) for group, parts in tables.items()}


def ranef(
    engine: MarginalEngine | AutoEngine, *, cond_var: bool | str = False
) -> dict[str, pd.DataFrame] | tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Return the conditional modes (BLUPs) of the random effects.

    Parameters
    ----------
    engine : MarginalEngine or AutoEngine
    cond_var : bool or "full"
        Also return their conditional variances, given the data and the variance parameters;
        "full" for the covariances of each level's effects.

    Returns
    -------
    effects : dict of str to DataFrame
        For each group its levels by effects; several terms of one group are side by side.
    variances : dict of str to DataFrame
        Only with `cond_var`. Of the same shapes; with "full" the rows are levels by effects, q a
        level, and NaN stands between effects of several terms of a group.
    """
    result = engine.estimates
    effects = _by_group(result.blocks, result.u)
    if not cond_var:
        return effects
    if cond_var == "full":
        return effects, _covariances(result.blocks, result.conditional_variances)
    diagonals = [np.diagonal(V, axis1=1, axis2=2) for V in result.conditional_variances]
    return effects, _by_group(result.blocks, diagonals)


def _covariances(blocks: list[Any], values: list[np.ndarray]) -> dict[str, pd.DataFrame]:
    """Return for each group its levels by effects, and by effects, from (G, q, q) of its terms."""
    terms: dict[str, list[int]] = {}
    for position in blocks_in_order(blocks):
        terms.setdefault(blocks[position].group, []).append(position)
    out = {}
    for group, positions in terms.items():
        names = [name for position in positions for name in blocks[position].names]
        levels, q, start = blocks[positions[0]].levels, len(names), 0
        full = np.full((len(levels), q, q), np.nan)
        for position in positions:
            stop = start + len(blocks[position].names)
            full[:, start:stop, start:stop] = values[position]
            start = stop
        rows = pd.MultiIndex.from_product([levels, names], names=[group, None])
        out[group] = pd.DataFrame(full.reshape(-1, q), rows, names)
    return out


def coef_by_group(engine: MarginalEngine | AutoEngine) -> dict[str, pd.DataFrame]:
    """Return the coefficients of every level, fixed effects plus random effects (R's ``coef``).

    Returns
    -------
    dict of str to DataFrame
        For each group its levels by coefficients. An effect without a fixed counterpart comes
        first, as in lme4, with fixed effect zero.
    """
    fixed = fixef(engine)
    out = {}
    for group, effects in ranef(engine).items():
        effects = effects.T.groupby(level=0, sort=False).sum().T
        extra = [name for name in effects.columns if name not in fixed.index]
        names = [*extra, *fixed.index]
        base = fixed.reindex(names, fill_value=0.0)
        shift = effects.reindex(columns=names, fill_value=0.0)
        out[group] = shift.add(base, axis=1)
    return out


def var_corr(engine: MarginalEngine | AutoEngine) -> pd.DataFrame:
    """Return the variances and covariances of the random effects, as lme4's ``VarCorr``.

    Returns
    -------
    DataFrame
        Columns ``group``, ``term1``, ``term2``, ``vcov``, ``sdcor``: for each term its variances
        (``term2`` is None, ``sdcor`` the standard deviation), then its covariances (``sdcor``
        the correlation, NaN where a variance is zero). The last row of a Gaussian model is
        ``Residual``.
    """
    result = engine.estimates
    sigma = result.sigma if engine.is_linear else None
    return variance_table(result.blocks, result.G, sigma)


def variance_table(
    blocks: list[Any], covariances: list[np.ndarray], sigma: float | None
) -> pd.DataFrame:
    """Return covariances of random effects as a table; see `var_corr`.

    Parameters
    ----------
    blocks : list of RandomBlock
    covariances : list of ndarray, shape (q, q)
        One a block.
    sigma : float or None
        Residual standard deviation, if there is one.
    """
    rows: list[tuple[str, str | None, str | None, float, float]] = []
    for position, label in labelled_blocks(blocks):
        block, G = blocks[position], covariances[position]
        sd = np.sqrt(np.diagonal(G))
        rows += [(label, name, None, G[k, k], sd[k]) for k, name in enumerate(block.names)]
        if block.correlated:
            correlation = correlations(G)
            rows += [
                (label, block.names[k], block.names[m], G[m, k], correlation[m, k])
                for k in range(len(sd))
                for m in range(k + 1, len(sd))
            ]
    if sigma is not None:
        rows.append((RESIDUAL, None, None, sigma**2, sigma))
    columns = list(zip(*rows, strict=True)) or [()] * 5
    # Without a dtype pandas would read the names as text and None as NaN.
    dtypes = {"group": object, "term1": object, "term2": object, "vcov": float, "sdcor": float}
    return pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=dtype)
            for (name, dtype), values in zip(dtypes.items(), columns, strict=True)
        }
    )


def extract(engine: MarginalEngine | AutoEngine) -> dict[str, Any]:
    """Return the paper's two dictionaries (section 3.6.1).

    Returns
    -------
    dict
        ``fixed_effects``: name to coefficient. ``variance_components``: group to effect to
        variance, and ``Residual`` to the residual variance of a Gaussian model; a group of this
        name is in parentheses.
    """
    result = engine.estimates
    components: dict[str, Any] = {}
    for position in blocks_in_order(result.blocks):
        block, G = result.blocks[position], result.G[position]
        variances = zip(block.names, np.diagonal(G).tolist(), strict=True)
        components.setdefault(told_apart(block.group, (RESIDUAL,)), {}).update(variances)
    if engine.is_linear:
        components[RESIDUAL] = engine.dispersion
    return {"fixed_effects": fixef(engine).to_dict(), "variance_components": components}


def correlations(cov: np.ndarray) -> np.ndarray:
    """Return the correlations of a covariance matrix, NaN where a variance is zero."""
    sd = np.sqrt(np.diagonal(cov))
    scale = np.outer(sd, sd)
    return np.divide(cov, scale, out=np.full_like(cov, np.nan), where=scale > 0)
