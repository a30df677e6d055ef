"""Sphinx's configuration: the pages are built offline, from docs/ and the docstrings."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version as installed
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
# The help of the commands is fixed when they are made, in the language that is found then.
os.environ["MENTORING_LANG"] = "en"

project = "Mentoring toolkit"
author = "The mentoring toolkit's authors"
copyright = author  # noqa: A001 - Sphinx's name
version = release = installed("mentoring-toolkit")
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click", "site_pages"]
exclude_patterns = ["_build", "_ext"]
smartquotes = False
default_role = "code"

myst_heading_anchors = 4
myst_enable_extensions = ["attrs_block"]

add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1565c0", "color-brand-content": "#1565c0"},
    "dark_css_variables": {"color-brand-primary": "#7ab8ff", "color-brand-content": "#7ab8ff"},
}
