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
    text = " ".join(contradictions(paper))
    assert "Oxboys: the text says 93% lower RMSE, Table 3 prints 41.1%" in text
    assert "average improvement of 35.4%" in text
    assert "30.2%" in text
    assert "counts 19 regression datasets, Table 3 prints 15" in text
    assert "10 outcome families are claimed, 7 are listed" in text


def test_numbers_that_agree_raise_no_objection(paper):
    paper["text"]["regression_improvement"] = {"Oxboys": 41.1}
    paper["text"]["regression_average_improvement"] = 30.24
    text = " ".join(contradictions(paper))
    assert "Oxboys" not in text
    assert "The text gives an average improvement" not in text
