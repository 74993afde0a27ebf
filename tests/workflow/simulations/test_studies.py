"""Simulations: what is drawn has the truth it claims, and a fit is held against it."""

import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from tabmixbench.adapters import load_models
from tabmixbench.configuration import read_plan
from tabmixbench.paths import simulation_paths
from tabmixbench.plan import PlanError
from tabmixbench.schema import read_config
from tabmixbench.simulations import STUDIES
from tabmixbench.simulations.shown import STYLES
from tabmixbench.simulations.study import COLUMNS, run_setting

MODELS = load_models("config/models.yaml")
LABELS = {name: spec.label for name, spec in MODELS.items()}
OPTIONS = {
    "lmmnn": {"rows": 20_000, "groups": [50], "variances": [4], "repeats": 1},
    "curve": {"groups": [40], "rows": [8], "repeats": 2},
    "predictors": {"groups": [40], "predictors": [6], "repeats": 1},
    "interactions": {"groups": [40], "deviations": [2], "repeats": 1},
    "steps": {"groups": [40], "depths": [3], "repeats": 1},
}
CONFIG = yaml.safe_load(open("config/config.yaml"))  # noqa: SIM115


SMALL = read_config("config/simulations.yaml", "simulations")["small"]


@pytest.fixture(params=STUDIES)
def drawn(request):
    study, options = STUDIES[request.param], SMALL[request.param]
    setting = next(study.settings(options))
    return study, setting, *study.draw(setting, options, np.random.default_rng(0))


def test_the_noise_around_the_truth_is_what_no_model_can_beat(drawn):
    study, _, data, truth, _ = drawn
    chance = 4 * np.sqrt(2 / len(data))
    assert np.mean((data["y"] - truth) ** 2) == pytest.approx(study.noise, rel=chance)


def test_every_group_is_known_from_training(drawn):
    study, setting, data, _, test = drawn
    assert set(data["g"][test]) <= set(data["g"][~test])
    assert data["g"].nunique() == setting.groups
    assert set(study.dataset(setting).columns) <= set(data.columns)


def test_lmmnn_is_the_published_function():
    study, options = STUDIES["lmmnn"], OPTIONS["lmmnn"]
    data, truth, test = study.draw(next(study.settings(options)), options, np.random.default_rng(1))
    x = data[list(study.numeric)].to_numpy()
    assert x.min() > -1
    assert x.max() < 1
    s = 1 + x.sum(axis=1)
    effect = truth - s * np.cos(s) - 2 * x[:, 0] * x[:, 1]
    by_group = pd.Series(effect).groupby(data["g"].astype(str))
    assert by_group.std().max() < 1e-9
    assert by_group.mean().var() == pytest.approx(4, rel=0.6)
    assert test.mean() == pytest.approx(0.2)


def test_curve_gives_each_group_its_rows():
    study, options = STUDIES["curve"], OPTIONS["curve"]
    data, _, test = study.draw(next(study.settings(options)), options, np.random.default_rng(1))
    assert set(data["g"][~test].value_counts()) == {8}


def test_groups_differ_in_the_product_of_two_predictors():
    study, options = STUDIES["interactions"], OPTIONS["interactions"]
    data, truth, _ = study.draw(next(study.settings(options)), options, np.random.default_rng(1))
    rest, slopes = truth - data["x1"] - data["x2"] / 2, []
    for _, rows in data.assign(rest=rest, product=data["x1"] * data["x2"]).groupby("g"):
        slope, shift = np.polyfit(rows["product"], rows["rest"], 1)
        np.testing.assert_allclose(rows["rest"], shift + slope * rows["product"])
        slopes.append(slope)
    assert np.std(slopes) == pytest.approx(2, rel=0.4)
    assert np.mean(slopes) == pytest.approx(0, abs=1)


def test_steps_are_those_of_one_tree():
    study, options = STUDIES["steps"], OPTIONS["steps"]
    data, truth, _ = study.draw(next(study.settings(options)), options, np.random.default_rng(1))
    effects = data.assign(truth=truth).groupby("g", observed=True)["truth"].agg(set)
    leaves = [np.unique(np.round(list(each), 9)) for each in effects]
    most = max(map(len, leaves))
    assert 4 <= most <= 8
    widths = [np.ptp(each) for each in leaves if len(each) == most]
    np.testing.assert_allclose(widths, widths[0])


