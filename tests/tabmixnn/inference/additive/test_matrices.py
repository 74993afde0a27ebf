"""What the likelihood needs of the rows, by effects and by rows."""

from dataclasses import replace

import numpy as np
import pytest

from tabmixnn.inference.additive import features, matrices
from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.gram import Gram
from tabmixnn.inference.additive.matrices import level_products
from tabmixnn.inference.additive.model import Model

OWN = Candidate(features.OwnSmooth(("x",)), "g")


@pytest.mark.parametrize(("each", "by_rows"), [(5, True), (20, False)])
def test_levels_with_fewer_rows_than_effects_are_solved_by_their_rows(read, curves, each, by_rows):
    data = curves(groups=8, each=each)
    known = read("y ~ x + (z | g)", data, np.linspace(0.5, 2.0, len(data)))
    matrices = Model(known.space, (OWN,)).matrices(known.rows)
    assert matrices.longest == each
    assert matrices.by_rows is by_rows
    weights = known.outcome.weights
    gram = Gram.of(matrices, known.outcome.y, weights)
    assert gram.own.shape == (8, min(each, matrices.n_own), matrices.n_own)
    weighted = matrices.own.toarray().T * weights
    products = (weighted @ matrices.own.toarray()).reshape(8, matrices.n_own, 8, matrices.n_own)
    found = np.swapaxes(gram.own, 1, 2) @ gram.own if by_rows else gram.own
    np.testing.assert_allclose(found, products[np.arange(8), :, np.arange(8)], atol=1e-10)
    cross = (weighted @ matrices.X).reshape(8, matrices.n_own, -1)
    reached = np.swapaxes(gram.own, 1, 2) @ gram.cross if by_rows else gram.cross
    np.testing.assert_allclose(reached[..., -1 - matrices.p : -1], cross, atol=1e-10)


def test_one_long_level_among_short_ones_is_solved_by_rows_where_that_costs_less(read, curves):
    data = curves(groups=8, each=20)
    data = data[(data.groupby("g").cumcount() < 4) | (data["g"] == data["g"].iloc[0])]
    known = read("y ~ x + (z | g)", data.reset_index(drop=True))
    matrices = Model(known.space, (OWN,)).matrices(known.rows)
    assert matrices.longest > matrices.n_own
    assert not matrices.by_rows
    assert replace(matrices, X=np.zeros((len(matrices), 50))).by_rows


def test_a_model_without_groups_is_not_solved_by_rows(read, curves):
    known = read("y ~ x", curves())
    assert not Model(known.space).matrices(known.rows).by_rows


@pytest.mark.parametrize("long", [0.0, np.inf], ids=["one at a time", "all at once"])
def test_products_of_levels(long, monkeypatch):
    """Also of one that has no rows."""
    monkeypatch.setattr(matrices, "LONG", long)
    rng = np.random.default_rng(0)
    a, b, codes = rng.normal(size=(30, 3)), rng.normal(size=(30, 2)), rng.integers(4, size=30)
    codes[codes == 2] = 4
    for right in (a, b):
        expected = [a[codes == level].T @ right[codes == level] for level in range(5)]
        np.testing.assert_allclose(level_products(a, right, codes, 5), expected, atol=1e-12)
