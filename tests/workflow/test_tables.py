"""Tables from scores: the right numbers in the right cells, and readable renderings."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from tabmixbench.adapters import load_models
from tabmixbench.claims import Evidence
from tabmixbench.claims.checks import CHECKS
from tabmixbench.claims.claim import Claim
from tabmixbench.collect import COLUMNS
from tabmixbench.metrics import calibration_error
from tabmixbench.registry import load_registry
from tabmixbench.report.findings import wins
from tabmixbench.tables import BUILDERS, Results, reliability
from tabmixbench.tables.cell import Cell, best
from tabmixbench.tables.files import write
from tabmixbench.tables.latex import latex
from tabmixbench.tables.read import tables_of
from tabmixbench.tables.table import IN_HEAD, Table, Text
from tests.workflow.leaderboard.made import ERRORS, made

CONFIG = Path(__file__).resolve().parents[2] / "config"

#: suite, dataset, task, metric, and the two splits' scores of each model.
SCORES = [
    ("regression", "sleepstudy", "regression", "RMSE", {"tabmixnn_paper": (0.5, 0.7)}),
    ("regression", "sleepstudy", "regression", "RMSE", {"xgboost": (1.0, 1.4)}),
    ("regression", "sleepstudy", "regression", "RMSE", {"xgboost_ids": (0.4, 0.6)}),
    ("regression", "Dyestuff", "regression", "RMSE", {"tabmixnn_paper": (0.9, 0.9)}),
    ("regression", "Dyestuff", "regression", "RMSE", {"xgboost_ids": (1.0, 1.0)}),
    ("classification", "cbpp", "binary", "AUROC", {"tabmixnn_paper": (0.6, 0.8)}),
    ("classification", "cbpp", "binary", "AUROC", {"xgboost": (0.5, 0.5)}),
    ("classification", "cbpp", "binary", "AUROC", {"xgboost_ids": (0.8, 0.8)}),
    ("table6", "Abalone", "regression", "MSE", {"tabmixnn_table6": (4.0, 4.2)}),
    ("table6", "Abalone", "regression", "MSE", {"xgboost_table6": (5.0, 5.0)}),
    ("table6", "Abalone", "regression", "MSE", {"lightgbm_table6": (5.5, 5.5)}),
]


@pytest.fixture
def results():
    rows = [
        (suite, dataset, task, model, "rows", k, metric, value, 1.0, 0.1)
        for suite, dataset, task, metric, models in SCORES
        for model, values in models.items()
        for k, value in enumerate(values)
    ]
    reason = "Dyestuff has no feature other than the group ids"
    return Results(
        metrics=pd.DataFrame(rows, columns=COLUMNS),
        reasons=pd.DataFrame(
            [("regression", "Dyestuff", "xgboost", "rows", 2, reason)],
            columns=["suite", "dataset", "model", "protocol", "n_splits", "reason"],
        ),
        paper=yaml.safe_load((CONFIG / "paper.yaml").read_text()),
        models=load_models(CONFIG / "models.yaml"),
        registry=load_registry(CONFIG / "datasets.yaml"),
    )


def test_table3_compares_with_both_xgboosts_and_the_paper(results):
    data = BUILDERS["table3"](results).data.set_index("dataset")
    row = data.loc["sleepstudy"]
    assert row["tabmixnn_paper_mean"] == pytest.approx(0.6)
    assert row["improvement_xgboost"] == pytest.approx(50.0)
    assert row["improvement_xgboost_ids"] == pytest.approx(-20.0)
    assert row["paper_tabmixnn"] == 0.52
    assert row["paper_improvement"] == 50.2
    assert 0 < row["p_xgboost"] < 1


def test_a_missing_cell_says_why(results):
    table = BUILDERS["table3"](results)
    assert pd.isna(table.data.set_index("dataset").loc["Dyestuff", "xgboost_mean"])
    assert any("no feature other than the group ids" in note for note in table.notes)


def test_the_best_mean_is_bold(results):
    row = next(r for r in BUILDERS["table3"](results).rows if r[0].value == "Sleepstudy")
    assert [cell.value for cell in row if cell.bold] == ["0.500 ± 0.141"]


def test_table2_counts_wins_where_both_ran(results):
    data = BUILDERS["table2"](results).data.set_index(["benchmark", "rival"])
    with_ids = data.loc[("regression", "xgboost_ids")]
    assert (with_ids["datasets"], with_ids["wins"]) == (2, 1)
    assert with_ids["improvement"] == pytest.approx((-20 + 10) / 2)
    assert data.loc[("regression", "xgboost"), "datasets"] == 1
    assert data.loc[("classification", "xgboost"), "improvement"] == pytest.approx(40.0)
    assert with_ids["paper_wins"] == 15


def test_one_average_improvement_is_in_table_2_the_summary_and_the_claims(results, tmp_path):
    """Of classifications that of the average AUCs, as the paper's is."""
    more = [
        ("classification", "HI", "binary", "AUROC", {"tabmixnn_paper": (0.9, 0.9)}),
        ("classification", "HI", "binary", "AUROC", {"xgboost": (0.6, 0.6)}),
        ("classification", "HI", "binary", "AUROC", {"xgboost_ids": (0.6, 0.6)}),
    ]
    rows = [
        (suite, dataset, task, model, "rows", k, metric, value, 1.0, 0.1)
        for suite, dataset, task, metric, models in more
        for model, values in models.items()
        for k, value in enumerate(values)
    ]
    frame = pd.concat([results.metrics, pd.DataFrame(rows, columns=COLUMNS)])
    results = replace(results, metrics=frame)
    data = BUILDERS["table2"](results).data.set_index(["benchmark", "rival"])
    average = 100 * ((0.7 + 0.9) / (0.5 + 0.6) - 1)
    assert data.loc[("classification", "xgboost"), "improvement"] == pytest.approx(average)
    claim = Claim("x", "5", "x", "difference", "average_improvement", {}, 3.1)
    found = CHECKS["average_improvement"](
        Evidence(results, tmp_path), claim, suite="classification", rivals=["xgboost"]
    )
    assert found.value == pytest.approx(average)
    said = " ".join(sentence.text for sentence in wins(SimpleNamespace(results=results)))
    assert f"{average:+.1f}% by the average scores" in said
    assert "on average" in said


