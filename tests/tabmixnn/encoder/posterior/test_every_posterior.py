"""What holds for every posterior: eqs. 6-7 and 49, against torch's normals."""

import numpy as np
import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from tabmixnn.encoder import POSTERIORS, BlockSpec, GroupRows
from tabmixnn.encoder.covariance import AR1, CompoundSymmetry, Placed
from tabmixnn.encoder.priors import build_prior
from tests.tabmixnn.encoder.covariance.oracles import prior_covariance as of_all_levels

DIM = 2
AR = Placed(AR1(0.6), np.arange(4))
CS = Placed(CompoundSymmetry(0.3, size=2), np.arange(2))
SPECS = {
    "one term": [BlockSpec("g", ("(Intercept)", "x"), 5)],
    "two factors": [BlockSpec("g", ("(Intercept)", "x"), 3), BlockSpec("h", ("(Intercept)",), 7)],
    "uncorrelated": [BlockSpec("g", ("(Intercept)", "x"), 3, correlated=False)],
    "structured levels": [
        BlockSpec("h", ("(Intercept)",), 3),
        BlockSpec("g", ("(Intercept)", "x"), 4, over_levels=AR),
    ],
    "structured effects": [BlockSpec("g", ("a", "b"), 3, over_effects=CS, over_levels=None)],
    "one term, structured": [BlockSpec("g", ("(Intercept)",), 4, over_levels=AR)],
}


@pytest.fixture(params=sorted(POSTERIORS))
def name(request):
    return request.param


@pytest.fixture(params=sorted(SPECS))
def specs(request):
    return SPECS[request.param]


def made(name, specs):
    torch.manual_seed(1)
    posterior = POSTERIORS[name](specs, DIM).double()
    with torch.no_grad():
        for parameter in posterior.parameters():
            parameter.copy_(0.5 * torch.randn_like(parameter))
    return posterior


def priors_of(specs, kind="learned"):
    priors = [build_prior(kind, spec).double() for spec in specs]
    with torch.no_grad():
        for prior in priors:
            for parameter in prior.parameters():
                parameter.add_(0.2 * torch.randn_like(parameter))
    return priors


def covariance(posterior):
    """The covariance of all effects, from how a draw depends on its noise."""
    noise = []

    def recorded(like, device=None):
        noise.append(torch.zeros_like(like).requires_grad_())
        return noise[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "randn_like", recorded)
        drawn = torch.cat([each.flatten() for each in posterior.draw()])
    rows = []
    for value in drawn:
        slopes = torch.autograd.grad(
            value, noise, retain_graph=True, allow_unused=True, materialize_grads=True
        )
        rows.append(torch.cat([slope.flatten() for slope in slopes]))
    factor = torch.stack(rows)
    return factor @ factor.T


def prior_covariance(priors, specs):
    """Of all effects in the order of a flattened list of tables (G, q, d)."""
    blocks = []
    for prior, spec in zip(priors, specs, strict=True):
        if hasattr(prior, "level_factor"):
            one = of_all_levels(prior)
        else:
            one = torch.eye(spec.n_levels * len(spec.names), dtype=torch.float64)
        blocks.append(torch.kron(one, torch.eye(DIM, dtype=torch.float64)))
    return torch.block_diag(*blocks)


@pytest.mark.parametrize("kind", ["standard", "learned"])
def test_shares_add_up_to_the_divergence_of_the_joint_normals(name, specs, kind):
    posterior, priors = made(name, specs), priors_of(specs, kind)
    mean = torch.cat([each.flatten() for each in posterior.mean()])
    q = MultivariateNormal(mean, covariance(posterior))
    p = MultivariateNormal(torch.zeros_like(mean), prior_covariance(priors, specs))
    shares = torch.stack(posterior.kl(priors))
    assert shares.shape == (len(specs),)
    assert shares.sum().item() == pytest.approx(kl_divergence(q, p).item(), rel=1e-8)


