"""Edges left out one by one."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import OutcomeSpec, TabMixNN, TabMixNNRegressor


@pytest.fixture(scope="module")
def structured(sleepstudy):
    model = TabMixNNRegressor(
        "Reaction ~ Days + (Days | Subject)",
        inference="variational",
        use_static_structure=True,
        hidden_dims=[6],
        lr=0.02,
        epochs=40,
        random_state=0,
    )
    return model.fit(sleepstudy)


def test_leaving_an_edge_out_is_setting_it_to_zero(structured, sleepstudy):
    before = structured.predict(sleepstudy)
    table = structured.edge_importance(sleepstudy, threshold=0.0)
    assert len(table) == 15
    np.testing.assert_array_equal(structured.predict(sleepstudy), before)
    raw = structured.engine_.network.backbone.layers[0].structure.effects.raw
    first = table.iloc[0]
    place = tuple(int(name.removeprefix("eta")) - 1 for name in (first["effect"], first["cause"]))
    kept = raw.data[place].clone()
    assert first["weight"] == pytest.approx(float(kept))
    raw.data[place] = 0.0
    try:
        after = structured.predict(sleepstudy)
    finally:
        raw.data[place] = kept
    assert first["prediction"] == pytest.approx(np.abs(after - before).mean())
    assert (table["prediction"].diff().dropna() <= 0).all()


def test_the_loss_is_the_models_own(structured, sleepstudy):
    frame, y, _ = structured._observed(sleepstudy)
    nll = structured.engine_.negative_log_likelihood(frame, y)
    scale = structured.engine_.response_scale.scale
    sigma = structured.engine_.network.head.shared["sigma"].exp().item() * scale
    errors = y - structured.predict(sleepstudy)
    expected = 0.5 * np.log(2 * np.pi * sigma**2) + (errors**2).mean() / (2 * sigma**2)
    assert nll + np.log(scale) == pytest.approx(expected)


def test_without_responses_there_is_no_loss(structured, sleepstudy):
    table = structured.edge_importance(sleepstudy[["Days", "Subject"]].head(5))
    assert list(table.columns) == ["cause", "effect", "weight", "prediction"]
    assert "loss" in structured.edge_importance(sleepstudy)


@pytest.mark.parametrize("mode", [{"output_sem_mode": "learned"}, None])
def test_edges_between_outcomes(mode):
    rng = np.random.default_rng(0)
    x = rng.normal(size=100)
    data = pd.DataFrame({"x": x, "a": x + rng.normal(size=100), "g": list("pqrst") * 20})
    data["b"] = 2 * data.a + rng.normal(size=100)
    mode = mode or {"output_sem_mode": "lavaan", "output_sem": "b ~ 0.5*a"}
    model = TabMixNN(
        "~ x + (1 | g)",
        outcomes=[OutcomeSpec("a", "a"), OutcomeSpec("b", "b")],
        lr=0.02,
        epochs=30,
        random_state=0,
        **mode,
    ).fit(data)
    (row,) = model.edge_importance(data, layer=None).itertuples(index=False)
    assert (row.cause, row.effect) == ("a", "b")
    assert row.weight == pytest.approx(model.get_output_structure().loc["b", "a"])
    # Only b changes, by the edge's weight times a's linear predictor on the network's scale.
    link = model._predict(data, "all", "link")["a"]
    scale = model.engine_.response_scale.scales["a"]
    expected = abs(row.weight) * np.abs(link - scale.loc).mean() / 2
    assert row.prediction == pytest.approx(expected, rel=1e-5)


def test_no_structure_is_said(network, sleepstudy):
    with pytest.raises(ValueError, match="fitted without a static structure"):
        network.edge_importance(sleepstudy)
