"""The paper's contradictions are computed from its printed numbers, not typed."""

from pathlib import Path

import pytest
import yaml

from tabmixbench.contradictions import contradictions

PAPER = Path(__file__).resolve().parents[2] / "config/paper.yaml"


@pytest.fixture
def paper():
    return yaml.safe_load(PAPER.read_text())


def test_the_known_contradictions_are_found(paper):
    text = " ".join(map(str, contradictions(paper)))
    assert "Oxboys: the text says 93% lower RMSE, Table 3 prints 41.1%" in text
    assert "average improvement of 35.4%" in text
    assert "30.2%" in text
    assert "counts 19 regression datasets, Table 3 prints 15" in text
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
    assert "it is 48.3%" in text
    assert "5 layers; Table 7 prints it with 4 hidden layers" in text
    assert "32.95 is better than the default's 35.91" in text


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
