"""What is learned of predictors, and the columns that features make of them."""

from __future__ import annotations

import numpy as np
import pytest

from tabmixnn.inference.additive import features
from tabmixnn.inference.additive.features import FEATURES, row_products
from tabmixnn.inference.additive.rows import GroupColumns, Rows
from tabmixnn.inference.additive.table import Table
from tabmixnn.inference.additive.variables import NumericVariable, Reading, Variables

N = 400
RNG = np.random.default_rng(0)
NUMBERS = {
    "x": RNG.normal(size=N),
    "amount": np.where(RNG.uniform(size=N) < 0.3, 0.0, RNG.gamma(2.0, size=N)),
    "few": RNG.choice([0.0, 1.0, 5.0], N),
    "constant": np.ones(N),
}
LABELS = {"c": RNG.choice(["u", "v", "w"], N).astype(object), "one": np.full(N, "k", dtype=object)}
TABLE = Table(NUMBERS, LABELS)
VARIABLES = Variables.fit(TABLE)
NEW = Table(
    {"x": np.array([0.0, 99.0]), "amount": np.array([0.0, 1.0]), "few": np.array([5.0, 2.0])},
    {"c": np.array(["w", "new"], dtype=object)},
)
DOSES = np.tile([6.25, 12.5, 25.0, 50.0, 100.0, 200.0], 10)
EXAMPLES = {
    "Smooth": ("x",),
    "Path": ("x",),
    "OwnSmooth": ("x",),
    "OwnPath": ("x",),
    "Line": ("x",),
    "Spike": ("amount",),
    "Levels": ("c",),
    "ByLevel": ("x", "c"),
    "PathByLevel": ("x", "c"),
    "Product": ("x", "amount"),
    "PathProduct": ("x", "amount"),
    "LineProduct": ("x", "amount"),
    "LevelPairs": ("c", "few"),
    "FactorLevels": ("h",),
}


def rows_of(table):
    n = len(table.numbers["x"])
    factor = GroupColumns("h", ["(Intercept)"], np.arange(n) % 3 - 1, np.ones((n, 1)), 2, False)
    return Rows(np.ones((n, 1)), (factor,), table, np.zeros(n))


def columns(name, names, rows=None):
    return FEATURES[name](names).columns(VARIABLES, rows_of(TABLE) if rows is None else rows)


def test_only_what_varies_is_a_variable():
    assert set(VARIABLES.numeric) == {"x", "amount", "few"}
    assert set(VARIABLES.categorical) == {"few", "c"}
    assert VARIABLES.categorical["few"].levels == ("0.0", "1.0", "5.0")


def test_zero_is_one_level_whatever_its_sign():
    signs = np.array([-0.0, 1.0, 0.0, -0.0, 2.0])
    for first in (signs, -signs[::-1]):
        variables = Variables.fit(Table({"x": first}, {}))
        level = variables.levels(Table({"x": np.array([0.0, -0.0])}, {}), "x")
        assert level.sum(axis=1).tolist() == [1.0, 1.0]
        np.testing.assert_array_equal(level[0], level[1])


def test_a_value_of_many_rows_is_a_spike():
    assert VARIABLES.numeric["amount"].spike == 0.0
    assert VARIABLES.numeric["x"].spike is None
    few = np.repeat(np.arange(10.0), 5)
    assert NumericVariable.fit("n", few).spike is None


def test_few_values_have_no_smooths():
    few = VARIABLES.numeric["few"]
    assert few.cubic is few.path is few.coarse is few.own_cubic is few.own_path is None
    assert few.fenced(NUMBERS["few"]).shape == (N, 1)


def test_fences_keep_outliers_from_interactions():
    x = np.append(RNG.normal(size=1000), 1e6)
    variable = NumericVariable.fit("x", x)
    low, high = variable.fence
    assert low == x.min() or low < np.quantile(x, 0.005)
    assert 2.0 < high < 5.0
    inside, outside = variable.fenced(np.array([high])), variable.fenced(np.array([1e9]))
    np.testing.assert_array_equal(inside, outside)
    uniform = np.linspace(0.0, 1.0, 100)
    assert NumericVariable.fit("u", uniform).fence == (0.0, 1.0)


def test_lines_are_standardised():
    line = columns("Line", ("x",))
    assert line.shape == (N, 1)
    assert line.mean() == pytest.approx(0.0, abs=1e-12)
    assert line.std() == pytest.approx(1.0)


def test_unseen_levels_are_zero():
    np.testing.assert_array_equal(columns("Levels", ("c",), rows_of(NEW)), [[0, 0, 1], [0, 0, 0]])
    np.testing.assert_array_equal(columns("Levels", ("few",), rows_of(NEW)), [[0, 0, 1], [0, 0, 0]])
    assert not columns("ByLevel", ("x", "c"), rows_of(NEW))[1].any()
    assert not columns("LevelPairs", ("c", "few"), rows_of(NEW))[1].any()


