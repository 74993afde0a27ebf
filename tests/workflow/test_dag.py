"""Recovery of known graphs: the reference algorithm, the methods beside it, and the table."""

import numpy as np
import pandas as pd
import pytest

from tabmixbench.dag.notears import _cycles, _Problem, notears
from tabmixbench.dag.sets import SETS
from tabmixbench.dag.study import LABELS, METHODS, directed, recover
from tabmixbench.dag.table import build


def chain(n_rows=1000, seed=0):
    """``0 -> 1 -> 2``, as ``[effect, cause]``, and rows of it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_rows, 3))
    x[:, 1] += 1.5 * x[:, 0]
    x[:, 2] -= 0.8 * x[:, 1]
    graph = np.zeros((3, 3))
    graph[1, 0], graph[2, 1] = 1.5, -0.8
    return graph, x


def test_notears_finds_a_chain_and_shrinks_its_effects():
    graph, x = chain()
    found = notears(x + 7)
    assert ((found != 0) == (graph != 0)).all()
    assert (np.abs(found) <= np.abs(graph) + 0.1).all()
    np.testing.assert_allclose(found, graph, atol=0.25)


def test_gradients_of_notears_are_those_of_its_objective():
    rng = np.random.default_rng(1)
    weights = rng.normal(0, 0.5, (4, 4))
    value, gradient = _cycles(weights)
    assert value > 0
    step = 1e-6 * rng.normal(size=(4, 4))
    change = (_cycles(weights + step)[0] - _cycles(weights - step)[0]) / 2
    assert change == pytest.approx(np.sum(gradient * step), rel=1e-5)
    problem = _Problem(rng.normal(size=(30, 4)))
    parts = rng.random(32)
    step = 1e-6 * rng.normal(size=32)
    up, down = (problem.value(parts + s, 3.0, 0.7)[0] for s in (step, -step))
    assert (up - down) / 2 == pytest.approx(problem.value(parts, 3.0, 0.7)[1] @ step, rel=1e-5)


# Without the backbone: its order is set by what training has reached, and one link is turned here.
@pytest.mark.parametrize("method", [each for each in METHODS if each != "backbone"])
def test_every_method_finds_the_links_of_a_chain(method):
    graph, x = chain()
    found = METHODS[method](x, SETS["linear_10"])
    links = (found != 0) | (found != 0).T
    assert (links == ((graph != 0) | (graph != 0).T)).all()


def test_the_backbones_order_has_no_cycles_and_finds_the_links(monkeypatch):
    from tabmixbench.dag import backbone

    monkeypatch.setattr(backbone, "EPOCHS", 200)
    graph, x = chain()
    found = backbone.backbone_order(x)
    assert not np.linalg.matrix_power(found != 0, 3).any()
    links = (found != 0) | (found != 0).T
    assert links[graph != 0].all()


def test_every_method_has_a_label():
    assert set(LABELS) == set(METHODS)


def test_edges_without_a_direction_get_the_true_one():
    graph = np.zeros((3, 3))
    graph[1, 0] = 1
    both = np.zeros((3, 3))
    both[1, 0] = both[0, 1] = both[2, 1] = both[1, 2] = 1
    assert directed(both, graph)[1, 0]
    assert not directed(both, graph)[0, 1]
    assert directed(both, graph).sum() == 2


def test_a_wrong_direction_stays_wrong():
    graph, wrong = np.zeros((2, 2)), np.zeros((2, 2))
    graph[1, 0] = wrong[0, 1] = 1
    assert (directed(wrong, graph) == wrong).all()


def test_every_set_draws_the_same_graph_again_and_another_for_another_number():
    for graphs in SETS.values():
        assert graphs.draw(1, 0)[0].shape == (graphs.nodes, graphs.nodes)
    graphs = SETS["linear_10"]
    np.testing.assert_array_equal(graphs.draw(1, 0)[1], graphs.draw(1, 0)[1])
    assert not np.array_equal(graphs.draw(1, 0)[0], graphs.draw(1, 1)[0])


def test_a_set_is_run_and_rendered(monkeypatch):
    for slow in ("learn_dag", "backbone", "pc", "ges", "direct_lingam"):
        monkeypatch.setitem(METHODS, slow, lambda columns, graphs: np.zeros((10, 10)))
    scores = recover("linear_10", 1, seeds=2)
    assert len(scores) == 2 * len(METHODS)
    assert scores.loc[scores["method"] == "notears", "f1"].min() > 0.3
    assert (scores.loc[scores["method"] == "pc", "f1"] == 0).all()
    table = build(scores)
    assert table.notes[0].startswith("On 0 of the 1 linear sets")
    assert isinstance(table.data, pd.DataFrame)
    assert len(table.rows) == len(METHODS)
