"""Which terms are offered for which data."""

from __future__ import annotations

import numpy as np
import pytest

from tabmixnn.inference.additive import candidates
from tabmixnn.inference.additive.candidates import INTERACTIONS, list_candidates
from tabmixnn.inference.additive.table import Table
from tabmixnn.inference.additive.variables import MOST_LEVELS, Variables

N, GROUPS = 300, 30
RNG = np.random.default_rng(0)
CODES = np.arange(N) % GROUPS
X, Z = RNG.normal(size=(2, N))
C, D = RNG.choice(["u", "v"], (2, N)).astype(object)


def offered(numbers=(), labels=(), codes=None, slopes=None):
    """The candidates, as they are written."""
    table = Table(dict(numbers), dict(labels))
    codes = {} if codes is None else codes
    slopes = {group: set() for group in codes} | (slopes or {})
    return {str(each) for each in list_candidates(Variables.fit(table), table, codes, slopes)}


def within(numbers=(), labels=(), **codes):
    """The interactions in which groups may differ, as they are written."""
    return later("interactions", numbers, labels, codes)


def rough(numbers=(), labels=()):
    """The rough interactions, as they are written."""
    return later("rough interactions", numbers, labels, {"g": CODES})


def later(step, numbers, labels, codes):
    table = Table(dict(numbers), dict(labels))
    return {str(each) for each in INTERACTIONS[step](Variables.fit(table), table, codes)}


def test_numbers_have_smooths_and_pairs_products():
    assert offered({"x": X, "z": Z}) == {"s(x)", "path(x)", "s(z)", "path(z)", "product(x, z)"}


def test_categories_have_interactions_but_no_main_effects():
    assert offered({"x": X}, {"c": C, "d": D}) == {
        "s(x)",
        "path(x)",
        "by(x, c)",
        "by(x, d)",
        "pairs(c, d)",
    }


def test_numbers_of_few_values_are_categories_too():
    binary = (X > 0.0) * 1.0
    assert offered({"b": binary}) == set()
    found = offered({"b": binary, "x": Z})
    assert found == {"s(x)", "path(x)", "by(x, b)", "product(b, x)"}


def test_a_spike_is_offered():
    assert "spike(x)" in offered({"x": np.where(X < 0.0, 0.0, X)})
    assert "spike(x)" not in offered({"x": X})


