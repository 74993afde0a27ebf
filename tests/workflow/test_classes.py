"""Outcomes of three classes or more: the sets, the models beside the default, and the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tabmixbench.classes import study
from tabmixbench.classes.models import LABELS, MODELS, Split
from tabmixbench.classes.sets import FEWEST, ClassSet, read_sets
from tabmixbench.classes.study import score
from tabmixbench.classes.table import build
from tabmixbench.sources import SourceError

SETS = read_sets()


@pytest.mark.parametrize("entry", SETS.values(), ids=SETS)
def test_a_set_is_read_and_its_formula_names_its_columns(entry):
    rows = entry.read()
    counts = rows["class"].value_counts()
    assert len(counts) >= 3
    assert counts.min() >= FEWEST
    assert not rows.isna().any(axis=None)
    assert not [name for name in rows.columns if "." in name or name == "rownames"]
    words = entry.formula(rows).replace("(", " ").replace(")", " ").split()
    assert set(words) - {"~", "+", "1", "|"} == set(rows.columns)


def test_a_title_decides_no_number():
    entry = SETS["fgl"]
    assert replace(entry, title="Glass", was_seen=not entry.was_seen).entry() == entry.entry()
    assert replace(entry, group="id").entry() != entry.entry()


@pytest.mark.parametrize("entry", SETS.values(), ids=SETS)
def test_a_job_makes_a_set_of_what_decides_its_numbers(entry):
    made = ClassSet(**entry.entry())
    assert made.entry() == entry.entry()
    assert made.formula(made.read()) == entry.formula(entry.read())


def test_other_data_than_registered_are_refused():
    entry = ClassSet(**{**vars(SETS["fgl"]), "sha256": "0" * 64})
    with pytest.raises(SourceError, match="dataset 'fgl': the SHA-256"):
        entry.read()


@pytest.fixture(scope="module")
def split():
    rng = np.random.default_rng(0)
    code = rng.integers(0, 3, 200)
    rows = pd.DataFrame(
        {
            "class": np.array(["c", "a", "b"])[code],
            "x": code + rng.normal(size=200),
            "kind": rng.choice(["u", "v"], 200).astype(object),
            "id": rng.integers(0, 12, 200).astype(str).astype(object),
        }
    )
    data = ClassSet("drawn", "", "", "class", "Drawn", group="id")
    return Split(data, rows[:160], rows[160:], 0)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_gives_probabilities_in_the_order_of_the_classes(split, name):
    found = MODELS[name](split)
    assert found.shape == (40, 3)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-5)
    of_class = found[np.arange(40), np.searchsorted(split.classes, split.test["class"])]
    if name != "shares":
        assert of_class.mean() > 0.4


def test_every_model_has_a_label():
    assert set(LABELS) == set(MODELS)


def test_a_set_is_scored_and_rendered(split, monkeypatch):
    quick = {name: MODELS[name] for name in ("tabmixnn", "ridge", "shares")}
    monkeypatch.setattr(study, "MODELS", quick)
    rows = pd.concat([split.train, split.test], ignore_index=True)
    monkeypatch.setattr(ClassSet, "read", lambda entry: rows)
    told = []
    scores = score(split.data, 1, splits=2, report=told.append)
    assert len(told) == 2
    assert len(scores) == 6
    assert scores.groupby("model")["logloss"].mean().idxmax() == "shares"
    again = score(split.data, 1, splits=2)
    pd.testing.assert_frame_equal(scores.iloc[:, :-1], again.iloc[:, :-1])
    other = scores.assign(set="other")
    sets = {"drawn": split.data, "other": ClassSet("other", "", "", "", "Other", was_seen=True)}
    table = build(pd.concat([scores, other]), sets)
    assert [row[0].value for row in table.rows] == ["Drawn*", "Other"]
    assert table.notes[1].startswith("Mean ranks over all 2 sets: ")
    assert table.notes[2].startswith("Mean ranks over the 1 with a star: ")
