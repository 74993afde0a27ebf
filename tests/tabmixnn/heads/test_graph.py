"""Which edges an output SEM has."""

import pytest

from tabmixnn.heads import output_graph
from tabmixnn.sem import LavaanSyntaxError, ModelError

NAMES = ["a", "b", "c"]


def test_none_has_no_edges():
    assert output_graph("none", NAMES, None).edges == ()


def test_learned_has_every_edge_forward_and_a_penalty():
    graph = output_graph("learned", NAMES, None)
    assert [(e.to, e.origin) for e in graph.edges] == [("b", "a"), ("c", "a"), ("c", "b")]
    assert graph.sparse


def test_lavaan_has_the_edges_it_names_with_their_modifiers():
    graph = output_graph("lavaan", NAMES, "c ~ 0.5*a + k*b\n b ~ start(0.2)*a")
    assert not graph.sparse
    fixed, labelled, started = graph.edges
    assert (fixed.to, fixed.origin, fixed.fixed) == ("c", "a", 0.5)
    assert (labelled.label, labelled.fixed) == ("k", None)
    assert started.start == 0.2


def test_na_leaves_an_edge_free():
    (edge,) = output_graph("lavaan", NAMES, "b ~ NA*a").edges
    assert edge.fixed is None


@pytest.mark.parametrize(
    ("mode", "model", "error", "message"),
    [
        ("free", None, ValueError, "output_sem_mode must be one of 'lavaan', 'learned', 'none'"),
        ("none", "b ~ a", ValueError, "output_sem needs output_sem_mode='lavaan'"),
        ("learned", "b ~ a", ValueError, "output_sem needs output_sem_mode='lavaan'"),
        ("lavaan", None, ValueError, "for example output_sem='second ~ first'"),
        ("lavaan", "b ~ a\n c ~ b\n a ~ c", ModelError, "the cycle a -> b -> c -> a"),
        ("lavaan", "b ~ z", ModelError, "refers to 'z', but the outcomes are 'a', 'b', 'c'"),
        ("lavaan", "b ~~ a", ModelError, "only have regressions .* found 'b ~~ a'"),
        ("lavaan", "b ~ k*a; k > 0", ModelError, "found 'k > 0'"),
        ("lavaan", "b ~ 1", ModelError, "found 'b ~1'"),
        ("lavaan", "b ~ ", LavaanSyntaxError, "line 1, character 3"),
    ],
)
def test_what_it_cannot_be(mode, model, error, message):
    with pytest.raises(error, match=message):
        output_graph(mode, NAMES, model)


def test_learned_needs_two_outcomes():
    with pytest.raises(ValueError, match="two outcomes or more"):
        output_graph("learned", ["a"], None)
