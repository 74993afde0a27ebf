"""The configuration as it is shipped, and a copy of it to change."""

import shutil
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "config/config.yaml").read_text())


@pytest.fixture
def checkout(tmp_path):
    """A folder with a copy of config/ alone."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path
