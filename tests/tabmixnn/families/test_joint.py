"""Several outcomes with a family each."""

import numpy as np
import pytest
import torch

from tabmixnn.families import Binomial, Gamma, Gaussian, MultivariateGaussian, Poisson
from tabmixnn.families.joint import JointFamily

RNG = np.random.default_rng(0)
N = 12


@pytest.fixture
def y():
    values = np.column_stack(
        [
            RNG.normal(5, 3, N),
            np.arange(N) % 2,
            RNG.normal(size=(N, 2)) * [1, 10],
            RNG.gamma(2, size=N),
        ]
    )
    values[0, 0] = values[3, 1] = values[5, 2] = values[5, 4] = np.nan
    return values


@pytest.fixture
def family(y):
    members = {"a": Gaussian(), "b": Binomial(), "c": MultivariateGaussian(), "d": Gamma()}
    return JointFamily(members, [1, 1, 2, 1]).bind(y)


@pytest.fixture
def eta():
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(N, generator=generator).double() for name in "abd"}


def distribution(family, eta):
    one = torch.ones(1, dtype=torch.float64)
    return family.distribution(
        **{
            "a.mu": eta["a"],
            "a.sigma": one,
            "b.logits": eta["b"],
            "c.mu": torch.zeros(N, 2, dtype=torch.float64),
            "c.scale_tril": torch.eye(2, dtype=torch.float64),
            "d.mu": eta["d"].exp(),
            "d.shape": one,
        }
    )


def test_it_binds_every_member_to_the_rows_it_has(family, y):
    assert family.families["c"].n_outcomes == 2
    scale = family.response_scale(y)
    assert scale.scales["a"].loc == pytest.approx(np.nanmean(y[:, 0]))
    assert scale.scales["c"].scale.shape == (2,)
    assert scale.scales["d"].scale == 1


def test_scales_go_there_and_back(family, y):
    scale = family.response_scale(y)
    restored = scale.restore(family.split(scale.standardise(y)))
    np.testing.assert_allclose(restored["a"], y[:, 0])
    np.testing.assert_allclose(restored["c"], y[:, 2:4])


def test_the_density_is_the_product(family, eta, y):
    y = torch.tensor(np.nan_to_num(y, nan=1.0))
    found = distribution(family, eta)
    alone = torch.stack(
        [
            found.parts["a"].log_prob(y[:, 0]),
            found.parts["b"].log_prob(y[:, 1]),
            found.parts["c"].log_prob(y[:, 2:4]),
            found.parts["d"].log_prob(y[:, 4]),
        ]
    )
    torch.testing.assert_close(found.log_prob(y), alone.sum(0))


def test_a_missing_outcome_counts_for_nothing_and_the_others_stay(family, eta, y):
    eta = {name: value.requires_grad_() for name, value in eta.items()}
    found = distribution(family, eta)
    observed = family.observed(y)
    found.valid = [torch.tensor(np.atleast_1d(part[0])) for part in observed.values()]
    parts = found.log_probs(torch.tensor(y))
    for name, row in {"a": 0, "b": 3, "c": 5, "d": 5}.items():
        assert parts[name][row] == 0
        assert (parts[name] != 0).sum() == N - 1
    found.log_prob(torch.tensor(y)).sum().backward()
    assert all(value.grad.isfinite().all() for value in eta.values())
    assert eta["a"].grad[0] == 0
    assert eta["d"].grad[0] != 0


def test_every_class_and_every_pattern_of_missingness_is_a_stratum(family, y):
    strata = family.strata(y)
    assert len(strata) == 5  # the classes of b, and four outcomes that can be missing
    assert sum(part.dtype == bool for part in strata) == 4


def test_errors_name_the_outcome(y):
    with pytest.raises(ValueError, match="Outcome 'd': A poisson model needs counts"):
        JointFamily({"c": Gaussian(), "d": Poisson()}, [1, 1]).check_response(-np.abs(y[:, :2]))
    y[:, 0] = np.nan
    with pytest.raises(ValueError, match="Outcome 'a' is missing in every row"):
        JointFamily({"a": Gaussian()}, [1]).check_response(y[:, :1])