def test_levels_of_a_factor_are_indicators_and_of_a_new_one_nothing():
    found = columns("FactorLevels", ("h",))
    np.testing.assert_array_equal(found[:3], [[0, 0], [1, 0], [0, 1]])


def test_spikes_are_an_indicator():
    np.testing.assert_array_equal(columns("Spike", ("amount",), rows_of(NEW)), [[1.0], [0.0]])


def test_products_are_all_pairs_of_columns():
    a, b = RNG.normal(size=(5, 2)), RNG.normal(size=(5, 3))
    expected = [np.outer(x, y).ravel() for x, y in zip(a, b, strict=True)]
    np.testing.assert_array_equal(row_products(a, b), expected)
    by_level = columns("ByLevel", ("x", "c"))
    smooth = VARIABLES.numeric["x"].fenced(NUMBERS["x"])
    assert by_level.shape == (N, smooth.shape[1] * 3)
    of_v = by_level.reshape(N, -1, 3)[:, :, 1]
    np.testing.assert_array_equal(of_v, smooth * (LABELS["c"] == "v")[:, None])


def test_every_feature_has_an_example():
    assert set(EXAMPLES) == set(FEATURES)


@pytest.mark.parametrize("name", FEATURES)
def test_rows_of_features_do_not_depend_on_other_rows(name):
    rows = np.array([7, 3, 3])
    found = columns(name, EXAMPLES[name], rows_of(TABLE).take(rows))
    np.testing.assert_array_equal(found, columns(name, EXAMPLES[name])[rows])


@pytest.mark.parametrize("name", FEATURES)
def test_columns_are_of_the_size_of_the_residual(name):
    found = columns(name, EXAMPLES[name])
    assert found.shape[1]
    assert 0.05 < np.sqrt((found**2).sum(axis=1).mean()) < 4.0


def test_features_are_written_with_their_predictors():
    assert str(features.Product(("x", "amount"))) == "product(x, amount)"
    assert str(features.OwnSmooth(("x",))) == "s(x)"


def test_smooths_of_skewed_numbers_are_of_a_logarithmic_scale():
    skewed, even = (NumericVariable.fit("x", each) for each in (DOSES, np.arange(40.0)))
    assert even.scale is None
    old = NumericVariable.fit("x", DOSES, Reading(has_scales=False))
    assert old.scale is None
    for kind, line in {"cubic": 1, "own_cubic": 1, "coarse": 1, "path": 0, "own_path": 0}.items():
        mine, theirs = getattr(skewed, kind)(DOSES), getattr(old, kind)(DOSES)
        assert mine.shape == (len(DOSES), theirs.shape[1] + line)
    line = skewed.fenced(DOSES)[:, 0]
    assert line.mean() == pytest.approx(0.0, abs=1e-12)
    assert np.corrcoef(line, skewed.scale(DOSES))[0, 1] == pytest.approx(1.0)


def test_a_curve_of_a_dose_is_smooth_on_its_scale():
    """The same penalty leaves less of a curve in logarithms."""
    curve = 1.0 / (1.0 + (25.0 / DOSES) ** 1.5)
    left = []
    for has_scales in (False, True):
        variable = NumericVariable.fit("x", DOSES, Reading(has_scales=has_scales))
        basis = np.column_stack([np.ones(len(DOSES)), DOSES / DOSES.max(), variable.cubic(DOSES)])
        penalty = np.diag([0.0, 0.0] + [1e-2] * (basis.shape[1] - 2))
        coefficients = np.linalg.solve(basis.T @ basis + penalty, basis.T @ curve)
        left.append(np.sqrt(np.mean((curve - basis @ coefficients) ** 2)))
    assert left[1] < 0.5 * left[0]


@pytest.mark.parametrize("n", [60, 400])
@pytest.mark.parametrize("code", [1e3, 99999.0, -1e9])
def test_a_single_far_value_leaves_the_others_their_curves(code, n):
    x = np.random.default_rng(0).uniform(size=n)
    plain = NumericVariable.fit("x", x)
    far = NumericVariable.fit("x", np.append(x[1:], code))
    for kind in ("cubic", "path", "own_cubic", "own_path"):
        expected = getattr(plain, kind)(x)
        found = getattr(far, kind)(x)
        assert found.shape[1] >= expected.shape[1]
        assert found.std(axis=0).min() > 0.3 * expected.std(axis=0).min()


def test_categories_of_many_levels_are_not_small():
    rng = np.random.default_rng(0)
    labels = {
        "few": rng.choice(["a", "b"], 100).astype(object),
        "many": np.array([f"l{k}" for k in range(100)], dtype=object),
    }
    variables = Variables.fit(Table({"flag": rng.integers(2, size=100) * 1.0}, labels))
    assert variables.small() == ["flag", "few"]
    assert variables.small(without="flag") == ["few"]
