"""How Sphinx builds the user guide: `make docs`, without network."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "_ext"), str(Path(__file__).parents[1])]

project = "TabMixNN"
author = "TabMixNN maintainers"
project_copyright = author
release = version = installed("tabmixnn")

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "executed"]
exclude_patterns = ["_build", "_figures"]
templates_path = ["_templates"]
default_role = "py:obj"
nitpicky = False

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

ROUTING = "set_{}_request"
METHODS = ("fit", "predict", "predict_proba", "predict_log_proba", "decision_function", "score")
autodoc_default_options = {
    "members": True,
    "member-order": "bysource",
    # Made by scikit-learn, and described by links into its own guide.
    "exclude-members": ", ".join(["get_metadata_routing", *map(ROUTING.format, METHODS)]),
}
autodoc_typehints = "none"
add_module_names = False
python_maximum_signature_line_length = 100
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "TabMixNN"
html_static_path = ["_static"]
html_css_files = ["guide.css"]
html_sidebars = {"**": ["contents.html"]}
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navbar_center": [],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": True,
    "navigation_with_keys": False,
}


LIKE_TABMIXNN = ("tabmixnn.TabMixNNRegressor", "tabmixnn.TabMixNNClassifier")


def say_once(app, what, name, obj, options, lines):
    """Leave what all estimators share to the entry of `TabMixNN`."""
    if name in LIKE_TABMIXNN:
        rules = [i for i, line in enumerate(lines) if line.startswith("---")]
        shared = [i - 1 for i in rules if lines[i - 1] in ("Parameters", "Attributes")]
        del lines[min(shared) :]


def setup(app):
    """Register with Sphinx, before numpydoc reads docstrings."""
    app.connect("autodoc-process-docstring", say_once, priority=100)
