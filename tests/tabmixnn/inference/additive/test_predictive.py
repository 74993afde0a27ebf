"""Predictive distributions of grown models against the joint covariance written out."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tabmixnn import TabMixNN, TabMixNNRegressor
from tabmixnn.inference.additive.predictive import new_variances
from tabmixnn.inference.additive.rows import Rows

pytestmark = pytest.mark.usefixtures("either_way")


def curves(seed=0, n_groups=20, n_times=12):
    """Growth curves with a shape of each group's own, in two crossed factors."""
    rng = np.random.default_rng(seed)
    group, time = np.divmod(np.arange(n_groups * n_times), n_times)
    site = rng.integers(0, 5, len(time))
    own = rng.normal(size=(n_groups, 2))
    mean = np.sin(time / 2.0) + own[group, 0] * np.cos(time / 3.0) + 0.3 * own[group, 1] * time
    y = mean + rng.normal(size=5)[site] + 0.2 * rng.normal(size=len(time))
    names = {"g": group.astype(str), "site": site.astype(str)}
    return pd.DataFrame({"y": y, "time": time.astype(float), **names})


def held_out(data):
    return np.random.default_rng(1).random(len(data)) < 0.2


FORMULA = "y ~ time + (time | g) + (1 | site)"


@pytest.fixture(scope="module")
def grown(either_way):
    data = curves()
    held = held_out(data)
    model = TabMixNNRegressor(FORMULA, inference="auto", random_state=0).fit(data[~held])
    assert model.inference_ == "auto"
    return model, data[held]


def written_out(matrices, scales):
    """All columns of a model, those of the random effects times their deviations."""
    levels, k = matrices.n_levels, matrices.n_own
    own = np.zeros((len(matrices), levels, k))
    known = np.flatnonzero(matrices.codes >= 0)
    own[known, matrices.codes[known]] = matrices.Z[known] @ scales.own
    side = np.hstack([matrices.R, matrices.S.toarray()]) * scales.side
    return np.hstack([own.reshape(len(own), -1), side, matrices.X])


def test_the_variance_of_known_groups_is_that_of_all_effects_together(grown):
    model, new = grown
    engine = model.engine_
    rows = Rows.of(engine.design, model._frame(new))
    fit = engine.additive
    scales = fit.parameters.scales(fit.x)
    design = written_out(fit.matrices, scales)
    prior = np.r_[np.ones(design.shape[1] - fit.matrices.p), np.zeros(fit.matrices.p)]
    covariance = np.linalg.inv(design.T @ design + np.diag(prior))
    new_design = written_out(engine.matrices(rows, "all"), scales)
    expected = np.einsum("ni,ij,nj->n", new_design, covariance, new_design) + 1.0
    found = model.predict(new, return_std=True)[1]
    np.testing.assert_allclose(found, np.sqrt(fit.solution.sigma2 * expected), rtol=1e-8)


def test_new_groups_have_the_variance_of_their_effects_besides(grown):
    model, new = grown
    known = model.predict(new, re_form="none", return_std=True)
    strange = new.assign(g="new", site="new")
    mean, std = model.predict(strange, return_std=True)
    np.testing.assert_allclose(mean, known[0])
    engine = model.engine_
    rows = Rows.of(engine.design, model._frame(strange))
    parts = new_variances(engine, rows)
    added = parts["g"] + parts["site"]
    np.testing.assert_allclose(std**2, known[1] ** 2 + added)
    covariances = engine.model.formula_covariances(engine.rows, engine.additive)
    Z = np.column_stack([np.ones(len(new)), new["time"]])
    formula = np.einsum("ni,ij,nj->n", Z, covariances[0], Z) + covariances[1].item()
    assert (added >= formula - 1e-9).all()
    half_new = Rows.of(engine.design, model._frame(strange.assign(site=new["site"])))
    parts_of_half = new_variances(engine, half_new)
    np.testing.assert_allclose(parts_of_half["g"], parts["g"])
    assert not parts_of_half["site"].any()


def test_what_the_effects_take_from_the_residuals_degrees_is_the_trace_of_the_hat_matrix(grown):
    fit = grown[0].engine_.additive
    design = written_out(fit.matrices, fit.parameters.scales(fit.x))
    prior = np.r_[np.ones(design.shape[1] - fit.matrices.p), np.zeros(fit.matrices.p)]
    hat = design @ np.linalg.solve(design.T @ design + np.diag(prior), design.T)
    assert fit.solution.effective_parameters == pytest.approx(np.trace(hat), rel=1e-6)


