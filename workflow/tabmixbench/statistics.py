"""Tests of differences between models over repeated splits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Differences with a smaller p are told from none, everywhere in the suite.
LEVEL = 0.05
#: Datasets below which Friedman's p is of permutations, and how many of these there are at most.
FEW, PERMUTATIONS = 10, 9999


@dataclass(frozen=True)
class PairedTest:
    """A paired difference over splits: its mean, standard error, t, two-sided p, interval."""

    mean: float
    standard_error: float
    t: float
    p: float
    low: float = float("nan")
    high: float = float("nan")

    def within(self, low: float | None, high: float | None) -> bool | None:
        """Whether the difference lies in a range, None where its interval does not tell.

        The interval inside the range says yes (of 95%: two one-sided tests of 2.5%), outside it
        no, across one of its ends, or one of NaN, neither. None is no end.
        """
        low, high = -np.inf if low is None else low, np.inf if high is None else high
        if self.low >= low and self.high <= high:
            return True
        return False if self.high < low or self.low > high else None


def corrected_resampled_t(
    difference: np.ndarray, test_to_train: float, level: float = LEVEL
) -> PairedTest:
    """t-test of paired differences over random splits that share training rows.

    The variance of the mean is inflated by n_test/n_train because the training sets overlap.

    Parameters
    ----------
    difference : ndarray of shape (n_splits,)
        Score of one model minus score of the other, split by split.
    test_to_train : float
        Rows in a test set over rows in a training set (1/4 for an 80/20 split).
    level : float
        What the interval leaves out: less than 5% for several intervals that hold at once.

    References
    ----------
    Nadeau and Bengio (2003), Inference for the generalization error, Machine Learning 52, eq. 9.
    """
    from scipy.stats import t as student

    difference = np.asarray(difference, dtype=float)
    k = len(difference)
    mean = float(difference.mean())
    if k < 2:
        return PairedTest(mean, float("nan"), float("nan"), float("nan"))
    se = float(np.sqrt((1 / k + test_to_train) * difference.var(ddof=1)))
    if se == 0.0:
        t = 0.0 if mean == 0 else float(np.sign(mean) * np.inf)
        return PairedTest(mean, 0.0, t, float(mean == 0), mean, mean)
    t, reach = mean / se, float(student.isf(level / 2, k - 1)) * se
    p = float(2 * student.sf(abs(t), k - 1))
    return PairedTest(mean, se, t, p, mean - reach, mean + reach)


def mean_ranks(scores: np.ndarray, larger_is_better: bool) -> np.ndarray:
    """Mean rank of each model over datasets, 1 = best, ties averaged.

    Parameters
    ----------
    scores : ndarray of shape (n_datasets, n_models)
        NaN ranks last.
    """
    return _ranks(scores, larger_is_better).mean(axis=0)


def _ranks(scores: np.ndarray, larger_is_better: bool) -> np.ndarray:
    """By dataset, shape (n_datasets, n_models): 1 = best, ties averaged, NaN last."""
    from scipy.stats import rankdata

    signed = -scores if larger_is_better else scores
    return rankdata(np.where(np.isnan(signed), np.inf, signed), axis=1)


@dataclass(frozen=True)
class Friedman:
    """Friedman's test of equal mean ranks, and critical differences of two of them.

    Attributes
    ----------
    models, datasets : int
    p : float
    is_permuted : bool
        Whether p is of permutations of the ranks, on few datasets, and not of Iman and Davenport's
        F distribution.
    critical_difference : float
        Nemenyi's, for all pairs.
    control_difference : float
        Bonferroni and Dunn's, for the pairs of one model with each other one.
    """

    models: int
    datasets: int
    p: float
    is_permuted: bool
    critical_difference: float
    control_difference: float


def friedman(scores: np.ndarray, larger_is_better: bool, level: float = LEVEL) -> Friedman:
    """Test whether models rank alike, in Iman and Davenport's F form corrected for ties.

    Below `FEW` datasets the distribution of F is not that of the statistic, and p is the share of
    permutations of the ranks within datasets that tell models apart as well: of all of them where
    there are no more than `PERMUTATIONS`, else of as many drawn with a fixed seed.

    Parameters
    ----------
    scores : ndarray of shape (n_datasets, n_models)
        NaN ranks last.
    level : float
        Of the critical differences.

    References
    ----------
    Demšar (2006), Statistical comparisons of classifiers over multiple data sets, Journal of
    Machine Learning Research 7, section 3.2.
    """
    from scipy.stats import norm, studentized_range

    n, k = scores.shape
    ranks = _ranks(scores, larger_is_better)
    p = _permuted_p(ranks) if n < FEW else _iman_davenport_p(ranks)
    q = float(studentized_range.ppf(1 - level, k, np.inf)) / np.sqrt(2)
    control = float(norm.isf(level / (2 * (k - 1))))
    error = float(np.sqrt(k * (k + 1) / (6 * n)))
    return Friedman(k, n, p, n < FEW, q * error, control * error)


def _permuted_p(ranks: np.ndarray) -> float:
    """Of Friedman's statistic, by permutations of the ranks (n_datasets, n_models) by dataset."""
    from scipy.stats import permutation_test

    def spread(*columns: np.ndarray, axis: int) -> np.ndarray:
        return sum(column.mean(axis=axis) ** 2 for column in columns)

    found = permutation_test(
        tuple(ranks.T),
        spread,
        permutation_type="samples",
        vectorized=True,
        n_resamples=PERMUTATIONS,
        batch=1000,
        alternative="greater",
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)


