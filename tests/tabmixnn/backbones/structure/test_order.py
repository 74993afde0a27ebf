"""B_s in a fixed and in a learned order, eqs. 19-20."""

import pytest
import torch

from tabmixnn.backbones.structure import (
    ORDERS,
    FixedOrder,
    LearnedOrder,
    SingularStructureError,
    is_acyclic,
    solve_structure,
)

SIZE, ROWS = 5, 7


def filled(kind, scale=0.3, seed=0):
    torch.manual_seed(seed)
    effects = kind(SIZE).double()
    with torch.no_grad():
        effects.raw.copy_(torch.randn(SIZE, SIZE, dtype=torch.float64) * scale)
    return effects


@pytest.fixture
def xi():
    return torch.randn(ROWS, SIZE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_untrained_structure_changes_nothing(name, xi):
    effects = ORDERS[name](SIZE).double()
    torch.testing.assert_close(effects.solve(xi), xi, rtol=0, atol=0)


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_no_variable_affects_itself(name):
    assert not filled(ORDERS[name]).matrix().diagonal().any()


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_solution_is_the_explicit_inverse(name, xi):
    effects = filled(ORDERS[name])
    inverse = torch.linalg.inv(torch.eye(SIZE, dtype=torch.float64) - effects.matrix())
    torch.testing.assert_close(effects.solve(xi), xi @ inverse.T)


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_solution_fulfils_the_structural_equations(name, xi):
    effects = filled(ORDERS[name])
    eta = effects.solve(xi)
    torch.testing.assert_close(eta, eta @ effects.matrix().T + xi)


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_gradient_of_the_solution(name, xi):
    effects = filled(ORDERS[name])

    def solve(raw, right):
        effects_of = torch.func.functional_call
        return effects_of(_Solve(effects), {"effects.raw": raw}, (right,))

    raw = effects.raw.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(solve, (raw, xi.requires_grad_()))


class _Solve(torch.nn.Module):
    def __init__(self, effects):
        super().__init__()
        self.effects = effects

    def forward(self, xi):
        return self.effects.solve(xi)


def test_fixed_order_is_strictly_lower_triangular_and_never_cyclic():
    effects = filled(FixedOrder, scale=3.0)
    assert not effects.matrix().triu().any()
    assert is_acyclic(effects.matrix())
    assert effects.cycles().item() == 0


def test_learned_order_is_penalised_as_printed():
    effects = filled(LearnedOrder)
    squares = effects.matrix().square()
    expected = torch.trace(torch.matrix_exp(squares)) - SIZE
    torch.testing.assert_close(effects.cycles(), expected)
    assert expected > 0


def test_penalty_of_float32_weights_is_computed_in_float64():
    effects = LearnedOrder(64)
    with torch.no_grad():
        effects.raw[0, 1] = effects.raw[1, 0] = 1e-2
    assert effects.cycles().item() == pytest.approx(1e-8, rel=1e-4)


def test_fixing_the_order_leaves_a_graph_without_cycles():
    effects = filled(LearnedOrder)
    strongest = effects.matrix().abs().argmax()
    before = effects.matrix().clone()
    effects.fix_order()
    after = effects.matrix()
    assert is_acyclic(after)
    assert effects.cycles().item() == pytest.approx(0, abs=1e-15)
    assert after.flatten()[strongest] == before.flatten()[strongest]
    kept = after != 0
    torch.testing.assert_close(after[kept], before[kept])
    assert int(kept.sum()) == SIZE * (SIZE - 1) // 2


def test_rows_may_have_matrices_of_their_own(xi):
    matrices = torch.randn(ROWS, SIZE, SIZE, dtype=torch.float64) * 0.2
    together = solve_structure(matrices, xi)
    one_by_one = [solve_structure(b, x[None])[0] for b, x in zip(matrices, xi, strict=True)]
    torch.testing.assert_close(together, torch.stack(one_by_one))


def test_singular_equations_are_an_error():
    cyclic = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    with pytest.raises(SingularStructureError, match="I - B became singular"):
        solve_structure(cyclic, torch.ones(3, 2))
