"""What is known again, and what is told apart."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tabmixnn import OutcomeSpec
from tabmixnn.families import Gaussian, Ordinal
from tabmixnn.training.identity import digest, text_of


def large(entry):
    matrix = np.eye(100)
    matrix[50, 50] = entry
    return matrix


@dataclass
class Pair:
    one: object
    two: object


OPTIONS = {
    "matrix": large,
    "frame": lambda entry: pd.DataFrame(large(entry)),
    "its labels": lambda entry: pd.DataFrame(np.eye(100), index=[f"{entry}", *range(99)]),
    "series": lambda entry: pd.Series(large(entry)[50]),
    "sparse": lambda entry: sparse.csr_matrix(large(entry)),
    "text": lambda entry: np.array([f"level {entry}"] * 2000, dtype=object),
    "nested": lambda entry: {"g": {"K_group": large(entry), "labels": ["a", "b"]}},
    "object": lambda entry: [OutcomeSpec("a", "a", Ordinal(int(entry)))],
    "of an object": lambda entry: Pair(1, large(entry)),
}


@pytest.mark.parametrize("make", OPTIONS.values(), ids=OPTIONS)
def test_options_are_told_by_their_contents(make):
    assert text_of(make(3.0)) == text_of(make(3.0)) != text_of(make(4.0))


def test_options_read_as_they_are_written():
    assert text_of({"lr": np.float64(0.001), "dims": (64, 32)}) == "{'lr': 0.001, 'dims': [64, 32]}"
    assert text_of(OutcomeSpec("a", "y", Gaussian())) == text_of(OutcomeSpec("a", "y", Gaussian()))
    assert repr(Ordinal(4)) == "Ordinal(n_classes=4)"


def test_a_digest_goes_on():
    parts = [np.arange(3), np.zeros((2, 0)), np.array(["a", None], dtype=object)]
    assert digest(parts[1:], digest(parts[:1])) == digest(parts)
