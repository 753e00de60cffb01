"""The files of a new project have its name, and each is made of a file that exists."""

from __future__ import annotations

import re

from laminar.templates import project_scaffold


def test_the_name_of_the_project_is_where_it_has_to_be():
    texts = project_scaffold.files("churn")
    assert 'datastore = "s3://my-bucket/churn"' in texts["pyproject.toml"]
    assert texts["README.md"].startswith("# churn\n")
    assert "PROJECT" not in texts["README.md"] + texts["pyproject.toml"]


def test_the_readme_names_every_file():
    texts = project_scaffold.files("churn")
    named = set(re.findall(r"`([^`\n]+)`", texts["README.md"].partition("## The files")[2].partition("## To a cluster")[0]))
    assert {*texts, project_scaffold.WORKFLOW} - named - {"README.md", ".gitignore"} == set()