def _iman_davenport_p(ranks: np.ndarray) -> float:
    """Of the same, by the F distribution of Friedman's statistic corrected for ties."""
    from scipy.stats import f, friedmanchisquare

    n, k = ranks.shape
    if (ranks == ranks[:, :1]).all():
        return 1.0
    chi2 = float(friedmanchisquare(*ranks.T).statistic)
    room = n * (k - 1) - chi2
    # All datasets in the same order: F is infinite.
    if room <= 1e-9 * n:
        return 0.0
    return float(f.sf((n - 1) * chi2 / room, k - 1, (k - 1) * (n - 1)))


@dataclass(frozen=True)
class SignedRank:
    """Wilcoxon's signed-rank test over datasets.

    Attributes
    ----------
    p : float
        Two-sided, adjusted for the other tests of its family.
    effect : float
        Matched-pairs rank-biserial correlation: 1 where the model that was asked for is better on
        every dataset, -1 where it is worse on every one.
    """

    p: float
    effect: float


def signed_rank(errors: np.ndarray, others: np.ndarray) -> list[SignedRank]:
    """Test one model against each of several by their errors on the same datasets.

    Unlike a difference of mean ranks it does not depend on what else is ranked. Datasets differ in
    scale, so that a difference is taken relative to the sum of the two errors.

    Parameters
    ----------
    errors : ndarray of shape (n_datasets,)
        Of the one model, at least 0 and less is better.
    others : ndarray of shape (n_datasets, n_models)
        Of the others; a pair with a NaN is left out.

    Returns
    -------
    list of SignedRank
        One for each other model, p by Holm's step-down method; p is 1 where two models have the
        same errors or no dataset in common.

    References
    ----------
    Demšar (2006), Statistical comparisons of classifiers over multiple data sets, Journal of
    Machine Learning Research 7, section 3.1.3. Benavoli, Corani and Mangili (2016), Should we
    really use post-hoc tests based on mean-ranks?, Journal of Machine Learning Research 17.
    """
    from scipy.stats import rankdata, wilcoxon
    from statsmodels.stats.multitest import multipletests

    p, effects = [], []
    for other in others.T:
        difference = other - errors
        differs = ~np.isnan(difference) & (difference != 0)
        relative = difference[differs] / (other + errors)[differs]
        ranks = rankdata(np.abs(relative))
        p.append(float(wilcoxon(relative).pvalue) if len(relative) else 1.0)
        effects.append(float(ranks @ np.sign(relative) / ranks.sum()) if len(relative) else 0.0)
    adjusted = multipletests(p, method="holm")[1].tolist() if p else []
    return [SignedRank(*found) for found in zip(adjusted, effects, strict=True)]


def p_text(p: float) -> str:
    """What tables print for a p; a dash for NaN."""
    return "–" if np.isnan(p) else f"{p:.3f}" if p >= 0.0005 else "< 0.001"


def p_said(p: float) -> str:
    """What sentences say of a p: ``p = 0.012``, ``p < 0.001``."""
    text = p_text(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"