def test_predictors_are_all_in_the_formula_and_two_say_something():
    study, options = STUDIES["predictors"], OPTIONS["predictors"]
    setting = next(study.settings(options))
    data, truth, test = study.draw(setting, options, np.random.default_rng(1))
    dataset = study.dataset(setting)
    assert dataset.formula == "y ~ x1 + x2 + x3 + x4 + x5 + x6 + (1 | g)"
    effect = truth - 2 * data["x1"] - data["x2"]
    assert effect.groupby(data["g"].astype(str)).std().max() < 1e-9
    assert set(data["g"][~test].value_counts()) == {10}


def test_a_fit_is_scored_in_the_units_of_y_against_the_truth():
    study, options = STUDIES["curve"], OPTIONS["curve"]
    setting = next(study.settings(options))
    scores = run_setting(study, setting, MODELS["constant"], options, seed=1, threads=1)
    assert list(scores.columns) == COLUMNS
    # Variance of sin(2t) + w²/2 + b₀ + b₁t, which a constant leaves whole.
    t = np.linspace(-1, 1, 10_001)
    expected = np.mean(np.sin(2 * t) ** 2) + 0.5 + 1 + 0.49 / 3
    assert scores["excess"].mean() == pytest.approx(expected, rel=0.25)
    assert (scores["mse"] - scores["excess"]).mean() == pytest.approx(study.noise, abs=0.04)
    again = run_setting(study, setting, MODELS["constant"], options, seed=1, threads=1)
    pd.testing.assert_frame_equal(
        again.drop(columns="fit_seconds"), scores.drop(columns="fit_seconds")
    )


def test_a_model_that_the_rows_cannot_tell_apart_from_noise_is_a_reason():
    study, options = STUDIES["curve"], {"groups": [10], "rows": [2], "repeats": 1}
    setting = next(study.settings(options))
    scores = run_setting(study, setting, MODELS["tabmixnn_exact"], options, seed=1, threads=1)
    assert scores["mse"].isna().all()
    assert scores["reason"].str.contains("probably unidentifiable").all()


@pytest.mark.parametrize("name", STUDIES)
def test_table_and_figure_show_what_was_run_and_why_not(name):
    import matplotlib.pyplot as plt

    rows = [
        (name, f"s{groups}", groups, size, model, 0, 1.0 + e, e, 2.0, "")
        for groups in (10, 100)
        for size in (1.0, 2.0)
        for model, e in (("mlp", 0.5), ("gpboost", 0.25))
    ]
    rows.append((name, "s100", 100, 2.0, "merf", 0, np.nan, np.nan, np.nan, "MERF took too long"))
    scores = pd.DataFrame(rows, columns=COLUMNS)
    table = STUDIES[name].table(scores, LABELS)
    assert "MERF, s100: MERF took too long" in table.notes
    assert all(len(row) == len(table.header) for row in table.rows)
    bold = [cell.value for row in table.rows for cell in row if cell.bold]
    assert len(bold) == 4
    assert len(set(bold)) == 1
    figure = STUDIES[name].figure(scores, LABELS)
    assert figure.axes
    plt.close(figure)


@pytest.mark.parametrize("name", STUDIES)
def test_a_model_that_some_repeats_lack_has_no_mean(name):
    import matplotlib.pyplot as plt

    rows = [(name, "s10", 10, 1.0, "mlp", k, 1.5, 0.5, 2.0, "") for k in range(3)]
    rows += [(name, "s10", 10, 1.0, "merf", 0, 1.1, 0.1, 2.0, "")]
    rows += [
        (name, "s10", 10, 1.0, "merf", k, np.nan, np.nan, np.nan, "MERF took too long")
        for k in (1, 2)
    ]
    scores = pd.DataFrame(rows, columns=COLUMNS)
    table = STUDIES[name].table(scores, LABELS)
    (row,) = table.rows
    shown = dict(zip(table.header, row, strict=True))
    assert (shown[LABELS["merf"]].value, shown[LABELS["merf"]].bold) == ("– (1 of 3)", False)
    assert shown[LABELS["mlp"]].bold
    found = table.data.set_index("model")["excess"]
    assert np.isnan(found.get("merf", np.nan))
    figure = STUDIES[name].figure(scores, LABELS)
    (axis,) = figure.axes
    lines = {line.get_label(): len(line.get_xdata()) for line in axis.get_lines()}
    assert (lines[LABELS["merf"]], lines[LABELS["mlp"]]) == (0, 1)
    plt.close(figure)


