"""What holds for every figure; a new one is tested by being there."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tabmixbench.figures import DRAWERS
from tabmixbench.figures.files import save
from tabmixbench.report import figures_of
from tabmixbench.report.svg import inline
from tabmixbench.tables import Results
from tests.workflow.snakefile import rules

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "results/reference"


@pytest.fixture(scope="module")
def results():
    return Results.read(REFERENCE / "metrics.csv", REFERENCE / "reasons.csv", ROOT / "config")


@pytest.mark.parametrize("name", DRAWERS)
def test_every_figure_is_drawn_saved_and_captioned(results, name, tmp_path):
    import matplotlib.pyplot as plt

    figure = DRAWERS[name](results)
    assert figure.axes
    save(figure, {kind: tmp_path / f"{name}.{kind}" for kind in ("png", "svg")})
    plt.close(figure)
    assert (tmp_path / f"{name}.png").stat().st_size > 1000
    (shown,) = figures_of([tmp_path / f"{name}.svg"], ROOT / "workflow/report")
    assert shown.caption
    assert inline(shown.path, shown.caption).startswith("<svg")


@pytest.mark.parametrize("datasets", [["sleepstudy"], ["cbpp"], ["sleepstudy", "Pastes"], []])
@pytest.mark.parametrize("name", DRAWERS)
def test_every_figure_of_some_datasets_is_drawn(results, name, datasets, tmp_path):
    import matplotlib.pyplot as plt

    some = replace(results, metrics=results.metrics[results.metrics["dataset"].isin(datasets)])
    figure = DRAWERS[name](some)
    save(figure, {kind: tmp_path / f"{name}.{kind}" for kind in ("png", "svg")})
    plt.close(figure)
    assert (tmp_path / f"{name}.png").stat().st_size > 1000


def test_no_improvement_hides_another_or_squeezes_the_rest(results):
    import matplotlib.pyplot as plt

    figure = DRAWERS["improvement"](results)
    for axis in figure.axes:
        assert axis.get_xscale() == "symlog"
        points = np.concatenate([dots.get_offsets() for dots in axis.collections])
        points = points[~np.isnan(points).any(axis=1)]
        assert len(np.unique(points[:, 1])) == len(points)
        left, right = axis.get_xlim()
        assert left < points[:, 0].min()
        assert points[:, 0].max() < right
    plt.close(figure)


def test_a_figure_without_a_caption_stops_nothing_and_is_captioned_by_its_name(
    monkeypatch, tmp_path
):
    monkeypatch.setitem(DRAWERS, "a_new_one", DRAWERS["improvement"])
    with rules() as found:
        report = found["report"].input
        assert "results/figures/a_new_one.svg" in report.figures
        assert all((ROOT / path).exists() for path in report.captions)
    (shown,) = figures_of([tmp_path / "a_new_one.svg"], ROOT / "workflow/report")
    assert shown.caption == "A new one"
