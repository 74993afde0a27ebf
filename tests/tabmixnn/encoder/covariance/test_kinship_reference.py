"""Genomic prediction against an exact solver in R: 250 individuals, 50 new ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabmixnn.encoder.covariance import (
    Kinship,
    LevelContext,
    Placed,
    StructuredBlock,
    genomic_relationship,
)
from tabmixnn.inference.marginal.structured import fit_structured_lmm

FOLDER = Path(__file__).parents[4] / "data" / "reference"
REFERENCE = json.loads((FOLDER / "structured.json").read_text())


class Genomes:
    def __init__(self):
        coded = pd.read_csv(FOLDER / "gblup_geno.csv.gz", dtype=str)
        genotypes = np.array([[int(c) for c in row] for row in coded["genotypes"]], dtype=float)
        self.kinship = Kinship(genomic_relationship(genotypes), coded["id"])
        people = pd.read_csv(FOLDER / "gblup_pheno.csv.gz")
        self.train, self.new = people[people["train"] == 1], people[people["train"] == 0]

    def fit(self, reml, records=1):
        rows = pd.concat([self.train] * records)
        levels = self.train["id"].to_numpy(str)
        block = StructuredBlock(
            "id",
            np.tile(np.arange(len(levels)), records),
            levels,
            ["(Intercept)"],
            np.ones((len(rows), 1)),
            over_levels=Placed(self.kinship, self.kinship.rows(levels, "id")),
        )
        X = np.column_stack([np.ones(len(rows)), rows["x"]])
        y = rows["y"].to_numpy() + np.repeat(np.arange(records), len(levels))
        return fit_structured_lmm(X, y, [block], reml=reml, names=["(Intercept)", "x"])


@pytest.fixture(scope="module")
def genomes():
    return Genomes()


@pytest.fixture(scope="module", params=["reml", "ml"])
def case(request, genomes):
    return REFERENCE[f"gblup_{request.param}"], genomes, genomes.fit(request.param == "reml")


def test_likelihood(case):
    reference, _, fit = case
    assert fit.loglik == pytest.approx(reference["logLik"], abs=1e-8)
    assert fit.df == reference["df"]


def test_parameters(case):
    reference, _, fit = case
    assert fit.G[0][0, 0] == pytest.approx(reference["variance"], rel=1e-7)
    assert fit.sigma == pytest.approx(reference["sigma"], rel=1e-7)
    np.testing.assert_allclose(fit.beta, list(reference["fixef"].values()), rtol=1e-8)
    np.testing.assert_allclose(fit.se, list(reference["se"].values()), rtol=1e-7)


def test_conditional_modes(case):
    reference, _, fit = case
    expected = [reference["u"][level] for level in fit.blocks[0].levels]
    np.testing.assert_allclose(fit.u[0][:, 0], expected, atol=1e-7)


def test_new_individuals(case):
    reference, genomes, fit = case
    ids = genomes.new["id"].tolist()
    context = LevelContext("id", ids, np.arange(len(ids)), genomes.new)
    mean, covariance = fit.new_levels(0, context)
    expected = [reference["u_new"][level] for level in ids]
    np.testing.assert_allclose(mean[:, 0], expected, atol=1e-6)
    spread = np.diagonal(covariance)
    # Less is known of a new individual than the data would tell, more than without relatives.
    assert (spread < fit.G[0][0, 0] * np.diagonal(genomes.kinship.K).max()).all()
    assert spread.min() > fit.conditional_variances[0].min()


def test_prediction_variance_is_the_share_of_the_reference_given_beta(case):
    reference, _, fit = case
    row = {level: i for i, level in enumerate(fit.blocks[0].levels)}
    for level, with_beta in reference["pev"].items():
        given_beta = fit.conditional_variances[0][row[level], 0, 0]
        assert 0.98 * with_beta < given_beta < with_beta


def test_repeated_records_are_rotated_once_too(genomes):
    fit = genomes.fit(reml=True, records=2)
    assert type(fit.likelihood.core).__name__ == "RotatedCore"
    y = fit.y - fit.X @ fit.beta
    K = np.tile(genomes.kinship.matrix(np.zeros(0), fit.blocks[0].over_levels.positions), (2, 2))
    V = fit.G[0][0, 0] * K + fit.sigma**2 * np.eye(fit.n)
    XVX = fit.X.T @ np.linalg.solve(V, fit.X)
    dense = np.linalg.slogdet(V)[1] + y @ np.linalg.solve(V, y) + np.linalg.slogdet(XVX)[1]
    dense += (fit.n - 2) * np.log(2 * np.pi)
    assert fit.criterion_value == pytest.approx(dense, abs=1e-7)
