"""Models of a space of terms: their matrices and parameters."""

from __future__ import annotations

import numpy as np

from tabmixnn.inference.additive import features
from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.model import Model
from tabmixnn.inference.additive.parameters import START

SMOOTH = Candidate(features.Smooth(("x",)))
OWN = Candidate(features.OwnSmooth(("x",)), "g")
OTHER = Candidate(features.Line(("x",)), "h")


def test_columns_stand_where_their_group_says(read, curves):
    known = read("y ~ x + (z | g) + (1 | h)", curves())
    assert known.space.largest == "g"
    matrices = Model(known.space, (SMOOTH, OWN, OTHER)).matrices(known.rows)
    own = known.space.columns(known.rows, OWN).shape[1]
    assert matrices.n_own == 2 + own
    assert matrices.own_terms.tolist() == [-1, -1] + [2] * own
    smooth = known.space.columns(known.rows, SMOOTH)
    np.testing.assert_array_equal(matrices.R, smooth)
    assert matrices.side_terms.tolist() == [1] * smooth.shape[1] + [0] * 6 + [3] * 6
    assert matrices.n_terms == 4
    assert [(block.start, block.size) for block in matrices.blocks] == [(0, 2)]


def test_terms_of_groups_that_are_off_add_nothing(read, curves):
    known = read("y ~ x + (1 | g) + (1 | h)", curves())
    matrices = Model(known.space, (OWN, OTHER)).matrices(known.rows, off={"g"})
    assert not matrices.Z[:, 1:].any()
    np.testing.assert_array_equal(matrices.Z[:, 0], 1.0)
    assert matrices.S[:, 6:].toarray().any()


def test_parameters_are_carried_over(read, curves):
    known = read("y ~ x + (z | g) + (1 | h)", curves())
    before, after = Model(known.space, (SMOOTH, OWN)), Model(known.space, (OWN, OTHER))
    x = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    matrices = after.matrices(known.rows)
    found = after.start(matrices, x, before.terms)
    np.testing.assert_array_equal(found, [0.1, 0.3, START, 0.4, 0.5, 0.6])
    np.testing.assert_allclose(after.deviations(matrices, found), np.exp([0.3, START]))


def test_covariances_of_the_formula_come_back(read, curves):
    known = read("y ~ x + (z | g) + (1 | h)", curves())
    model = Model(known.space)
    given = [np.array([[1.0, 0.3], [0.3, 0.5]]), np.array([[0.2]])]
    factors = [np.linalg.cholesky(each) for each in given]
    x = model.formula_start(model.matrices(known.rows), known.rows, factors)
    _, fit = known.fit(x=x, steps=0)
    found = model.formula_covariances(known.rows, fit)
    for mine, theirs in zip(found, given, strict=True):
        np.testing.assert_allclose(mine / fit.solution.sigma2, theirs, atol=1e-3)
