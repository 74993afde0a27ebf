"""Random effects at places: the numbers held against glmmTMB, the predictions, the page."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabmixbench.spatial import fields, study
from tabmixbench.spatial import figure as drawn
from tabmixbench.spatial.fields import DATA, FIELDS, PLACE
from tabmixbench.spatial.figure import _grid
from tabmixbench.spatial.page import agreement_table, page, prediction_table

REFERENCE = Path(__file__).resolve().parents[2] / "data/reference/structured.json"


@pytest.fixture(scope="module")
def rows():
    return study.agreement(REFERENCE)


def test_the_exponential_and_the_matern_process_are_glmmtmbs(rows):
    exponential, matern = (rows[rows["model"] == kind] for kind in ("exp", "mat"))
    theirs, ours = exponential.to_dict("records")
    assert ours["logLik"] == pytest.approx(theirs["logLik"], abs=1e-6)
    assert ours["sd"] == pytest.approx(theirs["sd"], rel=1e-4)
    theirs, free, spde = matern.to_dict("records")
    assert free["logLik"] == pytest.approx(theirs["logLik"], abs=1e-5)
    assert free["nu"] == pytest.approx(theirs["nu"], rel=0.01)
    assert spde["nu"] == 1.0
    assert spde["logLik"] == pytest.approx(theirs["logLik"], abs=0.2)


def test_the_page_says_how_far_the_likelihoods_are_apart(rows):
    table = agreement_table(rows)
    assert len(table.rows) == 5
    assert "e-0" in table.notes[0]
    assert table.notes[2].startswith("SPDE")


@pytest.mark.parametrize("name", DATA)
def test_folds_leave_whole_places_out(name):
    data = DATA[name].load()
    fold = DATA[name].folds(data, np.random.default_rng(0))
    assert data.assign(fold=fold).groupby(PLACE)["fold"].nunique().max() == 1
    assert set(fold) == set(range(5))
    if DATA[name].dealt:
        for k in range(5):
            known = data.loc[fold != k, DATA[name].dealt]
            assert set(known) == set(data[DATA[name].dealt])


def test_places_help_where_there_is_a_field(monkeypatch):
    monkeypatch.setattr(study, "DATA", {"Wheat2": DATA["Wheat2"]})
    monkeypatch.setattr(fields, "FOLDS", 2)
    chosen = {"none": FIELDS["none"], "matern": FIELDS["matern"], "spde": FIELDS["spde_32"]}
    monkeypatch.setattr(study, "FIELDS", chosen)
    rows = study.prediction(1)
    means = rows.groupby("model")["rmse"].mean()
    assert means["spde"] < 0.8 * means["none"]
    assert means["spde"] == pytest.approx(means["matern"], rel=0.05)
    table = prediction_table(rows)
    assert len(table.data) == 3
    assert "the SPDE's error differs by -" in table.notes[0]
    text = page(table, table, "spatial/fields.png")
    assert "![The fields](spatial/fields.png)" in text


def test_the_grid_of_the_figure_covers_the_places_with_new_ones():
    places = DATA["Wheat2"]
    data = places.load()
    grid, x, y = _grid(places, data)
    assert len(grid) == len(x) * len(y)
    assert not set(grid[PLACE]) & set(data[PLACE])
    for column in places.coordinates:
        assert grid[column].min() == data[column].min()
        assert grid[column].max() == data[column].max()
    assert isinstance(grid, pd.DataFrame)


def test_axes_say_what_is_measured_in_what(monkeypatch):
    import matplotlib.pyplot as plt

    monkeypatch.setattr(drawn, "DATA", {"Wheat2": DATA["Wheat2"]})
    monkeypatch.setattr(drawn, "SHOWN", ("matern",))
    figure = drawn.draw()
    axis, bar = figure.axes
    said = axis.get_xlabel(), axis.get_ylabel(), bar.get_ylabel()
    assert [text.split()[0] for text in said] == ["metres", "metres", "effect"]
    assert said[2].endswith("bushels per acre")
    plt.close(figure)
