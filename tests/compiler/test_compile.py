"""Compiling whole programs: the same bytes everywhere, nothing touched, warnings, kinds, --check."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from laminar import compiler

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if "sklearn" in path.read_text(encoding="utf-8") else [])
    for path in sorted((ROOT / "examples").glob("*.py"))
]
"""The examples; those that import scikit-learn start slowly."""


def laminar(*arguments: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1", **variables}
    command = [sys.executable, "-m", "laminar", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_compiles_to_its_golden_yaml(example, golden):
    done = laminar("compile", str(example.relative_to(ROOT)))
    assert done.returncode == 0, done.stderr
    golden(done.stdout, example.with_suffix(".yaml"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_same_bytes_from_another_folder_and_place_with_another_hash_seed(example, tmp_path):
    place = tmp_path / "elsewhere"
    (place / "examples").mkdir(parents=True)
    shutil.copy(example, place / "examples")
    shutil.copy(ROOT / "pyproject.toml", place)
    before = sorted(path for path in place.rglob("*"))
    done = laminar("compile", f"elsewhere/examples/{example.name}", cwd=tmp_path, PYTHONHASHSEED="7", PYTHONDONTWRITEBYTECODE="1")
    assert done.returncode == 0, done.stderr
    assert done.stdout == example.with_suffix(".yaml").read_text(encoding="utf-8")
    assert sorted(path for path in place.rglob("*")) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere"]


PROGRAM = """\
from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import AWS

class Train(Flow): ...

@Train.register
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.score = parameters.rate

if flow := Train(datastore=AWS.S3("s3://bucket/prefix")):
    execution = flow(rate=1)
