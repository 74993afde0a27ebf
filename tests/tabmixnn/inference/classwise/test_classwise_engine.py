"""Three classes or more, each against the others."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from tabmixnn import TabMixNN, TabMixNNClassifier
from tabmixnn.families import Multinomial
from tabmixnn.interpret.errors import NotExactError

FORMULA = "brand ~ price + (1 | household)"
BRANDS = np.array(["dannon", "hiland", "yoplait"])


def simulated(seed=0, households=60, rows=20):
    """Households with tastes of their own; one brand's share has a peak in the price."""
    rng = np.random.default_rng(seed)
    n = households * rows
    household = np.repeat(np.arange(households), rows)
    price = rng.uniform(-2, 2, n)
    taste = 1.2 * rng.normal(size=(households, 3))
    eta = taste[household] + np.column_stack([price, 2.0 * np.cos(2.0 * price), -price])
    p = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
    code = (p.cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1)
    names = [f"h{each}" for each in household]
    data = pd.DataFrame({"price": price, "household": names, "brand": BRANDS[code]})
    return data, p


@pytest.fixture(scope="module")
def parts():
    data, p = simulated()
    is_test = np.arange(len(data)) % 4 == 0
    return data[~is_test], data[is_test], p[is_test]


@pytest.fixture(scope="module")
def model(parts):
    return TabMixNNClassifier(FORMULA, random_state=0).fit(parts[0])


def test_each_class_has_the_model_that_two_classes_have(model, parts):
    train, test, _ = parts
    assert model.inference_ == "classwise"
    odds = []
    for label in BRANDS:
        alone = TabMixNNClassifier(FORMULA, random_state=0)
        alone.fit(train.assign(brand=np.where(train["brand"] == label, "one", "all")))
        one = model.against_rest(label)
        np.testing.assert_array_equal(
            one.predict_proba(test)[:, 1], alone.predict_proba(test)[:, 1]
        )
        odds.append(alone.predict_proba(test)[:, 1])
    shares = np.column_stack(odds) / np.sum(odds, axis=0)[:, None]
    np.testing.assert_allclose(model.predict_proba(test), shares, rtol=1e-12)


def test_it_predicts_better_than_ridge_and_the_network(model, parts):
    """Ridge has the penalty that suits the test rows best, and one indicator a household."""
    train, test, truth = parts
    columns = pd.get_dummies(pd.concat([train, test]).drop(columns="brand")).astype(float)
    known, new = columns[: len(train)], columns[len(train) :]

    def ridge(penalty):
        found = LogisticRegression(C=1.0 / penalty, max_iter=1_000).fit(known, train["brand"])
        return log_loss(test["brand"], found.predict_proba(new))

    network = TabMixNNClassifier(FORMULA, inference="variational", random_state=0).fit(train)
    loss = log_loss(test["brand"], model.predict_proba(test))
    assert loss < min(ridge(penalty) for penalty in (0.3, 1.0, 3.0, 10.0)) - 0.05
    assert loss < log_loss(test["brand"], network.predict_proba(test)) - 0.02
    assert loss < log_loss(test["brand"], truth) + 0.09


@pytest.mark.parametrize("re_form", ["all", "none", "marginal", "~ (1 | household)"])
def test_probabilities_sum_to_one(model, parts, re_form):
    test = parts[1]
    found = model.predict_proba(test, re_form=re_form)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    kinds = model.predict(test, kind="response", re_form=re_form)
    np.testing.assert_array_equal(kinds, found)
    assert set(model.predict(test)) <= set(BRANDS)
    odds = model.predict(test, kind="link", re_form=re_form)
    assert odds.shape == found.shape


def test_new_groups_have_the_mean_over_groups(model, parts):
    new = parts[1].head(20).assign(household="new")
    marginal = model.predict_proba(new, re_form="marginal")
    np.testing.assert_allclose(model.predict_proba(new), marginal, atol=1e-12)


