"""Searches find what is planted, and little where nothing is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tabmixnn.inference.additive import search
from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.features import LineProduct, Path, Product, Smooth
from tabmixnn.inference.additive.model import Model
from tabmixnn.inference.additive.score import ScoreTest
from tabmixnn.inference.additive.search import VANISHED, Found, search_terms, work
from tabmixnn.inference.additive.space import Space


def look(known, start, *report, **options):
    """What a search of the formula's model finds."""
    before = Found(Model(known.space), start, {})
    return search_terms(
        before, known.space.candidates, known.rows, known.outcome, *report, **options
    )


def run(known, **options):
    _, start = known.fit(**options)
    found = look(known, start)
    assert list(found.scores) == list(found.model.terms)
    return found, {str(term) for term in found.model.terms}


def test_finds_a_smooth(read, curves):
    found, terms = run(read("y ~ x + z + (1 | g)", curves(groups=20)))
    assert terms & {"s(x)", "path(x)"}
    score = max(score for term, score in found.scores.items() if "(x)" in str(term))
    assert score > 5.0


def test_finds_curves_of_groups(read, curves):
    data = curves(groups=15, each=20, curve=lambda x: 0.0 * x)
    phase = np.random.default_rng(1).uniform(0.0, 2.0 * np.pi, 15).repeat(20)
    data["y"] += np.sin(6.0 * data["x"] + phase)
    found, terms = run(read("y ~ x + z + (1 | g)", data))
    assert terms & {"s(x) | g", "path(x) | g"}
    truth = data["y"].to_numpy()
    assert np.mean((found.fit.eta - truth) ** 2) < 2.0 * 0.3**2


def test_finds_an_interaction(read, curves):
    data = curves(groups=20, each=15, curve=lambda x: x)
    data["y"] += 2.0 * (data["x"] - 0.5) * data["z"]
    _, terms = run(read("y ~ x + z + (1 | g)", data))
    assert "product(x, z)" in terms


def test_finds_an_interaction_with_a_category(read, curves):
    data = curves(groups=20, each=10, curve=lambda x: x)
    data["y"] += np.where(data["c"] == "u", 3.0, -1.0) * (data["x"] - 0.5)
    _, terms = run(read("y ~ x + c + (1 | g)", data))
    assert "by(x, c)" in terms


def test_admits_little_under_noise(read, curves):
    admitted, explained = [], []
    for seed in range(6):
        data = curves(seed=seed, groups=15, each=8, curve=lambda x: x)
        known = read("y ~ x + z + c + (1 | g)", data)
        _, start = known.fit()
        found = look(known, start)
        admitted.append(len(found.model.terms))
        explained.append(np.mean((found.fit.eta - start.eta) ** 2) / start.solution.sigma2)
    assert np.mean(admitted) < 4.0
    assert np.mean(explained) < 0.15


def test_admits_little_where_there_are_many_predictors_of_nothing(read):
    admitted = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        data = pd.DataFrame(rng.normal(size=(200, 20)), columns=[f"v{k}" for k in range(20)])
        data["g"] = rng.integers(10, size=200).astype(str)
        data["y"] = data["v0"] + rng.normal(size=200)
        known = read(f"y ~ {' + '.join(data.columns[:20])} + (1 | g)", data)
        mains = [each for each in known.space.candidates if each.is_main]
        assert {known.space.tried(each) for each in mains} == {len(mains)}
        assert len(mains) >= 100
        assert len(known.space.candidates) - len(mains) >= 190
        admitted.append(len(run(known)[0].model.terms))
    # At the scores that are enough where there are few, they are about twenty.
    assert np.mean(admitted) < 10.0


def test_scores_rise_with_the_number_of_terms_to_try():
    assert search._score_by_chance(3.0, 24) < search.MAIN_SCORE < search._score_by_chance(3.0, 30)
    assert search._score_by_chance(1.5, 45) < search.PAIR_SCORE < search._score_by_chance(1.5, 50)
    # Of 150 squares of normal numbers three exceed it.
    squares = (1.0 + np.sqrt(2.0) * search._score_by_chance(3.0, 150)) ** 0.5
    assert 150 * 2.0 * (1.0 - stats.norm.cdf(squares)) == pytest.approx(3.0)


