"""Which code a run is of."""

import subprocess

import pytest

from tabmixbench.code import PARTS, code_version


def git(folder, *arguments):
    who = ("-c", "user.name=A", "-c", "user.email=a@b.c")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path):
    for name in PARTS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("old")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    return tmp_path


def test_a_checkout_has_a_commit_and_perhaps_changes(checkout):
    clean = code_version(checkout)
    assert len(clean["commit"]) == 40
    assert not clean["uncommitted"]
    (checkout / "results").mkdir()
    (checkout / "results/file").write_text("of no code")
    assert code_version(checkout) == clean
    (checkout / PARTS[0] / "file").write_text("new")
    assert code_version(checkout) == clean | {"uncommitted": True}


def test_without_a_repository_or_git_nothing_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert code_version(tmp_path) == {}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_version() == {}
