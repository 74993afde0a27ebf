"""Acyclicity functions against brute force."""

import math
from itertools import permutations

import pytest
import torch

from tabmixnn.backbones.structure import ACYCLICITY, CyclicDomainError, is_acyclic
from tabmixnn.backbones.structure.acyclicity import log_determinant, strongest_order

SIZE = 6


def random_dag(seed, size=SIZE):
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn(size, size, generator=generator, dtype=torch.float64) * 2
    weights = weights * (torch.rand(size, size, generator=generator) < 0.7)
    order = torch.randperm(size, generator=generator)
    return weights.tril(-1)[order][:, order]


def random_weights(seed, size=SIZE, scale=0.1):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(size, size, generator=generator, dtype=torch.float64) * scale


def closed_walks(squares, length):
    """Sum the products along all closed walks by enumerating them."""
    size = len(squares)
    total = 0.0
    walks = [[i] for i in range(size)]
    for _ in range(length - 1):
        walks = [[*walk, j] for walk in walks for j in range(size)]
    for walk in walks:
        steps = zip(walk, [*walk[1:], walk[0]], strict=True)
        total += math.prod(squares[a, b].item() for a, b in steps)
    return total


@pytest.mark.parametrize("name", sorted(ACYCLICITY))
@pytest.mark.parametrize("seed", range(5))
def test_zero_on_graphs_without_cycles(name, seed):
    dag = random_dag(seed)
    assert is_acyclic(dag)
    squares = dag.square()
    if name == "trace_exp":
        assert ACYCLICITY[name](squares).item() == 0
    else:
        assert ACYCLICITY[name](squares).item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", sorted(ACYCLICITY))
@pytest.mark.parametrize("length", range(1, SIZE + 1))
def test_positive_on_one_cycle_of_any_length(name, length):
    squares = torch.zeros(SIZE, SIZE, dtype=torch.float64)
    for i in range(length):
        squares[(i + 1) % length, i] = 0.5
    assert not is_acyclic(squares)
    found = ACYCLICITY[name](squares).item()
    product = 0.5**length
    # One cycle of length k has k closed walks of length k, 2k, ...
    expected = {
        "trace_exp": sum(
            length * product**m / math.factorial(length * m) for m in range(1, 60 // length)
        ),
        "log_det": -math.log1p(-product),
    }[name]
    assert found > 0
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "weight"),
    [("trace_exp", math.factorial), ("log_det", float)],
)
def test_value_counts_closed_walks(name, weight):
    squares = random_weights(3, size=3)
    series = sum(closed_walks(squares, k) / weight(k) for k in range(1, 9))
    assert ACYCLICITY[name](squares).item() == pytest.approx(series, rel=1e-5)


def test_trace_exp_is_the_printed_formula():
    squares = random_weights(4, scale=1.0)
    printed = torch.trace(torch.matrix_exp(squares)) - SIZE
    torch.testing.assert_close(ACYCLICITY["trace_exp"](squares), printed)


def test_log_det_has_a_scale():
    squares = random_weights(5)
    expected = -torch.logdet(2 * torch.eye(SIZE) - squares) + SIZE * math.log(2)
    torch.testing.assert_close(log_determinant(squares, scale=2.0), expected)


@pytest.mark.parametrize("name", sorted(ACYCLICITY))
@pytest.mark.parametrize("make", [random_dag, random_weights])
def test_gradient(name, make):
    weights = make(6).requires_grad_()
    assert torch.autograd.gradcheck(lambda w: ACYCLICITY[name](w.square()), weights)


def test_log_det_says_where_it_ends():
    squares = torch.tensor([[0.0, 1.5], [1.5, 0.0]])
    with pytest.raises(CyclicDomainError, match=r"spectral radius below 1.*became 1\.5.*trace_exp"):
        ACYCLICITY["log_det"](squares)


def test_is_acyclic_agrees_with_every_order():
    generator = torch.Generator().manual_seed(0)
    for _ in range(60):
        edges = torch.rand(4, 4, generator=generator) < 0.3
        by_hand = any(not edges[list(o)][:, list(o)].triu().any() for o in permutations(range(4)))
        assert is_acyclic(edges) == by_hand


@pytest.mark.parametrize("seed", range(5))
def test_strongest_order_keeps_every_edge_of_a_dag(seed):
    dag = random_dag(seed)
    order = strongest_order(dag.abs())
    assert not dag[order][:, order].triu().any()


def test_strongest_order_drops_the_weak_edge_of_a_cycle():
    strength = torch.tensor([[0.0, 0.0, 0.1], [2.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    assert strongest_order(strength).tolist() == [0, 1, 2]