@pytest.mark.parametrize("effect", [0.0, 3.0])
def test_terms_of_whole_groups_come_in_where_they_are_clear_and_not_by_chance(read, curves, effect):
    found = 0
    for seed in range(8):
        data = curves(seed=seed, groups=40, each=8, curve=lambda x: x)
        rng = np.random.default_rng(100 + seed)
        own = pd.DataFrame(rng.normal(size=(40, 4)), columns=list("pqrs"))
        own["k"], own["level"] = rng.choice(["u", "v"], 40), rng.normal(size=40)
        own["level"] += effect * np.sin(2.0 * own["p"])
        own = own.iloc[data["g"].factorize()[0]].set_index(data.index)
        data = data.assign(**own.drop(columns="level"), y=data["y"] + own["level"])
        known = read("y ~ x + p + q + r + s + k + (1 | g)", data)
        _, start = known.fit()
        terms = look(known, start).model.terms
        assert known.space.constant == set("pqrsk")
        contextual = {str(term) for term in terms if known.space.is_contextual(term)}
        found += bool(contextual & {"s(p)", "path(p)"} if effect else contextual)
    assert found >= 7 if effect else found <= 2


def test_terms_that_vanish_leave(read, curves, monkeypatch):
    known = read("y ~ x + z + c + (1 | g)", curves(groups=15, each=8))

    def smallest():
        found, _ = run(known)
        return found.model.deviations(found.fit.matrices, found.fit.x).min()

    assert smallest() > VANISHED
    monkeypatch.setattr(search, "VANISHED", 0.0)
    assert smallest() < VANISHED


def test_effects_of_the_formula_come_back_once_curves_are_there(read, curves):
    """Beside a curve that is missing groups seem not to differ, and their variance is zero."""
    known = read(
        "y ~ x + (1 | g)", curves(groups=15, each=8, curve=lambda x: 9.0 * np.sin(9.0 * x))
    )
    (lost, start), (_, whole) = known.fit(x=np.array([-8.0]), steps=0), known.fit()
    assert lost.terms == ()
    found, expected = (look(known, each) for each in (start, whole))
    assert found.model.terms == expected.model.terms
    assert found.fit.solution.criterion == pytest.approx(expected.fit.solution.criterion, abs=0.1)
    assert np.exp(found.fit.x[-1]) > 1.0  # of 1 beside a residual of 0.3


def test_terms_that_vanish_may_come_in_once_more(read, curves, monkeypatch):
    known, rounds = read("y ~ x + z + c + (1 | g)", curves(groups=15, each=8)), []
    _, start = known.fit()
    monkeypatch.setattr(search, "VANISHED", np.inf)
    assert not look(known, start, rounds.append).model.terms
    let_in = [term for line in rounds for term in line.partition(": ")[2].split(", ")]
    assert max(let_in.count(term) for term in let_in) == search.CHANCES


def test_search_reports_its_rounds(read, curves):
    known, lines = read("y ~ x + (1 | g)", curves()), []
    _, start = known.fit()
    look(known, start, lines.append)
    assert lines[0].startswith("round 1: ")
    assert "(x)" in lines[0]


