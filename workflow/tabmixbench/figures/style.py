"""The look that all figures of the suite share."""

from __future__ import annotations


def themed() -> None:
    """Set it."""
    import seaborn as sns

    sns.set_theme(style="whitegrid", context="paper", palette="colorblind")
