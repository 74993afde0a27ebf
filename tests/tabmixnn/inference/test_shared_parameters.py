"""Parameters of the outcome's distribution that all rows share, once a network is trained."""

import numpy as np
import pandas as pd
import pytest
import torch

from tabmixnn import OutcomeSpec, TabMixNN
from tabmixnn.inference.passes import draws_of_known, in_parts
from tabmixnn.inference.shared_parameters import _averaged, settle
from tabmixnn.inference.warm_start import ARRIVED

DRAWS = {
    "gaussian": lambda rng, eta: eta + 0.5 * rng.normal(size=len(eta)),
    "student_t": lambda rng, eta: eta + 0.5 * rng.standard_t(5.0, len(eta)),
    "gamma": lambda rng, eta: rng.gamma(4.0, np.exp(eta) / 4.0),
    "weibull": lambda rng, eta: np.exp(eta) * rng.weibull(2.5, len(eta)),
    "negative_binomial": lambda rng, eta: rng.poisson(np.exp(eta) * rng.gamma(5, 0.2, len(eta))),
    "beta": lambda rng, eta: rng.beta(6 / (1 + np.exp(-eta)), 6 / (1 + np.exp(eta))),
    "ordinal": lambda rng, eta: np.digitize(eta + rng.logistic(size=len(eta)), [0.0, 1.2, 2.0]),
    "zero_inflated_poisson": lambda rng, eta: rng.poisson(np.exp(eta + 1)) * (
        rng.random(len(eta)) > 0.25
    ),
}  # fmt: skip


def simulated(family, n=400, seed=0):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"x": rng.normal(size=n), "g": rng.integers(0, 12, n).astype(str)})
    eta = 1.0 + 0.7 * data["x"] + 0.5 * rng.normal(size=12)[data["g"].astype(int)]
    return data.assign(y=DRAWS[family](rng, eta.to_numpy()))


def briefly(family, data, **options):
    """The paper's settings: a hundred epochs of a step or two each."""
    options = {"hidden_dims": [64, 32], "inference": "variational", **options}
    return TabMixNN("y ~ x + (1 | g)", family=family, random_state=0, **options).fit(data)


@pytest.mark.parametrize("family", DRAWS)
def test_no_other_value_is_likelier(family):
    model = briefly(family, simulated(family), epochs=20)
    network, rows = model.engine_.network, model.engine_._rows
    head, shared = network.head, network.head.shared
    parts = [each for each in rows if each is not None]

    def likelihood():
        averaged = _averaged(network, parts, "sampled")
        with torch.no_grad():
            return float(
                sum(w * head.distribution(f, eta).log_prob(y).sum() for w, f, eta, y in averaged)
            )

    best = likelihood()
    for value in shared.values():
        for entry in range(value.numel()):
            for change in (-0.1, 0.1):
                with torch.no_grad():
                    value[entry] += change
                assert likelihood() < best
                with torch.no_grad():
                    value[entry] -= change
    before = {name: value.detach().clone() for name, value in shared.items()}
    settle(network, parts, "sampled")
    for name, value in shared.items():
        torch.testing.assert_close(value.detach(), before[name], atol=1e-3, rtol=0.0)


def test_of_several_outcomes_each_has_its_own():
    data, families = simulated("gaussian"), ["gaussian", "poisson", "zero_inflated_poisson"]
    data = data.rename(columns={"y": "gaussian"}).assign(poisson=range(len(data)))
    data["zero_inflated_poisson"] = simulated("zero_inflated_poisson")["y"]
    rng = np.random.default_rng(1)
    for name in families:
        data.loc[rng.random(len(data)) < 0.2, name] = np.nan
    outcomes = [OutcomeSpec(name, name, name) for name in families]
    options = {"hidden_dims": [8], "inference": "variational", "epochs": 20, "random_state": 0}
    model = TabMixNN("~ x + (1 | g)", outcomes=outcomes, output_sem_mode="learned", **options)
    network, rows = model.fit(data).engine_.network, model.engine_._rows
    drawn = list(draws_of_known(network.encoder))

    def likelihood():
        with torch.no_grad():
            return sum(
                float(network.head(network.features(inputs, each), inputs.offset).log_prob(y).sum())
                for part in rows
                for inputs, y in in_parts(network, part)
                for each in drawn
            )

    best = likelihood()
    for place, name in ((0, "sigma"), (2, "gate_logit")):
        value = network.head.heads[place].shared[name]
        for change in (-0.05, 0.05):
            with torch.no_grad():
                value += change
                assert likelihood() < best
                value -= change
    assert ARRIVED in model.engine_.moments["head.heads.2.shared.gate_logit"]
    model.fit(data, epochs=1, warm_start=True)


def test_one_outcome_among_others_is_as_one_alone():
    data = simulated("zero_inflated_poisson", n=1_000)
    alone = briefly("zero_inflated_poisson", data, hidden_dims=[8])
    outcomes = [OutcomeSpec("y", "y", "zero_inflated_poisson")]
    model = TabMixNN("~ x + (1 | g)", outcomes=outcomes, hidden_dims=[8], random_state=0).fit(data)
    assert model.predict(data).to_numpy().mean() == pytest.approx(data["y"].mean(), rel=0.05)
    assert alone.predict(data).mean() == pytest.approx(data["y"].mean(), rel=0.05)


@pytest.mark.parametrize(
    ("family", "name", "truth"),
    [("gamma", "shape", 4.0), ("negative_binomial", "phi", 5.0), ("weibull", "shape", 2.5)],
)
def test_it_is_near_the_truth_after_the_papers_training(family, name, truth):
    data = simulated(family, n=1_500)
    found = briefly(family, data).extract_parameters(data)["distribution"]
    assert found[name] == pytest.approx(truth, rel=0.35)


def test_those_in_units_of_the_response_follow_them():
    data = simulated("student_t", n=800)
    one = briefly("student_t", data).extract_parameters(data)["distribution"]
    ten = data.assign(y=10.0 * data["y"] + 3.0)
    other = briefly("student_t", ten).extract_parameters(ten)["distribution"]
    assert other["sigma"] == pytest.approx(10.0 * one["sigma"], rel=1e-3)
    assert other["df"] == pytest.approx(one["df"], rel=1e-2)
    assert one["sigma"] == pytest.approx(0.5, rel=0.35)


def test_so_is_what_is_made_of_a_residual_variance():
    data = simulated("gaussian", n=600)
    model = briefly("gaussian", data)
    parts = model.variance_decomposition(data)
    assert parts["residual"] < 2.0 * 0.25
    assert parts["total"] == pytest.approx(data["y"].var(), rel=0.25)
    assert abs(parts["r_squared"] - model.score(data)) < 0.1
    assert model.extract_parameters(data)["variance_components"]["Residual"] == parts["residual"]


def test_the_summary_shows_them():
    data = simulated("ordinal")
    data["y"] = pd.Categorical(data["y"], ordered=True)
    model = briefly("ordinal", data, epochs=20)
    thresholds = model.extract_parameters(data)["distribution"]["thresholds"]
    assert thresholds == sorted(thresholds)
    assert len(thresholds) == 3
    assert "Of the distribution: thresholds" in str(model.summary(data))
