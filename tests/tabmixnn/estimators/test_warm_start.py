"""``fit(new_data, epochs=..., warm_start=True)`` (section 4.5 of the paper)."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
import torch

from tabmixnn import OutcomeSpec, TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.formula import Design
from tabmixnn.formula.growing import with_new_groups

OPTIONS = {
    "inference": "variational",
    "hidden_dims": [6],
    "embedding_dim": 4,
    "epochs": 30,
    "lr": 0.01,
    "random_state": 0,
}


def make(groups, seed=0, n=8):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"g": np.repeat(groups, n), "x": rng.normal(size=n * len(groups))})
    effect = data["g"].map({g: 3.0 * (i % 3 - 1) for i, g in enumerate("abcdefgh")})
    return data.assign(y=data["x"] + effect + 0.1 * rng.normal(size=len(data)))


def fit(data, formula="y ~ x + (1 + x | g)", **options):
    return TabMixNNRegressor(formula, **{**OPTIONS, **options}).fit(data)


def test_the_papers_snippet(tmp_path):
    data, new_data = make(list("abcd")), make(list("cdef"), seed=1)
    TabMixNN("y ~ x + (1 | g)", **OPTIONS).fit(data).save(tmp_path / "model.pkl")
    loaded_model = TabMixNN.load(tmp_path / "model.pkl")
    before = np.mean((loaded_model.predict(new_data) - new_data["y"]) ** 2)
    loaded_model.fit(new_data, epochs=50, warm_start=True)
    assert np.mean((loaded_model.predict(new_data) - new_data["y"]) ** 2) < 0.7 * before
    assert len(loaded_model.history_) == loaded_model.n_iter_ == 80
    assert loaded_model.epochs == 30


@pytest.mark.parametrize("posterior", ["diagonal", "full"])
@pytest.mark.parametrize("prior", ["standard", "learned"])
def test_old_groups_keep_their_rows_and_new_ones_get_some(posterior, prior):
    model = fit(make(list("bcd")), posterior=posterior, prior=prior)
    old = copy.deepcopy(model.engine_.network.encoder.posterior.terms)
    model.fit(make(list("da"), seed=1), epochs=3, warm_start=True)
    grown = model.engine_.network.encoder.posterior.terms
    assert len(grown) == len(old) == 1
    for before, now in zip(old.parameters(), grown.parameters(), strict=True):
        assert len(now) == 4
        # b and c have no rows among the new ones, d has.
        assert (now[:2] == before[:2]).all()
        assert (now[2] != before[2]).any()
    assert (grown[0].mu[3] != 0).any()
    frame = model._design.frame(make(list("b")), response=False)
    assert frame.blocks[0].levels.tolist() == list("bcda")


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("posterior", ["diagonal", "full", "joint"])
def test_groups_without_rows_keep_their_effects(posterior, centre):
    def rows(groups, seed=0):
        data = make(groups, seed)
        return data.assign(h=np.where(data.index % 3, data.g.str.upper(), "-"))

    def known():
        engine = model.engine_
        inputs = engine._inputs(model._frame(before, response=False), torch.float64)
        weight = torch.ones(4, dtype=torch.float64)
        spread = engine.network.encoder.posterior.predictor_variance(inputs.groups, weight)
        tables = zip(engine.effects("all"), inputs.groups, strict=True)
        return [*(table[each.codes] for table, each in tables), spread.detach()]

    before = rows(list("abcd"))
    options = {"posterior": posterior, "enforce_centering": centre, "lr": 0.1}
    model = fit(before, "y ~ x + (1 + x | g) + (1 | h)", **options)
    first = known()
    new = rows(list("cd") if posterior == "joint" else list("cde"), seed=1)
    model.fit(new.assign(y=new["y"] + 5), epochs=5, warm_start=True)
    absent = (before["g"].isin(["a", "b"]) & (before["h"] != "-")).to_numpy(copy=True)
    for was, is_now in zip(first, known(), strict=True):
        torch.testing.assert_close(is_now[absent], was[absent], rtol=1e-5, atol=1e-6)
        assert (is_now[~absent] - was[~absent]).abs().max() > 1e-2
    if centre:
        for table in model.engine_.effects("all"):
            assert table.sum(0).abs().max() < 1e-5


def test_before_the_first_step_nothing_has_changed():
    data = make(list("bcd"))
    model = fit(data)
    before = model.predict(data)
    model.fit(make(list("da"), seed=1), epochs=1, warm_start=True)
    assert np.abs(model.predict(data) - before).max() < 0.5
    model = fit(data).set_params(lr=1e-12)
    model.fit(make(list("da"), seed=1), epochs=1, warm_start=True)
    np.testing.assert_allclose(model.predict(data), before, atol=1e-5)


def test_training_in_two_parts_is_training():
    """Adam goes on: two runs of one epoch are one run of two, where nothing is random."""
    data = make(list("abcd"))
    still = {"dropout": 0.0, "validation_fraction": 0.0, "lambda_kl": 0.0, "batch_size": 1000}
    formula = "y ~ x"
    whole = fit(data, formula, epochs=12, **still)
    parts = fit(data, formula, epochs=5, **still).fit(data, epochs=7, warm_start=True)
    np.testing.assert_allclose(parts.predict(data), whole.predict(data), rtol=1e-5)
    assert list(parts.history_.index) == list(whole.history_.index)
    anew = fit(data, formula, epochs=5, **still)
    anew.engine_.moments = {}
    anew.fit(data, epochs=7, warm_start=True)
    assert np.abs(anew.predict(data) - whole.predict(data)).max() > 1e-3


def test_it_goes_on_the_same_after_loading(tmp_path):
    data, new = make(list("abc")), make(list("cde"), seed=1)
    model = fit(data)
    model.save(tmp_path / "m.tmx")
    again = TabMixNN.load(tmp_path / "m.tmx")
    model.fit(new, warm_start=True)
    again.fit(new, warm_start=True)
    np.testing.assert_array_equal(again.predict(new), model.predict(new))
    again.save(tmp_path / "twice.tmx")
    np.testing.assert_array_equal(
        TabMixNN.load(tmp_path / "twice.tmx").predict(new), model.predict(new)
    )


def test_interactions_of_groups_keep_their_codes():
    data = make(list("bd")).assign(h=np.tile(["p", "r"], 8))
    new = make(list("ad"), seed=1).assign(h=np.tile(["q", "r"], 8))
    design, frame = Design.fit_frame("y ~ x + (1 | g:h) + (1 | g)", data)
    grown = with_new_groups(design, new)
    assert design.to_dict() == Design.fit("y ~ x + (1 | g:h) + (1 | g)", data).to_dict()
    again, added = grown.frame(data), grown.frame(new)
    for old, same, more in zip(frame.blocks, again.blocks, added.blocks, strict=True):
        np.testing.assert_array_equal(same.codes, old.codes)
        assert same.levels.tolist()[: len(old.levels)] == old.levels.tolist()
        assert (more.codes >= 0).all()
    named = added.blocks[0].levels[added.blocks[0].codes]
    assert named.tolist() == (new["g"] + ":" + new["h"]).tolist()


def test_learned_orders_stay():
    options = {"use_static_structure": True, "structure_order": "learned"}
    model = fit(make(list("abc")), **options)
    allowed = model.engine_.network.backbone.layers[0].structure.effects.allowed.clone()
    model.fit(make(list("cd"), seed=1), warm_start=True)
    assert (model.engine_.network.backbone.layers[0].structure.effects.allowed == allowed).all()


def test_without_a_formula():
    data = make(list("abc"))
    model = TabMixNNRegressor(**OPTIONS).fit(data[["x"]], data["y"])
    before = model.n_iter_
    model.fit(data[["x"]], data["y"], epochs=3, warm_start=True)
    assert model.n_iter_ == before + 3


def test_classes_and_outcomes_keep_their_order():
    data = make(list("abc")).assign(k=lambda d: np.where(d["y"] > 0, "yes", "no"))
    three = data.assign(k=np.tile(["x", "y", "z"], 8))
    model = TabMixNNClassifier("k ~ x + (1 | g)", **OPTIONS).fit(three)
    model.fit(three[three["k"] != "y"], warm_start=True)
    assert list(model.classes_) == ["x", "y", "z"]
    assert model.predict_proba(three).shape == (24, 3)
    model = TabMixNNClassifier(**OPTIONS).fit(data[["x"]], data["k"])
    with pytest.raises(ValueError, match="class 'maybe'"):
        model.fit(data[["x"]], ["maybe"] * len(data), warm_start=True)
    outcomes = [OutcomeSpec("a", "y"), OutcomeSpec("b", "k", "binomial")]
    model = TabMixNN("~ x + (1 | g)", outcomes=outcomes, **OPTIONS).fit(data)
    model.fit(data, warm_start=True)
    with pytest.raises(ValueError, match="'b' has the levels"):
        model.fit(data.assign(k=lambda d: d["k"].str.upper()), warm_start=True)


def test_what_cannot_go_on_says_so():
    data = make(list("abc"))
    with pytest.raises(ValueError, match="not fitted"):
        TabMixNNRegressor("y ~ x").fit(data, warm_start=True)
    exact = TabMixNNRegressor("y ~ x + (1 | g)", inference="marginal", hidden_dims=[]).fit(data)
    with pytest.raises(ValueError, match=r"nothing to go on from.*without warm_start"):
        exact.fit(data, warm_start=True)
    model = fit(data)
    with pytest.raises(ValueError, match="embedding_dim were changed"):
        model.set_params(embedding_dim=5).fit(data, warm_start=True)
    model.set_params(embedding_dim=4)
    with pytest.raises(ValueError, match="formula was changed"):
        model.set_params(formula="y ~ 1 + (1 | g)").fit(data, warm_start=True)
    model = fit(data, "y ~ x + g + (0 + x | g)")
    with pytest.raises(ValueError, match=r"new level 'd'.*anew"):
        model.fit(make(list("cd")), warm_start=True)
    assert len(model.predict(data)) == len(data)
    model = fit(data, posterior="joint").fit(data, warm_start=True)
    with pytest.raises(ValueError, match="new levels of 'g'"):
        model.fit(make(list("cd")), warm_start=True)
    placed = {"cov_struct_map": {"g": {"type": "AR1"}}, "enforce_centering": False}
    with pytest.raises(ValueError, match="cov_struct_map"):
        fit(data, **placed).fit(data, warm_start=True)


@pytest.mark.parametrize("broken", [{"y": np.nan}, {"x": "text"}])
def test_a_failed_call_leaves_the_model_as_it_was(broken):
    data = make(list("abc"))
    model = fit(data)
    before = model.predict(data)
    with pytest.raises(ValueError):  # noqa: PT011 - any of the reader's messages
        model.fit(make(list("cdef")).assign(**broken), warm_start=True)
    np.testing.assert_array_equal(model.predict(data), before)
    model.predict(make(list("cdef")))
