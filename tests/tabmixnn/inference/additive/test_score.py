"""Score tests against derivatives of the restricted likelihood, and against their definition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tabmixnn.inference.additive import features, score
from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.fit import fit_additive
from tabmixnn.inference.additive.likelihood import Criterion, Gram
from tabmixnn.inference.additive.matrices import spread
from tabmixnn.inference.additive.model import Model
from tabmixnn.inference.additive.outcome import GaussianOutcome
from tabmixnn.inference.additive.parameters import Parameters
from tabmixnn.inference.additive.score import ScoreTest

pytestmark = pytest.mark.usefixtures("either_way")

CANDIDATES = {
    "all rows": Candidate(features.Smooth(("x",))),
    "by level": Candidate(features.ByLevel(("x", "c"))),
    "largest factor's": Candidate(features.OwnPath(("x",)), "g"),
    "product within the largest factor": Candidate(features.LineProduct(("x", "x")), "g"),
    "product within another factor": Candidate(features.ByLevel(("x", "c")), "h"),
    "largest factor's line": Candidate(features.Line(("x",)), "g"),
    "other factor's": Candidate(features.OwnSmooth(("x",)), "h"),
    "other factor's levels": Candidate(features.Levels(("c",)), "h"),
}
FORMULAS = (
    "y ~ x + c + (z | g) + (1 | h)",
    "y ~ x + z + c + (1 | h)",
    "y ~ x + c + (0 + z | g) + (1 | g)",
)


@pytest.fixture(scope="module", params=FORMULAS)
def known(request, read, curves):
    data = curves()
    return read(request.param, data, np.random.default_rng(1).uniform(0.5, 2.0, len(data)))


@pytest.fixture(scope="module")
def fitted(known, either_way):
    """The formula's model with one term over all rows let in."""
    return known.fit(terms=[Candidate(features.Path(("z",)))])


@pytest.fixture(params=CANDIDATES)
def candidate(request, known):
    found = CANDIDATES[request.param]
    if found.group is not None and found.group not in known.space.n_levels:
        return replace(found, group=known.space.largest)
    return found


def projection(fit):
    """P, in units of the residual variance."""
    from_own = fit.matrices.own.toarray() if fit.matrices.n_own else np.empty((len(fit.weights), 0))
    scales = fit.parameters.scales(fit.x)
    own = from_own @ np.kron(np.eye(fit.matrices.n_levels), scales.own)
    side = np.hstack([fit.matrices.R, fit.matrices.S.toarray()]) * scales.side
    inverse = np.linalg.inv(np.diag(1.0 / fit.weights) + own @ own.T + side @ side.T)
    X = fit.matrices.X
    return inverse - inverse @ X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse)


def blocks_of(known, fit, candidate):
    """q, and the blocks of N'PN that count."""
    columns = known.space.columns(known.rows, candidate)
    m, levels = columns.shape[1], known.space.n_levels.get(candidate.group, 1)
    N = spread(columns, known.rows.codes(candidate.group), levels).toarray()
    P = projection(fit)
    q = ((N.T @ P @ known.outcome.y) ** 2).sum() / fit.solution.sigma2
    inner = (N.T @ P @ N).reshape(levels, m, levels, m)
    return q, inner[np.arange(levels), :, np.arange(levels)]


@pytest.mark.parametrize("most_whitened", [score.MOST_WHITENED, 0])
def test_score_is_what_the_docstring_defines(known, fitted, candidate, most_whitened, monkeypatch):
    monkeypatch.setattr(score, "MOST_WHITENED", most_whitened)
    _, fit = fitted
    q, blocks = blocks_of(known, fit, candidate)
    expected = (q - np.einsum("gaa->", blocks)) / np.sqrt(2.0 * (blocks**2).sum())
    assert ScoreTest(known.space, known.rows, fit)(candidate) == pytest.approx(expected, rel=1e-6)


def test_numerator_is_twice_the_derivative_at_a_variance_of_zero(known, fitted, candidate):
    model, fit = fitted
    larger = Model(known.space, (*model.terms, candidate))
    matrices = larger.matrices(known.rows)
    gram = Gram.of(matrices, known.outcome.y, known.outcome.weights)
    criterion = Criterion(gram, Parameters(matrices), matrices.p)
    x = larger.start(matrices, fit.x, model.terms)
    at = matrices.n_terms - 1

    def deviance(variance):
        with np.errstate(divide="ignore"):
            x[at] = np.log(variance) / 2.0
        return criterion.solve(x).criterion

    step = 1e-5
    slope = (4.0 * deviance(step) - deviance(2.0 * step) - 3.0 * deviance(0.0)) / (2.0 * step)
    _, blocks = blocks_of(known, fit, candidate)
    found = ScoreTest(known.space, known.rows, fit)(candidate)
    assert found * np.sqrt(2.0 * (blocks**2).sum()) == pytest.approx(-slope, rel=1e-3, abs=1e-2)


def test_scores_are_standardised_under_the_null(read, curves):
    data = curves(groups=30, each=5)
    known = read("y ~ x + c + (1 | g) + (1 | h)", data)
    candidates = [each for name, each in CANDIDATES.items() if name != "by level"]
    matrices = Model(known.space).matrices(known.rows)
    rng = np.random.default_rng(0)
    codes, x = known.rows.codes("g"), np.log([0.3, 0.7])  # of h, and of the block of g
    scores = []
    for _ in range(150):
        y = 0.7 * rng.normal(size=30)[codes] + rng.normal(size=len(data))
        y += 0.3 * rng.normal(size=6)[known.rows.codes("h")]
        outcome = GaussianOutcome(y, np.zeros(len(y)))
        test = ScoreTest(known.space, known.rows, fit_additive(matrices, outcome, x, y, steps=0))
        scores.append([test(each) for each in candidates])
    # Standard errors are about 0.08 and, the scores being skewed, 0.2.
    np.testing.assert_allclose(np.mean(scores, axis=0), 0.0, atol=0.3)
    np.testing.assert_allclose(np.var(scores, axis=0), 1.0, atol=0.6)


def test_tests_too_large_are_not_made(known, fitted, monkeypatch):
    monkeypatch.setattr(score, "MOST_COUPLINGS", 10)
    test = ScoreTest(known.space, known.rows, fitted[1])
    group = known.space.largest
    assert test(Candidate(features.Line(("x",)), group)) is None
    assert test(Candidate(features.Smooth(("x",)))) is not None
