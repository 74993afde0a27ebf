"""Plots of Shapley values."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import plotting


@pytest.fixture(scope="module")
def explanation(sleep, sleepstudy):
    return sleep.explain(sleepstudy, random_effects="terms")


def test_a_waterfall_leads_from_the_base_to_the_prediction(sleep, sleepstudy, explanation):
    ax = sleep.plot_waterfall(sleepstudy, 9, random_effects="terms")
    bars = ax.patches
    phi = explanation.values[9, :, 0]
    np.testing.assert_allclose([bar.get_width() for bar in bars], phi)
    starts = [bar.get_x() for bar in bars]
    ends = [start + bar.get_width() for start, bar in zip(starts, bars, strict=True)]
    assert starts[0] == pytest.approx(explanation.base[0])
    np.testing.assert_allclose(starts[1:], ends[:-1])
    assert ends[-1] == pytest.approx(sleep.predict(sleepstudy)[9])
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["Days = 9", "(Intercept) | Subject", "Days | Subject", "prediction"]
    colours = {bar.get_facecolor() for bar, value in zip(bars, phi, strict=True) if value > 0}
    assert len(colours) == 1


def test_a_waterfall_of_many_players_puts_the_least_together(explanation):
    ax = plotting.plot_waterfall(explanation, 9, max_players=2)
    widths = [bar.get_width() for bar in ax.patches]
    phi = explanation.values[9, :, 0]
    largest = np.abs(phi).argmax()
    np.testing.assert_allclose(widths, [phi[largest], np.delete(phi, largest).sum()])
    first, rest, last = (label.get_text() for label in ax.get_yticklabels())
    assert first.startswith(explanation.labels[largest])
    assert (rest, last) == ("2 others", "prediction")
    ends = ax.patches[-1].get_x() + widths[-1]
    assert ends == pytest.approx(explanation.prediction[9, 0])
    with pytest.raises(ValueError, match="max_players must be a whole number"):
        plotting.plot_waterfall(explanation, max_players=0)


def test_a_waterfalls_numbers_do_not_overlap(explanation):
    for row in (0, 9, 95):
        ax = plotting.plot_waterfall(explanation, row)
        ax.figure.canvas.draw()
        boxes = [text.get_window_extent() for text in ax.texts]
        assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])


def test_a_summary_has_every_value_and_the_most_important_on_top(explanation):
    ax = plotting.plot_shap_summary(explanation)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names[::-1] == list(explanation.importance().sort_values(ascending=False).index)
    frame = explanation.frame()
    for row, name in enumerate(names):
        dots = np.asarray(ax.collections[row].get_offsets())
        np.testing.assert_allclose(dots[:, 0], frame[name])
        assert np.abs(dots[:, 1] - row).max() < 0.4


def test_a_summary_says_what_it_leaves_out(explanation):
    ax = plotting.plot_shap_summary(explanation, max_players=2)
    assert len(ax.get_yticklabels()) == 2
    assert ax.get_title() == "the 2 most important of 3"


def test_a_line_is_the_subjects_own(sleep, explanation):
    ax = plotting.plot_shap_line(explanation, "Days", "Subject", "308")
    dots = np.asarray(ax.collections[0].get_offsets())
    slope = sleep.coef_by_group()["Subject"].loc["308", "Days"]
    np.testing.assert_allclose(np.diff(dots[:, 1]), slope)
    line = ax.get_lines()[1]
    assert np.diff(line.get_ydata())[0] == pytest.approx(9 * slope)
    assert ax.get_title() == f"Subject 308: slope {slope:.3g}"


def test_a_line_of_a_numbered_level_and_of_none(explanation):
    by_number, by_name = (
        plotting.plot_shap_line(explanation, "Days", "Subject", level) for level in (308, "308")
    )
    assert by_number.get_title() == by_name.get_title()
    for level in (3, "nobody"):
        with pytest.raises(
            ValueError, match=rf"one of Subject's, '308', .*, \.\.\.; got '{level}'"
        ):
            plotting.plot_shap_line(explanation, "Days", "Subject", level)


def test_levels_without_a_slope_are_left_out(sleep, sleepstudy):
    rows = sleepstudy[(sleepstudy["Subject"] != 308) | (sleepstudy["Days"] == 3)]
    explanation = sleep.explain(rows.assign(Days=rows["Days"] / 1000), random_effects="terms")
    slopes = explanation.slopes("Days", "Subject")["slope"]
    assert slopes.isna().tolist() == [True, *[False] * 17]
    ranked = plotting.plot_ranked_slopes(slopes)
    assert len(ranked.patches) == 17
    assert len({bar.get_facecolor() for bar in ranked.patches}) > 10
    spread = plotting.plot_slope_distribution(slopes * 1e-4)
    assert spread.get_ylabel() == "number of levels (17 in all)"
    legend = [text.get_text() for text in spread.get_legend().get_texts()]
    assert legend[0] == f"mean {1e-4 * slopes.mean():.4g}"
    assert (
        plotting.plot_shap_line(explanation, "Days", "Subject", 308)
        .get_title()
        .endswith(": no slope")
    )
    for plot in (plotting.plot_ranked_slopes, plotting.plot_slope_distribution):
        with pytest.raises(ValueError, match="No level has a slope"):
            plot(slopes.head(1))


def test_ranked_slopes_are_in_order_and_shaded():
    slopes = pd.Series([3.0, -1.0, 2.0], index=["a", "b", "c"], name="slope")
    ax = plotting.plot_ranked_slopes(slopes)
    assert [bar.get_width() for bar in ax.patches] == [-1.0, 2.0, 3.0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["b", "c", "a"]
    assert len({bar.get_facecolor() for bar in ax.patches}) == 3


def test_a_distribution_has_mean_and_median():
    slopes = pd.Series([1.0, 2.0, 6.0])
    ax = plotting.plot_slope_distribution(slopes)
    assert sum(bar.get_height() for bar in ax.patches) == 3
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["mean 3", "median 2"]
    at = [line.get_xdata()[0] for line in ax.get_lines()[1:]]
    np.testing.assert_allclose(at, [3.0, 2.0])


def test_the_estimator_passes_options_on(network, sleepstudy):
    ax = network.plot_shap(sleepstudy.head(20), random_effects="terms")
    assert len(ax.get_yticklabels()) == 3
    with pytest.raises(ValueError, match="row must be a whole number from 0 to 4; got 5"):
        network.plot_waterfall(sleepstudy.head(5), 5)