def test_few_levels_make_a_new_ones_interval_longer(grown):
    model, new = grown
    for strange, levels in ((new.assign(g="new"), 20), (new.assign(site="new"), 5)):
        found = model.predict(strange, interval=0.95, return_std=True)
        reach = (found["upper"] - found["prediction"]) / found["std"]
        assert (reach > stats.norm.ppf(0.975)).all()
        assert (reach <= stats.t.ppf(0.975, levels - 1) + 1e-9).all()
    known = model.predict(new, interval=0.95, return_std=True)
    assert (((known["upper"] - known["prediction"]) / known["std"]) < reach).all()


def test_the_papers_recipe_is_narrower(grown):
    model, new = grown
    full = model.predict(new, interval=0.9)
    recipe = model.predict(new, interval=0.9, method="monte_carlo")
    width = (full["upper"] - full["lower"]).to_numpy()
    assert ((recipe["upper"] - recipe["lower"]).to_numpy() < width).all()


def test_intervals_cover():
    inside = []
    for seed in range(5):
        data = curves(seed)
        held = held_out(data)
        model = TabMixNNRegressor(FORMULA, inference="auto", random_state=0).fit(data[~held])
        found = model.predict(data[held], interval=0.8)
        y = data.loc[held, "y"].to_numpy()
        inside.append(((found["lower"] <= y) & (y <= found["upper"])).mean())
    assert 0.7 < np.mean(inside) < 0.9


def test_conformal_intervals_of_known_and_new_groups(grown):
    model, new = grown
    for rows in (new, new.assign(g="new", site="new")):
        found = model.predict(rows, interval=0.8, calibrate="conformal")
        assert (found["upper"] > found["lower"]).all()


def test_probabilities_have_intervals():
    data = curves()
    data["y"] = (data["y"] > data["y"].median()).astype(float)
    model = TabMixNN(FORMULA, family="binomial", inference="auto", random_state=0).fit(data)
    found = model.predict(data.iloc[:20], interval=0.9)
    assert found.to_numpy().min() >= 0.0
    assert found.to_numpy().max() <= 1.0
    assert (found["lower"] < found["upper"]).all()


@pytest.fixture(scope="module")
def with_pairs():
    """A model with effects of the pairs of two factors, and rows of known levels."""
    rng = np.random.default_rng(0)
    n = 400
    g, h = rng.integers(0, 20, n), rng.integers(0, 5, n)
    shift = rng.normal(size=20)[g] + rng.normal(size=5)[h] + rng.normal(size=(20, 5))[g, h]
    data = pd.DataFrame({"x": rng.normal(size=n), "g": g.astype(str), "h": h.astype(str)})
    data["y"] = data["x"] + shift + 0.3 * rng.normal(size=n)
    data["count"] = rng.poisson(np.exp(shift))
    return data


PAIRS = "levels(h) | g"


def pair_variance(model):
    engine = model.engine_
    at = [str(term) for term in engine.model.terms].index(PAIRS)
    deviation = engine.model.deviations(engine.additive.matrices, engine.additive.x)[at]
    return engine.additive.solution.sigma2 * deviation**2


def test_pairs_of_which_a_level_is_new_have_the_variance_of_their_effects(with_pairs):
    model = TabMixNNRegressor("y ~ x + (1 | g) + (1 | h)", random_state=0).fit(with_pairs)
    assert PAIRS in set(map(str, model.engine_.scores))
    engine, rows = model.engine_, with_pairs.head(6)
    variances = {}
    for name, new in {"g": ["g"], "h": ["h"], "both": ["g", "h"], "none": []}.items():
        strange = rows.assign(**dict.fromkeys(new, "new"))
        variances[name] = new_variances(engine, Rows.of(engine.design, model._frame(strange)))
    of_pairs = pair_variance(model)
    assert of_pairs > 0.3
    np.testing.assert_allclose(variances["h"]["g"], of_pairs)
    np.testing.assert_allclose(variances["g"]["g"], variances["both"]["g"])
    assert (variances["g"]["g"] > of_pairs).all()
    assert not any(each.any() for each in variances["none"].values())