def test_one_class_has_all_that_a_model_of_two_has(model, parts, tmp_path):
    train, test, _ = parts
    one = model.against_rest("hiland")
    assert one.event_ == "hiland"
    assert "price" in one.summary().fixed.index
    assert set(one.terms_["term"]) == {"s(price)"}
    assert set(one.ranef()["household"].index) == set(train["household"])
    table = one.predict(test, interval=0.9)
    assert ((table["lower"] <= table["prediction"]) & (table["prediction"] <= table["upper"])).all()
    bins = one.reliability(test, bins=3)
    given = one.reliability(test, (test["brand"] == "hiland").to_numpy(), bins=3)
    pd.testing.assert_frame_equal(bins, given)
    assert bins["observed"].mean() == pytest.approx((test["brand"] == "hiland").mean(), abs=0.02)
    residuals = one.residuals(test, kind="response")
    expected = (test["brand"] == "hiland").to_numpy() - one.predict_proba(test)[:, 1]
    np.testing.assert_allclose(residuals, expected)
    one.save(tmp_path / "one.tmx")
    again = TabMixNNClassifier.load(tmp_path / "one.tmx")
    np.testing.assert_array_equal(again.predict_proba(test), one.predict_proba(test))
    assert again.event_ == "hiland"


def test_reliability_is_of_any_class(model, parts):
    test = parts[1]
    found = model.reliability(test, event="yoplait", bins=4)
    assert found["n"].sum() == len(test)
    assert np.abs(found["predicted"] - found["observed"]).max() < 0.15


def test_reliability_of_the_general_class_is_the_classifiers(model, parts):
    train, test, _ = parts
    options = {"family": "multinomial", "inference": "auto", "random_state": 0}
    general = TabMixNN(FORMULA, **options).fit(train)
    for event in model.classes_:
        found = general.reliability(test, event=event, bins=4)
        pd.testing.assert_frame_equal(found, model.reliability(test, event=event, bins=4))


def test_a_class_says_whose_model_it_is(model):
    text = str(model.against_rest("yoplait").summary())
    assert "Formula: brand == 'yoplait' ~ price + (1 | household)" in text
    assert set(model.history_["class"]) <= set(BRANDS)


def test_warnings_say_which_class_they_are_of(parts):
    train = parts[0].assign(household=parts[0]["household"].str.len().astype(str))
    with pytest.warns(UserWarning, match=r"class \d of 3 against the others: "):
        TabMixNNClassifier(FORMULA, random_state=0).fit(train.head(200))


def test_offsets_are_refused(parts):
    with pytest.raises(ValueError, match=r"offset\(\) adds the same to what speaks for each class"):
        TabMixNNClassifier("brand ~ 1 + offset(price)").fit(parts[0])


def test_a_file_has_the_rows_once(model, parts, tmp_path):
    model.save(tmp_path / "all.tmx")
    again = TabMixNN.load(tmp_path / "all.tmx")
    for re_form in ("all", "none", "marginal"):
        np.testing.assert_array_equal(
            again.predict_proba(parts[1], re_form=re_form),
            model.predict_proba(parts[1], re_form=re_form),
        )
    assert again.history_.equals(model.history_)
    states = [each["state"] for each in model.engine_.state()["classes"]]
    assert all("frame" not in each.get("exact", each) for each in states)


def test_it_can_be_pickled(model, parts):
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(parts[1]), model.predict_proba(parts[1]))


def test_shapley_values_add_up(model, parts):
    rows = parts[1].head(8)
    found = model.explain(rows, kind="response", method="exact")
    total = found.to_dict()
    for k, label in enumerate(BRANDS):
        values = total["values"][label].sum(axis=1) + np.asarray(total["base_value"])[..., k]
        np.testing.assert_allclose(values, model.predict_proba(rows)[:, k], atol=1e-9)


@pytest.mark.parametrize("family", ["multinomial", Multinomial()])
def test_the_general_estimator_has_it_too(parts, model, family):
    train, test, _ = parts
    general = TabMixNN(FORMULA, family=family, inference="auto", random_state=0).fit(train)
    assert general.inference_ == "classwise"
    assert list(general.levels_) == list(BRANDS)
    np.testing.assert_array_equal(
        general.predict(test, kind="probability"), model.predict_proba(test)
    )
    np.testing.assert_array_equal(general.predict(test, kind="class"), model.predict(test))
    one = general.against_rest("yoplait")
    np.testing.assert_array_equal(
        one.predict_proba(test), model.against_rest("yoplait").predict_proba(test)
    )


