"""Claims judged and rendered."""

from tabmixbench.claims import VERDICTS, claims_table, judge


def test_every_claim_gets_a_verdict_and_what_it_rests_on(claims, evidence):
    judged = judge(claims, evidence)
    assert list(judged["id"]) == [claim.id for claim in claims]
    assert set(judged["verdict"]) <= set(VERDICTS)
    rows = judged.set_index("id")
    assert rows.loc["table3/sleepstudy/rmse", "verdict"] == "reproduced"
    assert rows.loc["table3/Milk/rmse", "verdict"] == "not reproduced"
    assert rows.loc["table3/Milk/rmse", "note"].startswith("TabMixNN") is False
    assert rows.loc["table3/Oxboys/rmse", "note"] == "run `snakemake results/regression/Oxboys.csv`"
    assert rows.loc["oxboys-improvement", "verdict"] == "contradicts the paper's own table"
    assert "Table 3 prints 41.1%" in rows.loc["oxboys-improvement", "note"]
    assert (judged["verdict"].eq("not run") == judged["note"].str.startswith("run `")).all()


def test_a_run_of_some_datasets_says_nothing_of_claims_on_all(claims, evidence):
    judged = judge(claims, evidence).set_index("id")
    of_all = judged[judged["check"].isin(["wins", "average_improvement", "datasets_compared"])]
    assert len(of_all) > 5
    assert of_all["verdict"].isin(["not run", "contradicts the paper's own table"]).all()
    assert of_all["ours"].isna().all()


def test_the_page_counts_the_verdicts_and_states_the_rule(claims, evidence):
    judged = judge(claims, evidence)
    table = claims_table(judged)
    reproduced = int((judged["verdict"] == "reproduced").sum())
    assert table.notes[0].startswith(f"Of {len(judged)} claims, {reproduced} are reproduced")
    untestable = judged.loc[judged["verdict"] == "cannot be tested", "note"]
    wide = int(untestable.str.startswith("undecided: ours spreads too widely").sum())
    tested = int(untestable.str.startswith("undecided").sum())
    assert 0 < wide <= tested < len(untestable)
    assert f"{tested} were tested without a decision: {wide} agree within" in table.notes[0]
    given = int(untestable.str.startswith("true by construction").sum())
    assert given == 6
    assert f"{len(untestable) - tested - given} could not be tested at all" in table.notes[0]
    assert f"{given} are true by construction." in table.notes[0]
    assert "within 2 standard deviations" in table.notes[1]
    text = {row[0].value: row[3].value for row in table.rows}
    assert text["Sleepstudy: RMSE of TabMixNN (paper)"] == "0.520 ± 0.020"


def test_what_is_true_by_construction_is_counted_apart(claims, evidence, write):
    size = {"n": [1200], "p": [15], "G": [50], "note": [None]}
    write("tables/table1.csv", dataset=["PBMC"], **size)
    judged = judge(claims, evidence)
    untestable = judged.loc[judged["verdict"] == "cannot be tested", "note"]
    given = int(untestable.str.startswith("true by construction").sum())
    tested = int(untestable.str.startswith("undecided").sum())
    assert untestable.eq("true by construction: this suite simulates them").sum() == 3
    said = claims_table(judged).notes[0]
    assert f"{given} are true by construction." in said
    assert f"{len(untestable) - tested - given} could not be tested at all" in said
