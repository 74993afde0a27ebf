"""The squared spectral norm, eqs. 23 and 52."""

import pytest
import torch

from tabmixnn.backbones.structure import squared_spectral_norm


def matrices(size, n=6):
    generator = torch.Generator().manual_seed(size)
    return torch.randn(n, size, size, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("size", [1, 3, 8])
def test_small_matrices_are_exact(size):
    many = matrices(size)
    exact = torch.linalg.svdvals(many)[:, 0].square()
    torch.testing.assert_close(squared_spectral_norm(many), exact)


@pytest.mark.parametrize("size", [9, 20, 64])
def test_power_iteration_comes_close_from_below(size):
    many = matrices(size)
    exact = torch.linalg.svdvals(many)[:, 0].square()
    found = squared_spectral_norm(many)
    assert (found <= exact * (1 + 1e-12)).all()
    assert (found > 0.93 * exact).all()


def test_power_iteration_is_exact_with_a_gap():
    many = matrices(12) * 0.05
    many = many + 2 * torch.ones(12, 1, dtype=torch.float64) @ torch.rand(
        1, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    exact = torch.linalg.svdvals(many)[:, 0].square()
    torch.testing.assert_close(squared_spectral_norm(many), exact, rtol=1e-10, atol=0)
    many.requires_grad_()
    (from_power,) = torch.autograd.grad(squared_spectral_norm(many).sum(), many)
    (from_svd,) = torch.autograd.grad(torch.linalg.svdvals(many)[:, 0].square().sum(), many)
    torch.testing.assert_close(from_power, from_svd, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("size", [3, 12])
def test_zero_has_norm_zero(size):
    assert squared_spectral_norm(torch.zeros(2, size, size)).tolist() == [0, 0]
