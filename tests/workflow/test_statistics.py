import numpy as np
import pytest
from scipy import stats

from tabmixbench.statistics import corrected_resampled_t, friedman, mean_ranks, signed_rank


def test_without_overlap_it_is_the_ordinary_paired_t_test():
    difference = np.array([0.3, -0.1, 0.2, 0.4, 0.1])
    ours, theirs = corrected_resampled_t(difference, 0.0), stats.ttest_1samp(difference, 0.0)
    assert ours.t == pytest.approx(theirs.statistic)
    assert ours.p == pytest.approx(theirs.pvalue)


def test_without_overlap_its_interval_is_the_ordinary_one():
    difference = np.array([0.3, -0.1, 0.2, 0.4, 0.1])
    test = corrected_resampled_t(difference, 0.0)
    low, high = stats.ttest_1samp(difference, 0.0).confidence_interval()
    assert (test.low, test.high) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("low", "high", "within"),
    [
        (-1.0, 1.0, True),
        (None, 1.0, True),
        (-1.0, None, True),
        (0.0, 1.0, None),
        (1.0, None, False),
        (None, -1.0, False),
    ],
)
def test_a_range_holds_where_the_interval_lies_in_it(low, high, within):
    test = corrected_resampled_t(np.array([0.1, -0.1, 0.2, -0.1, 0.05]), 0.25)
    assert test.low < 0 < test.high
    assert test.within(low, high) is within


def test_one_split_tells_no_range():
    assert corrected_resampled_t(np.array([0.1]), 0.25).within(-1, 1) is None


def test_overlap_widens_the_standard_error_as_the_reference_gives_it():
    difference = np.array([0.3, -0.1, 0.2, 0.4, 0.1])
    test = corrected_resampled_t(difference, 0.25)
    assert test.standard_error**2 == pytest.approx((1 / 5 + 1 / 4) * difference.var(ddof=1))


def test_it_keeps_its_level_on_overlapping_splits():
    """Two equally good predictors (means of independent halves of the features) are told apart
    in about 5% of the trials, where the uncorrected test does so far more often."""
    rng = np.random.default_rng(0)
    rejected = {0.0: 0, 0.25: 0}
    trials = 300
    for _ in range(trials):
        x, z = rng.normal(size=(2, 100))
        y = x + z + rng.normal(size=100)
        difference = []
        for _ in range(10):
            test = rng.permutation(100)[:20]
            train = np.setdiff1d(np.arange(100), test)
            errors = []
            for feature in (x, z):
                slope, intercept = np.polyfit(feature[train], y[train], 1)
                errors.append(np.mean((y[test] - intercept - slope * feature[test]) ** 2))
            difference.append(errors[0] - errors[1])
        for ratio in rejected:
            rejected[ratio] += corrected_resampled_t(np.array(difference), ratio).p < 0.05
    assert rejected[0.25] / trials < 0.12
    assert rejected[0.0] > 2 * rejected[0.25]


def test_no_difference_at_all_is_no_evidence():
    test = corrected_resampled_t(np.zeros(5), 0.25)
    assert test.t == 0
    assert test.p == 1


def test_mean_ranks_average_ties_and_put_missing_last():
    scores = np.array([[1.0, 2.0, 2.0], [3.0, np.nan, 1.0]])
    assert mean_ranks(scores, larger_is_better=False).tolist() == [1.5, 2.75, 1.75]
    assert mean_ranks(scores, larger_is_better=True)[0] == pytest.approx(2.0)


def test_signed_ranks_agree_with_a_sum_over_all_signs():
    """p is the share of the 2^n patterns of signs whose statistic is as far from its middle."""
    rng = np.random.default_rng(3)
    errors, other = rng.uniform(1, 2, size=(2, 9))
    relative = (other - errors) / (other + errors)
    ranks = stats.rankdata(np.abs(relative))
    signs = np.array(np.meshgrid(*[[-1, 1]] * 9)).reshape(9, -1)
    as_far = np.abs(ranks @ signs) >= np.abs(ranks @ np.sign(relative)) - 1e-9
    (test,) = signed_rank(errors, other[:, None])
    assert test.p == pytest.approx(as_far.mean())
    assert test.effect == pytest.approx(ranks @ np.sign(relative) / 45)


