"""The criterion, its gradient and the predictions against dense brute force, every structure."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pytest

from tabmixnn.encoder.covariance import (
    AR1,
    IID,
    STRUCTURES,
    CompoundSymmetry,
    Placed,
    ResidualStructure,
    StructuredBlock,
)
from tabmixnn.inference.marginal.structured import fit_structured_lmm

N, LEVELS = 48, 8


@dataclass
class Plain:
    group: str
    codes: np.ndarray
    levels: np.ndarray
    names: list
    Z: np.ndarray
    correlated: bool = True


def rows(seed=0, n=N):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    X = np.column_stack([np.ones(n), x])
    return rng, X, X @ [2.0, 0.5] + rng.normal(size=n) + np.sin(np.arange(n))


def block(rng, group="g", n_levels=LEVELS, q=1, n=N, **structure):
    codes = rng.permutation(np.arange(n) % n_levels)
    Z = np.column_stack([np.ones(n), *rng.normal(size=(q - 1, n))])
    names = ["(Intercept)", "x", "z"][:q]
    return StructuredBlock(group, codes, np.arange(n_levels).astype(str), names, Z, **structure)


def plain(rng, group="h", n_levels=5, q=1, n=N):
    return block(rng, group, n_levels, q, n)


def within(rng, structure, codes=None, strata=False, n=N):
    codes = rng.permutation(np.arange(n) % 11) if codes is None else codes
    times = np.zeros(n)
    for level in np.unique(codes):
        mine = codes == level
        times[mine] = rng.permutation(12)[: mine.sum()]
    if structure.vector_positions:
        times = np.column_stack([times, rng.normal(size=n)])
    labels = (rng.random(n) < 0.5).astype(int) if strata else None
    return ResidualStructure(structure, codes, times, [str(i) for i in range(11)], labels)


def over_levels(name, q):
    def make():
        rng, X, y = rows()
        structure, positions = STRUCTURES[name].example(LEVELS, rng)
        return X, y, [block(rng, q=q, over_levels=Placed(structure, positions))], None

    return make


def crossed(name):
    def make():
        rng, X, y = rows(1)
        structure, positions = STRUCTURES[name].example(LEVELS, rng)
        placed = Placed(structure, positions)
        return X, y, [plain(rng, q=2), block(rng, q=1, over_levels=placed)], None

    return make


def over_effects(name, heterogeneous):
    def make():
        rng, X, y = rows(2)
        q = 4
        structure, positions = STRUCTURES[name].example(q, rng)
        term = plain(rng, "g", 9)
        occasion = rng.integers(0, q, N)
        term.Z, term.names = np.eye(q)[occasion], [f"f{k}" for k in range(q)]
        term.over_effects, term.heterogeneous = Placed(structure, positions), heterogeneous
        return X, y, [term], None

    return make


def levels_and_effects():
    rng, X, y = rows(9)
    term = block(rng, q=3, over_levels=Placed(AR1(), np.arange(float(LEVELS))))
    term.over_effects, term.heterogeneous = Placed(CompoundSymmetry(0.2, size=3), range(3)), True
    return X, y, [term], None


def residual_alone():
    rng, X, y = rows(3)
    return X, y, [], within(rng, AR1(), strata=True)


def residual_nested():
    rng, X, y = rows(4)
    term = plain(rng, "g", 6, q=2)
    return X, y, [term], within(rng, AR1(), term.codes, strata=True)


def residual_nested_in_smaller_groups():
    rng, X, y = rows(4)
    codes = np.arange(N) // 5
    term = plain(rng, "g", 5)
    term.codes = codes // 2
    return X, y, [term], within(rng, CompoundSymmetry(0.2, size=5), codes)


def residual_crossed():
    rng, X, y = rows(5)
    return X, y, [plain(rng), plain(rng, "k", 7, q=2)], within(rng, AR1(), strata=True)


def residual_and_levels():
    rng, X, y = rows(6)
    placed = Placed(AR1(), np.arange(float(LEVELS)))
    return X, y, [block(rng, q=2, over_levels=placed)], within(rng, IID(), strata=True)


def two_terms_of_one_group():
    rng, X, y = rows(7)
    first = plain(rng, "g", 9)
    second = plain(rng, "g", 9)
    second.codes, second.Z, second.names = first.codes, rng.normal(size=(N, 1)), ["x"]
    return X, y, [first, second], within(rng, AR1(), first.codes)


def eliminated_lead():
    rng, X, y = rows(8, 400)
    placed = Placed(AR1(), np.arange(float(LEVELS)))
    terms = [
        block(rng, q=1, n=400, over_levels=placed),
        plain(rng, "h", 60, 2, 400),
        plain(rng, "k", 6, n=400),
    ]
    return X, y, terms, None


MODELS = {
    f"{name} over {q} effects' levels": over_levels(name, q) for name in STRUCTURES for q in (1, 2)
}
MODELS |= {f"{name} crossed": crossed(name) for name in STRUCTURES}
MODELS |= {
    f"{name} over effects, heterogeneous={h}": over_effects(name, h)
    for name in STRUCTURES
    for h in (False, True)
}
MODELS |= {
    made.__name__: made
    for made in (
        levels_and_effects,
        residual_alone,
        residual_nested,
        residual_nested_in_smaller_groups,
        residual_crossed,
        residual_and_levels,
        two_terms_of_one_group,
        eliminated_lead,
    )
}


def covariance(fit, x):
    """Covariance of y over the residual variance, and of each term's effects."""
    n = fit.n
    V = np.eye(n)
    residual = fit.residual
    if residual is not None:
        inner, log_sd = residual.split(x[fit.parameters.residual_params])
        V = residual.structure.matrix(inner, residual.positions)
        V = np.where(residual.codes[:, None] == residual.codes, V, 0.0)
        if residual.strata is not None:
            sd = np.exp(log_sd[residual.strata])
            V = V * np.outer(sd, sd)
    parts = []
    for term, made in zip(fit.parameters.terms, fit.blocks, strict=True):
        Z = np.zeros((n, term.n_levels, term.q))
        Z[np.arange(n), made.codes] = made.Z
        Z = Z.reshape(n, -1)
        S = term.slope.natural(x[term.params])
        K = np.kron(term.level_matrix(x), S)
        V = V + Z @ K @ Z.T
        parts.append((Z, K))
    return V, parts


