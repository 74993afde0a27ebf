"""Functions of all predictors together."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNNRegressor
from tabmixnn.inference.additive.kernel import LINEAR, MOST_LANDMARKS, Kernel, coordinates


def exact(a, b, length):
    d = a.shape[1]
    distances = ((a[:, None] - b[None]) ** 2).sum(axis=-1)
    return np.exp(-distances / (2 * d * length**2)) + LINEAR * a @ b.T / d


@pytest.mark.parametrize("length", [0.4, 1.6])
def test_products_of_features_are_the_kernel_at_the_landmarks(length):
    points = np.random.default_rng(0).normal(size=(60, 3))
    kernel = Kernel.fit(np.vstack([points, points]), length)
    assert len(kernel.landmarks) == 60
    features = kernel(points)
    np.testing.assert_allclose(features @ features.T, exact(points, points, length), atol=1e-6)


def test_a_smooth_kernel_of_many_rows_needs_few_landmarks():
    points = np.random.default_rng(1).uniform(-2, 2, size=(1_000, 2))
    kernel = Kernel.fit(points, 1.6)
    assert len(kernel.landmarks) == MOST_LANDMARKS
    features = kernel(points[:200])
    np.testing.assert_allclose(
        features @ features.T, exact(points[:200], points[:200], 1.6), atol=1e-4
    )


def test_features_are_the_same_from_arrays_that_were_stored():
    points = np.random.default_rng(3).normal(size=(200, 3))
    kernel = Kernel.fit(points, 1.0)
    again = Kernel(kernel.length, kernel.landmarks.copy("C"), kernel.root.copy("C"))
    np.testing.assert_array_equal(again(points[:20]), kernel(points[:20]))


def test_coordinates_do_not_depend_on_units_and_stay_inside_the_fences():
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"x": rng.normal(size=120), "dose": np.exp(2 * rng.normal(size=120))})
    data["g"], data["c"] = np.repeat(np.arange(30), 4).astype(str), np.tile(list("abc"), 40)
    data["y"] = data["x"] + np.sin(3 * data["x"]) + rng.normal(size=30).repeat(4)

    def found(frame):
        fitted = TabMixNNRegressor("y ~ x + dose + c + (1 | g)", random_state=0).fit(frame).engine_
        return coordinates(fitted.rows, fitted.model.space.variables)

    points = found(data)
    assert points.shape == (120, 5)
    np.testing.assert_allclose(points[:, :2].std(axis=0), 1.0, atol=0.1)
    assert set(np.unique(points[:, 2:])) == {0.0, 1.0}
    # Skewed predictors count by their ratios, too.
    assert (
        points[:, 1].max() < 0.8 * (data["dose"].max() - data["dose"].mean()) / data["dose"].std()
    )
    other = data.assign(x=1_000 + 7 * data["x"], dose=1e-3 * data["dose"])
    np.testing.assert_allclose(found(other), points, atol=1e-8)
