"""Saving and loading: every architecture, family and covariance structure, to the last bit."""

from __future__ import annotations

import copy
import pickle
from io import BytesIO

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone

from tabmixnn import OutcomeSpec, TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.backbones import BACKBONES
from tabmixnn.backbones.structure import ORDERS, STRUCTURES
from tabmixnn.encoder import POSTERIORS, PRIORS, UNKNOWN_STRATEGIES
from tabmixnn.encoder.covariance.registry import TYPES as COVARIANCES
from tabmixnn.families import FAMILIES
from tabmixnn.inference.exact import EXACT_FAMILIES
from tabmixnn.interpret import RefitWarning
from tests.tabmixnn.encoder.covariance.entries import GROUPS, N, entry_of, make_data, places_of

EXACT = {"inference": "marginal", "hidden_dims": []}
SHORT = {"inference": "variational", "epochs": 2, "embedding_dim": 3, "random_state": 0}
AUTO = {"inference": "auto", "random_state": 0}
STATIC, DYNAMIC = {"use_static_structure": True}, {"use_dynamic_structure": True}

ARCHITECTURES = {
    **{name: {"architecture": name, **entry.example} for name, entry in BACKBONES.items()},
    "gsem linear": {"hidden_dims": []},
    "gsem static": {"hidden_dims": [5, 4], **STATIC},
    "gsem learned": {"hidden_dims": [5, 4], **STATIC, "structure_order": "learned"},
    "gsem dynamic": {"hidden_dims": [5, 4], **DYNAMIC},
    "gsem hybrid": {"hidden_dims": [5, 4], **STATIC, **DYNAMIC, "lambda_contract": 0.1},
    "gsem residual": {"hidden_dims": (5, 3), "residual": True, "unknown_strategy": "learned"},
    "manifold sem": {
        "architecture": "manifold",
        "manifold_configs": [
            {"grid_shape": (2, 3), "use_sem": True},
            {"grid_shape": (6,), "boundary": "periodic"},
        ],
        "manifold_aggregation": "attention",
    },
}
RESPONSES = {
    "real": lambda rng: rng.normal(size=N),
    "positive": lambda rng: rng.gamma(2.0, size=N),
    "survival": lambda rng: rng.gamma(2.0, size=N),
    "count": lambda rng: rng.poisson(2.0, N).astype(float),
    "proportion": lambda rng: rng.beta(2.0, 2.0, N),
    "binary": lambda rng: rng.permutation(N) % 2.0,
    "categorical": lambda rng: rng.permutation(N) % 3.0,
}


def by_joblib(model):
    stream = BytesIO()
    joblib.dump(model, stream)
    stream.seek(0)
    return joblib.load(stream)


COPIES = {
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "deepcopy": copy.deepcopy,
    "joblib": by_joblib,
}


def make_response(family):
    """A response of the 60 rows that a family can have."""
    y = RESPONSES[family.data_type](np.random.default_rng(1))
    return np.column_stack([y, y[::-1]]) if 0 in getattr(family, "columns", (1,)) else y


def round_trip(model, path):
    model.save(path)
    return TabMixNN.load(path)


def same_predictions(model, again, data):
    place = {"place": 12.0, "height": 4.0, "point": [(12.0, 4.0)] * 5}
    new = pd.concat([data.iloc[:7], data.iloc[:5].assign(g="g12", **place)])
    for frame in (data, new):
        for re_form in ("all", "none"):
            for kind in ("response", "link"):
                old = model.predict(frame, re_form=re_form, kind=kind)
                found = again.predict(frame, re_form=re_form, kind=kind)
                assert found.dtype == old.dtype
                np.testing.assert_array_equal(found, old)


def same_model(model, again):
    assert type(again) is type(model)
    assert repr(again) == repr(model)
    # The rows that background_ is made of are not kept besides.
    assert set(vars(again)) == set(vars(model)) - {"_sample"}
    pd.testing.assert_frame_equal(again.history_, model.history_)
    assert again.n_iter_ == model.n_iter_
    np.testing.assert_array_equal(again.feature_names_in_, model.feature_names_in_)