def test_table6_gives_the_improvement_of_its_own_run(results):
    data = BUILDERS["table6"](results).data.set_index("model")
    assert data.loc["tabmixnn_table6", "mse_mean"] == pytest.approx(4.1)
    assert data.loc["improvement_percent", "mse_mean"] == pytest.approx(18.0)
    assert data.loc["improvement_percent", "paper"] == 14.5


@pytest.mark.parametrize("name", BUILDERS)
def test_every_table_renders_in_three_forms(results, name, tmp_path):
    table = BUILDERS[name](results)
    paths = {kind: tmp_path / f"t.{kind}" for kind in ("csv", "md", "tex")}
    write(table, paths)
    assert len(pd.read_csv(paths["csv"])) == len(table.data) > 0
    lines = [line for line in paths["md"].read_text().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in lines} == {len(table.header) + 1}
    latex = paths["tex"].read_text()
    assert latex.count("\\\\\n") == len(table.rows) + 1
    assert not set("±²–") & set(latex)


def test_ties_share_the_bold():
    assert best([Cell(0.1234), Cell(0.1231), Cell(0.2), Cell()], False) == [
        True,
        True,
        False,
        False,
    ]
    assert best([Cell(), Cell()], True) == [False, False]


def test_a_mean_over_some_of_the_splits_is_not_the_best():
    part = Cell.of(np.array([0.1, np.nan]), "too slow", 2)
    assert (part.is_whole, part.text(), part.reason) == (False, "0.100 (1 of 2)", "too slow")
    assert best([part, Cell.of(np.array([0.2, 0.2]), total=2)], False) == [False, True]
    assert Cell.of(np.array([0.1]), total=2).reason == "not run"


def test_improvements_are_over_the_splits_that_both_have(results):
    # The split on which ours does badly is one that the rival lacks.
    frame = results.metrics
    lacks = (frame["dataset"] == "sleepstudy") & (frame["model"] == "xgboost")
    results = replace(results, metrics=frame[~(lacks & (frame["split"] == 1))])
    table = BUILDERS["table3"](results)
    data = table.data.set_index("dataset")
    assert data.loc["sleepstudy", "improvement_xgboost"] == pytest.approx(50.0)
    assert any(note.endswith("(on 1 splits it ran): not run") for note in table.notes)
    wins = BUILDERS["table2"](results).data.set_index(["benchmark", "rival"])
    assert wins.loc[("regression", "xgboost"), "improvement"] == pytest.approx(50.0)