def test_signed_ranks_do_not_depend_on_a_dataset_s_scale():
    rng = np.random.default_rng(4)
    errors, others, scale = rng.uniform(1, 2, 8), rng.uniform(1, 2, (8, 3)), 10.0 ** np.arange(8)
    plain = signed_rank(errors, others)
    scaled = signed_rank(scale * errors, scale[:, None] * others)
    assert [test.p for test in scaled] == pytest.approx([test.p for test in plain])


def test_signed_ranks_are_adjusted_for_their_number_step_by_step():
    errors = np.linspace(1, 2, 8)
    better = 1.1 * errors  # on every dataset: 2 / 2^8
    mixed = errors * np.array([1.1, 0.8, 1.3, 0.6, 1.5, 0.4, 1.7, 0.2])
    first, second, same = signed_rank(errors, np.column_stack([better, mixed, errors]))
    alone = signed_rank(errors, mixed[:, None])[0].p
    assert first.p == pytest.approx(3 * 2 / 2**8)
    assert second.p == pytest.approx(min(1, 2 * alone))
    assert (same.p, same.effect) == (1.0, 0.0)
    assert first.effect == 1.0


def test_a_pair_without_a_score_is_left_out_and_a_common_dataset_is_needed():
    errors, other = np.linspace(1, 2, 8), np.linspace(1.1, 1.9, 8)
    part = np.where(np.arange(8) < 2, np.nan, other)
    assert signed_rank(errors, part[:, None]) == signed_rank(errors[2:], other[2:, None])
    assert signed_rank(errors, np.full((8, 1), np.nan))[0].p == 1.0
    assert signed_rank(errors, np.empty((8, 0))) == []


def test_friedman_agrees_with_demsars_example_and_scipy():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(14, 4)) + np.array([0, 0.3, 0.6, 0.9])
    test = friedman(scores, larger_is_better=True)
    # Demšar (2006), section 3.2.2: four classifiers on 14 datasets, 2.569 sqrt(4 * 5 / (6 * 14)).
    assert test.critical_difference == pytest.approx(1.25, abs=0.005)
    # Table 5 (b) has 2.394 for comparisons of four classifiers with one of them.
    assert test.control_difference == pytest.approx(2.394 * np.sqrt(20 / 84), abs=0.001)
    chi2 = stats.friedmanchisquare(*scores.T).statistic
    f = 13 * chi2 / (14 * 3 - chi2)
    assert test.p == pytest.approx(stats.f.sf(f, 3, 39))
    assert not test.is_permuted


def test_friedman_is_corrected_for_ties():
    scores = np.random.default_rng(2).integers(0, 3, size=(12, 4)).astype(float)
    chi2 = stats.friedmanchisquare(*scores.T).statistic
    f = 11 * chi2 / (12 * 3 - chi2)
    assert friedman(scores, larger_is_better=False).p == pytest.approx(stats.f.sf(f, 3, 33))
    assert friedman(np.ones((12, 4)), larger_is_better=False).p == 1.0


@pytest.mark.parametrize(("datasets", "p"), [(2, 1 / 6), (3, 1 / 36)])
def test_on_few_datasets_friedman_counts_permutations(datasets, p):
    # As many of the 6^n orders agree with each other as there are orders.
    test = friedman(np.tile([0.1, 0.2, 0.3], (datasets, 1)), larger_is_better=False)
    assert test.p == pytest.approx(p)
    assert test.is_permuted
    assert friedman(np.ones((datasets, 3)), larger_is_better=False).p == 1.0


def test_permutations_that_are_drawn_are_the_same_ones_every_time():
    scores = np.random.default_rng(3).normal(size=(6, 5))
    assert friedman(scores, True).p == friedman(scores, True).p > 1e-4
