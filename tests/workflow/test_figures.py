"""What holds for every figure; a new one is tested by being there."""

from pathlib import Path

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
