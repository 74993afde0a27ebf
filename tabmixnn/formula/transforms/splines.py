"""``bs`` and ``ns``: B-splines and natural cubic splines, with the bases of R's splines package."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tabmixnn.caller import warn_caller
from tabmixnn.formula.transforms.base import State, Transform, flag, numbered, numbers, whole
from tabmixnn.formula.transforms.pieces import PieceLearner, RangeLearner

MAX_DEGREE = 20
MAX_DF = 1000
"""Bounds on the size of a basis, which a formula could otherwise make fill the memory."""


class BSpline(Transform):
    """R's ``bs(x, df, knots, degree = 3, intercept = FALSE, Boundary.knots)``.

    Beyond the boundary knots the outermost polynomial pieces continue, as in R; as in R, there is
    a warning.
    """

    parameters: ClassVar[dict[str, Any]] = {
        "df": None,
        "knots": None,
        "degree": 3,
        "intercept": False,
        "Boundary.knots": None,
    }

    def fit(self, x: NDArray[np.float64], **options: Any) -> State:
        """Place the knots: at quantiles of x when `df` is given."""
        degree = whole(options["degree"], "degree", least=1, most=MAX_DEGREE)
        intercept = flag(options["intercept"], "intercept")
        fewest = degree + intercept
        return {
            "degree": degree,
            "intercept": intercept,
            **place_knots(x, options, fewest),
        }

    def in_pieces(self, **options: Any) -> PieceLearner:
        """Learn the boundary; knots at quantiles need all rows."""
        return knots_in_pieces(self, options)

    def apply(self, x: NDArray[np.float64], state: State) -> NDArray[np.float64]:
        """Return the basis, shape (n, number of inner knots + degree + intercept)."""
        warn_beyond(x, state["boundary"])
        basis = spline_basis(x, state, state["degree"])
        return basis if state["intercept"] else basis[:, 1:]

    def suffixes(self, state: State) -> tuple[str, ...]:
        """Return "1", "2", ..."""
        count = len(state["knots"]) + state["degree"] + state["intercept"]
        return numbered(count)


class NaturalSpline(Transform):
    """R's ``ns(x, df, knots, intercept = FALSE, Boundary.knots)``.

    Cubic splines whose second derivative is zero at the boundary knots; beyond them the curve is
    a straight line.
    """

    parameters: ClassVar[dict[str, Any]] = {
        "df": None,
        "knots": None,
        "intercept": False,
        "Boundary.knots": None,
    }

    def fit(self, x: NDArray[np.float64], **options: Any) -> State:
        """Place the knots: at quantiles of x when `df` is given."""
        intercept = flag(options["intercept"], "intercept")
        return {"intercept": intercept, **place_knots(x, options, 1 + intercept)}

    def in_pieces(self, **options: Any) -> PieceLearner:
        """Learn the boundary; knots at quantiles need all rows."""
        return knots_in_pieces(self, options)

    def apply(self, x: NDArray[np.float64], state: State) -> NDArray[np.float64]:
        """Return the basis, shape (n, number of inner knots + 1 + intercept)."""
        low, high = state["boundary"]
        inside = np.clip(x, low, high)
        edges = np.array([low, high])
        basis = spline_basis(inside, state, 3)
        slopes = spline_basis(edges, state, 3, derivative=1)
        bend = spline_basis(edges, state, 3, derivative=2)
        basis += np.minimum(x - low, 0.0)[:, None] * slopes[0]
        basis += np.maximum(x - high, 0.0)[:, None] * slopes[1]
        if not state["intercept"]:
            basis, bend = basis[:, 1:], bend[:, 1:]
        # The null space of the two curvature constraints, in the orientation R's qr() gives it.
        orthogonal, _ = np.linalg.qr(bend.T, mode="complete")
        return basis @ orthogonal[:, 2:]

    def suffixes(self, state: State) -> tuple[str, ...]:
        """Return "1", "2", ..."""
        return numbered(len(state["knots"]) + 1 + state["intercept"])


def warn_beyond(x: NDArray[np.float64], boundary: list[float]) -> None:
    """Warn of values that polynomials are extrapolated to."""
    low, high = boundary
    distance = np.maximum(low - x, x - high)
    beyond = distance > 0
    if beyond.any():
        farthest = x[np.nanargmax(distance)]
        warn_caller(
            f"bs() has {beyond.sum():,} values beyond its boundary knots {low:g} and {high:g}, up "
            f"to {farthest:g}; its outermost polynomials go on there, and soon go far. Set "
            "Boundary.knots, or use ns(), which goes on as a straight line.",
        )


def knots_in_pieces(spline: Transform, options: dict[str, Any]) -> PieceLearner:
    """Return what learns a spline whose inner knots do not depend on the column."""
    if options["knots"] is None and options["df"] is not None:
        raise ValueError(
            "df places knots at quantiles of the whole column, and the data are read in pieces; "
            "name them, as in knots = c(1, 2, 3)"
        )
    return RangeLearner(lambda x: spline.fit(x, **options))


def place_knots(x: NDArray[np.float64], options: dict[str, Any], fewest: int) -> State:
    """Return the inner knots and the boundary.

    Parameters
    ----------
    x : ndarray, shape (n,)
        The training column.
    options : dict
        `df`, `knots` and `Boundary.knots` as the formula gives them.
    fewest : int
        The columns the basis has without inner knots.
    """
    if options["Boundary.knots"] is None:
        boundary = [float(x.min()), float(x.max())]
    else:
        boundary = sorted(numbers(options["Boundary.knots"], "Boundary.knots"))
    if len(boundary) != 2 or not boundary[0] < boundary[1]:
        raise ValueError("a spline needs two different boundary knots, and a column that varies")
    if options["knots"] is not None:
        knots = sorted(numbers(options["knots"], "knots"))
    elif options["df"] is None:
        knots = []
    else:
        df = whole(options["df"], "df", least=fewest, most=max(fewest, min(MAX_DF, len(x))))
        inside = x[(x >= boundary[0]) & (x <= boundary[1])]
        knots = np.quantile(inside, np.linspace(0, 1, df - fewest + 2)[1:-1]).tolist()
    if any(not boundary[0] < knot < boundary[1] for knot in knots):
        raise ValueError("every knot must lie between the boundary knots; give knots or a lower df")
    return {"knots": knots, "boundary": boundary}


def spline_basis(
    x: NDArray[np.float64], state: State, degree: int, derivative: int = 0
) -> NDArray[np.float64]:
    """Evaluate all B-splines of `degree`, or a derivative of them, at x: shape (n, k + degree + 1).

    de Boor (1978), ch. X; the pieces at both ends continue beyond the boundary.
    """
    from scipy.interpolate import BSpline as Basis

    low, high = state["boundary"]
    knots = np.r_[[low] * (degree + 1), state["knots"], [high] * (degree + 1)]
    count = len(knots) - degree - 1
    spline = Basis(knots, np.eye(count), degree, extrapolate=True)
    return np.asarray(spline(x, nu=derivative), dtype=np.float64)
