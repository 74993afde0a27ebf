"""Learning graphs that are known."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn.structure import compare_graphs, learn_dag, simulate_data, simulate_graph


def simulated(mechanism="linear", size=5, n_rows=500, seed=1):
    rng = np.random.default_rng(seed)
    graph = simulate_graph(size, size, rng)
    return graph, simulate_data(graph, n_rows, rng, mechanism=mechanism)


@pytest.mark.parametrize("seed", range(3))
def test_equal_variances_tell_the_whole_graph(seed):
    graph, data = simulated(seed=seed)
    assert compare_graphs(graph, learn_dag(data)).f1 > 0.9


def test_effects_are_unshrunken_least_squares():
    _, data = simulated()
    B = learn_dag(data).to_numpy()
    assert B.any()
    centred = data - data.mean(0)
    for effect, row in enumerate(B):
        causes = np.flatnonzero(row)
        expected = np.linalg.lstsq(centred[:, causes], centred[:, effect], rcond=None)[0]
        np.testing.assert_allclose(row[causes], expected, rtol=1e-6)


@pytest.mark.parametrize("seed", range(2))
def test_units_do_not_matter_with_unequal_variances(seed):
    graph, data = simulated(seed=seed)
    units = np.array([1, 10, 0.1, 5, 1000])
    B = learn_dag(data, noise="unequal").to_numpy()
    scaled = learn_dag(data * units + 3, noise="unequal").to_numpy()
    # Edges that can point either way are decided by rounding; that there are any is not.
    assert compare_graphs(B, scaled).skeleton_f1 == 1
    same = (B != 0) & (scaled != 0)
    np.testing.assert_allclose(scaled[same], (B * units[:, None] / units)[same], rtol=0.3)
    assert compare_graphs(graph, B).skeleton_f1 > 0.8


def test_auto_takes_what_fits_better():
    _, data = simulated(size=4)
    standardised = (data - data.mean(0)) / data.std(0)
    pd.testing.assert_frame_equal(learn_dag(data), learn_dag(data, noise="equal"))
    pd.testing.assert_frame_equal(learn_dag(standardised), learn_dag(standardised, noise="unequal"))


def test_curved_effects_tell_directions_whatever_the_units():
    rng = np.random.default_rng(0)
    x = rng.normal(size=800)
    y = np.sin(2 * x) + 0.4 * rng.normal(size=800)
    z = (y - 0.5) ** 2 + 0.4 * rng.normal(size=800)
    data = pd.DataFrame({"z": z, "y": y, "x": x})
    data = (data - data.mean()) / data.std()
    found = learn_dag(data, effects="additive")
    assert {(i, j) for i in data for j in data if found.loc[i, j]} == {("y", "x"), ("z", "y")}
    # The size is the standard deviation of the effect.
    assert found.loc["y", "x"] == pytest.approx(np.std(np.sin(2 * x)) / np.std(y), abs=0.05)


@pytest.mark.parametrize("acyclicity", ["trace_exp", "log_det"])
def test_relaxation_alone_finds_most_of_it(acyclicity):
    graph, data = simulated(seed=2)
    found = learn_dag(data, noise="equal", refine=False, acyclicity=acyclicity)
    assert compare_graphs(graph, found).f1 > 0.7


def test_it_is_deterministic():
    _, data = simulated(size=4)
    pd.testing.assert_frame_equal(learn_dag(data), learn_dag(data))


def test_independent_columns_have_no_edges():
    data = np.random.default_rng(3).normal(size=(500, 5))
    assert not learn_dag(data).to_numpy().any()


def test_names_are_kept():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 2)), columns=["a", "b"])
    frame["b"] += 2 * frame["a"]
    found = learn_dag(frame)
    assert (found.index.name, found.columns.name) == ("effect", "cause")
    assert found.loc["b", "a"] == pytest.approx(2, abs=0.5)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"effects": "cubic"}, "effects must be one of 'additive', 'linear'; got 'cubic'"),
        ({"noise": "none"}, "noise must be one of 'auto', 'equal', 'unequal'"),
        ({"acyclicity": 3}, "acyclicity must be one of"),
    ],
)
def test_unknown_options(option, message):
    with pytest.raises(ValueError, match=message):
        learn_dag(np.random.default_rng(0).normal(size=(20, 3)), **option)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"b": "high"}, "Column 'b' is not numeric"),
        ({"b": np.nan}, "Column 'b' is missing or infinite in 30 of 30 rows"),
        ({"b": 1.0}, r"Column 'b' is constant \(1\)"),
    ],
)
def test_bad_columns_are_named(change, message):
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 3)), columns=["a", "b", "c"])
    with pytest.raises(ValueError, match=message):
        learn_dag(frame.assign(**change))


def test_copies_of_a_column_are_named():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 2)), columns=["a", "b"])
    with pytest.raises(ValueError, match="'b' and 'c' are the same up to units"):
        learn_dag(frame.assign(c=-3 * frame.b + 1))


@pytest.mark.parametrize("shape", [(30, 1), (3, 3), (5,)])
def test_tables_too_small(shape):
    with pytest.raises(ValueError, match="A graph"):
        learn_dag(np.ones(shape))