def test_every_structure_is_among_the_architectures():
    tried = ARCHITECTURES.values()
    assert {options.get("structure_order", "fixed") for options in tried} == set(ORDERS)
    assert {options.get("unknown_strategy", "zero") for options in tried} == set(UNKNOWN_STRATEGIES)
    kinds = {
        ("use_static_structure" in options, "use_dynamic_structure" in options) for options in tried
    }
    assert kinds >= set(STRUCTURES)


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_networks(architecture, family, tmp_path):
    data, y = make_data(), make_response(FAMILIES[family])
    model = TabMixNN("~ x + c + (1 + x | g)", family=family, **ARCHITECTURES[architecture], **SHORT)
    model.fit(data, y)
    again = round_trip(model, tmp_path / "model.pkl")
    same_model(model, again)
    same_predictions(model, again, data)


@pytest.mark.parametrize("terms", ["", " + (x | g)", " + (1 | g) + (0 + x | c)"])
@pytest.mark.parametrize("family", sorted(EXACT_FAMILIES))
def test_exact_models(family, terms, tmp_path):
    data, y = make_data().assign(w=np.linspace(1, 2, N)), make_response(EXACT_FAMILIES[family])
    weights = None if family == "binomial" else "w"
    formula = f"~ x + offset(0.1 * x){terms}"
    model = TabMixNN(formula, family=family, weights=weights, **EXACT).fit(data, y)
    model.summary()
    again = round_trip(model, tmp_path / "model.pkl")
    same_model(model, again)
    same_predictions(model, again, data)
    assert str(again.summary()) == str(model.summary())
    pd.testing.assert_frame_equal(again.confint(), model.confint())
    pd.testing.assert_frame_equal(again.var_corr(), model.var_corr())
    pd.testing.assert_frame_equal(again.simulate(2, seed=1), model.simulate(2, seed=1))
    for name, table in model.ranef().items():
        pd.testing.assert_frame_equal(again.ranef()[name], table)
    for name, table in model.ranef(cond_var=True)[1].items():
        pd.testing.assert_frame_equal(again.ranef(cond_var=True)[1][name], table, rtol=1e-6)


def formula_of(name):
    """A term with a slope where the structure correlates a level's effects."""
    return "~ x + (1 + x | g)" if "effects" in places_of(name) else "~ x + (1 | g)"


@pytest.mark.parametrize("name", sorted(COVARIANCES))
def test_covariance_structures(name, tmp_path):
    data = make_data()
    structures = {"g": entry_of(name)}
    model = TabMixNNRegressor(f"y {formula_of(name)}", cov_struct_map=structures, **EXACT).fit(data)
    again = round_trip(model, tmp_path / "model.tmx")
    same_model(model, again)
    same_predictions(model, again, data)
    assert str(again.summary()) == str(model.summary())
    pd.testing.assert_frame_equal(again.structure_, model.structure_)
    pd.testing.assert_frame_equal(again.simulate(2, seed=1), model.simulate(2, seed=1))
    for way in COPIES.values():
        same_predictions(model, way(model), data)


@pytest.mark.parametrize("posterior", sorted(POSTERIORS))
@pytest.mark.parametrize("prior", sorted(PRIORS))
def test_priors_and_posteriors(prior, posterior, tmp_path):
    data = make_data()
    chosen = {"prior": prior, "posterior": posterior}
    model = TabMixNNRegressor("y ~ x + (1 + x | g) + (1 | c)", **chosen, **SHORT).fit(data)
    again = round_trip(model, tmp_path / "model.tmx")
    same_model(model, again)
    same_predictions(model, again, data)


OF_LEVELS = [name for name in sorted(COVARIANCES) if "residual" not in places_of(name)]
"""Structures that networks have: none over the rows of a group."""


def every_pair():
    """Yield structures, families and architectures so that every two of them meet."""
    architectures = sorted(ARCHITECTURES)
    for i, family in enumerate(sorted(FAMILIES)):
        for j, name in enumerate(OF_LEVELS):
            yield name, family, architectures[(i + j) % len(architectures)]


def test_pairs_leave_no_structure_of_an_architecture_out():
    assert len({(name, architecture) for name, _, architecture in every_pair()}) == (
        len(OF_LEVELS) * len(ARCHITECTURES)
    )


