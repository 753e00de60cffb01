"""`laminar init` writes a project that passes its own checks, and overwrites nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from laminar.cli.main import cli
from laminar.exceptions import FlowError


def init(*words: str):
    return CliRunner().invoke(cli, ["init", *words])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(place: Path) -> list[str]:
    return sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())


def test_it_writes_a_project_and_prints_what_to_do_next(folder):
    done = init("churn")
    assert done.exit_code == 0, done.exception
    assert done.output == "wrote 12 files into churn\nnext:\n  cd churn\n  laminar run train.py\n  open README.md\n"
    assert len(files(folder / "churn")) == 12
    assert "kind: Workflow" in (folder / "churn" / "train.yaml").read_text()
    assert "image: registry.example/churn:1" in (folder / "churn" / "train.yaml").read_text()


def test_it_writes_into_the_current_folder_beside_what_is_there(folder):
    (folder / "notes.txt").write_text("mine")
    done = init("--name", "churn")
    assert done.exit_code == 0, done.exception
    assert len(files(folder)) == 13
    assert "cd" not in done.output


@pytest.mark.parametrize("taken", ["README.md", "train.yaml", "tests/test_train.py", "deploy", ".github"])
def test_it_overwrites_nothing_and_writes_nothing_where_something_is_in_the_way(folder, taken):
    (folder / taken).parent.mkdir(exist_ok=True)
    (folder / taken).write_text("mine")
    done = init("--name", "churn")
    assert isinstance(done.exception, FlowError)
    assert f": {taken}. Nothing was written." in done.exception.what
    assert files(folder) == [taken]


def test_a_link_that_leads_nowhere_is_in_the_way(folder):
    (folder / "train.py").symlink_to("elsewhere.py")
    assert "train.py" in str(init("--name", "churn").exception)


def test_all_files_in_the_way_are_named(folder):
    init("--name", "churn")
    assert "12 files that the project would have: README.md, train.py" in str(init("--name", "churn").exception)


def test_a_file_is_no_folder(folder):
    (folder / "churn").write_text("")
    assert "'churn' is a file." in str(init("churn").exception)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_an_error(folder):
    (folder / "churn").mkdir(mode=0o500)
    assert "cannot be written" in str(init("churn").exception)


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["my project"], "pass --name my-project;"),
        (["_"], "pass --name my-project;"),
        (["laminar"], "pass --name my-laminar;"),
        (["churn", "--name", "churn!"], "pass --name churn;"),
        (["churn", "--name", ""], "pass --name my-project;"),
        (["überall"], "pass --name berall;"),
    ],
)
def test_a_name_that_no_distribution_can_have_is_an_error_with_one_that_can(folder, words, advice):
    done = init(*words)
    assert isinstance(done.exception, FlowError)
    assert advice in done.exception.fix
    assert files(folder) == []


@pytest.mark.slow
def test_the_project_passes_the_checks_of_its_own_ci(folder):
    assert init("churn").exit_code == 0
    project = folder / "churn"
    (job,) = yaml.safe_load((project / ".github/workflows/ci.yaml").read_text())["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step and not step["run"].startswith("pip install")]
    assert len(commands) == 4
    bin = str(Path(sys.executable).parent)
    for command in ["laminar run train.py", *commands, f"{shutil.which('ruff', path=bin)} check", f"{bin}/ruff format --check"]:
        environment = {**os.environ, "PATH": f"{bin}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(command, shell=True, cwd=project, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        if command == "laminar run train.py":
            assert done.stdout.splitlines()[-1] in (project / "README.md").read_text()
