"""Structures as priors in torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tabmixnn.encoder.covariance import STRUCTURES, CovarianceError, Kinship, Placed
from tabmixnn.encoder.covariance.torch_prior import StructuredPrior, correlation_matrix

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
    covariance = prior.covariance()
    u = torch.randn(G, Q, dtype=torch.float64)
    assert prior.logdet().item() == pytest.approx(torch.logdet(covariance).item(), abs=1e-9)
    expected = u.ravel() @ torch.linalg.solve(covariance, u.ravel())
    assert prior.quadratic(u).item() == pytest.approx(expected.item(), rel=1e-9)


@pytest.mark.parametrize("full", [False, True])
def test_divergence_is_that_of_the_joint_normals(placed, full):
    prior = prior_of(placed)
    mean = torch.randn(G, Q, dtype=torch.float64)
    root = torch.randn(G, Q, Q, dtype=torch.float64)
    own = root @ root.transpose(1, 2) + 0.1 * torch.eye(Q)
    given = own if full else own.diagonal(dim1=1, dim2=2)
    blocks = own if full else torch.diag_embed(given)
    q = torch.distributions.MultivariateNormal(mean.ravel(), torch.block_diag(*blocks))
    p = torch.distributions.MultivariateNormal(
        torch.zeros(G * Q, dtype=torch.float64), prior.covariance()
    )
    expected = torch.distributions.kl_divergence(q, p).item()
    assert prior.kl(mean, given).item() == pytest.approx(expected, rel=1e-9)


def test_divergence_can_be_differentiated_in_every_parameter(placed):
    prior = prior_of(placed)
    mean, own = torch.randn(G, Q, dtype=torch.float64), torch.ones(G, Q, dtype=torch.float64)
    parameters = [p for p in prior.parameters() if p.numel()]
    gradients = torch.autograd.grad(prior.kl(mean, own), parameters)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        for k in range(parameter.numel()):
            with torch.no_grad():
                values = []
                for step in (1e-6, -2e-6):
                    parameter.view(-1)[k] += step
                    values.append(prior.kl(mean, own).item())
                parameter.view(-1)[k] += 1e-6
            numeric = (values[0] - values[1]) / 2e-6
            assert gradient.view(-1)[k].item() == pytest.approx(numeric, rel=1e-5, abs=1e-6)


def test_structures_over_effects_and_independent_levels():
    effects = Placed(*STRUCTURES["CS"].example(Q, np.random.default_rng(0)))
    prior = prior_of(None, effects)
    covariance = prior.covariance().detach()
    assert covariance[0, 2] == 0
    sd = prior.log_sd.exp().detach()
    rho = prior.natural()["rho"]
    assert covariance[0, 1].item() == pytest.approx((rho * sd[0] * sd[1]).item())
    assert prior.quadratic(torch.ones(G, Q, dtype=torch.float64)).isfinite()


def test_a_singular_relationship_is_refused_by_name():
    prior = prior_of(Placed(Kinship(np.ones((G, G))), np.arange(G), where="'id'"))
    with pytest.raises(CovarianceError, match="'id': the K matrix is singular"):
        prior.logdet()