@pytest.mark.parametrize(("name", "family", "architecture"), every_pair())
def test_covariance_structures_of_networks(name, family, architecture, tmp_path):
    data, y = make_data(), make_response(FAMILIES[family])
    options = {**ARCHITECTURES[architecture], **SHORT, "cov_struct_map": {"g": entry_of(name)}}
    model = TabMixNN(formula_of(name), family=family, **options).fit(data, y)
    again = round_trip(model, tmp_path / "model.tmx")
    same_model(model, again)
    same_predictions(model, again, data)
    pd.testing.assert_frame_equal(again.structure_, model.structure_)


def test_a_structure_with_strata_and_a_relationship_frame(tmp_path):
    data = make_data().assign(h=lambda d: pd.Categorical(d["c"], ["w", "u", "v"]))
    labels = [f"g{i}" for i in range(GROUPS)]
    kinship = pd.DataFrame(np.eye(GROUPS) + 0.1, index=labels, columns=labels)
    structures = {
        "g": [
            {"type": "K", "K_group": kinship},
            {"type": "AR1", "over": "residual", "time_col": "day", "scale_by": "h"},
        ]
    }
    model = TabMixNNRegressor("y ~ x + (1 | g)", cov_struct_map=structures, **EXACT).fit(data)
    again = round_trip(model, tmp_path / "model.tmx")
    np.testing.assert_array_equal(again.predict(data), model.predict(data))
    assert str(again.summary()) == str(model.summary())


@pytest.mark.parametrize("options", [EXACT, SHORT], ids=["exact", "network"])
def test_a_structure_on_a_column_whose_name_is_a_number(options, tmp_path):
    data = make_data().assign(AR1=0.0).rename(columns={"place": 5})
    structures = {"g": {"type": "AR1", "time_col": [5], "rho": 0.4, "hold": "rho"}}
    model = TabMixNNRegressor("y ~ x + (1 | g)", cov_struct_map=structures, **options).fit(data)
    again = round_trip(model, tmp_path / "model.tmx")
    np.testing.assert_array_equal(again.predict(data), model.predict(data))
    places = model.engine_.places
    assert list(getattr(places, "data", places).columns) == ["g", 5]


def test_profiles_bootstrap_and_comparison_of_a_loaded_model(tmp_path):
    data = make_data()
    model = TabMixNNRegressor("y ~ x + (1 | g)", **EXACT).fit(data)
    smaller = TabMixNNRegressor("y ~ 1 + (1 | g)", **EXACT).fit(data)
    again = round_trip(model, tmp_path / "model.tmx")
    pd.testing.assert_frame_equal(again.confint("profile"), model.confint("profile"), rtol=1e-6)
    with pytest.warns(RefitWarning):
        compared = [each.anova(smaller) for each in (again, model)]
    pd.testing.assert_frame_equal(*compared)
    assert str(again.summary(ddf="kenward_roger")) == str(model.summary(ddf="kenward_roger"))
    pd.testing.assert_frame_equal(
        again.bootstrap(lambda m: m.fixef(), 2, seed=0),
        model.bootstrap(lambda m: m.fixef(), 2, seed=0),
    )
    assert again.variance_decomposition() == model.variance_decomposition()
    assert again.refit(again.engine_.y).loglik_ == pytest.approx(model.loglik_, abs=1e-9)


def test_what_networks_report(tmp_path):
    data = make_data()
    options = {**ARCHITECTURES["gsem hybrid"], **SHORT}
    model = TabMixNNRegressor("y ~ x + c + (1 | g)", **options).fit(data)
    again = round_trip(model, tmp_path / "model.tmx")
    assert str(again.summary(data)) == str(model.summary(data))
    assert again.variance_decomposition(data) == model.variance_decomposition(data)
    pd.testing.assert_frame_equal(again.get_structure_matrix(), model.get_structure_matrix())
    np.testing.assert_array_equal(
        again.get_attention_weights(data), model.get_attention_weights(data)
    )


@pytest.mark.parametrize("options", [EXACT, SHORT, AUTO], ids=["exact", "network", "auto"])
@pytest.mark.parametrize("labels", [["no", "yes"], [False, True], [3, 7], ["a", "b", "c"]], ids=str)
def test_classifiers(options, labels, tmp_path):
    if len(labels) > 2 and options is EXACT:
        pytest.skip("the exact likelihood has two classes")
    data = make_data()
    data["label"] = np.array(labels)[np.arange(N) % len(labels)]
    model = TabMixNNClassifier("label ~ x + (1 | g)", **options).fit(data)
    again = round_trip(model, tmp_path / "model.tmx")
    assert again.classes_.dtype == model.classes_.dtype
    np.testing.assert_array_equal(again.predict(data), model.predict(data))
    np.testing.assert_array_equal(again.predict_proba(data), model.predict_proba(data))