@pytest.mark.parametrize(("levels", "is_small"), [(MOST_LEVELS, True), (MOST_LEVELS + 1, False)])
def test_categories_of_many_levels_are_left_alone(levels, is_small):
    many = np.array([f"k{i}" for i in np.arange(N) % levels], dtype=object)
    found = offered({"x": X}, {"c": C, "many": many}, {"g": np.arange(N) // 10})
    assert ("by(x, many)" in found) is is_small
    assert ("pairs(c, many)" in found) is is_small
    assert ("levels(many) | g" in found) is is_small
    assert "by(x, c)" in found


def test_groups_have_effects_of_their_own():
    found = offered({"x": X}, {"c": C}, {"g": CODES})
    own = {"line(x) | g", "s(x) | g", "path(x) | g", "levels(c) | g"}
    own |= {"by(x, c) | g", "path_by(x, c) | g"}
    assert {each for each in found if each.endswith("| g")} == own


def test_a_slope_of_the_formula_is_not_offered_again():
    found = offered({"x": X}, (), {"g": CODES, "h": CODES // 2}, {"g": {"x"}})
    assert "line(x) | g" not in found
    assert {"s(x) | g", "line(x) | h"} <= found


@pytest.mark.parametrize(("varying", "is_offered"), [(0, False), (6, False), (7, True)])
def test_predictors_must_vary_within_groups(varying, is_offered):
    own = np.isin(CODES, np.arange(varying))
    x = np.where(own, X, CODES)
    c = np.where(own, C, "w").astype(object)
    found = offered({"x": x}, {"c": c}, {"g": CODES})
    for each in ("line(x) | g", "s(x) | g", "path(x) | g", "levels(c) | g"):
        assert (each in found) is is_offered
    assert "s(x)" in found


def test_main_terms_are_all_but_interactions_of_two():
    table = Table({"x": X, "z": Z}, {"c": C})
    for each in list_candidates(Variables.fit(table), table, {"g": CODES}, {"g": set()}):
        assert each.is_main is not str(each).startswith(("product", "by", "path_by", "pairs"))


def test_groups_may_differ_in_interactions_of_what_varies_within_them():
    found = within({"x": X, "z": Z, "own": CODES * 1.0}, {"c": C, "d": D}, g=CODES)
    assert found == {"line_product(x, z) | g", "product(x, z) | g", "pairs(c, d) | g"}


@pytest.mark.parametrize(("levels", "is_offered"), [(15, True), (16, False)])
def test_pairs_of_categories_within_groups_are_few(levels, is_offered):
    many = np.array([f"k{i}" for i in RNG.integers(levels, size=N)], dtype=object)
    assert ("pairs(c, many) | g" in within((), {"c": C, "many": many}, g=CODES)) is is_offered


def test_pairs_of_crossed_factors_have_effects():
    sites = RNG.integers(4, size=N)
    assert within(g=CODES, h=sites) == {"levels(h) | g"}
    assert within(h=sites, g=CODES) == {"levels(h) | g"}


def test_pairs_that_are_a_factor_already_have_none():
    assert within(g=CODES, h=CODES // 5) == set()
    sites = RNG.integers(4, size=N)
    assert within(g=CODES, h=sites, both=4 * CODES + sites) == set()


def test_pairs_need_rows_that_share_them(monkeypatch):
    alone = np.arange(N) // GROUPS
    assert within(g=CODES, h=alone) == set()
    sites = RNG.integers(4, size=N)
    monkeypatch.setattr(candidates, "MOST_PAIRED", 3)
    assert within(g=CODES, h=sites) == set()


def test_pairs_of_factors_are_no_main_terms():
    (pair,) = INTERACTIONS["interactions"](
        Variables.fit(Table({}, {})), Table({}, {}), {"g": CODES, "h": np.arange(N) % 4}
    )
    assert not pair.is_main
    assert pair.factors == {"g", "h"}


def test_of_factors_of_equally_many_levels_the_first_has_the_pairs():
    """As in `Space`: effects of the largest factor's levels are those that cost little."""
    codes = {"g": CODES % 4, "h": RNG.integers(4, size=N)}
    assert within(**codes) == {"levels(h) | g"}
    assert within(h=codes["h"], g=codes["g"]) == {"levels(g) | h"}


def test_numbers_without_curves_have_no_products_but_those_of_their_lines():
    few = RNG.choice([0.0, 1.0, 5.0], N)
    found = within({"few": few, "more": few * RNG.choice([0.0, 1.0], N), "x": X}, g=CODES)
    assert {"line_product(few, more) | g", "product(few, x) | g"} <= found
    assert "product(few, more) | g" not in found


def test_numbers_that_are_nearly_always_the_same_have_no_products():
    """Within the fences they are one value, and a product with it would be a line."""
    rare = (np.arange(N) == 7) * 1.0
    assert Variables.fit(Table({"rare": rare}, {})).numeric["rare"].fence == (0.0, 0.0)
    few_groups = CODES % 4  # so that it varies in a quarter of them
    found = within({"rare": rare, "x": X, "z": Z}, g=few_groups)
    assert found == {"line_product(x, z) | g", "product(x, z) | g"}


def test_rough_interactions_are_of_what_has_paths():
    few = RNG.choice([0.0, 1.0, 5.0], N)
    found = rough({"x": X, "z": Z, "few": few}, {"c": C})
    paths = {"path_by(x, c)", "path_by(x, few)", "path_by(z, c)", "path_by(z, few)"}
    assert found == {"path_product(x, z)"} | paths


def test_no_terms_are_tried_twice():
    codes = {"g": CODES, "h": RNG.integers(4, size=N)}
    table = Table({"x": X, "z": Z}, {"c": C, "d": D})
    variables = Variables.fit(table)
    tried = [each(variables, table, codes) for each in INTERACTIONS.values()]
    tried.append(list_candidates(variables, table, codes, {"g": set(), "h": set()}))
    terms = [term for each in tried for term in each]
    assert len(terms) == len(set(terms))
