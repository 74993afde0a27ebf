"""What holds for every family in the registry, a new one included."""

import inspect

import numpy as np
import pytest
import scipy.stats
import torch
from torch.func import functional_call

from tabmixnn.families import FAMILIES, Parameter, get_family
from tabmixnn.heads import OutputHead

N = 4000
pytestmark = pytest.mark.parametrize("name", sorted(FAMILIES))


def example(name):
    """Return a family with three outcomes, labels or classes where it has several."""
    sizes = [p for p in inspect.signature(FAMILIES[name]).parameters if p.startswith("n_")]
    return FAMILIES[name](**dict.fromkeys(sizes, 3))


def predictors(family, scale=0.6):
    """Return one random linear predictor for every parameter, each of shape (size,)."""
    rng = np.random.default_rng(7)
    return {
        name: torch.tensor(rng.normal(scale=scale, size=parameter.size))
        for name, parameter in family.parameters.items()
    }


def distribution(family, eta, n):
    """Return the distribution of n rows that all have the linear predictors `eta`."""
    values = {}
    for name, parameter in family.parameters.items():
        rows = eta[name]
        if parameter.predicted:
            rows = rows.expand(n, -1).squeeze(-1) if parameter.size == 1 else rows.expand(n, -1)
        values[name] = parameter.inverse_link(rows)
    return family.distribution(**values)


def simulate(family, n=N):
    torch.manual_seed(3)
    return distribution(family, predictors(family), n).sample()


def test_it_says_what_it_is(name):
    family = FAMILIES[name]()
    assert family.name == name
    assert family.data_type in (
        ["real", "positive", "count", "proportion", "binary", "categorical", "survival"]
    )
    assert family.link
    assert isinstance(get_family(name), FAMILIES[name])


def test_its_first_parameter_is_predicted(name):
    first = next(iter(example(name).parameters.values()))
    assert isinstance(first, Parameter)
    assert first.predicted


def test_it_accepts_its_own_data_and_learns_their_size(name):
    y = simulate(example(name)).numpy()
    family = FAMILIES[name]()
    family.check_response(y)
    expected = {key: p.size for key, p in example(name).parameters.items()}
    assert {key: p.size for key, p in family.bind(y).parameters.items()} == expected


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_missing_and_infinite_responses_are_refused(name, bad):
    y = simulate(example(name), 50).numpy().astype(float)
    y.flat[1] = bad
    with pytest.raises(ValueError, match=rf"{name} .* 1 of {y.size} values"):
        FAMILIES[name]().check_response(y)


def test_a_constant_response_is_refused(name):
    y = np.zeros_like(simulate(example(name), 50).numpy(), dtype=float)
    with pytest.raises(ValueError, match=r"constant|both classes|two classes|above 0|excluded"):
        FAMILIES[name]().check_response(y)


def test_a_wrong_number_of_columns_is_refused(name):
    several = 0 in FAMILIES[name].columns
    y = np.ones(5) if several else np.ones((5, 3))
    with pytest.raises(ValueError, match=r"shape \(5," if several else r"shape \(5, 3\)"):
        FAMILIES[name]().check_response(y)


def test_the_response_scale_goes_there_and_back(name):
    y = simulate(example(name), 50).numpy().astype(float)
    scale = FAMILIES[name]().response_scale(y)
    np.testing.assert_allclose(scale.restore(scale.standardise(y)), y)


def test_the_gradient_of_its_density_is_right(name):
    family = example(name)
    y = simulate(family, 4).double()
    eta = [value.requires_grad_() for value in predictors(family).values()]

    def log_prob(*values):
        named = dict(zip(family.parameters, values, strict=True))
        return distribution(family, named, 4).log_prob(y)

    assert torch.autograd.gradcheck(log_prob, eta)


def log_likelihood(family, flat, y):
    sizes = [parameter.size for parameter in family.parameters.values()]
    eta = dict(zip(family.parameters, flat.split(sizes), strict=True))
    return distribution(family, eta, len(y)).log_prob(y)


