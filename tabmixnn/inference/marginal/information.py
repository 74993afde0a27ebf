"""Average information of the profiled criterion (Gilmour, Thompson and Cullis 1995).

The mean of the observed and the expected second derivatives of the criterion needs no trace:
``y'P V_a P V_b P y`` for the derivatives ``V_a`` of the covariance of ``y``. It starts the
minimiser with the right curvature for the price of a few extra right-hand sides.
"""

from __future__ import annotations

import numpy as np

from .profiled import Profiled


def direction_effects(T: np.ndarray, direction: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Random effects ``c_a`` with ``V_a P y = Z c_a`` for each derivative of the factor.

    Parameters
    ----------
    T : ndarray of shape (q, q)
    direction : ndarray of shape (k, q, q)
        Derivatives of ``T``.
    score : ndarray of shape (G, q)
        ``Z'P y``.

    Returns
    -------
    ndarray of shape (G, q, k)
    """
    change = direction @ T.T
    change = change + change.transpose(0, 2, 1)
    return np.einsum("akl,gl->gka", change, score)


def average_information(
    inner: np.ndarray, by_x: np.ndarray, scores: np.ndarray, profiled: Profiled
) -> np.ndarray:
    """Average information with beta and sigma profiled out, on the deviance scale.

    Parameters
    ----------
    inner : ndarray of shape (k, k)
        ``c_a' Z'V^-1Z c_b``.
    by_x : ndarray of shape (p, k)
        ``X'V^-1Z c_a``.
    scores : ndarray of shape (k,)
        ``y'P V_a P y``.
    """
    inner = inner - by_x.T @ profiled.xtvx_inverse @ by_x
    variance = profiled.sigma**2
    return inner / variance - np.outer(scores, scores) / (variance * profiled.rss)
