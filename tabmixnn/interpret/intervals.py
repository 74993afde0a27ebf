"""Confidence intervals of the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from tabmixnn.caller import warn_caller
from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.inference.marginal.fit import MixedFit
from tabmixnn.inference.marginal.names import listed
from tabmixnn.inference.marginal.profiled import CriterionError
from tabmixnn.interpret.simulate import bootstrap
from tabmixnn.option_checks import choice, share

if TYPE_CHECKING:
    from tabmixnn.inference.marginal.profile import ParameterProfile


def percentages(level: float) -> list[str]:
    """Return the names of an interval's ends: as R's, with the decimals that both need.

    Three significant digits may need them.
    """
    tail = 50.0 * (1.0 - level)
    ends = (tail, 100.0 - tail)
    decimals = max(0, *(-Decimal(f"{end:.3g}").as_tuple().exponent for end in ends))
    return [f"{end:.{decimals}f} %" for end in ends]


def wald(engine: MarginalEngine, level: float) -> pd.DataFrame:
    """Return estimate plus and minus a quantile times standard error, of the fixed effects.

    The quantile is the normal's, as lme4 has it; Student's with n - p degrees of freedom in a
    linear model whose only variance parameter is sigma, where that is exact. Variances have no
    Wald interval: their estimates are far from normal.
    """
    result = engine.result
    tail = 0.5 + 0.5 * level
    quantile = stats.norm.ppf(tail)
    if engine.is_linear and not result.parameters.n_params:
        quantile = stats.t.ppf(tail, result.n - len(result.beta))
    bounds = np.stack([result.beta - quantile * result.se, result.beta + quantile * result.se], 1)
    return pd.DataFrame(bounds, index=result.names, columns=percentages(level))


def profile(
    engine: MarginalEngine, level: float, parm: str | Sequence[str] | None = None
) -> pd.DataFrame:
    """Return profile likelihood intervals of a mixed model's parameters.

    Of the maximum likelihood fit, to which a model fitted by REML is refitted, as lme4 does.
    The rows are the standard deviations and correlations of the random effects, ``sigma`` and
    the fixed effects; of a generalised model, whose Laplace or quadrature likelihood is profiled,
    the deviations of terms with one effect and the fixed effects. Terms with a singular
    covariance, and of a generalised model those with several effects, have no row, and a warning
    says so. An interval that is not found is NaN, with a warning.

    Raises
    ------
    ValueError
        If the model has no random effects, or has covariance structures; if it has no parameter
        of a name.
    """
    if engine.effects.is_structured:
        raise ValueError(
            "method='profile' does not go with cov_struct_map; use method='wald' or 'boot', or "
            "bootstrap() for the structures' parameters."
        )
    if not engine.result.blocks:
        raise ValueError("method='profile' is for models with random effects; use method='wald'.")
    if not engine.is_linear:
        return _table(_generalised(engine.result), level, parm)
    from tabmixnn.inference.marginal.profile import profiles

    by_ml = engine.refit(reml=False) if engine.options.reml else engine
    _warn_of_singular_terms(by_ml.result)
    return _table(profiles(by_ml.result), level, parm)


def _table(
    profiles: list[ParameterProfile], level: float, parm: str | Sequence[str] | None
) -> pd.DataFrame:
    """Return the intervals of some parameters, by default all; the others are not profiled."""
    wanted = [profiles[place] for place in _places([each.name for each in profiles], parm)]
    bounds = [_interval(each, level) for each in wanted]
    return pd.DataFrame(bounds, index=[each.name for each in wanted], columns=percentages(level))


def _generalised(result: MixedFit) -> list[ParameterProfile]:
    from tabmixnn.inference.marginal.glmm_profile import glmm_profiles

    for block in result.blocks:
        if len(block.names) > 1:
            warn_caller(
                f"the covariance of {listed(block.names)} in group {block.group!r} has no "
                "profile in a generalised model and no row; method='boot' gives an interval",
            )
    return glmm_profiles(result)


def _interval(profile: ParameterProfile, level: float) -> tuple[float, float]:
    try:
        return profile.interval(level)
    except (ValueError, CriterionError):
        warn_caller(
            f"the likelihood could not be profiled along {profile.name!r}, which happens beside a "
            "perfect correlation, so its interval is NaN; method='boot' gives one",
        )
        return np.nan, np.nan


def _warn_of_singular_terms(result: MixedFit) -> None:
    """Say which terms have no row because their covariance is singular.

    A single variance of zero has one, from zero on.
    """
    for position in result.singular_blocks:
        block = result.blocks[position]
        if len(block.names) == 1:
            continue
        warn_caller(
            f"the covariance of {listed(block.names)} in group {block.group!r} is singular, "
            "so its parameters have no profile and no row; method='boot' gives an interval",
        )


def boot(model: Any, level: float, n: int, seed: Any) -> pd.DataFrame:
    """Return percentile intervals of the parametric bootstrap, as ``method = "boot"`` of lme4.

    The rows are those of `profile`, also of terms that have no profile. A correlation beside a
    variance of zero is left out of its quantiles.
    """
    # By position, not by name: a predictor may be called sigma.
    drawn = bootstrap(model, lambda again: _parameters(again).to_numpy(), n, seed)
    tail = 0.5 - 0.5 * level
    bounds = drawn.quantile([tail, 1 - tail]).T.to_numpy()
    return pd.DataFrame(bounds, index=_parameters(model).index, columns=percentages(level))


def _parameters(model: Any) -> pd.Series:
    """Deviations and correlations, ``sigma`` and the fixed effects, named as profiles are."""
    deviations = [
        ("sigma" if row.term1 is None else _name(row), row.sdcor)
        for row in model.var_corr().itertuples()
    ]
    names, values = zip(*deviations, strict=True) if deviations else ((), ())
    return pd.concat([pd.Series(values, index=names, dtype=float), model.fixef()])


def _name(row: Any) -> str:
    if row.term2 is None:
        return f"sd {row.term1} | {row.group}"
    return f"cor {row.term1}, {row.term2} | {row.group}"


METHODS = ("wald", "profile", "boot")
SIMULATIONS = 500
"""Of the bootstrap, where none are asked for; lme4's number."""