def test_huge_factors_keep_the_formula(read):
    rng = np.random.default_rng(0)
    n = 1300
    data = pd.DataFrame({"x": rng.uniform(size=n), "y": rng.normal(size=n)})
    data["a"], data["b"] = np.arange(n).astype(str), (np.arange(n) // 1.02).astype(int).astype(str)
    known, lines = read("y ~ x + (1 | a) + (1 | b)", data), []
    _, start = known.fit(steps=0)
    assert work(start.matrices) > search.MOST_WORK
    found = look(known, start, lines.append)
    assert found.fit is start
    assert found.model.terms == ()
    assert len(lines) == 1


def test_terms_must_be_affordable(read, curves):
    known = read("y ~ x + z + (1 | g)", curves())
    _, start = known.fit()
    most = work(start.matrices) * 1.01
    found = look(known, start, most_work=most)
    assert found.model.terms == ()


@pytest.mark.parametrize(("own", "side"), [(0, 0), (2, 0), (0, 5)])
def test_work_counts_further_columns(read, curves, own, side):
    _, fit = read("y ~ x + z + (1 | g)", curves()).fit()
    width = fit.matrices.p + side
    assert work(fit.matrices, own, side) == (15 * (1 + own) + width) * width**2


def test_equal_scores_keep_the_order_of_the_candidates(read, curves):
    data = curves().assign(copy=lambda d: d["x"], again=lambda d: d["x"])
    known = read("y ~ x + copy + again + (1 | g)", data)
    known.space = Space(known.rows, np.array([0, 1]))
    _, start = known.fit()
    found = look(known, start)
    twins = [term.feature.names[0] for term in found.scores if str(term).startswith("s(")]
    assert twins[:3] == ["x", "copy", "again"]


def products(groups):
    """Groups with effects of a product of two numbers, which are 2 on average."""
    rng = np.random.default_rng(0)
    data = pd.DataFrame(rng.uniform(-1.5, 1.5, size=(300, 2)), columns=["x", "z"])
    codes = rng.integers(0, groups, 300)
    data["g"] = codes.astype(str)
    data["y"] = (2.0 + rng.normal(size=groups)[codes]) * data["x"] * data["z"]
    return data.assign(y=data["y"] + 0.3 * rng.normal(size=300))


def test_what_groups_have_of_an_interaction_in_common_comes_with_it(read):
    data = products(10)
    known = read("y ~ x + z + (1 | g)", data)
    _, start = known.fit()
    before = Found(Model(known.space), start, {})
    # The search before would have found what is common: here it has to come with the groups' own.
    own = known.space.interactions["interactions"]
    found = search_terms(before, own, known.rows, known.outcome)
    terms = {str(term): size for term, size in zip(found.model.terms, _sizes(found), strict=True)}
    assert terms["line_product(x, z) | g"] > 1.0  # relative to a residual of 0.3
    assert terms["line_product(x, z)"] > 1.0
    says = found.fit.predict(found.model.matrices(known.rows.of_new_groups()))
    assert np.corrcoef(says, 2.0 * data["x"] * data["z"])[0, 1] > 0.95


def _sizes(found):
    return found.model.deviations(found.fit.matrices, found.fit.x)


def test_what_is_common_comes_in_with_the_groups_own_or_not_at_all(read, curves):
    known = read("y ~ x + z + (1 | g)", curves(groups=20))
    _, fit = known.fit()
    own = Candidate(LineProduct(("x", "z")), "g")
    units = [(own, own.in_common), (Candidate(Product(("x", "z"))),)]

    def let_in(most_work):
        return search.affordable(units, known.space, known.rows, fit.matrices, most_work)

    assert let_in(np.inf) == [own, own.in_common, Candidate(Product(("x", "z")))]
    assert let_in(work(fit.matrices, 0, 1)) == []
    assert let_in(work(fit.matrices, 1, 1)) == [own, own.in_common]


def test_no_more_terms_come_in_than_a_round_has_places_for(read, curves):
    known = read("y ~ x + z + (1 | g)", curves(groups=20))
    _, fit = known.fit()
    units = [(Candidate(Smooth((name,)), group),) for name in "xz" for group in (None, "g")]
    units += [(Candidate(Path(("x",))),)]
    own = Candidate(LineProduct(("x", "z")), "g")
    units += [(own, own.in_common), (Candidate(Path(("z",))),)]
    found = search.affordable(units, known.space, known.rows, fit.matrices)
    assert found == [each for unit in units[:5] for each in unit]


def test_what_the_fixed_effects_have_does_not_come_in_with_the_groups_own(read):
    known = read("y ~ x * z + (1 | g)", products(30))
    _, start = known.fit()
    before = Found(Model(known.space), start, {})
    own = known.space.interactions["interactions"]
    found = search_terms(before, own, known.rows, known.outcome)
    terms = set(map(str, found.model.terms))
    assert "line_product(x, z) | g" in terms
    assert "line_product(x, z)" not in terms


def test_what_is_common_to_groups_and_says_the_same_of_whole_ones_has_to_be_clear(read):
    rng = np.random.default_rng(0)
    group = rng.normal(size=(60, 2))
    codes = np.repeat(np.arange(60), 8)
    data = pd.DataFrame(group[codes], columns=["x", "z"])
    data["g"], h = codes.astype(str), rng.integers(0, 8, 480)
    data["h"] = h.astype(str)
    data["y"] = rng.normal(size=60)[codes] + rng.normal(size=480)
    own = Candidate(LineProduct(("x", "z")), "h")
    for effect, is_wanted in ((0.0, False), (3.0, True)):
        rows = data.assign(y=data["y"] + effect * data["x"] * data["z"])
        known = read("y ~ x + z + (1 | g) + (1 | h)", rows)
        test = ScoreTest(known.space, known.rows, known.fit()[1])
        assert known.space.is_contextual(own.in_common)
        assert bool(search._in_common([own], test, set())) is is_wanted