def test_a_table_escapes_what_markdown_and_latex_would_read():
    table = Table("a & b", ["x_y", "z"], [[Text("50%"), Text("p|q", True)]], pd.DataFrame())
    assert r"p\|q" in table.markdown()
    assert r"x\_y" in latex(table)
    assert r"50\%" in latex(table)


def test_every_paper_number_has_its_dataset(results):
    for table in ("table1", "table3", "table4"):
        assert set(results.paper[table]) <= set(results.registry)
    assert len(results.paper["table3"]) == len(results.paper["table4"]) == 15


def test_a_baseline_worse_than_elsewhere_is_named(results, tmp_path):
    from tabmixbench.tables.baselines import build

    elsewhere = tmp_path / "baselines.csv"
    elsewhere.write_text(
        "dataset,model,metric,mean,sd,splits\n"
        "sleepstudy,xgboost,RMSE,0.2,0.01,5\n"
        "sleepstudy,xgboost_ids,RMSE,0.5,0.1,5\n"
        "cbpp,xgboost,AUROC,0.4,0.001,5\n"
        "Milk,xgboost,RMSE,0.4,0.001,5\n"
    )
    table = build(results, elsewhere)
    verdicts = table.data.set_index(["dataset", "model"])["verdict"]
    assert verdicts["sleepstudy", "xgboost"] == "worse"
    assert verdicts["sleepstudy", "xgboost_ids"] == "within noise"
    assert verdicts["cbpp", "xgboost"] == "better"
    assert len(verdicts) == 3
    assert [cell.value for row in table.rows for cell in row if cell.bold] == ["1.200 ± 0.283"]


def test_a_long_table_may_break_across_pages():
    rows = [[Text(str(k)), Text("1")] for k in range(60)]
    text = latex(Table("Long", ["k", "x"], rows, pd.DataFrame(), ["a note"]))
    assert text.count(r"\\") == len(rows) + 1
    assert r"\begin{longtable}" in text
    assert "resizebox" not in text


def test_latex_numbers_its_own_captions_and_keeps_notes_out_of_floats():
    table = Table("Table 3 (R²). Some", ["a", "b"], [[Text("1"), Text("2")]], pd.DataFrame(), ["n"])
    text = latex(table)
    assert r"\caption{Some}" in text
    assert text.index(r"\end{table}") < text.index(r"\par n")


def test_text_is_set_flush_left_and_numbers_right():
    row = [Text("a"), Text("word"), Text("–"), Text("< 0.1 ± 2"), Text("−1")]
    text = latex(Table("T", list("abcde"), [row], pd.DataFrame()))
    assert r"\begin{tabular}{llrrr}" in text


def test_a_wide_table_lies_on_its_side_with_its_heads_stacked():
    row = [Text("name"), *[Text("0.123 ± 0.456")] * 9]
    table = Table("T", ["a", *["TabMixNN (paper, trained longer)"] * 9], [row], pd.DataFrame())
    assert r"\begin{sidewaystable}" in latex(table)
    assert r"\shortstack[r]{TabMixNN \\ (paper, trained \\ longer)}" in latex(table)


@pytest.mark.parametrize(("columns", "is_wide"), [(10, False), (14, True)])
def test_heads_can_make_a_table_wide_where_no_cell_does(columns, is_wide):
    row = [Text("name"), *[Text("1/2/3")] * columns]
    heads = [f"model{k} (embeddings)"[:12] for k in range(columns)]
    table = Table("T", ["Model", *heads], [row], pd.DataFrame())
    assert table.characters < 100
    assert table.is_wide == is_wide


def test_heads_break_between_words_and_inside_names():
    table = Table("T", ["LightGBM (no ids)"], [[Text("12 ± 3")]], pd.DataFrame())
    assert table.narrowest == pytest.approx(5 + 1.3)
    assert IN_HEAD.split("CatBoost TabMixNN XGBoost AUROC") == [
        *("Cat", "Boost", "Tab", "Mix", "NN", "XG", "Boost", "AUROC"),
    ]


