"""The screen of interactions against products that are formed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixnn.inference.additive import features, screening
from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.screening import promising


@pytest.fixture(scope="module")
def known(read, curves):
    data = curves()
    return read("y ~ x + z + c + (1 | g)", data, np.random.default_rng(1).uniform(0.5, 2, 120))


@pytest.mark.parametrize(
    "feature", [features.Product(("x", "z")), features.ByLevel(("x", "c"))], ids=str
)
def test_scores_are_those_of_the_products(known, feature):
    _, fit = known.fit()
    variables, table = known.space.variables, known.rows.table
    blocks = list(map(features.Parts(variables, table), feature.parts))
    together = np.zeros(len(known.rows), dtype=np.int64)
    score = screening._scores_of_pairs(blocks, fit, together)[0, 1]
    N, W = feature.columns(variables, known.rows), fit.weights
    q = np.sum((N.T @ (W * fit.residuals)) ** 2) / fit.solution.sigma2
    t = np.trace(N.T @ (N * W[:, None]))
    first, second = (np.sum((each.T @ (each * W[:, None])) ** 2) for each in blocks)
    assert score == pytest.approx((q - t) / np.sqrt(2.0 * first * second) * W.sum(), rel=1e-9)


def test_scores_of_groups_are_those_of_their_levels_together(known):
    _, fit = known.fit()
    variables, codes = known.space.variables, known.rows.codes("g")
    feature = features.Product(("x", "z"))
    blocks = list(map(features.Parts(variables, known.rows.table), feature.parts))
    score = screening._scores_of_pairs(blocks, fit, codes)[0, 1]
    N, gain, squares = feature.columns(variables, known.rows), 0.0, 0.0
    for level in range(known.space.n_levels["g"]):
        rows = codes == level
        W = fit.weights[rows]
        gain += np.sum((N[rows].T @ (W * fit.residuals[rows])) ** 2) / fit.solution.sigma2
        gain -= np.trace(N[rows].T @ (N[rows] * W[:, None]))
        first, second = (np.sum((b[rows].T @ (b[rows] * W[:, None])) ** 2) for b in blocks)
        squares += 2.0 * first * second / W.sum() ** 2
    assert score == pytest.approx(gain / np.sqrt(squares), rel=1e-9)


def test_of_many_pairs_within_groups_the_one_that_matters_stays(read, monkeypatch):
    monkeypatch.setattr(screening, "MOST_DEAR_PAIRS", 5)
    rng = np.random.default_rng(3)
    data = pd.DataFrame(rng.normal(size=(400, 6))).add_prefix("v")
    data["g"], data["h"] = rng.integers(0, 20, 400), rng.integers(0, 4, 400)
    data["y"] = rng.normal(size=20)[data["g"]] * data["v1"] * data["v4"] + rng.normal(size=400)
    known = read("y ~ v0 + v1 + v2 + v3 + v4 + v5 + (1 | g) + (1 | h)", data)
    _, fit = known.fit()
    pairs = known.space.interactions["interactions"]
    found = list(map(str, promising(pairs, known.space, known.rows, fit)))
    assert {"line_product(v1, v4) | g", "levels(h) | g"} <= set(found)
    assert sum(each.endswith("| g") for each in found) == 6
    assert sum(each.endswith("| h") for each in found) == 5


def test_of_many_rough_pairs_the_one_that_matters_stays(read, monkeypatch):
    monkeypatch.setattr(screening, "MOST_DEAR_PAIRS", 3)
    rng = np.random.default_rng(4)
    data = pd.DataFrame(rng.normal(size=(400, 6))).add_prefix("v")
    data["g"] = rng.integers(0, 20, 400)
    data["y"] = np.sign(data["v1"]) * np.sign(data["v4"]) + rng.normal(size=400)
    known = read("y ~ v0 + v1 + v2 + v3 + v4 + v5 + (1 | g)", data)
    _, fit = known.fit()
    pairs = known.space.interactions["rough interactions"]
    found = list(map(str, promising(pairs, known.space, known.rows, fit)))
    assert len(pairs) == 15
    assert len(found) == 3
    assert "path_product(v1, v4)" in found


def test_few_pairs_are_all_tested(known):
    _, fit = known.fit()
    pairs = [each for each in known.space.candidates if not each.is_main]
    assert pairs
    assert promising(pairs, known.space, known.rows, fit) == pairs


def test_of_many_pairs_the_one_that_matters_stays(read, monkeypatch):
    monkeypatch.setattr(screening, "MOST_PAIRS", 20)
    rng = np.random.default_rng(3)
    data = pd.DataFrame(rng.normal(size=(300, 12))).add_prefix("v")
    data["f"], data["g"] = rng.choice(["p", "q"], 300), rng.integers(0, 20, 300)
    data["y"] = np.sin(2.0 * data["v3"]) * data["v8"] + 0.5 * rng.normal(size=300)
    data["y"] += data["v5"] * (data["f"] == "p")
    names = " + ".join(f"v{i}" for i in range(12))
    known = read(f"y ~ {names} + f + (1 | g)", data)
    _, fit = known.fit()
    own = Candidate(features.ByLevel(("v1", "f")), "g")
    pairs = [*(each for each in known.space.candidates if not each.is_main), own]
    assert len(pairs) > 70
    found = promising(pairs, known.space, known.rows, fit)
    assert found == [each for each in pairs if each in found]
    assert sum(each.group is None for each in found) == 20
    assert own in found
    assert {"product(v3, v8)", "by(v5, f)"} <= {str(each) for each in found}