def test_effects_of_pairs_are_off_where_those_of_either_factor_are(with_pairs):
    model = TabMixNNRegressor("y ~ x + (1 | g) + (1 | h)", random_state=0).fit(with_pairs)
    rows = with_pairs.head(50)
    for kept, left in (("g", "h"), ("h", "g")):
        alone = model.predict(rows, re_form=f"~(1 | {kept})")
        fixed = model.predict(rows, re_form="none")
        effects = pd.Series(alone - fixed).groupby(rows[kept]).nunique()
        np.testing.assert_allclose(
            alone, model.predict(rows.assign(**{left: "new"}), re_form=f"~(1 | {kept})")
        )
        assert len(effects) > 1


@pytest.mark.parametrize("new", ["g", "h"])
def test_means_over_new_pairs_are_those_of_drawn_effects(with_pairs, new):
    model = TabMixNN(
        "count ~ x + (1 | g) + (1 | h)", family="poisson", inference="auto", random_state=0
    ).fit(with_pairs)
    assert PAIRS in set(map(str, model.engine_.scores))
    strange = with_pairs.head(20).assign(**{new: "new"})
    engine = model.engine_
    rows = Rows.of(engine.design, model._frame(strange))
    variance = sum(new_variances(engine, rows).values())
    eta = engine.linear_predictor(rows, "all")
    assert (variance > pair_variance(model)).all()
    np.testing.assert_allclose(
        np.log(model.predict(strange)), eta + variance / 2.0, rtol=1e-6, atol=1e-6
    )


COUNTS = "count ~ x + (1 | g) + (1 | h)"


@pytest.fixture(scope="module")
def counted(with_pairs):
    """A model of counts with effects of pairs, fitted without every fifth pair."""
    g, h = with_pairs["g"].astype(int), with_pairs["h"].astype(int)
    unmet = (g + h) % 5 == 0
    model = TabMixNN(COUNTS, family="poisson", inference="auto", random_state=0)
    model.fit(with_pairs[~unmet])
    assert PAIRS in set(map(str, model.engine_.scores))
    return model, with_pairs[unmet], with_pairs[~unmet]


def test_means_of_known_levels_never_seen_together_are_those_of_drawn_effects(counted):
    model, unmet, met = counted
    eta = model.predict(unmet, kind="link")
    np.testing.assert_allclose(np.log(model.predict(unmet)), eta + pair_variance(model) / 2.0)
    np.testing.assert_allclose(np.log(model.predict(met)), model.predict(met, kind="link"))


def test_what_predictors_tell_is_of_new_groups_not_of_pairs_of_a_known_one(counted, monkeypatch):
    model, _, met = counted
    engine = model.engine_
    strange = met.head(5).assign(h="new")
    rows = Rows.of(engine.design, model._frame(strange))
    of_pairs, link = pair_variance(model), model.predict(strange, kind="link")
    eta = engine.additive.predict(engine.matrices(rows, "all"))
    np.testing.assert_allclose(link, eta)

    class Average:
        group, left = "g", 0.5

        def shift(self, rows, variables, effects):
            return np.zeros(len(rows))

    monkeypatch.setattr(engine, "averaged", Average())
    np.testing.assert_allclose(new_variances(engine, rows)["g"], of_pairs)
    new = Rows.of(engine.design, model._frame(met.head(5).assign(g="new")))
    monkeypatch.undo()
    whole = new_variances(engine, new)["g"]
    monkeypatch.setattr(engine, "averaged", Average())
    np.testing.assert_allclose(new_variances(engine, new)["g"], 0.5 * whole)
    for re_form in ("all", "~ (1 | g)"):
        with_average = model.predict(strange, kind="link", re_form=re_form)
        with monkeypatch.context() as patch:
            patch.setattr(engine, "averaged", None)
            without = model.predict(strange, kind="link", re_form=re_form)
        np.testing.assert_allclose(with_average, without, rtol=1e-6)


def test_variances_of_pairs_do_not_need_levels_that_were_seen(with_pairs):
    model = TabMixNNRegressor("y ~ x + (1 | g) + (1 | h)", random_state=0).fit(with_pairs)
    engine = model.engine_
    for new in ({}, {"g": "new"}, {"h": "new"}):
        frame = model._frame(with_pairs.head(4).assign(**new))
        own = engine.linear_parts(frame).own
        np.testing.assert_allclose(own[PAIRS], pair_variance(model))
