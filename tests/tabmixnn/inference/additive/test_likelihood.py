"""The restricted likelihood against a dense computation from the covariance of y itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tabmixnn.inference.additive.gram import Gram
from tabmixnn.inference.additive.likelihood import Criterion
from tabmixnn.inference.additive.matrices import Block, Matrices, spread
from tabmixnn.inference.additive.parameters import Parameters

N, LEVELS, OTHER = 40, 5, 4
PARTS = {
    "all": {"single", "block", "dense", "sparse"},
    "fixed effects alone": set(),
    "single own": {"single"},
    "block": {"block"},
    "own and dense": {"single", "block", "dense"},
    "dense": {"dense"},
    "sparse": {"sparse"},
}


def draw(parts, seed=0):
    """Matrices with some parts, a response and weights; columns of one term in two places."""
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(N, 3)) if "dense" in parts else np.empty((N, 0))
    sparse = sp.csr_array((N, 0))
    if "sparse" in parts:
        sparse = spread(rng.normal(size=(N, 1)), rng.integers(OTHER, size=N), OTHER)
    own, own_terms, blocks = [], [], ()
    if "single" in parts:
        own.append(rng.normal(size=(N, 2)))
        own_terms += [0, 0]
    if "block" in parts:
        blocks = (Block(len(own_terms), 2),)
        own.append(np.column_stack([np.ones(N), rng.normal(size=N)]))
        own_terms += [-1, -1]
    matrices = Matrices(
        X=np.column_stack([np.ones(N), rng.normal(size=N)]),
        R=dense,
        S=sparse,
        side_terms=np.array([1, 1, 2][: dense.shape[1]] + [3] * sparse.shape[1], dtype=np.int64),
        Z=np.hstack(own) if own else np.empty((N, 0)),
        own_terms=np.array(own_terms, dtype=np.int64),
        blocks=blocks,
        codes=rng.permutation(N) % LEVELS,
        n_levels=LEVELS,
        n_terms=4,
    )
    return matrices, rng.normal(size=N), rng.uniform(0.5, 2.0, N)


def columns_and_covariance(matrices, scales):
    """All columns of random effects, and the effects' covariance over the residual's variance."""
    columns = np.hstack([matrices.own.toarray(), matrices.R, matrices.S.toarray()])
    own = np.kron(np.eye(matrices.n_levels), scales.own @ scales.own.T)
    side = np.diag(scales.side**2)
    zeros = np.zeros((len(own), len(side)))
    return columns, np.block([[own, zeros], [zeros.T, side]])


@dataclass
class Dense:
    """The model from matrices of all rows by all rows."""

    matrices: Matrices
    y: np.ndarray
    weights: np.ndarray
    scales: object
    dispersion: float | None

    def __post_init__(self):
        X = self.matrices.X
        columns, covariance = columns_and_covariance(self.matrices, self.scales)
        V = np.diag(1.0 / self.weights) + columns @ covariance @ columns.T
        inverse = np.linalg.inv(V)
        self.information = X.T @ inverse @ X
        self.beta = np.linalg.solve(self.information, X.T @ inverse @ self.y)
        residual = self.y - X @ self.beta
        df, rss = N - X.shape[1], residual @ inverse @ residual
        self.sigma2 = rss / df if self.dispersion is None else self.dispersion
        self.criterion = (
            np.linalg.slogdet(V)[1]
            + np.linalg.slogdet(self.information)[1]
            + rss / self.sigma2
            + df * np.log(2.0 * np.pi * self.sigma2)
        )
        self.effects = covariance @ columns.T @ inverse @ residual


def random_parameters(parameters, seed):
    return np.random.default_rng(seed).uniform(-1.5, 0.7, len(parameters))


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("dispersion", [None, 1.0, 2.5])
@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
def test_solution_equals_the_dense_one(parts, dispersion):
    matrices, y, weights = draw(parts)
    parameters = Parameters(matrices)
    x = random_parameters(parameters, 1)
    criterion = Criterion(Gram.of(matrices, y, weights), parameters, matrices.p, dispersion)
    found = criterion.solve(x)
    expected = Dense(matrices, y, weights, parameters.scales(x), dispersion)
    assert found.criterion == pytest.approx(expected.criterion, abs=1e-8)
    assert found.sigma2 == pytest.approx(expected.sigma2, rel=1e-9)
    own = expected.effects[: matrices.n_own * LEVELS]
    np.testing.assert_allclose(found.own.ravel(), own, atol=1e-8)
    side = np.append(expected.effects[len(own) :], expected.beta)
    np.testing.assert_allclose(found.side, side, atol=1e-8)
    covariance = np.linalg.inv(expected.information)
    np.testing.assert_allclose(found.fixed_covariance, covariance, rtol=1e-7)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("dispersion", [None, 2.5])
@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
def test_a_fixed_effect_with_a_prior_is_a_random_one(parts, dispersion):
    penalty = 4.0
    matrices, y, weights = draw(parts)
    line = matrices.X[:, 1:]
    informed = replace(matrices, fixed_precision=np.diag([0.0, penalty]), n_informed=1)
    random = replace(
        matrices,
        X=matrices.X[:, :1],
        R=np.hstack([matrices.R, line]),
        side_terms=np.insert(matrices.side_terms, matrices.R.shape[1], 4),
        n_terms=5,
    )
    given, as_term = Parameters(informed), Parameters(random)
    criteria = [
        Criterion(Gram.of(each, y, weights), parameters, each.p, dispersion)
        for each, parameters in ((informed, given), (random, as_term))
    ]
    differences = []
    for seed in (1, 2):
        x = random_parameters(given, seed)
        found = criteria[0].solve(x)
        expected = criteria[1].solve(np.insert(x, 4, np.log(penalty**-0.5)))
        assert found.sigma2 == pytest.approx(expected.sigma2, rel=1e-9)
        assert found.side[-1] == pytest.approx(expected.side[matrices.R.shape[1]], abs=1e-9)
        assert found.side[-2] == pytest.approx(expected.side[-1], abs=1e-9)
        gradients = criteria[0](x)[1], criteria[1](np.insert(x, 4, np.log(penalty**-0.5)))[1]
        np.testing.assert_allclose(gradients[0], np.delete(gradients[1], 4), atol=1e-7)
        others = np.delete(np.arange(len(x) + 1), 4)
        information = expected.information(as_term)[np.ix_(others, others)]
        np.testing.assert_allclose(found.information(given), information, atol=1e-7)
        differences.append(found.criterion - expected.criterion)
    assert differences[0] == pytest.approx(differences[1], abs=1e-8)


@pytest.mark.usefixtures("either_way")
@settings(max_examples=25, deadline=None)
@given(
    parts=st.sets(st.sampled_from(sorted(PARTS["all"]))),
    dispersion=st.sampled_from([None, 1.0]),
    seed=st.integers(0, 10_000),
)
def test_gradient_equals_differences(parts, dispersion, seed):
    matrices, y, weights = draw(parts, seed)
    parameters = Parameters(matrices)
    x = random_parameters(parameters, seed)
    criterion = Criterion(Gram.of(matrices, y, weights), parameters, matrices.p, dispersion)
    step = 1e-5
    differences = [
        (criterion(x + step * e)[0] - criterion(x - step * e)[0]) / (2.0 * step)
        for e in np.eye(len(x))
    ]
    np.testing.assert_allclose(criterion(x)[1], differences, rtol=1e-5, atol=1e-5)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("dispersion", [None, 2.5])
@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
def test_information_equals_the_dense_one(parts, dispersion, monkeypatch):
    """By derivatives of the covariance of y, themselves by differences."""
    monkeypatch.setattr(Parameters, "curvature", lambda self, *_: 0.0)
    matrices, y, weights = draw(parts, 3)
    parameters = Parameters(matrices)
    x = random_parameters(parameters, 1)
    gram = Gram.of(matrices, y, weights)
    solution = Criterion(gram, parameters, matrices.p, dispersion).solve(x)

    def covariance(x):
        columns, effects = columns_and_covariance(matrices, parameters.scales(x))
        return np.diag(1.0 / weights) + columns @ effects @ columns.T

    inverse, X = np.linalg.inv(covariance(x)), matrices.X
    P = inverse - inverse @ X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse)
    step = 1e-5
    by_parameter = [
        (covariance(x + step * e) - covariance(x - step * e)) @ P @ y / (2.0 * step)
        for e in np.eye(len(x))
    ]
    directions = np.reshape(by_parameter, (len(x), N))
    expected = directions @ P @ directions.T / solution.sigma2
    if dispersion is None:
        with_response = directions @ P @ y / solution.sigma2
        expected -= np.outer(with_response, with_response) / (N - matrices.p)
    np.testing.assert_allclose(solution.information(parameters), expected, atol=1e-7)


@pytest.mark.usefixtures("either_way")
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_of_rows_does_not_matter(seed):
    matrices, y, weights = draw(PARTS["all"], seed)
    order = np.random.default_rng(seed).permutation(N)
    parameters = Parameters(matrices)
    x = random_parameters(parameters, seed)

    def solve(matrices, y, weights):
        return Criterion(Gram.of(matrices, y, weights), parameters, matrices.p).solve(x)

    before, after = (
        solve(matrices, y, weights),
        solve(matrices.take(order), y[order], weights[order]),
    )
    assert after.criterion == pytest.approx(before.criterion, abs=1e-9)
    np.testing.assert_allclose(after.own, before.own, atol=1e-9)
    np.testing.assert_allclose(after.side, before.side, atol=1e-9)
