"""Structures as priors in torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tabmixnn.encoder.covariance import STRUCTURES, CovarianceError, Kinship, Placed
from tabmixnn.encoder.covariance.torch_prior import StructuredPrior, correlation_matrix
from tests.tabmixnn.encoder.covariance.oracles import prior_covariance

G, Q = 6, 2


@pytest.fixture(params=sorted(STRUCTURES))
def placed(request):
    return Placed(*STRUCTURES[request.param].example(G, np.random.default_rng(3)))


def prior_of(placed, effects=None):
    prior = StructuredPrior(G, Q, placed, effects, scale=0.7)
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in prior.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return prior


def test_matrix_and_its_gradient(placed):
    params = torch.tensor(placed.start, requires_grad=True)
    matrix = correlation_matrix(placed, params)
    np.testing.assert_array_equal(matrix.detach().numpy(), placed.matrix(placed.start))
    if placed.n_params:
        assert torch.autograd.gradcheck(lambda p: correlation_matrix(placed, p), (params,))


def test_determinant_and_quadratic_form(placed):
    prior = prior_of(placed)
    covariance = prior_covariance(prior)
    u = torch.randn(G, Q, 3, dtype=torch.float64)
    assert prior.logdet().item() == pytest.approx(torch.logdet(covariance).item(), abs=1e-9)
    columns = u.reshape(G * Q, 3)
    expected = (columns * torch.linalg.solve(covariance, columns)).sum()
    assert prior.quadratic(u).item() == pytest.approx(expected.item(), rel=1e-9)


def test_diagonal_blocks_of_the_precision(placed):
    prior = prior_of(placed)
    precision = torch.linalg.inv(prior_covariance(prior)).reshape(G, Q, G, Q)
    expected = precision.diagonal(dim1=0, dim2=2).permute(2, 0, 1)
    torch.testing.assert_close(prior.level_precisions(), expected, rtol=1e-8, atol=1e-8)


def test_every_parameter_has_its_gradient(placed):
    prior = prior_of(placed)
    u = torch.randn(G, Q, 2, dtype=torch.float64)

    def value():
        return prior.quadratic(u) + prior.level_precisions().sum() + prior.logdet()

    parameters = [p for p in prior.parameters() if p.numel()]
    gradients = torch.autograd.grad(value(), parameters)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        for k in range(parameter.numel()):
            with torch.no_grad():
                values = []
                for step in (1e-6, -2e-6):
                    parameter.view(-1)[k] += step
                    values.append(value().item())
                parameter.view(-1)[k] += 1e-6
            numeric = (values[0] - values[1]) / 2e-6
            assert gradient.view(-1)[k].item() == pytest.approx(numeric, rel=1e-5, abs=1e-5)


def test_structures_over_effects_and_independent_levels():
    effects = Placed(*STRUCTURES["CS"].example(Q, np.random.default_rng(0)))
    prior = prior_of(None, effects)
    covariance = prior_covariance(prior).detach()
    assert covariance[0, 2] == 0
    sd = prior.log_sd.exp().detach()
    rho = effects.structure.natural(prior.effect_params.detach().numpy())["rho"]
    assert covariance[0, 1].item() == pytest.approx((rho * sd[0] * sd[1]).item())
    assert prior.quadratic(torch.ones(G, Q, 1, dtype=torch.float64)).isfinite()


def test_one_variance_for_all_effects_and_none_between_them():
    effects = Placed(*STRUCTURES["AR1"].example(Q, np.random.default_rng(0)))
    shared = StructuredPrior(G, Q, None, effects, heterogeneous=False, scale=0.5)
    torch.testing.assert_close(
        shared.effect_covariance().diagonal(), torch.full((Q,), 0.25, dtype=torch.float64)
    )
    apart = StructuredPrior(G, Q, correlated=False)
    assert [name for name, p in apart.named_parameters() if p.numel()] == ["log_sd"]


def test_a_singular_matrix_gets_a_nugget():
    """As of centred genotypes, and of smooth kernels at places near each other."""
    genotypes = np.random.default_rng(0).integers(0, 3, (G, 5)).astype(float)
    genotypes -= genotypes.mean(axis=0)
    K = genotypes @ genotypes.T / 5
    prior = prior_of(Placed(Kinship(K), np.arange(G), where="'id'"))
    factor = prior.level_factor().detach().numpy()
    np.testing.assert_allclose(factor @ factor.T, K, atol=1e-5)
    assert prior.logdet().isfinite()


def test_what_is_no_covariance_is_refused_by_name(monkeypatch):
    placed = Placed(Kinship(np.eye(G)), np.arange(G), where="'id'")
    monkeypatch.setattr(Placed, "matrix", lambda *_: np.eye(G) - 2.0)
    with pytest.raises(CovarianceError, match="'id': the K matrix is singular"):
        prior_of(placed).logdet()
