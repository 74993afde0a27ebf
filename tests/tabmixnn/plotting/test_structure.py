"""Graphs and attention."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import plotting

NAMES = ["age", "income", "health"]


@pytest.fixture
def effects():
    """age -> income -> health, age -> health."""
    matrix = [[0, 0, 0], [0.8, 0, 0], [-0.6, 0.5, 0]]
    return pd.DataFrame(matrix, index=NAMES, columns=NAMES, dtype=float)


def nodes(ax):
    return {text.get_text(): text.get_position() for text in ax.texts if text.get_text() in NAMES}


def arrows(ax):
    """(cause, effect) of every arrow, by the positions of its ends."""
    at = {position: name for name, position in nodes(ax).items()}
    found = [text for text in ax.texts if getattr(text, "arrow_patch", None) is not None]
    return {(at[tuple(arrow.xyann)], at[tuple(arrow.xy)]) for arrow in found}


def test_arrows_run_from_causes_to_effects_left_to_right(effects):
    ax = plotting.plot_dag(effects)
    assert arrows(ax) == {("age", "income"), ("income", "health"), ("age", "health")}
    x = {name: position[0] for name, position in nodes(ax).items()}
    assert x["age"] < x["income"] < x["health"]
    assert {"0.8", "-0.6", "0.5"} <= {text.get_text() for text in ax.texts}


def test_weak_edges_and_lone_nodes_can_be_left_out(effects):
    ax = plotting.plot_dag(effects, threshold=0.7, isolated=False)
    assert arrows(ax) == {("age", "income")}
    assert set(nodes(ax)) == {"age", "income"}


def test_a_cut_is_said_in_the_title(effects):
    ax = plotting.plot_dag(effects, max_edges=2)
    assert arrows(ax) == {("age", "income"), ("age", "health")}
    assert ax.get_title() == "the strongest 2 of 3 edges"


def test_a_cycle_is_named(effects):
    effects.loc["age", "health"] = 0.1
    with pytest.raises(ValueError, match="The edges form a cycle among age, income, health"):
        plotting.plot_dag(effects)


def test_nodes_do_not_overlap():
    rng = np.random.default_rng(0)
    matrix = np.tril(rng.normal(size=(12, 12)), -1) * (rng.uniform(size=(12, 12)) < 0.3)
    names = [f"v{k}" for k in range(12)]
    ax = plotting.plot_dag(pd.DataFrame(matrix, index=names, columns=names))
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text() in names]
    assert len(boxes) == 12
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])


def test_a_models_graph_is_its_structure_matrix(network):
    ax = network.plot_structure(threshold=0.0)
    matrix = network.get_structure_matrix()
    found = [text for text in ax.texts if getattr(text, "arrow_patch", None) is not None]
    assert len(found) == np.count_nonzero(matrix)


def test_attention_is_averaged_over_rows_and_heads(network, sleepstudy):
    ax = network.plot_attention(sleepstudy)
    weights = network.get_attention_weights(sleepstudy)
    np.testing.assert_allclose(ax.images[0].get_array(), weights.mean(axis=(0, 1)))
    one = network.plot_attention(sleepstudy, head=0)
    np.testing.assert_allclose(one.images[0].get_array(), weights.mean(axis=0)[0])
    assert [label.get_text() for label in ax.get_xticklabels()][:2] == ["eta1", "eta2"]
    with pytest.raises(ValueError, match="head must be a whole number from 0 to"):
        network.plot_attention(sleepstudy, head=99)
