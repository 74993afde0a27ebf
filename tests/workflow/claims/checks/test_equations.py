"""Sentences that an equation decides."""

from tests.workflow.claims.look import look


def test_the_penalty_on_cycles_of_a_triangular_matrix_is_nothing(evidence):
    found = look(evidence, "acyclicity_penalty")
    assert not found.holds
    assert found.value < 1e-9


def test_a_softmax_leaves_the_hybrid_layer_without_an_inverse(evidence):
    found = look(evidence, "hybrid_inverse")
    assert not found.holds
    assert found.value < 1e-9