def dense_criterion(fit, V, reml):
    X, y, n = fit.X, fit.y, fit.n
    inverse = np.linalg.inv(V)
    XVX = X.T @ inverse @ X
    beta = np.linalg.solve(XVX, X.T @ inverse @ y)
    rss = (y - X @ beta) @ inverse @ (y - X @ beta)
    m = n - X.shape[1] if reml else n
    value = np.linalg.slogdet(V)[1] + m * (1.0 + np.log(2 * np.pi * rss / m))
    return value + (np.linalg.slogdet(XVX)[1] if reml else 0.0), beta


def fitted(made, **options):
    X, y, blocks, residual = made()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit_structured_lmm(X, y, blocks, residual=residual, **options)


@pytest.fixture(scope="module", params=sorted(MODELS))
def fit(request):
    # The identities hold everywhere, so stay at the start: noise has no optimum worth finding.
    return fitted(MODELS[request.param], tol=1e6)


def elsewhere(fit, seed=0):
    moved = 0.3 * np.random.default_rng(seed).normal(size=len(fit.working))
    return np.where(np.abs(fit.working) > 3.0, 0.5, fit.working) + moved


@pytest.mark.parametrize("reml", [True, False])
def test_criterion(fit, reml):
    x = elsewhere(fit)
    value = fit.likelihood.evaluate(x, reml=reml)[0]
    assert value == pytest.approx(dense_criterion(fit, covariance(fit, x)[0], reml)[0], abs=1e-8)


@pytest.mark.parametrize("reml", [True, False])
def test_gradient(fit, reml):
    x = elsewhere(fit, 1)
    gradient = fit.likelihood.evaluate(x, reml=reml)[1]
    for k in range(len(x)):
        step = np.zeros(len(x))
        step[k] = 1e-5
        ahead = fit.likelihood.evaluate(x + step, reml=reml)[0]
        behind = fit.likelihood.evaluate(x - step, reml=reml)[0]
        assert gradient[k] == pytest.approx((ahead - behind) / 2e-5, abs=2e-6, rel=1e-6)


