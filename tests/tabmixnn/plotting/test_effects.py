"""Random effects, variances, residuals, quantiles: the numbers that are drawn."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tabmixnn import TabMixNNRegressor, plotting


def points(ax, number=0):
    """The coordinates of a scatter's dots."""
    return np.asarray(ax.collections[number].get_offsets())


def test_a_caterpillar_has_every_level_in_order(sleep):
    ax = sleep.plot_ranef(term="Days", level=0.9)
    effects, variances = sleep.ranef(cond_var=True)
    expected = effects["Subject"]["Days"].sort_values()
    (bars, dots) = ax.collections
    np.testing.assert_allclose(dots.get_offsets()[:, 0], expected)
    half = stats.norm.ppf(0.95) * np.sqrt(variances["Subject"]["Days"][expected.index])
    ends = np.array([segment[:, 0] for segment in bars.get_segments()])
    np.testing.assert_allclose(ends, np.column_stack([expected - half, expected + half]))
    assert [label.get_text() for label in ax.get_yticklabels()] == list(expected.index)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Days | Subject", "Subject")
    away = np.abs(expected.to_numpy()) > half
    grey = (bars.get_colors()[:, :3].std(axis=1) < 1e-9).tolist()
    assert grey == (~away).tolist()
    assert 0 < away.sum() < len(away)


def test_a_networks_caterpillar_is_what_levels_change_in_their_rows(network, sleepstudy):
    ax = network.plot_ranef(sleepstudy)
    change = network.predict(sleepstudy) - network.predict(sleepstudy, re_form="none")
    expected = pd.Series(change).groupby(sleepstudy.Subject.astype(str)).mean().sort_values()
    np.testing.assert_allclose(points(ax, 1)[:, 0], expected, rtol=1e-6)
    widths = [np.ptp(segment[:, 0]) for segment in ax.collections[0].get_segments()]
    assert min(widths) > 0


def test_more_levels_than_fit_have_no_labels():
    effects = pd.Series(np.arange(200.0), index=[f"g{k}" for k in range(200)])
    ax = plotting.plot_caterpillar(effects)
    assert ax.get_yticklabels() == []


def test_variance_shares_add_up(sleep):
    ax = sleep.plot_variance()
    found = sleep.variance_decomposition()
    widths = [bar.get_width() for bar in ax.patches]
    parts = [found["fixed"], found["random"]["Subject"], found["residual"]]
    np.testing.assert_allclose(widths, 100 * np.array(parts) / found["total"])
    assert sum(widths) == pytest.approx(100)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["fixed effects", "Subject", "residual"]
    assert f"{widths[1]:.1f}%" in [text.get_text() for text in ax.texts]


def test_residuals_are_the_models(sleep, sleepstudy):
    ax = sleep.plot_residuals()
    fitted = sleep.predict(sleepstudy)
    expected = (sleepstudy.Reaction - fitted) / sleep.sigma_
    np.testing.assert_allclose(points(ax), np.column_stack([fitted, expected]), atol=1e-8)
    line = ax.get_lines()[1]
    assert len(line.get_xdata()) == 180 - 36 + 1
    order = np.argsort(fitted)[:36]
    assert line.get_ydata()[0] == pytest.approx(expected.to_numpy()[order].mean())


def test_a_networks_residuals(network, sleepstudy):
    ax = network.plot_residuals(sleepstudy)
    found = points(ax)
    errors = sleepstudy.Reaction - network.predict(sleepstudy)
    ratio = errors / found[:, 1]
    np.testing.assert_allclose(ratio, ratio[0])
    with pytest.raises(ValueError, match="A network does not keep its training rows"):
        network.plot_qq()


def test_quantiles_are_those_of_statsmodels_convention(sleep, sleepstudy):
    ax = sleep.plot_qq()
    values = np.sort(sleepstudy.Reaction - sleep.predict(sleepstudy))
    standardised = (values - values.mean()) / values.std(ddof=1)
    expected = stats.norm.ppf((np.arange(1, 181) - 0.5) / 180)
    np.testing.assert_allclose(points(ax, 1), np.column_stack([expected, standardised]), atol=1e-7)


def test_the_band_covers_normal_values():
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(25):
        ax = plotting.plot_qq(rng.normal(size=80), level=0.9)
        path = ax.collections[0].get_paths()[0].vertices
        observed = points(ax, 1)
        half = len(path) // 2
        low = np.interp(observed[:, 0], *path[1 : half + 1].T[[0, 1]])
        upper = path[half + 1 :][::-1]
        order = np.argsort(upper[:, 0])
        high = np.interp(observed[:, 0], *upper[order].T)
        middle = slice(10, 70)
        inside.append(((low <= observed[:, 1]) & (observed[:, 1] <= high))[middle].mean())
        plt.close("all")
    # The band is for values of known mean and variance; estimating them pulls values inside.
    assert 0.85 < np.mean(inside) <= 1.0


def test_an_axes_is_drawn_on_and_returned(sleep):
    _, axes = plt.subplots(1, 2)
    assert sleep.plot_ranef(ax=axes[0]) is axes[0]
    assert sleep.plot_qq(ax=axes[1]) is axes[1]


def test_an_effect_of_two_terms_is_none(sleepstudy):
    model = TabMixNNRegressor(
        "Reaction ~ Days + (1 | Subject) + (Days | Subject)", inference="marginal", hidden_dims=[]
    ).fit(sleepstudy)
    with pytest.raises(ValueError, match=r"2 terms of .* 'Subject' an effect '\(Intercept\)'"):
        model.plot_ranef()
    assert model.plot_ranef(term="Days").get_xlabel() == "Days | Subject"


def test_coverage_is_a_share(sleep):
    for plot in (sleep.plot_qq, sleep.plot_ranef):
        with pytest.raises(ValueError, match="level must be between 0 and 1"):
            plot(level=95)


def test_unknown_names_are_answered(sleep):
    with pytest.raises(ValueError, match="group must be one of 'Subject'; got 'School'"):
        sleep.plot_ranef(group="School")
    with pytest.raises(ValueError, match=r"term must be one of '\(Intercept\)', 'Days'; got 'x'"):
        sleep.plot_ranef(term="x")
