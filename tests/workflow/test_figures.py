"""What holds for every figure; a new one is tested by being there."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tabmixbench.figures import DRAWERS
from tabmixbench.figures.files import save
from tabmixbench.report import figures_of
from tabmixbench.report.figure import NoCaptionError
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


def drawings():
    """Every SVG that a rule makes and the page may show."""
    from tabmixbench.leaderboard import BOARDS, POOLS, find
    from tabmixbench.simulations import STUDIES

    boards = [f"leaderboard/{name}_{part}" for name in (*BOARDS, *POOLS) for part in find(name)[2]]
    studies = [f"simulations/{name}" for name in STUDIES]
    others = ["reliability", "leaderboard/reliability", "benchmarks/growth", "spatial/fields"]
    return [*boards, *studies, *others, *(f"figures/{name}" for name in DRAWERS)]


@pytest.mark.parametrize("name", drawings())
def test_every_drawing_of_the_page_has_a_caption(name, tmp_path):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / f"{name}.md").write_text("### A page\n\n| with | tables |\n")
    (shown,) = figures_of([tmp_path / f"{name}.svg"], ROOT / "workflow/report")
    assert shown.caption.endswith(".")
    assert len(shown.caption) < 400
    assert "###" not in shown.caption


def test_every_drawing_that_a_rule_makes_is_one_of_these():
    with rules() as found:
        made = {
            str(path).removeprefix("results/")
            for rule in found.values()
            for path in rule.output
            if str(path).endswith(".svg")
        }
    stems = {path.removesuffix(".svg") for path in made if "{" not in path}
    assert stems <= set(drawings())


def test_a_figure_without_a_caption_is_named(tmp_path):
    page = tmp_path / "a_new_one.md"
    page.write_text("### A page\n")
    with pytest.raises(NoCaptionError, match=r"a_new_one\.svg has no caption: .*a_new_one\.rst"):
        figures_of([tmp_path / "a_new_one.svg"], ROOT / "workflow/report")
    page.write_text("What it\nshows.\n")
    (shown,) = figures_of([tmp_path / "a_new_one.svg"], ROOT / "workflow/report")
    assert shown.caption == "What it shows."


def test_the_page_is_made_anew_when_a_caption_changes():
    with rules() as found:
        captions = set(found["report"].input.captions)
    assert {
        f"workflow/report/{name}.rst" for name in ("improvement", "steps", "seconds")
    } <= captions