"""
READS = PROGRAM + "    print(execution.layer(Fit).score)\n"


@pytest.fixture
def program(tmp_path):
    (tmp_path / "flow.py").write_text(PROGRAM)
    return tmp_path


def test_compile_opens_no_datastore_and_needs_no_network_or_credentials(program):
    (program / "sitecustomize.py").write_text(
        "import socket\n"
        "def refuse(*arguments, **keywords): raise AssertionError('the network was touched')\n"
        "socket.socket.connect = refuse\nsocket.getaddrinfo = refuse\n"
    )
    done = laminar(
        "compile", "flow.py", cwd=program, PYTHONPATH=str(program), HOME="/nonexistent", AWS_PROFILE="none", TMPDIR="/nonexistent"
    )
    assert done.returncode == 0, done.stderr
    assert "s3://bucket/prefix" in done.stdout
    assert "botocore" not in laminar("compile", "flow.py", cwd=program, PYTHONVERBOSE="1").stderr


def test_compile_loads_neither_hera_nor_s3fs(program):
    done = laminar("compile", "flow.py", cwd=program, PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    for heavy in ("hera", "s3fs", "rich", "cloudpickle", "asyncio"):
        assert f" {heavy}\n" not in done.stderr


def test_a_program_that_reads_a_result_after_its_last_call_compiles_without_a_warning(program):
    (program / "flow.py").write_text(READS)
    done = laminar("compile", "flow.py", "--strict", cwd=program)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_call_after_a_read_is_a_warning_that_names_both_lines_and_an_error_if_strict(program):
    (program / "flow.py").write_text(READS + "    flow(rate=2)\n")
    done = laminar("compile", "flow.py", cwd=program)
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "warning: flow.py:13 reads Fit.score; the flow called at flow.py:14 is not part of the document"
    ]
    strict = laminar("compile", "flow.py", "--strict", cwd=program)
    assert (strict.returncode, strict.stdout) == (1, "")
    assert "flow.py:13" in strict.stderr


def test_what_a_program_prints_is_no_part_of_the_document(program):
    (program / "flow.py").write_text("print('hello')\n" + PROGRAM)
    done = laminar("compile", "flow.py", cwd=program)
    assert "hello" not in done.stdout
    assert done.stdout.startswith("apiVersion: ")


def test_output_writes_a_file_and_check_compares_with_it(program):
    assert laminar("compile", "flow.py", "-o", "out.yaml", cwd=program).stdout == ""
    fresh = laminar("compile", "flow.py", "--check", "out.yaml", cwd=program)
    assert (fresh.returncode, fresh.stdout, fresh.stderr) == (0, "", "")
    (program / "out.yaml").write_bytes((program / "out.yaml").read_bytes().replace(b"\n", b"\r\n"))
    assert laminar("compile", "flow.py", "--check", "out.yaml", cwd=program).returncode == 0
    stale = laminar("compile", "flow.py", "-p", "rate=2", "--check", "out.yaml", cwd=program)
    assert stale.returncode == 1
    assert '-  arguments: {parameters: [{name: rate, value: "1"}]}' in stale.stdout
    assert '+  arguments: {parameters: [{name: rate, value: "2"}]}' in stale.stdout
    missing = laminar("compile", "flow.py", "--check", "none.yaml", cwd=program)
    assert missing.returncode == 1
    assert "does not exist" in missing.stderr
    nowhere = laminar("compile", "flow.py", "-o", "no/such/folder.yaml", cwd=program)
    assert nowhere.returncode == 1
    assert "cannot be written" in nowhere.stderr


def test_parameters_replace_keywords_and_unknown_ones_are_refused(program):
    done = laminar("compile", "flow.py", "-p", "rate=0.5", cwd=program)
    assert '{name: rate, value: "0.5"}' in done.stdout
    wrong = laminar("compile", "flow.py", "-p", "rates=2", cwd=program)
    assert wrong.returncode == 1
    assert "Flow 'Train' has no parameter 'rates'. Did you mean 'rate'?" in wrong.stderr


def test_a_template_is_emitted_if_asked(program):
    done = laminar("compile", "flow.py", "--kind", "template", cwd=program)
    assert "kind: WorkflowTemplate\nmetadata: {name: train" in done.stdout


def test_two_chains_of_one_flow_are_documents_of_different_names(program):
    (program / "flow.py").write_text(PROGRAM + "    flow(rate=2)\n")
    done = laminar("compile", "flow.py", "--kind", "template", cwd=program)
    assert [line[17:24] for line in done.stdout.splitlines() if line.startswith("metadata: {name: ")] == ["train, ", "train-2"]
    assert done.stdout.count("LAMINAR_CHAIN") == 1


def test_the_datastore_is_the_command_lines_then_the_projects_then_the_flows(program):
    def store(*arguments: str) -> str:
        text = laminar("compile", "flow.py", *arguments, cwd=program).stdout
        return next(line for line in text.splitlines() if "LAMINAR_DATASTORE" in line)

    assert "s3://bucket/prefix" in store()
    (program / "pyproject.toml").write_text('[tool.laminar]\ndatastore = "s3://project"\n')
    assert "s3://project" in store()
    assert "s3://line" in store("--datastore", "s3://line")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.laminar\n", "is not valid TOML"),
        ('[tool.laminar]\ndatastor = "x"\n', "has no setting 'datastor'"),
        ("[tool.laminar]\ndatastore = 3\n", "must be text"),
    ],
)
def test_a_wrong_project_file_is_one_clear_error(program, text, message):
    (program / "pyproject.toml").write_text(text)
    done = laminar("compile", "flow.py", cwd=program)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert "pyproject.toml" in done.stderr


def test_a_layer_defined_outside_the_project_is_named_by_its_file_alone(program):
    (program / "elsewhere").mkdir()
    (program / "elsewhere" / "shared.py").write_text("from laminar import Layer\n\nclass Fit(Layer): ...\n")
    (program / "inside").mkdir()
    (program / "inside" / "pyproject.toml").touch()
    (program / "inside" / "flow.py").write_text(
        "from laminar import Flow\nfrom shared import Fit\n\nclass Train(Flow): ...\n\nTrain.register(Fit)\n\n"
        "if flow := Train():\n    flow()\n"
    )
    done = laminar("compile", "flow.py", "--datastore", "s3://b", cwd=program / "inside", PYTHONPATH=str(program / "elsewhere"))
    assert "# Fit: shared.py:3\n" in done.stdout, done.stderr


def test_python_compiles_what_the_command_prints_with_the_projects_settings(program, monkeypatch):
    (program / "base.yaml").write_text("metadata: {labels: {team: ml}}\nspec: {}\n")
    settings = '[tool.laminar]\ndatastore = "s3://project"\ncode = "s3://code"\nbase = "base.yaml"\n'
    (program / "pyproject.toml").write_text(settings)
    monkeypatch.chdir(program)
    text = compiler.compile(program / "flow.py")
    assert text == laminar("compile", "flow.py", cwd=program).stdout
    assert "s3://project" in text and "s3://code" in text and "team: ml" in text


def test_settings_and_target_are_names_of_the_compiler_that_load_nothing_before_they_are_used():
    source = (
        "import sys, laminar.compiler\n"
        "assert 'laminar.compiler.plan' not in sys.modules\n"
        "from laminar.compiler import Settings, Target\n"
        "print(Settings(datastore='s3://b').datastore, Target(kind='cron').kind)\n"
        "laminar.compiler.Targets"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    assert done.stdout == "s3://b cron\n"
    assert "module 'laminar.compiler' has no attribute 'Targets'" in done.stderr
