"""Settings of Sphinx, which builds these pages: ./dev docs."""

from __future__ import annotations

from typing import Any

import click

import laminar
from laminar.cli.commands import CLUSTER, LOCAL
from laminar.cli.main import cli

project = "laminar"
author = "laminar's authors"
copyright = author
release = version = laminar.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["captures"]
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

# Docstrings are written for people first: single backticks mark code, as in Markdown.
default_role = "literal"
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "laminar"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False


def commands(app: Any, page: str, source: list[str]) -> None:
    """Add the help of each command to the page of the commands."""
    if page == "reference/cli":
        source[0] += "".join(map(section, ["", *LOCAL, *CLUSTER]))


def section(name: str) -> str:
    """Return a command's heading and its help."""
    with click.Context(cli, info_name="laminar", terminal_width=100) as parent:
        command = cli.get_command(parent, name) if name else None
        context = click.Context(command, info_name=name, parent=parent, terminal_width=100) if command else parent
        text = (command or cli).get_help(context)
    return f"\n## laminar {name}".rstrip() + f"\n\n```text\n{text}\n```\n"


def setup(app: Any) -> None:
    """Connect the hook to Sphinx."""
    app.connect("source-read", commands)
