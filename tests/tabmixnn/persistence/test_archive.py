"""Files that are no models, or no longer the models they were: refused, with nothing executed."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save as save_arrays

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.encoder.covariance.domains import Interval
from tabmixnn.persistence import FORMAT, ModelFileError, read_archive, write_archive
from tabmixnn.persistence.archive import ARRAYS, MANIFEST
from tabmixnn.persistence.upgrades import UPGRADES

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"y": rng.normal(size=40), "x": rng.normal(size=40), "g": np.repeat(list("abcdefgh"), 5)}
    )


@pytest.fixture(scope="module")
def exact(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "exact.tmx"
    TabMixNNRegressor("y ~ x + (1 | g)", inference="marginal", hidden_dims=[]).fit(data).save(path)
    return path


@pytest.fixture(scope="module")
def network(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "network.tmx"
    TabMixNNRegressor(
        "y ~ x + (1 | g)", inference="variational", hidden_dims=[4], epochs=1, random_state=0
    ).fit(data).save(path)
    return path


def rewritten(source, target, change_manifest=None, blob=None):
    """Copy a model file with another manifest or other arrays."""
    with zipfile.ZipFile(source) as file:
        manifest, arrays = json.loads(file.read(MANIFEST)), file.read(ARRAYS)
    if change_manifest is not None:
        manifest = change_manifest(manifest) or manifest
    with zipfile.ZipFile(target, "w") as file:
        file.writestr(MANIFEST, manifest if isinstance(manifest, str) else json.dumps(manifest))
        file.writestr(ARRAYS, arrays if blob is None else blob)
    return target


def refused(path, match):
    with pytest.raises(ModelFileError, match=match):
        TabMixNN.load(path)


def test_a_file_that_is_absent_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        TabMixNN.load(tmp_path / "absent.tmx")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_damaged(exact, tmp_path, share):
    whole = exact.read_bytes()
    path = tmp_path / "cut.tmx"
    path.write_bytes(whole[: int(share * len(whole))])
    refused(path, "not a model file, or is damaged")


def test_a_changed_byte_anywhere_is_noticed(exact, tmp_path):
    whole = exact.read_bytes()
    path = tmp_path / "flipped.tmx"
    for place in np.linspace(60, len(whole) - 400, 25).astype(int):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 64]) + whole[place + 1 :])
        refused(path, "damaged|changed|not a model file")


def test_a_pickle_is_not_read(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Bomb()))
    refused(tmp_path / "model.pkl", "not a model file")
    assert not (tmp_path / "executed").exists()


def test_a_pickle_inside_is_not_read(exact, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    path = rewritten(exact, tmp_path / "m.tmx", blob=pickle.dumps(Bomb()))
    refused(path, "arrays are not those it had")
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("data.pkl", pickle.dumps(Bomb()))
    refused(path, "nothing else")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("name", ["../evil.py", "/etc/evil", "arrays/../../evil", "extra.json"])
def test_members_with_other_names_are_refused(exact, tmp_path, name):
    path = rewritten(exact, tmp_path / "m.tmx")
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(name, b"evil")
    refused(path, "nothing else")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.tmx"]


def test_a_member_that_occurs_twice_is_refused(exact, tmp_path):
    path = rewritten(exact, tmp_path / "m.tmx")
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr(MANIFEST, "{}")
    refused(path, "nothing else")


def test_a_zip_bomb_is_refused_before_it_is_read(exact, tmp_path, monkeypatch):
    path = tmp_path / "bomb.tmx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(MANIFEST, zipfile.ZipFile(exact).read(MANIFEST))
        with file.open(ARRAYS, "w") as stream:
            for _ in range(200):
                stream.write(bytes(2**20))
    assert path.stat().st_size < 2**20
    monkeypatch.setattr(zipfile.ZipFile, "read", pytest.fail)
    refused(path, "compressed")


def test_a_member_longer_than_the_file_is_refused(exact, tmp_path):
    whole = bytearray(rewritten(exact, tmp_path / "m.tmx").read_bytes())
    entry = whole.rindex(b"PK\x01\x02")
    for offset in (20, 24):
        whole[entry + offset : entry + offset + 4] = (2**31).to_bytes(4, "little")
    (tmp_path / "m.tmx").write_bytes(whole)
    refused(tmp_path / "m.tmx", "longer than the file|damaged")


def test_a_larger_file_than_allowed_is_refused(exact):
    with pytest.raises(ModelFileError, match="max_bytes"):
        TabMixNN.load(exact, max_bytes=1000)


def test_a_newer_format_says_what_to_do(exact, tmp_path):
    def newer(manifest):
        manifest["format"] = FORMAT + 1

    refused(rewritten(exact, tmp_path / "m.tmx", newer), "later version of tabmixnn.*Install")


@pytest.mark.parametrize("number", [None, "1", 0, -1, True, 1.0])
def test_a_format_is_a_number(exact, tmp_path, number):
    def wrong(manifest):
        manifest["format"] = number

    refused(rewritten(exact, tmp_path / "m.tmx", wrong), "no format number")


@pytest.mark.parametrize(
    "manifest",
    ["", "[]", "null", "{", '{"format": 1}', "[" * 100_000, '{"format": ' + "9" * 5000 + "}"],
    ids=range(7),
)
def test_a_manifest_that_is_none(exact, tmp_path, manifest):
    path = rewritten(exact, tmp_path / "m.tmx", lambda _: manifest or "x")
    refused(path, "damaged|not a model file")


def test_deep_nesting_is_refused(exact, tmp_path):
    def deep(manifest):
        tree = []
        for _ in range(900):
            tree = [tree]
        manifest["state"]["parameters"]["formula"] = tree

    refused(rewritten(exact, tmp_path / "m.tmx", deep), "nested more deeply")


HOSTILE = [
    "__import__('os').system('touch executed')",
    "y ~ x + I(__import__('os').system('touch executed'))",
    'y ~ x + eval(\'open("executed", "w")\') + (1 | g)',
    'y ~ {exec(\'open("executed", "w")\')} + (1 | g)',
    "y ~ x.__class__.__mro__",
]


@pytest.mark.parametrize("formula", HOSTILE)
@pytest.mark.parametrize("kind", ["exact", "network"])
def test_a_hostile_formula_is_not_evaluated(request, data, tmp_path, monkeypatch, formula, kind):
    def hostile(manifest):
        manifest["state"]["design"]["formula"] = formula
        manifest["state"]["parameters"]["formula"] = formula

    monkeypatch.chdir(tmp_path)
    path = rewritten(request.getfixturevalue(kind), tmp_path / "m.tmx", hostile)
    with pytest.raises(ValueError):  # noqa: PT011 - where it is noticed depends on the formula
        TabMixNN.load(path).predict(data)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("design", "kind"), "tabmixnn.formula:Design"),
        (("family",), "os.system"),
        (("attributes",), {"predict": 1}),
        (("attributes",), {"__class__": 1}),
        (("attributes",), {"sigma_": 1}),
        (("engine",), {}),
        (("parameters", "inference"), "os:system"),
        (("parameters", "nonsense"), 1),
        (("parameters", "hidden_dims"), ["a"]),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["exact", "network"])
def test_a_state_that_does_not_fit_together(request, tmp_path, place, value, kind):
    def change(manifest):
        part = manifest["state"]
        for step in place[:-1]:
            part = part[step]
        part[place[-1]] = value

    path = rewritten(request.getfixturevalue(kind), tmp_path / "m.tmx", change)
    refused(path, "does not describe a TabMixNNRegressor|not known")


@pytest.mark.parametrize("option", ["hidden_dims", "embedding_dim"])
def test_sizes_that_the_weights_do_not_have_are_not_allocated(network, tmp_path, option):
    def huge(manifest):
        manifest["state"]["parameters"][option] = [10**7] * 2 if option == "hidden_dims" else 10**12

    refused(rewritten(network, tmp_path / "m.tmx", huge), "do not fit together")


def test_other_arrays_than_the_manifest_names(exact, tmp_path):
    import hashlib

    blob = save_arrays({"a": np.zeros(3)})

    def known(manifest):
        manifest["sha256"] = hashlib.sha256(blob).hexdigest()

    refused(rewritten(exact, tmp_path / "m.tmx", known, blob), "not those the manifest names")


def test_estimates_of_other_shapes_are_refused(exact, tmp_path):
    def shorter(manifest):
        manifest["state"]["engine"]["result"]["reported"]["beta"] = []

    refused(rewritten(exact, tmp_path / "m.tmx", shorter), "not what this model has")


def test_a_class_reads_its_own_models(exact):
    assert type(TabMixNN.load(exact)) is TabMixNNRegressor
    assert type(TabMixNNRegressor.load(exact)) is TabMixNNRegressor
    with pytest.raises(ModelFileError, match="not TabMixNNClassifier"):
        TabMixNNClassifier.load(exact)


@pytest.mark.parametrize("name", ["BaseTabMixNN", "estimators", "os", "read_archive"])
def test_the_class_is_one_of_three(exact, tmp_path, name):
    def other(manifest):
        manifest["class"] = name

    refused(rewritten(exact, tmp_path / "m.tmx", other), "has a model of class")


def test_a_failed_save_leaves_the_old_file(exact, tmp_path):
    path = tmp_path / "m.tmx"
    path.write_bytes(exact.read_bytes())
    with pytest.raises(TypeError, match="cannot be stored"):
        write_archive(path, "TabMixNN", {"a": object()})
    assert path.read_bytes() == exact.read_bytes()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.tmx")), ids=lambda path: path.stem)
def test_files_of_every_format_are_read(path):
    expected = json.loads(path.with_suffix(".json").read_text())
    model = TabMixNN.load(path)
    rows = pd.DataFrame(expected["rows"])
    assert type(model).__name__ == expected["class"]
    np.testing.assert_allclose(model.predict(rows), expected["predictions"], rtol=1e-10)


def test_there_is_a_file_of_every_format():
    found = {
        json.loads(zipfile.ZipFile(p).read(MANIFEST))["format"]
        for p in FIXTURES.glob("*")
        if p.suffix == ".tmx"
    }
    assert found == set(range(1, FORMAT + 1))


def test_an_archive_says_what_wrote_it(exact):
    with zipfile.ZipFile(exact) as file:
        manifest = json.loads(file.read(MANIFEST))
    assert manifest["format"] == FORMAT
    assert set(manifest["versions"]) == {"tabmixnn", "torch", "numpy", "python"}
    assert read_archive(exact)[0] == manifest["class"] == "TabMixNNRegressor"


def test_what_format_5_says_of_new_groups_is_not_lost_silently():
    plain = UPGRADES[5]({"engine": {"between": None}})
    assert plain == {"engine": {"averaged": None}}
    with pytest.raises(ModelFileError, match="fit the model again"):
        UPGRADES[5]({"engine": {"between": {"group": "g"}}})


def test_levels_of_format_8_have_the_names_that_formulas_give_them():
    factors = {"flag": ["FALSE", "TRUE"], "dose": ["1", "2.5"], "word": ["True", "no"]}
    labels = {"flag": ["True", "False"], "dose": ["1.0", "2.5"], "word": ["True", "no"]}
    learned = {"factors": {name: {"levels": levels} for name, levels in factors.items()}}
    engine = {"steps": [], "has_scales": True, "labels": {**labels, "alone": ["True"]}}
    found = UPGRADES[8]({"engine": engine, "design": {"learned": learned}})["engine"]
    assert found["reading"] == {"has_scales": True, "fences_knots": False}
    assert found["labels"] == {
        "flag": ["TRUE", "FALSE"],
        "dose": ["1", "2.5"],
        "word": ["True", "no"],
        "alone": ["True"],
    }


def test_terms_of_format_11_keep_their_columns():
    grown, exact = {"steps": [], "reading": {"has_scales": True}}, {"frame": None}
    one = {"engine": {**grown, "reading": {"has_scales": True}}}
    several = {"engine": {"classes": [{"state": grown}, None, {"state": exact}]}}
    assert UPGRADES[11](one)["engine"]["reading"] == {"has_scales": True, "is_apart": False}
    assert UPGRADES[11](several)["engine"]["classes"][0]["state"]["reading"]["is_apart"] is False


@pytest.mark.parametrize(("number", "knows"), [(15, False), (16, True)])
def test_the_mean_weight_of_format_15_is_not_known(number, knows):
    """Its sigma stays that of a row of the average weight, and its weights are relative to it."""
    model = TabMixNN.load(FIXTURES / f"format{number}_weighted.tmx")
    given = 20.0 + 6.0 * np.arange(30)
    weights = given if knows else given / given.mean()
    np.testing.assert_allclose(model.engine_.weights, weights)
    scaled = np.sqrt(weights) * model.residuals() / model.sigma_
    np.testing.assert_allclose(model.residuals(kind="pearson"), scaled)
    assert 0.3 < scaled.std() < 1.0


@pytest.mark.parametrize(
    ("kind", "columns"),
    [("Curves", {"centre": 0, "spread": 1}), ("Surface", {"length": 1, "landmarks": 2, "root": 3})],
)
def test_columns_of_format_8_are_named(kind, columns):
    found = UPGRADES[8]({"engine": {"averaged": {"columns": columns}}})["engine"]
    assert found["averaged"] == {"columns": [kind, columns]}


def test_a_network_of_format_9_with_attention_is_trained_on():
    path = FIXTURES / "format9_attention.tmx"
    rows = pd.DataFrame(json.loads(path.with_suffix(".json").read_text())["rows"])
    model = TabMixNN.load(path)
    more = model.fit(rows.assign(n=[3.0, 1, 4, 1, 5, 9, 2, 6]), epochs=2, warm_start=True)
    assert more.n_iter_ == 5


def test_what_grew_from_counts_has_its_own_dispersion_from_format_16_on():
    old, new = (TabMixNN.load(FIXTURES / f"format{n}_counts.tmx") for n in (15, 16))
    assert old.dispersion_ == old.engine_.exact.dispersion
    assert new.dispersion_ > 2.0 * new.engine_.exact.dispersion


@pytest.mark.parametrize("name", ["rates", "rates_network"])
def test_rates_of_format_16_are_over_one_unit_of_time(name):
    """And those of later ones over the median gap, whatever unit that is in."""
    shown = {}
    for number in (16, 17):
        path = FIXTURES / f"format{number}_{name}.tmx"
        model = TabMixNN.load(path)
        shown[number] = model.structure_["value"].item()
        engine = read_archive(path)[1]["engine"]
        if name == "rates":
            stored = engine["result"]["solution"][-1]
        else:
            (stored,) = engine["weights"]["encoder.random.0.prior.level_params"]
        share = Interval(0.0, 1.0).value(stored)
        assert shown[number] == pytest.approx(share if number == 16 else share ** (1 / 5.5))
        assert model.get_params()["cov_struct_map"]["visit"].keys() == {
            "type",
            "continuous",
            "time_col",
        }
    if name == "rates":
        assert shown[16] == pytest.approx(shown[17], rel=1e-6)


def test_entries_of_format_16_in_products_and_lists():
    entry = {"type": "AR1", "continuous": True}
    product = {"type": "Kronecker", "group": entry, "slope": {"type": "CS"}}
    state = {"parameters": {"cov_struct_map": {"g": [product], "h": {"type": "AR1"}}}}
    found = UPGRADES[16]({**state, "fitted_with": {}})["fitted_with"]["cov_struct_map"]
    assert found == {"g": [{**product, "group": {**entry, "gap": 1.0}}], "h": {"type": "AR1"}}


def test_matrices_of_format_16_are_read_as_it_read_them():
    K = pd.DataFrame([[1.0, 0.2], [0.2, 2.0]], index=["a", "b"], columns=["b", "a"])
    entries = {
        "named": {"type": "K", "K_group": K},
        "ordered": {"type": "K", "genotypes": K, "train_levels": ["b", "a"]},
        "product": {"type": "Kronecker", "K_slope": K, "group": {"type": "AR1"}},
    }
    state = {"parameters": {}, "fitted_with": {"cov_struct_map": entries}}
    found = UPGRADES[16](state)["fitted_with"]["cov_struct_map"]
    assert list(found["named"]["K_group"].index) == ["a", "b"]
    assert list(found["named"]["K_group"].columns) == [0, 1]
    for name, key in (("ordered", "genotypes"), ("product", "K_slope")):
        assert isinstance(found[name][key], np.ndarray)
        np.testing.assert_array_equal(found[name][key], K.to_numpy())
