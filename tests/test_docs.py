"""The code of the user guide and of the README runs as printed, and the guide builds."""

import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from executed import BLOCK, run_blocks

from tabmixnn.encoder.covariance.registry import TYPES
from tabmixnn.families import FAMILIES
from tabmixnn.inference.exact import EXACT_FAMILIES

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [
    path.relative_to(ROOT).as_posix()
    for path in (*sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("api/*.md")))
]
RUN = [page for page in PAGES if BLOCK.search((ROOT / page).read_text())]


@pytest.fixture(autouse=True)
def _without_a_screen(monkeypatch):
    pytest.importorskip("matplotlib").use("agg")


@pytest.mark.parametrize("page", RUN)
def test_code_runs_as_printed(page):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        results = list(run_blocks((ROOT / page).read_text(), page))
    assert results


def test_code_that_fails_says_where():
    with pytest.raises(ZeroDivisionError) as caught:
        list(run_blocks("one\n\n```python\nx = 1\nx / 0\n```\n", "page.md"))
    assert (Path(caught.traceback[-1].path).name, caught.traceback[-1].lineno) == ("page.md", 4)
    with pytest.raises(RuntimeError, match=r"exit code 3: tabmixnn summary no\.tmx"):
        list(run_blocks("```sh\ntabmixnn summary no.tmx\n```\n", "page.md"))


def test_every_page_is_in_a_table_of_contents():
    listed = set()
    for page in PAGES:
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", (ROOT / page).read_text(), re.S):
            names = [line for line in tree.splitlines() if line and not line.startswith(":")]
            listed |= {(Path(page).parent / f"{name}.md").as_posix() for name in names}
    assert listed == set(PAGES) - {"docs/index.md"}


def rows_of(page, head):
    """Return the cells of the rows of the table of a page whose first column has this head."""
    table = (DOCS / page).read_text().split(f"| {head} |", 1)[1].split("\n\n")[0]
    lines = table.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def described(page):
    """Return the names of the classes that an API page describes."""
    return set(
        re.findall(r"autoclass:: tabmixnn\.[\w.]+\.(\w+)", (DOCS / "api" / page).read_text())
    )


def test_the_table_of_families_is_that_of_the_library():
    rows = {first.strip('`"'): rest for first, *rest in rows_of("families.md", "`family=`")}
    assert set(rows) == set(FAMILIES)
    for name, (_, links, exact) in rows.items():
        assert FAMILIES[name].link in links
        assert (exact == "yes") == (name in EXACT_FAMILIES), name
    for name, family in EXACT_FAMILIES.items():
        assert re.findall(r"\w+", rows[name][1]) == list(family.links()), name


def test_the_table_of_covariance_structures_is_that_of_the_library():
    rows = rows_of("covariance.md", "`type`")
    named = {name: row for row in rows for name in re.findall(r'"(\w+)"', row[0])}
    assert set(named) == set(TYPES)
    for name, row in named.items():
        assert set(re.findall(r"`(\w+)`", row[1])) == set(TYPES[name].keys), name


def test_the_api_describes_every_family_and_every_covariance_structure():
    for page, registry in (("families.md", FAMILIES), ("covariance.md", TYPES)):
        missing = {each.__name__ for each in registry.values()} - described(page)
        assert not missing, f"docs/api/{page} lacks {missing}"


def test_the_places_to_extend_exist():
    page = (DOCS / "extend.md").read_text()
    paths = re.findall(r"`((?:tabmixnn|tests|docs|config)/[^`]*)`", page)
    assert len(paths) > 10
    assert not [path for path in paths if not (ROOT / path).exists()]
    for registry, path in re.findall(r"`([A-Z]+)`, `([^`]+)`", page):
        assert re.search(rf"^{registry}\b.* = {{", (ROOT / path).read_text(), re.M), registry


@pytest.mark.slow
def test_the_guide_builds_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    done = subprocess.run(
        [*command, "-d", f"{tmp_path}/trees", DOCS, f"{tmp_path}/html"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "html/tutorial.html").read_text()
    assert "Random effects:" in html
    assert "<img" in html
    for path in (tmp_path / "html").rglob("*.html"):
        loaded = re.findall(r'(?:src|href)="(https?:[^"]+)"[^>]*>', path.read_text())
        assert not [url for url in loaded if re.search(r"\.(js|css|woff2?)\b", url)], path