def test_a_model_looks_the_same_in_every_figure():
    import matplotlib.pyplot as plt

    looks = set()
    for name in STUDIES:
        models = ["gpboost", "mlp"] if name == "curve" else ["tabmixnn_auto", "linear", "gpboost"]
        rows = [
            (name, "s", 10, size, model, 0, 1.5, 0.5 + k, 2.0, "")
            for k, model in enumerate(models)
            for size in (1.0, 2.0)
        ]
        figure = STUDIES[name].figure(pd.DataFrame(rows, columns=COLUMNS), LABELS)
        handles = dict(
            zip(
                (text.get_text() for text in figure.legends[0].get_texts()),
                figure.legends[0].legend_handles,
                strict=True,
            )
        )
        line = handles[LABELS["gpboost"]]
        looks.add((line.get_color(), line.get_marker()))
        plt.close(figure)
    assert looks == {(STYLES["gpboost"].colour, "^")}


def test_every_model_of_a_study_has_a_look_of_its_own():
    sizes = read_config("config/simulations.yaml", "simulations").values()
    assert {m for size in sizes for study in size.values() for m in study["models"]} <= set(STYLES)


def test_no_two_styles_are_the_same():
    assert len({(style.colour, style.marker) for style in STYLES.values()}) == len(STYLES)
    assert set(STYLES) <= set(LABELS)


@pytest.mark.parametrize("name", STUDIES)
def test_table_and_figure_show_the_same_distance_from_the_truth(name):
    """Not the error of the test rows above the residual variance, which has their chance in it."""
    import matplotlib.pyplot as plt

    row = (name, "s10", 10, 1.0, "mlp", 0, 1.5, 0.25, 2.0, "")
    scores = pd.DataFrame([row], columns=COLUMNS)
    table = STUDIES[name].table(scores, LABELS)
    assert table.title.endswith(": mean squared distance from the truth")
    assert table.rows[0][-1].value == "0.250"
    figure = STUDIES[name].figure(scores, LABELS)
    assert figure.axes[0].lines[0].get_ydata() == [0.25]
    plt.close(figure)


def test_errors_within_two_decades_have_ticks_between_powers_of_ten():
    import matplotlib.pyplot as plt

    rows = [
        ("steps", "s", 10, size, "mlp", 0, 1 + e, e, 2.0, "") for size, e in ((1, 0.09), (2, 2.5))
    ]
    figure = STUDIES["steps"].figure(pd.DataFrame(rows, columns=COLUMNS), LABELS)
    figure.draw_without_rendering()
    low, high = figure.axes[0].get_ylim()
    shown = [
        text.get_text()
        for text in figure.axes[0].get_yticklabels()
        if low < text.get_position()[1] < high
    ]
    assert [text for text in shown if text] == ["0.1", "0.2", "0.5", "1", "2"]
    plt.close(figure)


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_is_in_a_file_of_its_name(name):
    assert type(STUDIES[name]).__module__ == f"tabmixbench.simulations.{name}"


def test_a_study_that_a_size_lacks_or_that_no_one_knows_is_named(tmp_path):
    shutil.copytree("config", tmp_path / "config")
    path = tmp_path / "config/simulations.yaml"
    sizes = yaml.safe_load(path.read_text())
    curve = sizes["small"].pop("curve")
    path.write_text(yaml.safe_dump(sizes))
    with pytest.raises(PlanError, match="'small' has no sizes for the study 'curve'"):
        read_plan(CONFIG, tmp_path)
    sizes["small"]["curv"] = {"repeats": 1, "models": curve["models"], "depth": 3}
    path.write_text(yaml.safe_dump(sizes))
    with pytest.raises(PlanError, match="unknown simulation study 'curv': did you mean 'curve'"):
        read_plan(CONFIG, tmp_path)


def test_the_plan_names_a_wrong_size_and_lists_every_run():
    with pytest.raises(PlanError, match="unknown size of the simulations 'smal': did you mean"):
        read_plan(CONFIG | {"simulations": "smal"})
    plan = read_plan(CONFIG | {"simulations": "small"})
    runs = simulation_paths(STUDIES["lmmnn"], plan.simulations["lmmnn"])
    assert "results/simulations/runs/lmmnn/q200_v1/xgboost_ids.csv" in runs
    assert len(runs) == 4
