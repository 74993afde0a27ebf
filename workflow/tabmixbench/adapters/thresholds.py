"""LightGBM's settings that count rows, for small data; GPBoost's trees have them too."""

from __future__ import annotations

ROW_THRESHOLDS = {
    "min_child_samples": (20, 2),
    "min_data_per_group": (100, 2),
    "min_data_in_bin": (3, 1),
}
"""LightGBM's settings that count rows: (its default, the least value that makes sense)."""

SHRINKAGES = {"cat_smooth": 10.0, "cat_l2": 10.0}
"""LightGBM's penalties on splits of categories, in rows, and their defaults."""


def scaled_thresholds(rows: int, full_at: int | None) -> dict[str, float]:
    """LightGBM's row-counting settings for a training set of `rows` rows.

    Parameters
    ----------
    rows : int
        Training rows.
    full_at : int or None
        Size from which on the defaults hold; None for the defaults at every size.

    Returns
    -------
    dict
        Empty where the defaults hold, otherwise each default times ``rows / full_at``.
    """
    if full_at is None or rows >= full_at:
        return {}
    share = rows / full_at
    thresholds = {
        key: max(least, round(default * share)) for key, (default, least) in ROW_THRESHOLDS.items()
    }
    return {**thresholds, **{key: default * share for key, default in SHRINKAGES.items()}}