def test_labels_can_be_numbers_and_need_no_formula():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = np.digitize(X[:, 0] + 0.5 * rng.normal(size=300), [-0.5, 0.5]) * 10
    model = TabMixNNClassifier(random_state=0).fit(X, y)
    assert model.score(X, y) > 0.7
    assert list(model.classes_) == [0, 10, 20]
    assert model.modelled_classes_ == [0, 10, 20]
    assert model.against_rest(10).modelled_classes_ == []
    assert model.against_rest(10).predict(X).dtype == bool
    assert model.against_rest(10).reliability(X, y == 10, bins=3)["n"].sum() == 300


def test_a_class_without_rows_is_never_predicted():
    data, _ = simulated(1, 10, 12)
    codes = pd.Categorical(data["brand"], categories=BRANDS).codes.astype(float)
    family = Multinomial(n_classes=4)
    model = TabMixNN("code ~ price", family=family, inference="auto", random_state=0)
    model.fit(data.assign(code=codes))
    assert (model.predict(data)[:, 3] == 0.0).all()
    assert model.modelled_classes_ == [0, 1, 2]
    with pytest.raises(ValueError, match="No training row is of the class 3"):
        model.against_rest(3)


def test_separated_classes_have_no_warnings_and_finite_odds():
    rng = np.random.default_rng(0)
    code = np.repeat([0, 1, 2], 30)
    data = pd.DataFrame({"x": 10.0 * code + rng.normal(size=90), "kind": BRANDS[code]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = TabMixNNClassifier("kind ~ x", random_state=0).fit(data)
    assert np.isfinite(model.predict(data, kind="link")).all()
    assert model.score(data, data["kind"]) == 1.0


def test_weights_are_numbers_of_rows(parts):
    train = parts[0]
    few = train.iloc[::5].assign(w=np.arange(len(train.iloc[::5])) % 3 + 1)
    many = few.loc[few.index.repeat(few["w"])]
    options = {"random_state": 0, "hidden_dims": []}
    weighted = TabMixNNClassifier("brand ~ price", weights="w", **options).fit(few)
    repeated = TabMixNNClassifier("brand ~ price", **options).fit(many)
    for label in BRANDS:
        one, other = weighted.against_rest(label), repeated.against_rest(label)
        exact = [getattr(each.engine_, "exact", each.engine_) for each in (one, other)]
        np.testing.assert_allclose(exact[0].result.beta, exact[1].result.beta, rtol=1e-4)


def test_long_work_says_of_which_class_it_is(parts, capsys):
    TabMixNNClassifier(FORMULA, random_state=0, verbose=True).fit(parts[0])
    told = capsys.readouterr()
    lines = [line for line in (told.out + told.err).splitlines() if line.strip()]
    assert lines
    assert all("of 3: " in line for line in lines)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda model, _: model.summary(), ValueError, r"against_rest\('dannon'\), .* 'yoplait'"),
        (
            lambda model, _: model.against_rest("hiland").aic_,
            AttributeError,
            r"Make the outcome \w+ == 'hiland', of two classes, and fit that with inference='marg",
        ),
        (lambda model, _: model.fixef(), ValueError, "against_rest"),
        (lambda model, _: model.sigma_, AttributeError, "against_rest"),
        (lambda model, data: model.predict(data, interval=0.9), ValueError, "3 classes"),
        (lambda model, _: model.against_rest("fage"), ValueError, "'dannon', 'hiland', 'yoplait'"),
        (lambda model, _: model.against_rest("hiland").against_rest(True), ValueError, "binomial"),
        (lambda model, _: model.export("x.pt2"), ValueError, "linear algebra"),
    ],
)
def test_what_it_cannot_say_is_told(model, parts, ask, error, message):
    with pytest.raises((error, NotExactError), match=message):
        ask(model, parts[1])
    assert not hasattr(model, "sigma_")


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros((4, 2)), "one column"),
        (np.array([0.0, 1.0, np.nan]), "finite"),
        (np.array([0.0, 0.5, 1.0]), "class codes"),
    ],
)
def test_codes_are_checked(y, message):
    from tabmixnn.inference.classwise import Classes

    with pytest.raises(ValueError, match=message):
        Classes().check_response(y)
