"""The diagonalised SPDE against the dense matrices of eqs. 26-28."""

import math

import numpy as np
import pytest
import torch

from tabmixnn.backbones.manifold import BOUNDARIES, GridPrecision

GRIDS = [(7,), (8,), (5, 4), (4, 3, 2), (1, 6)]


@pytest.fixture(params=sorted(BOUNDARIES))
def boundary(request):
    return request.param


def dense_laplacian(shape, boundary):
    """Minus the Laplacian of finite differences on a grid, (N, N), written out."""
    total = torch.zeros(1, 1, dtype=torch.float64)
    for n in shape:
        own = torch.zeros(n, n, dtype=torch.float64)
        for i in range(n):
            for j in (i - 1, i + 1):
                if boundary == "periodic" or 0 <= j < n:
                    own[i, i] += 1
                    own[i, j % n] -= 1
        size = len(total)
        eye, small = torch.eye(n, dtype=torch.float64), torch.eye(size, dtype=torch.float64)
        total = torch.kron(total, eye) + torch.kron(small, own)
    return total


def dense_precision(kappa, field):
    laplacian = dense_laplacian(field.shape, type(field.boundary).__name__.lower())
    operator = kappa**2 * torch.eye(len(laplacian), dtype=torch.float64) + laplacian
    return torch.linalg.matrix_power(operator, field.alpha)


def build(shape, boundary, alpha=2, kappa=0.4):
    return GridPrecision(shape, alpha, kappa, boundary).double()


@pytest.mark.parametrize("shape", GRIDS)
def test_transforms_are_orthonormal_and_diagonalise(shape, boundary):
    field = build(shape, boundary, alpha=1)
    eye = torch.eye(field.size, dtype=torch.float64).unflatten(1, shape)
    basis = field._forward(eye).flatten(1)
    torch.testing.assert_close(basis @ basis.T, torch.eye(field.size, dtype=torch.float64))
    torch.testing.assert_close(field._backward(basis.unflatten(1, shape)), eye)
    diagonal = basis.T @ dense_precision(field.kappa, field) @ basis
    torch.testing.assert_close(diagonal, torch.diag(field.eigenvalues().flatten()))


@pytest.mark.parametrize("shape", GRIDS)
@pytest.mark.parametrize("alpha", [1, 2, 3])
def test_determinant_density_and_products_are_the_dense_ones(shape, boundary, alpha):
    field = build(shape, boundary, alpha)
    Q = dense_precision(field.kappa, field)
    u = torch.randn(3, *shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    flat = u.flatten(1)
    torch.testing.assert_close(field.logdet(), torch.logdet(Q))
    torch.testing.assert_close(field.variance(), torch.linalg.inv(Q).diagonal().mean())
    torch.testing.assert_close(field.multiply(u, 1.0).flatten(1), flat @ Q)
    torch.testing.assert_close(field.quadratic(u), torch.einsum("ni,ij,nj->n", flat, Q, flat))
    normal = torch.distributions.MultivariateNormal(torch.zeros_like(flat[0]), precision_matrix=Q)
    torch.testing.assert_close(field.log_prob(u), normal.log_prob(flat))
    half = field.multiply(u, -0.5)
    torch.testing.assert_close(field.multiply(half, -0.5).flatten(1), flat @ torch.linalg.inv(Q))


@pytest.mark.parametrize("alpha", [1, 2, 3])
def test_gradients_are_those_of_dense_autograd(boundary, alpha):
    field = build((5, 4), boundary, alpha)
    raw = field.raw_kappa.detach().clone().requires_grad_()
    kappa = torch.nn.functional.softplus(raw)
    Q = dense_precision(kappa, field)
    u = torch.randn(5, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    flat = u.flatten()
    dense = {
        "logdet": torch.logdet(Q),
        "quadratic": flat @ Q @ flat,
        "smooth": (torch.linalg.inv(Q) @ flat).square().sum(),
        "variance": torch.linalg.inv(Q).diagonal().mean(),
    }
    ours = {
        "logdet": field.logdet(),
        "quadratic": field.quadratic(u),
        "smooth": field.multiply(u, -1.0).square().sum(),
        "variance": field.variance(),
    }
    for name, value in ours.items():
        (found,) = torch.autograd.grad(value, field.raw_kappa, retain_graph=True)
        (expected,) = torch.autograd.grad(dense[name], raw, retain_graph=True)
        torch.testing.assert_close(value, dense[name])
        torch.testing.assert_close(found, expected)


def test_gradients_in_the_field_pass_gradcheck(boundary):
    field = build((3, 4), boundary)
    u = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: field.multiply(x, -0.5), (u,))


def test_kappa_starts_where_it_was_told_to_and_stays_positive():
    for start in (1e-3, 0.3, 40.0):
        assert build((4,), "reflecting", kappa=start).kappa.item() == pytest.approx(start, rel=1e-6)
    field = build((4,), "reflecting")
    with torch.no_grad():
        field.raw_kappa.fill_(-30.0)
    assert field.kappa.item() > 0


def test_sampled_fields_have_the_inverse_of_the_precision_as_covariance():
    field = build((6, 5), "reflecting", kappa=0.8)
    with torch.no_grad():
        fields = field.sample(40_000, torch.Generator().manual_seed(0)).flatten(1)
        expected = torch.linalg.inv(dense_precision(field.kappa, field))
    found = torch.cov(fields.T)
    # Five standard errors of a sample covariance.
    spread = (expected**2 + torch.outer(expected.diagonal(), expected.diagonal())).sqrt()
    assert ((found - expected).abs() / spread).max() < 5 / math.sqrt(40_000)


def test_one_dimensional_field_of_order_one_is_exponential():
    """On a line with alpha = 1 the covariance of finite differences is known exactly."""
    kappa, n = 0.2, 400
    field = build((n,), "reflecting", alpha=1, kappa=kappa)
    spike = torch.zeros(n, dtype=torch.float64)
    spike[n // 2] = 1.0
    with torch.no_grad():
        covariance = field.multiply(spike, -1.0)[n // 2 :].numpy()
    decay = 1 + kappa**2 / 2 - math.sqrt((1 + kappa**2 / 2) ** 2 - 1)
    front = 1 / (kappa * math.sqrt(kappa**2 + 4))
    np.testing.assert_allclose(covariance[:50], front * decay ** np.arange(50), rtol=1e-6)


def test_single_precision_is_enough_for_a_large_grid():
    field = GridPrecision((64, 64), kappa=0.1)
    u = torch.randn(64, 64, generator=torch.Generator().manual_seed(0))
    back = field.multiply(field.multiply(u, -0.5), 0.5)
    torch.testing.assert_close(back, u, atol=2e-3, rtol=1e-3)