@pytest.mark.slow
def test_every_table_compiles(results, tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip("there is no pdflatex on this machine")
    if subprocess.run(["kpsewhich", "booktabs.sty"], capture_output=True).returncode:
        pytest.skip("LaTeX has no booktabs on this machine")
    tables = [build(results) for build in BUILDERS.values()]
    committed = CONFIG.parent / "results/reference/tables"
    tables += tables_of(
        committed / f"{name}.md" for name in ("table3", "table7", "coverage", "baselines")
    )
    rows = [
        [Text(str(k)), Text("≤ 5% & _ # ± – ² − Δ × β ~ ^ { } $ \\\\", True)] for k in range(60)
    ]
    tables.append(Table("Long, with signs", ["k", "x"], rows, pd.DataFrame(), ["a note"]))
    packages = r"\usepackage[T1]{fontenc}\usepackage{booktabs,graphicx,longtable,rotating}"
    body = "\\clearpage\n".join(latex(table) for table in tables)
    document = rf"\documentclass{{article}}{packages}\begin{{document}}{body}\end{{document}}"
    (tmp_path / "all.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert result.returncode == 0, result.stdout[-2000:]
    assert "Float too large" not in result.stdout
    # Of the rows of a table; notes are paragraphs like others.
    assert "in alignment" not in result.stdout


def test_calibration_errors_by_set_and_on_average(results):
    scores = {"tabmixnn_auto": (0.02, 0.04), "xgboost_ids": (0.1, 0.2), "constant": (0.0, 0.0)}
    rows = [
        ("classification", dataset, "binary", model, "rows", k, "ECE", value, 1.0, 0.1)
        for dataset, models in (("cbpp", scores), ("HI", {"xgboost_ids": (0.05, 0.05)}))
        for model, values in models.items()
        for k, value in enumerate(values)
    ]
    extended = pd.concat([results.metrics, pd.DataFrame(rows, columns=COLUMNS)])
    table = reliability.build(replace(results, metrics=extended))
    assert table.header == ["Dataset", "TabMixNN", "XGBoost (ids)", "Constant"]
    shown = {row[0].value: [cell.value for cell in row[1:]] for row in table.rows}
    assert shown["CBPP"] == ["0.030 ± 0.014", "0.150 ± 0.071", "0.000 ± 0.000"]
    assert shown["HI"] == ["–", "0.050 ± 0.000", "–"]
    assert shown["mean (sets)"] == ["0.030 (1)", "0.100 (2)", "0.000 (1)"]
    # The constant is calibrated and knows nothing.
    bold = {cell.value for row in table.rows for cell in row if cell.bold}
    assert bold == {shown["CBPP"][0], shown["HI"][1]}


def test_what_the_note_says_of_a_model_that_is_right():
    rng = np.random.default_rng(0)
    probability = rng.random((500, 100))
    happened = rng.random((500, 100)) < probability
    errors = [calibration_error(*pair) for pair in zip(happened, probability, strict=True)]
    assert np.mean(errors) == pytest.approx(0.1, abs=0.01)


def test_scores_of_several_files_are_read_as_one(tmp_path):
    results = made(ERRORS)
    for half, part in enumerate(np.array_split(np.arange(len(results.metrics)), 2)):
        results.metrics.iloc[part].to_csv(tmp_path / f"metrics{half}.csv", index=False)
        results.reasons.to_csv(tmp_path / f"reasons{half}.csv", index=False)
    paths = [[tmp_path / f"{name}{half}.csv" for half in (0, 1)] for name in ("metrics", "reasons")]
    pd.testing.assert_frame_equal(Results.read(*paths, "config").metrics, results.metrics)


@pytest.mark.parametrize(("protocol", "ratio"), [("groups", 1 / 2), ("rows", 1 / 4)])
def test_a_fold_tests_on_its_share_of_the_training_rows(protocol, ratio):
    results = made(ERRORS)
    few = replace(results, metrics=results.metrics[results.metrics["split"] < 3])
    models = "tabmixnn_exact", "catboost"
    ours, other = (few.scores("regression", "Milk", m, "RMSE", protocol) for m in models)
    test = few.difference("regression", "Milk", *models, "RMSE", protocol)
    assert test.standard_error == pytest.approx((ours - other).std() * np.sqrt(1 / 3 + ratio))