@pytest.mark.parametrize("made", [residual_alone, residual_nested, two_terms_of_one_group])
def test_gradient_vanishes_at_the_fit(made):
    fit = fitted(made)
    assert fit.converged
    assert fit.gradient_norm < 1e-5


def a_level_for_each_row(structure, *others, residual=False, n=N):
    """A term that explains every row, whose noise is then but a part of it."""
    rng, X, y = rows(10, n)
    term = block(rng, n_levels=n, n=n, over_levels=Placed(*structure.example(n, rng)))
    others = [plain(rng, "h", size, n=n) for size in others]
    inner = within(rng, AR1(), np.arange(n) // 6) if residual else None
    return X, y, [term, *others], inner


def an_effect_for_each_row():
    rng, X, y = rows(11)
    term = block(rng, n_levels=8, q=1)
    term.codes, term.Z = np.arange(N) // 6, np.eye(6)[np.arange(N) % 6]
    term.names = [f"f{k}" for k in range(6)]
    term.over_effects = Placed(AR1(), np.arange(6.0))
    return X, y, [term], None


WITHOUT_NOISE = {
    "RotatedCore": lambda: a_level_for_each_row(STRUCTURES["K"]),
    "DenseCore, one term": lambda: a_level_for_each_row(AR1),
    "DenseCore, two terms": lambda: a_level_for_each_row(AR1, 5),
    "DenseCore, residuals": lambda: a_level_for_each_row(AR1, 5, residual=True),
    "DenseCore, a lead that will not do": lambda: a_level_for_each_row(AR1, 110, n=240),
    "NestedCore": an_effect_for_each_row,
}


@pytest.mark.parametrize("made", WITHOUT_NOISE.values(), ids=WITHOUT_NOISE)
def test_noise_that_is_all_but_nothing_beside_the_effects(made):
    fit = fitted(made, tol=1e6)
    assert type(fit.likelihood.core).__name__ in [
        name.split(",")[0] for name, other in WITHOUT_NOISE.items() if other is made
    ]
    x = fit.working.copy()
    x[fit.parameters.scales] = 1e5 * (1.0 + np.arange(len(fit.parameters.scales)))
    value, gradient = fit.likelihood(x)
    dense = dense_criterion(fit, covariance(fit, x)[0], True)[0]
    assert value == pytest.approx(dense, abs=1e-6)
    for k in np.flatnonzero(x < 1e5):
        step = np.zeros(len(x))
        step[k] = 1e-4
        ahead = dense_criterion(fit, covariance(fit, x + step)[0], True)[0]
        behind = dense_criterion(fit, covariance(fit, x - step)[0], True)[0]
        assert gradient[k] == pytest.approx((ahead - behind) / 2e-4, abs=1e-4)


def test_effects(fit):
    V, parts = covariance(fit, fit.working)
    inverse = np.linalg.inv(V)
    error = fit.y - fit.X @ dense_criterion(fit, V, True)[1]
    for position, (Z, K) in enumerate(parts):
        term = fit.parameters.terms[position]
        u = (K @ Z.T @ inverse @ error).reshape(term.n_levels, term.q)
        np.testing.assert_allclose(fit.u[position], u, atol=1e-8)
        left = fit.sigma**2 * (K - K @ Z.T @ inverse @ Z @ K)
        joint = fit.joint_conditional_variance(position)
        np.testing.assert_allclose(joint, left, atol=1e-8 * max(1.0, np.abs(K).max()))
        blocks = left.reshape(term.n_levels, term.q, term.n_levels, term.q)
        own = np.einsum("gkgl->gkl", blocks)
        np.testing.assert_allclose(
            fit.conditional_variances[position], own, atol=1e-8 * max(1.0, np.abs(K).max())
        )


def test_theta_has_a_name_for_each(fit):
    x = elsewhere(fit, 2)
    theta = fit.parameters.theta(x)
    assert len(fit.theta_names) == len(theta)