def test_the_papers_divergence_is_eq_50():
    specs = SPECS["two factors"]
    posterior = made("diagonal", specs)
    shares = posterior.kl(priors_of(specs, "standard"))
    for term, share in zip(posterior.terms, shares, strict=True):
        expected = kl_divergence(Normal(term.mu, term.log_sigma.exp()), Normal(0.0, 1.0)).sum()
        torch.testing.assert_close(share, expected)


def test_variance_of_a_linear_predictor(name, specs):
    posterior = made(name, specs)
    weight = torch.randn(DIM, dtype=torch.float64)
    n = 6
    groups, rows = [], []
    for spec in specs:
        codes = torch.randint(spec.n_levels, (n,))
        z = torch.randn(n, len(spec.names), dtype=torch.float64)
        groups.append(GroupRows(codes, z))
        wide = torch.zeros(n, spec.n_levels, len(spec.names), DIM, dtype=torch.float64)
        wide[torch.arange(n), codes] = z[:, :, None] * weight
        rows.append(wide.flatten(1))
    rows = torch.cat(rows, dim=1)
    expected = ((rows @ covariance(posterior)) * rows).sum(dim=1)
    torch.testing.assert_close(posterior.predictor_variance(groups, weight), expected)


def test_untrained_effects_are_zero_and_hardly_vary(name, specs):
    posterior = POSTERIORS[name](specs, DIM)
    assert all(torch.count_nonzero(mean) == 0 for mean in posterior.mean())
    torch.testing.assert_close(
        covariance(posterior.double()).diagonal().sqrt(),
        torch.full((sum(m.numel() for m in posterior.mean()),), 0.1, dtype=torch.float64),
    )


def test_draws_have_the_posteriors_moments(name):
    specs = SPECS["two factors"]
    posterior = made(name, specs)
    with torch.no_grad():
        draws = [torch.cat([e.flatten() for e in posterior.draw()]) for _ in range(6000)]
    draws = torch.stack(draws)
    mean = torch.cat([each.flatten() for each in posterior.mean()]).detach()
    expected = covariance(posterior).detach()
    sd = expected.diagonal().sqrt()
    assert ((draws.mean(0) - mean).abs() < 5 * sd / 6000**0.5).all()
    correlation = (torch.cov(draws.T) - expected) / torch.outer(sd, sd)
    assert correlation.abs().max() < 0.09


def test_what_belongs_to_levels_is_all_that_they_depend_on(name, specs):
    posterior = made(name, specs)
    chosen = [torch.arange(spec.n_levels).remainder(2).float() for spec in specs]
    sizes = [len(spec.names) * DIM for spec in specs]
    pairs = zip(chosen, sizes, strict=True)
    own = torch.cat([mask.repeat_interleave(size) for mask, size in pairs]).bool()

    def seen():
        mean = torch.cat([each.flatten() for each in posterior.mean()]).detach().clone()
        return mean[own], covariance(posterior).detach()[own][:, own]

    masks = posterior.of_levels(chosen)
    parameters = dict(posterior.named_parameters())
    assert masks.keys() == parameters.keys()
    for of_others in (True, False):
        before = seen()
        with torch.no_grad():
            for label, parameter in parameters.items():
                moving = 1 - masks[label] if of_others else masks[label]
                parameter += 0.3 * moving * torch.rand_like(parameter)
        same = [torch.equal(*pair) for pair in zip(before, seen(), strict=True)]
        assert same == [of_others] * 2


def test_every_parameter_gets_a_gradient(name, specs):
    posterior, priors = made(name, specs), priors_of(specs)
    (sum(posterior.kl(priors)) + sum(draw.sum() for draw in posterior.draw())).backward()
    for module in (posterior, *priors):
        for label, parameter in module.named_parameters():
            if parameter.numel():
                assert parameter.grad is not None, label
                assert parameter.grad.isfinite().all(), label


def test_a_joint_posterior_of_too_many_effects_says_what_to_do():
    specs = [BlockSpec("g", ("(Intercept)",), 3000), BlockSpec("h", ("(Intercept)",), 3000)]
    with pytest.raises(ValueError, match="lower embedding_dim, or use posterior='full'"):
        POSTERIORS["joint"](specs, 16)
