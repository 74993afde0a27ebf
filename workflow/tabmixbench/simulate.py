"""The two datasets that the paper simulates and does not publish, made anew.

The paper gives their size alone (Table 1): PBMC has n = 1,200 rows, p = 15 columns and G = 50
patients, Hospital Readmission has n = 10,000, p = 25 and G = 100 hospitals. Everything else here
is ours: effects are chosen so that grouping matters, a part of the signal is not linear, and no
model can be perfect. p counts the grouping column, as Table 1 does for sleepstudy.

Only uniform and normal draws are used, and values are rounded as an instrument would round
them, so that a table is the same on every platform.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

Generator = Callable[[], pd.DataFrame]
GENERATORS: dict[str, Generator] = {}

PBMC_SEED = 20_501
HOSPITAL_SEED = 20_502


def generator(function: Generator) -> Generator:
    """Register `function` under its own name."""
    GENERATORS[function.__name__] = function
    return function


@generator
def pbmc() -> pd.DataFrame:
    """Simulate a clinical trial: 50 patients in three arms, 24 visits each.

    The cell count of patient i at week t is

        y = 1.6 + 0.5 baseline_i + arm effect_i (1 - exp(-t / 8)) adherence
            - 0.15 log(1 + crp) + 0.25 tanh(2 (lymphocytes - 1.8)) + 0.08 neutrophils
            - 0.006 (age_i - 50) + u_0i + u_1i t + e,

    with arm effects 0, 0.5 and 1.1, (u_0, u_1) normal with standard deviations 0.45 and 0.025
    and correlation -0.3, and e normal with standard deviation 0.25. Sex, bmi, monocytes,
    platelets, haemoglobin and il6 have no effect of their own.

    Returns
    -------
    DataFrame
        1,200 rows: ``patient``, 14 features and the target ``pbmc_count`` (10⁹ cells a litre).
    """
    rng = np.random.default_rng(PBMC_SEED)
    patients, visits = 50, 24
    i = np.repeat(np.arange(patients), visits)
    week = np.tile(np.arange(visits), patients)
    n = i.size

    arm = np.argsort(rng.random(patients)) % 3
    age = np.round(50 + 11 * rng.standard_normal(patients))
    female = rng.random(patients) < 0.5
    bmi = np.round(26 + 3.5 * rng.standard_normal(patients), 1)
    baseline = np.round(1.5 + 0.35 * rng.standard_normal(patients), 2)
    # Correlated random effects by the Cholesky factor of their correlation.
    z0, z1 = rng.standard_normal(patients), rng.standard_normal(patients)
    u0 = 0.45 * z0
    u1 = 0.025 * (-0.3 * z0 + np.sqrt(1 - 0.3**2) * z1)

    lymphocytes = np.round(1.8 + 0.4 * rng.standard_normal(n), 2)
    monocytes = np.round(0.5 + 0.12 * rng.standard_normal(n), 2)
    neutrophils = np.round(np.exp(1.35 + 0.28 * rng.standard_normal(n)), 2)
    platelets = np.round(250 + 45 * rng.standard_normal(n))
    haemoglobin = np.round(13.6 + 1.2 * rng.standard_normal(n), 1)
    inflammation = rng.standard_normal(n)
    crp = np.round(np.exp(1.0 + 0.8 * inflammation), 1)
    il6 = np.round(np.exp(1.2 + 0.5 * inflammation + 0.4 * rng.standard_normal(n)), 1)
    adherence = np.round(1 - 0.35 * rng.random(n) ** 2, 2)

    response = np.array([0.0, 0.5, 1.1])[arm][i] * (1 - np.exp(-week / 8)) * adherence
    count = (
        1.6
        + 0.5 * baseline[i]
        + response
        - 0.15 * np.log1p(crp)
        + 0.25 * np.tanh(2 * (lymphocytes - 1.8))
        + 0.08 * neutrophils
        - 0.006 * (age[i] - 50)
        + u0[i]
        + u1[i] * week
        + 0.25 * rng.standard_normal(n)
    )
    return pd.DataFrame(
        {
            "patient": i + 1,
            "treatment": np.array(["placebo", "low", "high"])[arm][i],
            "week": week,
            "age": age[i],
            "sex": np.where(female, "female", "male")[i],
            "bmi": bmi[i],
            "baseline": baseline[i],
            "lymphocytes": lymphocytes,
            "monocytes": monocytes,
            "neutrophils": neutrophils,
            "platelets": platelets,
            "haemoglobin": haemoglobin,
            "crp": crp,
            "il6": il6,
            "adherence": adherence,
            "pbmc_count": np.round(count, 3),
        }
    )


@generator
def hospital() -> pd.DataFrame:
    """Simulate readmission within 30 days: 10,000 patients nested within 100 hospitals.

    Hospitals differ in size (from about 0.3 to 2 times the mean) and in their log-odds of
    readmission by a normal effect of standard deviation 0.6, besides what their teaching status
    and number of beds explain. The patient's part of the log-odds has linear
    terms, a curve in the length of stay, and an interaction of heart failure with creatinine.
    Smoking, sodium, heart rate and the number of laboratory tests have no effect. About 16%
    are readmitted.

    Returns
    -------
    DataFrame
        10,000 rows: ``hospital``, 24 features and the target ``readmitted`` (yes, no).
    """
    rng = np.random.default_rng(HOSPITAL_SEED)
    n, hospitals = 10_000, 100

    def normal(mean: float, sd: float, size: int = n) -> np.ndarray:
        return mean + sd * rng.standard_normal(size)

    def choose(levels: list[str], weights: list[float], size: int = n) -> np.ndarray:
        edges = np.cumsum(weights)[:-1]
        return np.array(levels)[np.searchsorted(edges, rng.random(size), side="right")]

    def counts(mean: np.ndarray | float, size: int = n) -> np.ndarray:
        # A rounded-down exponential variable: geometric, from uniform draws alone.
        return np.floor(-np.log1p(-rng.random(size)) * mean)

    weight = 0.3 + 1.7 * rng.random(hospitals)
    h = np.searchsorted(np.cumsum(weight / weight.sum())[:-1], rng.random(n), side="right")
    beds = np.round(120 + 600 * rng.random(hospitals) ** 2)
    teaching = rng.random(hospitals) < 0.3
    u = normal(0, 0.6, hospitals)

    age = np.clip(np.round(normal(67, 14)), 18, 99)
    sex = choose(["female", "male"], [0.52, 0.48])
    insurance = choose(["medicare", "private", "medicaid", "none"], [0.5, 0.3, 0.14, 0.06])
    admission = choose(["emergency", "urgent", "elective"], [0.55, 0.25, 0.2])
    discharge = choose(["home", "home_care", "nursing"], [0.62, 0.23, 0.15])
    diagnosis = choose(
        ["heart", "lung", "digestive", "injury", "renal", "other"],
        [0.26, 0.18, 0.15, 0.12, 0.09, 0.2],
    )
    severity = rng.standard_normal(n)
    length_of_stay = 1 + counts(np.exp(1.2 + 0.3 * severity))
    prior_admissions = counts(np.exp(-0.4 + 0.4 * severity))
    emergency_visits = counts(np.exp(-0.2 + 0.3 * severity))
    charlson = counts(np.exp(0.4 + 0.3 * severity))
    medications = 2 + counts(np.exp(1.8 + 0.2 * severity))
    procedures = counts(1.4)
    lab_tests = 10 + counts(30.0)
    creatinine = np.round(np.exp(normal(0.1, 0.35) + 0.1 * severity), 2)
    haemoglobin = np.round(normal(12.4, 1.8) - 0.3 * severity, 1)
    sodium = np.round(normal(138, 3.5))
    systolic = np.round(normal(131, 19))
    heart_rate = np.round(normal(82, 14))
    bmi = np.round(np.exp(normal(3.32, 0.19)), 1)
    diabetes = rng.random(n) < 0.3
    heart_failure = rng.random(n) < 1 / (1 + np.exp(1.6 - 0.5 * severity))
    smoker = rng.random(n) < 0.2

    log_odds = (
        -2.75
        + 0.012 * (age - 67)
        + 0.55 * np.log1p(prior_admissions)
        + 0.30 * np.log1p(emergency_visits)
        + 0.10 * charlson
        + 0.02 * medications
        + 0.25 * np.tanh((length_of_stay - 6) / 4)
        - 0.08 * (haemoglobin - 12.4)
        + 0.25 * diabetes
        + heart_failure * (0.3 + 0.6 * (creatinine - 1.1))
        - 0.004 * (systolic - 131)
        + 0.02 * np.abs(bmi - 27)
        - 0.05 * procedures
        + 0.15 * (sex == "male")
        + 0.30 * (discharge == "nursing")
        + 0.15 * (discharge == "home_care")
        + 0.20 * (insurance == "medicaid")
        + 0.25 * (insurance == "none")
        - 0.35 * (admission == "elective")
        + 0.25 * (diagnosis == "heart")
        + 0.20 * (diagnosis == "renal")
        - 0.25 * (diagnosis == "injury")
        + (0.2 * teaching - 0.0005 * (beds - 300) + u)[h]
    )
    readmitted = rng.random(n) < 1 / (1 + np.exp(-log_odds))

    def yes_no(flag: np.ndarray) -> np.ndarray:
        return np.where(flag, "yes", "no")

    return pd.DataFrame(
        {
            "hospital": h + 1,
            "age": age,
            "length_of_stay": length_of_stay,
            "prior_admissions": prior_admissions,
            "emergency_visits": emergency_visits,
            "charlson": charlson,
            "medications": medications,
            "procedures": procedures,
            "lab_tests": lab_tests,
            "creatinine": creatinine,
            "haemoglobin": haemoglobin,
            "sodium": sodium,
            "systolic": systolic,
            "heart_rate": heart_rate,
            "bmi": bmi,
            "beds": beds[h],
            "sex": sex,
            "insurance": insurance,
            "admission": admission,
            "discharge": discharge,
            "diagnosis": diagnosis,
            "diabetes": yes_no(diabetes),
            "heart_failure": yes_no(heart_failure),
            "smoker": yes_no(smoker),
            "teaching": yes_no(teaching)[h],
            "readmitted": yes_no(readmitted),
        }
    )
