"""Linear predictors of means over the effects of groups that were not seen.

The mean of a new group's rows is that over all groups there could be; where the link is not the
identity it is not the mean of a group whose effects are zero (Zeger, Liang and Albert 1988).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.exact.families import NODES, ExactFamily
from tabmixnn.inference.marginal.links import LINKS

Array = NDArray[np.float64]

STEPS, LONGEST, SETTLED = 50, 5.0, 1e-9
"""Newton's steps at most, the length of one at most, and when they end."""
LEAST_SLOPE = 1e-3


def mean_predictor(family: ExactFamily, eta: Array, variance: Array) -> Array:
    """Return the linear predictors of means over a normal part of n linear predictors.

    Parameters
    ----------
    family : ExactFamily
    eta : ndarray, shape (n,)
        Without that part.
    variance : ndarray, shape (n,)
        Of that part; where it is zero the linear predictor stays.
    """
    out, has = eta.copy(), variance > 0
    if has.any():
        mean = family.marginal_mean(eta[has], variance[has])
        out[has] = LINKS[family.link]().link(_inside(family, mean))
    return out


def is_at_bounds(family: ExactFamily, eta: Array) -> Array:
    """Return of n linear predictors of means whether these are rounded to their bounds."""
    ends = LINKS[family.link]().link(np.array(_bounds(family)))
    return np.isclose(eta[:, None], ends, rtol=0.0, atol=1e-6).any(axis=1)


def _bounds(family: ExactFamily) -> tuple[float, float]:
    """Return the least and the largest mean that the link takes to a number."""
    numbers = np.finfo(float)
    is_share = family.data_type == "binary"
    return float(numbers.tiny), float(1.0 - numbers.epsneg if is_share else numbers.max)


def _inside(family: ExactFamily, mean: Array) -> Array:
    return np.clip(mean, *_bounds(family))


def conditional_predictor(family: ExactFamily, eta: Array, variance: Array) -> Array:
    """Return what `mean_predictor` turns into n linear predictors.

    Parameters
    ----------
    family : ExactFamily
    eta, variance : ndarray, shape (n,)
        Linear predictors of means, and variances of what they are means over.
    """
    out, has = eta.copy(), variance > 0
    if not has.any():
        return out
    link, target, found = LINKS[family.link](), eta[has], eta[has]
    nodes, weights = NODES
    parts = np.sqrt(variance[has])[:, None] * nodes
    for _ in range(STEPS):
        means, slopes = (each @ weights for each in link.inverse(found[:, None] + parts)[:2])
        reached = link.link(_inside(family, means))
        slope = slopes / np.maximum(link.inverse(reached)[1], np.finfo(float).tiny)
        step = (target - reached) / np.maximum(slope, LEAST_SLOPE)
        found = found + np.clip(step, -LONGEST, LONGEST)
        if np.abs(step).max() < SETTLED:
            break
    out[has] = found
    return out
