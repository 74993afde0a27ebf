"""Every table and every figure of every board."""

from dataclasses import replace

import pytest

from tabmixbench.leaderboard import BOARDS, FIGURES, TABLES
from tabmixbench.tables.latex import latex
from tests.workflow.leaderboard.made import DATASETS, ERRORS, made


def test_a_time_out_is_in_the_table():
    reason = "MERF did not finish within 600 s"
    results = made(ERRORS, [("regression", "InstEval", "merf", "rows", 5, reason)])
    notes = TABLES["ranking"](results, BOARDS["regression"]).notes
    assert f"MERF, InstEval: {reason}" in notes


def test_seconds_that_are_a_share_are_said_to_be():
    board = BOARDS["regression"]
    networks = {"tabmixnn_paper": 0.4, "tabmixnn_paper_long": 0.5}
    rules = " ".join(TABLES["ranking"](made({**ERRORS, **networks}), board).rules)
    said = "Seconds of TabMixNN (paper), TabMixNN (paper, trained longer) are a split's share"
    assert said in rules
    assert "share of a fit" not in " ".join(TABLES["ranking"](made(ERRORS), board).rules)


@pytest.mark.parametrize(("task", "said"), [("", "restricted"), ("classification", "mean-field")])
def test_how_programs_fit_the_mixed_model_is_said_by_task(task, said):
    frame = made(ERRORS).metrics
    if task:
        frame = frame.assign(suite=task, task="binary", metric="AUROC")
        frame["dataset"] = frame["dataset"].map(dict.fromkeys(DATASETS, "cbpp") | {"Milk": "HI"})
        frame = frame.drop_duplicates(["dataset", "model", "protocol", "split"])
    results = replace(made({}), metrics=frame)
    rules = " ".join(TABLES["ranking"](results, BOARDS[task or "regression"]).rules)
    assert "Not ranked: lme4. The mixed model of the formula is ranked once" in rules
    assert said in rules


def test_programs_that_end_elsewhere_are_named_with_the_dataset():
    results = made({**ERRORS, "mixedlm": 0.36})
    alike = (results.metrics["model"] == "mixedlm") & (results.metrics["dataset"] != "Milk")
    results.metrics.loc[alike, "value"] = 0.3
    rules = " ".join(TABLES["ranking"](results, BOARDS["regression"]).rules)
    assert "by more than 1% of the error: mixedlm on Milk 1.20 times its error." in rules
    rules = " ".join(
        TABLES["ranking"](made({**ERRORS, "mixedlm": 0.36}), BOARDS["regression"]).rules
    )
    assert "mixedlm on 6 of 6 datasets (1.20 to 1.20 times its error)" in rules
    assert "elsewhere" not in " ".join(TABLES["ranking"](made(ERRORS), BOARDS["regression"]).rules)


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
@pytest.mark.parametrize("name", TABLES)
def test_every_table_renders_with_or_without_scores(name, board):
    table = TABLES[name](made(ERRORS), board)
    assert all(len(row) == len(table.header) for row in table.rows)
    assert table.markdown().startswith("### ")
    assert r"\begin{table}" in latex(table)


@pytest.mark.parametrize("board", ["regression", "classification"])
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_with_or_without_scores(name, board):
    import matplotlib.pyplot as plt

    figure = FIGURES[name](made(ERRORS), BOARDS[board])
    assert figure.axes
    plt.close(figure)
