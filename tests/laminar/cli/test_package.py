"""Code packages on the command line: compile names them, and uploads only on request."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """\
from laminar import Flow, Layer
class Train(Flow): ...

@Train.register
class Make(Layer):
    def __call__(self) -> None:
        self.x = 1

if flow := Train():
    flow()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "flows").mkdir(parents=True)
    (folder / "flows" / "train.py").write_text(PROGRAM)
    (folder / "pyproject.toml").write_text('[tool.laminar]\ndatastore = "s3://b/data"\n')
    return folder


def laminar(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "laminar", *words], cwd=folder, capture_output=True, text=True, env={**os.environ})


def named(yaml: str) -> str:
    found = re.search(r"LAMINAR_CODE.*?(\S+#sha256=[0-9a-f]{64})", yaml, re.DOTALL)
    assert found is not None
    return found[1].strip("'\"")


def test_compile_names_the_package_by_its_digest_and_runs_the_program_in_it(project):
    ended = laminar(project, "compile", "flows/train.py", "--code", "s3://b/code")
    assert ended.returncode == 0, ended.stderr
    assert re.fullmatch(r"s3://b/code/([0-9a-f]{64})\.tar#sha256=\1", named(ended.stdout))
    assert re.search(r"laminar\.runner,? *[\s-]*flows/train\.py", ended.stdout)
    assert "LAMINAR_CODE" not in laminar(project, "compile", "flows/train.py").stdout


def test_the_project_may_say_where_packages_are_kept(project):
    with open(project / "pyproject.toml", "a") as file:
        file.write('code = "s3://b/code"\n')
    assert named(laminar(project, "compile", "flows/train.py").stdout).startswith("s3://b/code/")


def test_a_plain_compile_uploads_nothing_and_package_and_upload_do(project, tmp_path):
    store = tmp_path / "code"
    compiled = laminar(project, "compile", "flows/train.py", "--code", str(store))
    assert not store.exists()
    ended = laminar(project, "package", "flows/train.py", "--code", str(store))
    assert ended.stdout.strip() == named(compiled.stdout)
    assert (store / named(compiled.stdout).partition("#")[0].rpartition("/")[2]).is_file()
    (project / "new.py").write_text("")
    uploaded = laminar(project, "compile", "flows/train.py", "--code", str(store), "--upload")
    assert uploaded.returncode == 0
    assert "uploaded" in uploaded.stderr
    assert len(list(store.glob("*.tar"))) == 2
    assert "already there" in laminar(project, "package", "flows/train.py", "--code", str(store)).stderr


@pytest.mark.slow
def test_writing_the_document_into_the_project_does_not_change_its_own_digest(project):
    code = ("--code", "s3://b/code")
    printed = laminar(project, "compile", "flows/train.py", *code).stdout
    assert laminar(project, "compile", "flows/train.py", *code, "-o", "train.yaml").returncode == 0
    assert (project / "train.yaml").read_text() == printed
    assert laminar(project, "compile", "flows/train.py", *code, "--check", "train.yaml").returncode == 0
    with open(project / "by_shell.yaml", "w") as file:
        subprocess.run([sys.executable, "-m", "laminar", "compile", "flows/train.py", *code], cwd=project, stdout=file, check=True)
    assert (project / "by_shell.yaml").read_text() == printed
    assert laminar(project, "compile", "flows/train.py", *code).stdout == printed


@pytest.mark.slow
def test_the_digest_depends_on_the_files_and_not_on_the_folder(project, tmp_path):
    first = laminar(project, "compile", "flows/train.py", "--code", "s3://b/code").stdout
    project.rename(tmp_path / "elsewhere")
    assert laminar(tmp_path, "compile", "elsewhere/flows/train.py", "--code", "s3://b/code").stdout == first
    (tmp_path / "elsewhere" / "flows" / "train.py").write_text(PROGRAM + "# changed\n")
    assert named(laminar(tmp_path, "compile", "elsewhere/flows/train.py", "--code", "s3://b/code").stdout) != named(first)


def test_upload_without_a_place_and_package_without_one_say_what_is_missing(project):
    ended = laminar(project, "compile", "flows/train.py", "--upload")
    assert (ended.returncode, "--code URL" in ended.stderr) == (2, True)
    ended = laminar(project, "package", "flows/train.py")
    assert (ended.returncode, "--code URL" in ended.stderr) == (1, True)


@pytest.mark.parametrize("url", ["code", "./code", "memory:", "s3://b/code#x"])
def test_a_place_that_pods_cannot_reach_is_an_error(project, url):
    ended = laminar(project, "compile", "flows/train.py", "--code", url)
    assert ended.returncode == 1
    assert "means nothing in a pod" in ended.stderr


def test_a_layer_that_runs_another_command_cannot_use_a_package(project):
    text = PROGRAM.replace("@Train.register", '@Train.register(container=Container(command="bash run.sh"))')
    (project / "flows" / "train.py").write_text("from laminar.configurations.layers import Container\n" + text)
    ended = laminar(project, "compile", "flows/train.py", "--code", "s3://b/code")
    assert ended.returncode == 1
    assert "'bash run.sh', which does not run the program from a code package" in ended.stderr
    assert laminar(project, "compile", "flows/train.py").returncode == 0


def test_the_files_of_a_package_can_be_listed(project):
    assert laminar(project, "package", "flows/train.py", "--list").stdout.split() == ["flows/train.py", "pyproject.toml"]


def test_without_a_project_file_a_line_on_standard_error_says_which_folder_is_taken(project):
    assert laminar(project, "package", "flows/train.py", "--list").stderr == ""
    (project / "pyproject.toml").unlink()
    (project / "flows" / "rows.py").write_text("")
    ended = laminar(project, "package", "flows/train.py", "--list")
    assert ended.stdout.split() == ["rows.py", "train.py"]
    (line,) = ended.stderr.splitlines()
    assert f"its package holds all of {project.resolve() / 'flows'}: 2 files" in line
    assert "pyproject.toml" in line
    assert "exclude" in line
    compiled = laminar(project, "compile", "flows/train.py", "--code", "s3://b/code", "--datastore", "s3://b/data")
    assert line in compiled.stderr
    assert "whole" not in compiled.stdout


@pytest.mark.parametrize("program", ["nowhere.py", "."])
@pytest.mark.parametrize("words", [("package",), ("compile", "--code", "s3://b/code")], ids=lambda words: words[0])
def test_a_program_that_cannot_be_read_is_told_as_run_tells_it(project, program, words):
    ended = laminar(project, *words, program)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "cannot be read" in ended.stderr
    assert ended.stderr == laminar(project, "run", program).stderr


def test_a_place_that_cannot_be_opened_ends_with_one_error(project):
    ended = laminar(project, "package", "flows/train.py", "--code", "ftp://host/code")
    assert ended.returncode == 1
    assert ended.stderr.startswith("FlowError: Code packages cannot be kept at 'ftp://host/code'")
    assert "ignored" not in ended.stderr