@pytest.mark.parametrize("options", [EXACT, SHORT, AUTO], ids=["exact", "network", "auto"])
@pytest.mark.parametrize("columns", [["x", "t"], ["x", "c"]])
def test_models_without_a_formula(options, columns, tmp_path):
    data = make_data()
    model = TabMixNNRegressor(**options).fit(data[columns], data["y"])
    again = round_trip(model, tmp_path / "model.tmx")
    same_model(model, again)
    np.testing.assert_array_equal(again.predict(data[columns]), model.predict(data[columns]))


def test_several_outcomes(tmp_path):
    data = make_data().assign(z=lambda d: (d["x"] > 0).map({True: "hi", False: "lo"}))
    data.loc[3, "y"] = np.nan
    outcomes = [OutcomeSpec("a", "y"), OutcomeSpec("b", "z", FAMILIES["binomial"]())]
    model = TabMixNN("~ x + (1 | g)", outcomes=outcomes, output_sem_mode="learned", **SHORT)
    model.fit(data)
    again = round_trip(model, tmp_path / "model.tmx")
    pd.testing.assert_frame_equal(again.predict(data), model.predict(data))
    pd.testing.assert_frame_equal(again.get_output_structure(), model.get_output_structure())
    assert again.outcome_levels_ == model.outcome_levels_


def test_options_changed_after_fitting_do_not_change_the_fitted_model(tmp_path):
    data = make_data()
    model = TabMixNNRegressor("y ~ x + (1 | g)", hidden_dims=[4], **SHORT).fit(data)
    model.set_params(hidden_dims=[9, 9], epochs=77)
    again = round_trip(model, tmp_path / "model.tmx")
    assert again.get_params() == model.get_params()
    np.testing.assert_array_equal(again.predict(data), model.predict(data))


def test_callbacks_are_left_out_with_a_warning(tmp_path):
    data = make_data()
    model = TabMixNNRegressor("y ~ x", callbacks=[lambda *_: None], **SHORT).fit(data)
    with pytest.warns(UserWarning, match="callbacks are functions"):
        model.save(tmp_path / "model.tmx")
    assert TabMixNN.load(tmp_path / "model.tmx").callbacks is None


def test_loading_leaves_global_generators_alone(tmp_path):
    model = TabMixNNRegressor("y ~ x", **SHORT).fit(make_data())
    model.save(tmp_path / "model.tmx")
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002 - the legacy generator is what must be left alone
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    TabMixNN.load(tmp_path / "model.tmx")
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_an_unfitted_model_is_not_saved(tmp_path):
    with pytest.raises(ValueError, match="not fitted"):
        TabMixNN("y ~ x").save(tmp_path / "model.tmx")
    assert not list(tmp_path.iterdir())


def test_a_loaded_model_is_saved_cloned_and_fitted_again(tmp_path):
    data = make_data()
    model = TabMixNNRegressor("y ~ x + (1 | g)", **SHORT).fit(data)
    twice = round_trip(round_trip(model, tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    np.testing.assert_array_equal(clone(twice).fit(data).predict(data), model.predict(data))


@pytest.mark.parametrize(
    "options",
    [EXACT, AUTO, *({**SHORT, **ARCHITECTURES[name]} for name in sorted(ARCHITECTURES))],
    ids=["exact", "auto", *sorted(ARCHITECTURES)],
)
def test_ordinary_copies(options):
    data = make_data()
    model = TabMixNNRegressor("y ~ x + c + (1 | g)", **options).fit(data)
    for way in COPIES.values():
        same_predictions(model, way(model), data)


def test_the_steps_that_led_to_the_formula_alone(tmp_path):
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=120), "g": np.repeat(list("abcdefgh"), 15)})
    data["y"] = data["x"] + rng.normal(size=120)
    model = TabMixNNRegressor("y ~ x + (1 | g)").fit(data)
    assert model.inference_ == "marginal"
    model.save(tmp_path / "model.tmx")
    found = TabMixNN.load(tmp_path / "model.tmx")
    pd.testing.assert_frame_equal(found.history_, model.history_)
    assert found.n_iter_ == model.n_iter_
