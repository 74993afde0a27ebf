"""The report a reader opens first: what was found, every table, the figures, the versions."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tabmixbench.contradictions import contradictions
from tabmixbench.tables import BUILDERS, Results

PACKAGES = (
    *("tabmixnn", "torch", "numpy", "pandas", "scipy", "scikit-learn"),
    *("xgboost", "lightgbm", "statsmodels", "snakemake", "mlflow"),
)


def report(results: Results, tables: Sequence[str | Path], figures: Sequence[str | Path]) -> str:
    """Put the report together as Markdown.

    Parameters
    ----------
    results : Results
        The scores.
    tables : sequence of path
        Rendered tables (Markdown) in order.
    figures : sequence of path
        PNG files in a folder beside the report.
    """
    images = [f"![{Path(f).stem}]({Path(f).parent.name}/{Path(f).name})" for f in figures]
    versions = [f"Python {platform.python_version()} on {platform.system()}"]
    versions += [f"{package} {version(package)}" for package in PACKAGES]
    parts = [
        "# Reproduction of TabMixNN",
        "## What was found",
        *(f"- {sentence}" for sentence in findings(results)),
        "\n## Where the paper disagrees with itself",
        *(f"- {sentence}" for sentence in contradictions(results.paper)),
        "\n## Tables\n",
        *(Path(table).read_text(encoding="utf-8") for table in tables),
        "## Figures\n",
        *images,
        "\n## Versions\n",
        ", ".join(versions) + ".",
    ]
    return "\n".join(parts) + "\n"


def findings(results: Results) -> list[str]:
    """Sentences computed from Table 2: what the paper claims and what this run shows."""
    sentences = []
    for row in BUILDERS["table2"](results).data.itertuples():
        if not row.datasets:
            continue
        rival = results.models[row.rival].label
        sentences.append(
            f"{row.benchmark.capitalize()} against {rival}: the paper's configuration of TabMixNN "
            f"wins on {row.wins} of {row.datasets} datasets, {row.improvement:+.1f}% on average "
            f"({row.metric}); the paper says {row.paper_wins} of {row.paper_datasets} and "
            f"{row.paper_improvement:+.1f}%."
        )
    return sentences