def test_the_score_has_mean_zero_under_its_own_samples(name):
    """Bartlett's first identity: fails if the density is not normalised or samples differ."""
    family = example(name)
    y = simulate(family).double()
    truth = torch.cat(list(predictors(family).values()))
    scores = torch.func.jacfwd(lambda flat: log_likelihood(family, flat, y))(truth)
    z = scores.mean(0) / (scores.std(0) / N**0.5).clamp_min(1e-12)
    assert z.abs().max() < 4


def test_maximum_likelihood_recovers_the_simulated_parameters(name):
    family = example(name)
    y = simulate(family).double()
    truth = torch.cat(list(predictors(family).values()))
    flat = torch.zeros_like(truth, requires_grad=True)
    optimizer = torch.optim.LBFGS([flat], max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = -log_likelihood(family, flat, y).mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    gain = (log_likelihood(family, flat, y) - log_likelihood(family, truth, y)).sum().item()
    # Wilks: twice the gain over the truth is chi-squared with the number of parameters.
    assert -1e-6 < 2 * gain < scipy.stats.chi2.ppf(0.9999, len(truth))
    if name != "multinomial":  # whose logits are known up to a constant
        hessian = torch.func.hessian(lambda v: -log_likelihood(family, v, y).sum())(flat.detach())
        error = (flat - truth).detach()
        assert error @ hessian @ error < 1.5 * scipy.stats.chi2.ppf(0.9999, len(truth))
        assert (error.abs() < 6 * torch.linalg.inv(hessian).diagonal().sqrt()).all()


def test_its_mean_is_the_mean_of_its_samples(name):
    family = example(name)
    dist = distribution(family, predictors(family), N)
    torch.manual_seed(4)
    y = dist.sample().double()
    mean = family.mean(dist).double()
    if mean.ndim > y.ndim:
        y = torch.nn.functional.one_hot(y.long(), mean.shape[1]).double()
    error = (y.mean(0) - mean[0]).abs()
    assert (error < 4 * y.std(0) / N**0.5).all()


def test_class_probabilities_exist_exactly_where_there_are_classes(name):
    family = example(name)
    dist = distribution(family, predictors(family), 5)
    if family.data_type in ("binary", "categorical"):
        probabilities = family.probabilities(dist)
        assert probabilities.shape[0] == 5
        assert ((probabilities >= 0) & (probabilities <= 1)).all()
    else:
        with pytest.raises(ValueError, match=f"{name} outcome has no classes"):
            family.probabilities(dist)


@pytest.mark.parametrize("far", [-30.0, 30.0])
def test_far_linear_predictors_keep_density_and_gradient_finite(name, far):
    family = example(name)
    y = simulate(family, 20).float()
    eta = {key: value.float() for key, value in predictors(family).items()}
    first = next(iter(eta))
    eta[first] = torch.full_like(eta[first], far)
    eta = {key: value.requires_grad_() for key, value in eta.items()}
    log_prob = distribution(family, eta, 20).log_prob(y)
    log_prob.sum().backward()
    assert log_prob.isfinite().all()
    assert all(value.grad.isfinite().all() for value in eta.values())


def test_starting_values_fit_the_parameters(name):
    family = example(name)
    y = simulate(family, 500).double().numpy()
    y = family.response_scale(y).standardise(y)
    start = family.start(y)
    assert set(start) <= set(family.parameters)
    head = OutputHead(1, family).double()
    head.start_at(start)
    nothing = torch.zeros(500, 1, dtype=torch.float64), torch.zeros(500, dtype=torch.float64)
    assert head(*nothing).log_prob(torch.as_tensor(y)).isfinite().all()


def test_a_head_has_a_row_of_parameters_for_every_row(name):
    family = example(name)
    head = OutputHead(4, family).double()
    features = torch.randn(7, 4, generator=torch.Generator().manual_seed(0)).double()
    offset = torch.linspace(0, 1, 7).double()
    one_by_one = torch.cat(
        [family.mean(head(f[None], o[None])) for f, o in zip(features, offset, strict=True)]
    )
    torch.testing.assert_close(family.mean(head(features, offset)), one_by_one)
    assert functional_call(head, dict(head.named_parameters()), (features, offset)) is not None
