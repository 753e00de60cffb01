"""A project's settings are those of the nearest pyproject.toml, and a wrong one is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from laminar.compiler import project
from laminar.exceptions import FlowError


@pytest.fixture
def settings(tmp_path):
    def write(text: str) -> Path:
        (tmp_path / "pyproject.toml").write_text(text)
        return tmp_path / "main.py"

    return write


def test_the_nearest_file_decides_and_hides_those_above(tmp_path, settings):
    settings('[tool.laminar]\ndatastore = "s3://outer"\nimage = "outer"\n')
    inner = tmp_path / "inner" / "deep"
    inner.mkdir(parents=True)
    assert project.find(inner / "main.py").datastore == "s3://outer"
    (tmp_path / "inner" / "pyproject.toml").write_text('[tool.laminar]\ndatastore = "s3://inner"\n')
    found = project.find(inner / "main.py")
    assert (found.datastore, found.image, found.root) == ("s3://inner", None, tmp_path / "inner")
    assert found.path_of(str(inner / "main.py")) == "deep/main.py"


@pytest.mark.parametrize("text", ["", "[project]\nname = 'x'\n", "[tool.ruff]\n", "[tool.laminar]\n"])
def test_a_file_without_settings_marks_the_projects_folder(text, settings, tmp_path):
    assert project.find(settings(text)) == project.Project(tmp_path)


def test_without_a_file_the_project_of_a_module_is_the_folder_that_its_package_is_in(tmp_path):
    inner = tmp_path / "pkg" / "deep"
    inner.mkdir(parents=True)
    assert project.find(inner / "flow.py").root == inner
    (inner / "__init__.py").touch()
    assert project.find(inner / "flow.py").root == tmp_path / "pkg"
    (tmp_path / "pkg" / "__init__.py").touch()
    assert project.find(inner / "flow.py").path_of(str(inner / "flow.py")) == "pkg/deep/flow.py"


def test_lists_are_patterns_and_the_base_file_is_relative_to_the_project(settings, tmp_path):
    found = project.find(settings('[tool.laminar]\ninclude = ["data/", "*.csv"]\nexclude = []\nbase = "deploy/base.yaml"\n'))
    assert (found.include, found.exclude) == (("data/", "*.csv"), ())
    assert found.base_file == tmp_path / "deploy" / "base.yaml"
    assert project.Project(tmp_path).base_file is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tool.laminar", "is not valid TOML"),
        ("[tool.laminar]\ndatastor = 'x'\n", "has no setting 'datastor'"),
        ("[tool.laminar]\nimage = 3\n", "image must be text, not 3."),
        ("[tool.laminar]\ninclude = 'data'\n", "include must be a list of patterns, not 'data'."),
        ("[tool.laminar]\nlogs = 'no'\n", "logs must be true or false, not 'no'."),
        ("[tool.laminar]\nexclude = [1]\n", "exclude must be a list of patterns, not [1]."),
    ],
)
def test_a_wrong_setting_is_an_error_that_names_the_file(text, words, settings):
    program = settings(text)
    with pytest.raises(FlowError) as caught:
        project.find(program)
    assert words in str(caught.value)
    assert "pyproject.toml" in str(caught.value)


def test_a_file_that_is_no_text_is_an_error(settings, tmp_path):
    program = settings("")
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(FlowError, match="is not valid TOML"):
        project.find(program)


@pytest.mark.parametrize("name", project.KNOWN)
def test_every_setting_is_a_field_of_a_project(name, settings, tmp_path):
    text, value = {list: ("['x']", ("x",)), str: ("'x'", "x"), bool: ("false", False)}[project.KNOWN[name]]
    assert getattr(project.find(settings(f"[tool.laminar]\n{name} = {text}\n")), name) == value
