"""Texts from data are drawn as they are, whatever stands in them."""

from __future__ import annotations

from io import BytesIO

import matplotlib.text
import numpy as np
import pandas as pd
import pytest
from matplotlib.cbook import is_math_text

from tabmixnn import plotting
from tabmixnn.interpret.shapley import Explanation
from tabmixnn.interpret.shapley.players import Feature

NAMES = ["$10k-$20k", "a$_$b", "5% ($1) to 6% ($2)", r"\$1 or $x_1$"]
"""Two of a formula, or of none that there is, to matplotlib."""


def slopes():
    return pd.Series([1.0, 2.0, 3.0, 4.0], pd.Index(NAMES, name="$g$"), name="slope of $x$")


def table():
    return pd.DataFrame(np.tril(np.arange(16.0).reshape(4, 4), -1), NAMES, NAMES)


def explanation():
    columns = pd.DataFrame({name: [name, "$b$", "c"] for name in NAMES}).assign(**{"$x$": range(3)})
    players = [Feature(name) for name in columns]
    values = np.random.default_rng(0).normal(size=(3, 5, 1))
    levels = {"$g$": np.full(3, NAMES[0], dtype=object)}
    base, prediction = np.zeros(1), values.sum(axis=1)
    return Explanation(
        values,
        base,
        prediction,
        players,
        ["$y$"],
        columns,
        levels,
        kind="link",
        background="marginal",
        method="exact",
    )


def curves(index):
    found = pd.DataFrame({"population": 1.0, "$b$": 2.0}, index)
    return found.rename_axis(columns="$g$")


PLOTS = {
    "plot_attention": lambda draw: draw(table()),
    "plot_calibration": lambda draw: draw(np.array([0, 1, 1]), np.array([0.1, 0.5, 0.6])),
    "plot_caterpillar": lambda draw: draw(slopes(), slopes()),
    "plot_dag": lambda draw: draw(table()),
    "plot_dependence": lambda draw: draw(curves(pd.Index(NAMES, name="$x$"))),
    "plot_qq": lambda draw: draw(np.arange(5.0)),
    "plot_ranked_slopes": lambda draw: draw(slopes()),
    "plot_residuals": lambda draw: draw(np.arange(5.0), np.arange(5.0)),
    "plot_shap_line": lambda draw: draw(explanation(), "$x$", "$g$", NAMES[0]),
    "plot_shap_summary": lambda draw: draw(explanation()),
    "plot_slope_distribution": lambda draw: draw(slopes()),
    "plot_variance": lambda draw: draw(dict.fromkeys(NAMES, 1.0)),
    "plot_waterfall": lambda draw: draw(explanation()),
}
OF_NUMBERS = {"plot_calibration", "plot_qq", "plot_residuals"}


@pytest.mark.parametrize("name", plotting.__all__)
def test_dollars_are_dollars(name):
    figure = PLOTS[name](getattr(plotting, name)).figure
    figure.savefig(BytesIO())
    texts = [each.get_text() for each in figure.findobj(matplotlib.text.Text)]
    assert not [text for text in texts if is_math_text(text)]
    # What matplotlib shows of texts without formulas.
    shown = [text.replace(r"\$", "$").replace("\n", " ") for text in texts]
    assert any("$" in text for text in shown) == (name not in OF_NUMBERS)
    if name in {"plot_caterpillar", "plot_dag", "plot_dependence", "plot_ranked_slopes"}:
        assert set(NAMES) <= set(shown)
