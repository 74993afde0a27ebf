"""What bad arrays get: a named error or warning."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from tabmixnn.inference.marginal import (
    DesignError,
    IdentifiabilityError,
    RankDeficientWarning,
    SingularFitWarning,
    fit_glmm,
    fit_lmm,
)


def test_missing_response_is_refused(simulate):
    X, y, blocks = simulate(0)
    y[3] = np.nan
    with pytest.raises(DesignError, match="the response holds missing"):
        fit_lmm(X, y, blocks)


@pytest.mark.parametrize("bad", [0.0, -1.0])
def test_weights_must_be_positive(simulate, bad):
    X, y, blocks = simulate(0)
    weights = np.ones(len(y))
    weights[7] = bad
    with pytest.raises(DesignError, match="weights must be positive, but row 7"):
        fit_lmm(X, y, blocks, weights=weights)


def test_unseen_levels_are_refused(simulate):
    X, y, blocks = simulate(0)
    blocks[0].codes[0] = -1
    with pytest.raises(DesignError, match="grouping factor 'a' has rows outside"):
        fit_lmm(X, y, blocks)


def test_more_effects_than_rows_is_refused_as_lme4_says_it(simulate, array_block):
    X, y, _ = simulate(0)
    block = array_block("id", np.arange(len(y)), X[:, :1])
    with pytest.raises(IdentifiabilityError, match=r"\(=200\) <= number of random effects \(=200"):
        fit_lmm(X, y, [block])


def test_a_single_level_is_refused(simulate, array_block):
    X, y, _ = simulate(0)
    block = array_block("g", np.zeros(len(y), dtype=int), X[:, :1])
    with pytest.raises(DesignError, match="> 1 sampled level; 'g' has only one"):
        fit_lmm(X, y, [block])


def test_a_model_needs_a_random_term(simulate):
    X, y, _ = simulate(0)
    with pytest.raises(DesignError, match="at least one random-effects term"):
        fit_lmm(X, y, [])


@pytest.mark.parametrize("name", ["weights", "offset"])
def test_lengths_must_agree(simulate, name):
    X, y, blocks = simulate(0)
    with pytest.raises(DesignError, match=f"{name} has shape"):
        fit_lmm(X, y, blocks, **{name: np.ones(3)})


def test_aliased_columns_are_dropped_and_named(simulate):
    X, y, blocks = simulate(0)
    wide = np.column_stack([X, X[:, 1] - 2.0 * X[:, 2], X[:, 0] * 3.0])
    with pytest.warns(RankDeficientWarning, match="dropping 2 columns: diff, three"):
        fit = fit_lmm(wide, y, blocks, names=["one", "x", "z", "diff", "three"])
    plain = fit_lmm(X, y, blocks)
    assert fit.names == ["one", "x", "z"]
    np.testing.assert_allclose(fit.beta, plain.beta, rtol=1e-8)
    np.testing.assert_allclose(fit.fitted, plain.fitted, rtol=1e-8)


def test_a_column_far_from_zero_is_dropped_as_lm_does_and_told_to_be_centred(simulate):
    X, y, blocks = simulate(0)
    times = 1.7e9 + np.random.default_rng(0).normal(size=len(y))
    names = ["one", "x", "z", "constant", "times"]
    with pytest.warns(RankDeficientWarning) as said:
        fit = fit_lmm(np.column_stack([X, X[:, 0] * 0.1, times]), y, blocks, names=names)
    assert fit.names == ["one", "x", "z"]
    assert "dropping 2 columns: constant, times; times hardly varies" in str(said[0].message)
    assert "subtract the mean, such as by scale(times)" in str(said[0].message)
    centred = fit_lmm(np.column_stack([X, times - times.mean()]), y, blocks)
    assert len(centred.beta) == 4


def test_columns_that_are_constant_or_aliased_are_not_told_to_be_centred(simulate):
    X, y, blocks = simulate(0)
    sums = np.where(np.arange(len(y)) % 2, 0.1 + 0.2, 0.3)
    wide = np.column_stack([X, sums, X[:, 1] + 1.7])
    with pytest.warns(RankDeficientWarning) as said:
        fit_lmm(wide, y, blocks, names=["one", "x", "z", "sums", "shifted"])
    assert str(said[0].message).endswith("dropping 2 columns: sums, shifted")


def test_nearly_aliased_columns_are_kept(simulate):
    X, y, blocks = simulate(0)
    near = X[:, 1] + 1e-5 * np.random.default_rng(0).normal(size=len(y))
    fit = fit_lmm(np.column_stack([X, near]), y, blocks)
    assert len(fit.beta) == 4


@pytest.mark.parametrize(
    ("family", "y", "message"),
    [
        ("binomial", [0.0, 2.0], "between 0 and 1"),
        ("binomial", [0.25, 1.0], "0 or 1, but 20 of 40 values lie between; give the trials"),
        ("binomial", [[0.25, 0.75], [1.0, 2.0]], "whole numbers, but in 20 of 40 rows"),
        ("poisson", [0.0, 1.5], "whole numbers"),
        ("nbinom2", [0.0, -1.0], "whole numbers"),
        ("gamma", [1.0, 0.0], "positive"),
        ("tweedie", [1.0, 1.0], "family 'tweedie' is unknown"),
    ],
)
def test_responses_outside_the_family_are_refused(array_block, family, y, message):
    y = np.concatenate([y] * 20)
    block = array_block("g", np.arange(40) % 4, np.ones((40, 1)))
    with pytest.raises(DesignError, match=message):
        fit_glmm(np.ones((40, 1)), y, [block], family=family)


def test_links_belong_to_families(array_block):
    block = array_block("g", np.arange(40) % 4, np.ones((40, 1)))
    with pytest.raises(DesignError, match="link 'probit' does not fit family 'poisson'"):
        fit_glmm(np.ones((40, 1)), np.ones(40), [block], family="poisson", link="probit")


def test_quadrature_needs_one_scalar_effect(simulate):
    X, y, blocks = simulate(0)
    with pytest.raises(DesignError, match="a scalar random effect of the factor"):
        fit_glmm(X, (y > 0).astype(float), blocks, family="binomial", n_quad=5)


def test_shares_that_are_no_whole_successes_are_warned_of(array_block):
    block = array_block("g", np.arange(40) % 4, np.ones((40, 1)))
    rng = np.random.default_rng(0)
    shares = rng.integers(0, 4, 40) / 3
    data = {"blocks": [block], "family": "binomial", "weights": np.full(40, 3.0)}
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("ignore", SingularFitWarning)
        fit_glmm(np.ones((40, 1)), shares, **data)
    message = f"{np.isin(shares, [1 / 3, 2 / 3]).sum()} of 40 binomial shares times their weights"
    with pytest.warns(UserWarning, match=message):
        fit_glmm(np.ones((40, 1)), shares.round(2), **data)


def test_a_term_of_very_many_effects_is_named_in_short(array_block):
    block = array_block("g", np.arange(40) % 8, np.eye(40)[:, :20])
    with pytest.raises(
        IdentifiabilityError, match=r"term \(z0 \+ .* \+ z4 \+ \.\.\. \(20 in all\)"
    ):
        fit_lmm(np.ones((40, 1)), np.arange(40.0), [block])
