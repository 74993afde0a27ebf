"""Digests of sources and of functions: what counts, and what does not."""

import importlib.util
import sys

import pytest

from tabmixbench.digest import digest_function, digest_made, digest_sources


def test_a_change_counts_wherever_it_is_in_a_source(tmp_path):
    source = tmp_path / "a.py"
    digests = set()
    for text in ("x = 1\n", "x = 2\n"):
        source.write_text(text)
        digests.add(digest_sources([source]))
    assert len(digests) == 2


def test_what_other_targets_make_counts_where_they_have_made_it(tmp_path):
    made, never = tmp_path / "made.csv", tmp_path / "never.csv"
    made.write_text("a")
    before = digest_made([made, never])
    assert list(before) == [made.as_posix()]
    made.write_text("b")
    assert digest_made([made, never]) != before


RECIPES = """
SHIFT = 1

def own(frame):
    return helper(frame) + SHIFT

def helper(frame):
    return frame * 2

def neighbour(frame):
    return frame
"""


KINDS = """
class Base:
    def read(self):
        return self.payload() + helper()

def helper():
    return 1

class Own(Base):
    def payload(self):
        return 2

class Neighbour(Base):
    def payload(self):
        return 3
"""


@pytest.fixture
def digest_with(tmp_path):
    """A function that digests an object of a module, of which a part is written otherwise."""

    def digest(text, name, old="", new=""):
        path = tmp_path / f"module_{len(list(tmp_path.iterdir()))}.py"
        path.write_text(text.replace(old, new))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        # Where classes look for their source.
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
        return digest_function(getattr(module, name))

    yield digest
    for path in tmp_path.iterdir():
        sys.modules.pop(path.stem, None)


def test_a_recipe_depends_on_itself_and_its_helpers_and_not_on_its_neighbours(digest_with):
    before = digest_with(RECIPES, "own")
    assert digest_with(RECIPES, "own", "return frame\n", "return 2 * frame\n") == before
    for change in (("+ SHIFT", "- SHIFT"), ("frame * 2", "frame * 3"), ("SHIFT = 1", "SHIFT = 2")):
        assert digest_with(RECIPES, "own", *change) != before


def test_a_kind_of_source_depends_on_its_bases_and_not_on_its_neighbours(digest_with):
    before = digest_with(KINDS, "Own")
    assert digest_with(KINDS, "Own", "return 3", "return 4") == before
    for line in ("return 2", "payload() + helper()", "return 1"):
        assert digest_with(KINDS, "Own", line, f"{line} + 1") != before
