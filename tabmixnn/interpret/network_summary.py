"""The summary of a network (section 3.6.4 of the paper): linearised, with approximate errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from tabmixnn.inference.exact.families import EXACT_FAMILIES, is_exact
from tabmixnn.inference.marginal.links import LINKS
from tabmixnn.interpret.approximate_errors import generalised_least_squares_errors
from tabmixnn.interpret.coefficients import ESTIMATE, P_Z, STD_ERROR, Z_VALUE
from tabmixnn.interpret.network import NetworkView
from tabmixnn.interpret.parameters import variance_table
from tabmixnn.interpret.residuals import network_residuals
from tabmixnn.interpret.summary import Summary, group_sizes, quartiles

NOTE = (
    "Coefficients expand the network at the mean of the data. Standard errors are those of a\n"
    "(generalised) linear mixed model with these variances: approximate, and they know nothing of\n"
    "how the network was chosen."
)
NOTE_WITHOUT_ERRORS = (
    "Coefficients expand the network at the mean of the data. They have no standard errors:\n"
    "those there are for families with an exact likelihood."
)


def _working_weights(view: NetworkView, y: np.ndarray) -> np.ndarray | None:
    """Return the weights of the working linear model, None for a Gaussian response."""
    family = EXACT_FAMILIES[view.engine.family.name]()
    if family.data_type == "real":
        return None
    eta = view.engine.predict(view.frame, "all", "link")
    mu, slope = LINKS[family.link]().inverse(eta)[:2]
    trials = y.sum(axis=1) if y.ndim == 2 else 1.0
    return trials * slope**2 / family.variance(mu, view.dispersion())


def _coefficients(view: NetworkView, covariances: list[np.ndarray], y: np.ndarray) -> pd.DataFrame:
    expansion = view.expand()
    table = pd.DataFrame({ESTIMATE: expansion.coefficients}, index=expansion.names)
    if not is_exact(view.engine.family):
        return table
    weights = _working_weights(view, y)
    errors = generalised_least_squares_errors(
        view.frame.X,
        view.design.fixed_names,
        view.frame.blocks,
        covariances,
        np.sqrt(view.dispersion()) if weights is None else 1.0,
        weights,
    )
    if set(expansion.names) - set(errors.index):
        # A design with other contrasts or aliased columns does not correspond to the expansion.
        return table
    table[STD_ERROR] = errors[expansion.names]
    table[Z_VALUE] = table[ESTIMATE] / table[STD_ERROR]
    table[P_Z] = 2.0 * stats.norm.sf(np.abs(table[Z_VALUE]))
    return table


def _log_likelihood(view: NetworkView, y: np.ndarray) -> float:
    """Return the conditional log-likelihood of responses in their own units."""
    unit = float(np.log(view.engine.response_scale.scale))
    return -len(y) * (view.engine.negative_log_likelihood(view.frame, y) + unit)


def _distribution(view: NetworkView) -> list[str]:
    """Return a line of the distribution's parameters, if there are any besides its mean."""
    found = [f"{name} {np.round(value, 4)}" for name, value in view.distribution().items()]
    return [f"Of the distribution: {', '.join(found)}."] if found else []


def summarise_network(view: NetworkView, formula: str, y: np.ndarray) -> Summary:
    """Summarise a network as if it were linear.

    Parameters
    ----------
    view : NetworkView
        With rows of the groups the network was fitted to.
    formula : str
    y : ndarray, shape (n,), or (n, 2) for times and events, or for successes and failures
        Responses of the rows, coded as when fitting.

    Raises
    ------
    ValueError
        If a row belongs to a group that the network does not know.
    """
    for block in view.frame.blocks:
        if (block.codes < 0).any():
            raise ValueError(
                f"{int((block.codes < 0).sum())} rows belong to levels of {block.group!r} that "
                "the network does not know; summarise it on rows of its training groups."
            )
    engine, blocks = view.engine, view.frame.blocks
    covariances = view.effect_covariances()
    loglik, has_errors = _log_likelihood(view, y), is_exact(engine.family)
    sigma = np.sqrt(view.residual_variance()) if view.has_residual else None
    family = (
        ""
        if engine.family.name == "gaussian"
        else f"{engine.family.name}  ( {engine.family.link} )"
    )
    return Summary(
        title="Mixed-effects neural network fit by variational inference, linearised",
        formula=formula,
        family=family,
        fixed=_coefficients(view, covariances, y),
        random=variance_table(blocks, covariances, sigma),
        fit=pd.DataFrame({"nobs": [len(y)], "logLik": [loglik]}, index=pd.Index(["fit"])),
        groups=group_sizes(blocks),
        residuals=quartiles(network_residuals(view, y)) if has_errors else None,
        criterion=f"Conditional log-likelihood at the posterior means: {loglik:.1f}",
        notes=(NOTE if has_errors else NOTE_WITHOUT_ERRORS, *_distribution(view)),
    )
