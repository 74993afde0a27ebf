"""The two forms of coupling are the same linear map, and its adjoint is its adjoint."""

from __future__ import annotations

import numpy as np
import pytest

from tabmixnn.inference.marginal.blocklayout import BlockLayout
from tabmixnn.inference.marginal.coupling import (
    DenseCoupling,
    Entries,
    PairCoupling,
    couple,
    entry_matrix,
)


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    B = rng.normal(size=(15, 2, 9)) * (rng.uniform(size=(15, 1, 9)) < 0.4)
    level, column, row = np.nonzero(B.transpose(0, 2, 1))
    entries = Entries(level, row, column, B[level, row, column])
    M = rng.normal(size=(15, 2, 2))
    bar = rng.normal(size=(9, 9))
    return entries, B, M + M.transpose(0, 2, 1), bar + bar.T


@pytest.mark.parametrize("form", [PairCoupling, DenseCoupling])
def test_schur_and_adjoint_equal_dense_products(problem, form):
    entries, B, M, bar = problem
    coupling = form(entries, 15, 2, BlockLayout(np.zeros(9, dtype=int)))
    expected = np.einsum("gka,gkl,glb->ab", B, M, B)
    found = coupling.schur(M).reshape(9, 9)
    np.testing.assert_allclose(np.triu(found), np.triu(expected), atol=1e-12)
    adjoint = coupling.adjoint(np.triu(bar).reshape(-1))
    np.testing.assert_allclose(adjoint, np.einsum("gka,ab,glb->gkl", B, bar, B), atol=1e-12)


@pytest.mark.parametrize("form", [PairCoupling, DenseCoupling])
def test_entry_adjoint_equals_differences(problem, form):
    entries, _, M, bar = problem
    coupling = form(entries, 15, 2, BlockLayout(np.zeros(9, dtype=int)))
    gradient = coupling.entry_adjoint(bar.reshape(-1), M)
    value = entries.value.copy()

    def trace(at):
        coupling.refresh(at)
        full = np.triu(coupling.schur(M).reshape(9, 9))
        full = full + np.triu(full, 1).T
        return (bar * full).sum()

    for e in range(0, len(value), 7):
        move = np.zeros_like(value)
        move[e] = 1e-6
        difference = (trace(value + move) - trace(value - move)) / 2e-6
        assert gradient[e] == pytest.approx(difference, rel=1e-6, abs=1e-7)


def test_sparse_matrix_has_the_same_entries(problem):
    entries, B, *_ = problem
    np.testing.assert_array_equal(entry_matrix(entries, 2, 15, 9).toarray(), B.reshape(30, 9))


def test_many_blocks_are_never_dense(problem):
    entries, *_ = problem
    one, many = np.zeros(9, dtype=int), np.arange(9) // 3
    assert isinstance(couple(entries, 15, 2, BlockLayout(one)), DenseCoupling)
    assert isinstance(couple(entries, 15, 2, BlockLayout(many)), PairCoupling)