def confint(
    model: Any,
    method: str = "wald",
    level: float = 0.95,
    n: int | None = None,
    seed: Any = None,
    parm: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return confidence intervals.

    Parameters
    ----------
    model : estimator
        Fitted with ``inference="marginal"`` and no hidden layers.
    method : {"wald", "profile", "boot"}
    level : float
        Coverage, between 0 and 1.
    n : int, optional
        Simulations of the bootstrap.
    seed : int, Generator or None
        Of the bootstrap.
    parm : str or sequence of str, optional
        Names of the parameters wanted, by default all.

    Returns
    -------
    DataFrame
        A row a parameter; the columns are named by their percentages, as in R.

    Raises
    ------
    ValueError
        If there is no such method, the level is not between 0 and 1, or the method does not go
        with the model; if `n` or `seed` is given to a method that does not simulate; if the
        method has no parameter of a name.
    """
    engine = model._exact("confint()")
    choice("method", method, METHODS)
    level = share("level", level)
    if method != "boot" and (n is not None or seed is not None):
        raise ValueError(f"n and seed are for method='boot'; method={method!r} does not simulate.")
    if method == "profile":
        return profile(engine, level, parm)
    if method == "wald":
        found = wald(engine, level)
    else:
        found = boot(model, level, SIMULATIONS if n is None else n, seed)
    return found.iloc[_places(list(found.index), parm)]


def _places(names: list[str], parm: str | Sequence[str] | None) -> list[int]:
    """Return where the parameters that are wanted are, by default all; names may come twice."""
    if parm is None:
        return list(range(len(names)))
    wanted = [parm] if isinstance(parm, str) else list(parm)
    for name in wanted:
        if name not in names:
            raise ValueError(f"parm must be of {', '.join(map(repr, names))}; got {name!r}.")
    return [place for name in wanted for place, other in enumerate(names) if other == name]
