"""pyproject.toml, requirements.lock and environment.yml name the same packages and versions."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def pins(lines):
    """Name -> version of every ``name==version`` line."""
    found = {}
    for line in lines:
        match = re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)", line)
        if match:
            found[canonicalize_name(match[1])] = match[2]
    return found


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = pins((ROOT / "requirements.lock").read_text().splitlines())
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())
CONDA = pins(next(d["pip"] for d in ENVIRONMENT["dependencies"] if isinstance(d, dict)))


def requirements(*extras):
    listed = list(PROJECT["dependencies"])
    for extra in extras:
        listed += PROJECT["optional-dependencies"][extra]
    return [r for r in map(Requirement, listed) if r.name != "tabmixnn"]


@pytest.mark.parametrize(
    "requirement", requirements("shap", "peers", "large", "slurm", "benchmark", "dev"), ids=str
)
def test_the_lock_satisfies_every_requirement(requirement):
    version = LOCK[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version)


def test_conda_users_get_the_same_pins():
    assert {name: LOCK[name] for name in CONDA} == CONDA


def test_conda_users_get_everything_the_benchmark_needs():
    needed = {
        canonicalize_name(r.name) for r in requirements("shap", "peers", "large", "benchmark")
    }
    assert needed == set(CONDA)


def test_torch_is_pinned_exactly():
    assert LOCK["torch"] == "2.13.0"


def test_conda_python_is_supported():
    python = next(d for d in ENVIRONMENT["dependencies"] if str(d).startswith("python="))
    from packaging.specifiers import SpecifierSet

    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))


def test_the_wheel_holds_the_library_alone():
    find = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert find["find"]["include"] == ["tabmixnn*"]


def test_the_library_never_imports_the_benchmark():
    offenders = [
        path
        for path in (ROOT / "tabmixnn").rglob("*.py")
        if re.search(r"^\s*(from|import) (tabmixbench|snakemake|mlflow)", path.read_text(), re.M)
    ]
    assert offenders == []
