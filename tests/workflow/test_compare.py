import numpy as np
import pandas as pd

from tabmixbench.collect import COLUMNS
from tabmixbench.compare import compare, overview


def scores(model, values):
    rows = [
        ("regression", "sleepstudy", "regression", model, "rows", k, "RMSE", value, 1.0, 0.1)
        for k, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def verdict(new, reference):
    return compare(scores("a", new), scores("a", reference))["verdict"].tolist()


def test_equal_runs_are_the_same():
    assert verdict([0.5, 0.7], [0.5, 0.7]) == ["same"]


def test_a_change_below_the_standard_error_is_noise():
    assert verdict([0.51, 0.71], [0.5, 0.7]) == ["within noise"]


def test_a_change_above_it_is_named():
    assert verdict([0.9, 0.9], [0.5, 0.7]) == ["differs"]


def test_cells_of_one_run_only_are_told_apart():
    table = compare(scores("a", [1.0, 2.0]), scores("b", [1.0, 2.0])).set_index("model")
    assert table.loc["a", "verdict"] == "only in this run"
    assert table.loc["b", "verdict"] == "only in reference"


def test_runs_with_other_splits_are_compared_on_those_of_both():
    whole, part = scores("a", [0.5, 0.9, 0.1]), scores("a", [0.5, 0.9])
    for new, reference in ((whole, part), (part, whole)):
        table = compare(new, reference)
        assert table["verdict"].tolist() == ["same"]
        assert table["reference"].tolist() == table["new"].tolist() == [0.7]
    assert table[["splits_reference", "splits_new"]].values.tolist() == [[3, 2]]
    text = overview(table)
    assert "another number of splits, compared on those of both (1 cells)" in text
    assert "  regression, sleepstudy, a, rows: 2 here, 3 in the reference" in text
    assert "and 1 more" in overview(pd.concat([table, table.assign(model="b")]), limit=1)
    assert "another number" not in overview(compare(whole, whole))


def test_a_split_without_a_score_is_left_out_on_both_sides():
    assert verdict([0.5, np.nan, 0.7], [0.5, 9.0, 0.7]) == ["same"]
    assert verdict([np.nan], [np.nan]) == ["same"]


def test_without_a_common_split_nothing_is_compared():
    assert verdict([0.5, np.nan], [np.nan, 0.5]) == ["no split in common"]


def test_folds_of_whole_groups_are_others_where_there_are_more_of_them():
    def of(protocol, *runs):
        return [scores("a", values).assign(protocol=protocol) for values in runs]

    two, five = of("groups", [0.5, 0.7], [0.5, 0.7, 0.1, 0.2, 0.3])
    table = compare(two, five)
    assert table["verdict"].tolist() == ["no split in common"]
    assert "another number" not in overview(table)
    # Of a model that has no score on some of as many folds, those it has are the same.
    both = pd.concat([five, five[:2].assign(model="b")])
    found = compare(both, five.assign(model="b")).set_index("model")["verdict"]
    assert found.to_dict() == {"a": "only in this run", "b": "same"}


def test_the_overview_counts_and_lists_what_differs():
    text = overview(compare(scores("a", [0.9, 0.9]), scores("a", [0.5, 0.7])))
    assert "1  differs" in text
    assert "sleepstudy" in text


def test_the_overview_averages_what_changed():
    both = [scores(model, values) for model, values in {"a": [0.51], "b": [0.53]}.items()]
    same = scores("c", [0.7])
    before = pd.concat([scores("a", [0.5]), scores("b", [0.5]), same])
    text = overview(compare(pd.concat([*both, same]), before))
    # Changes of 2% and 6%: their mean is twice its standard error.
    assert text.endswith("on average over cells: RMSE +4.00% (t = +2.0, 2 cells)")
