"""``laminar compile --check`` compares the fields that Argo reads, not the places of layers in the program."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """\
from laminar import Flow, Layer

class Train(Flow): ...

@Train.register
class Fit(Layer): ...

if flow := Train():
    flow()
"""


def laminar(folder, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "laminar", "compile", "main.py", "--datastore", "s3://bucket/prefix", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_layers_task_says_where_its_class_is(tmp_path):
    (tmp_path / "main.py").write_text(PROGRAM)
    assert "      # Fit: main.py:6\n      - {name: Fit," in laminar(tmp_path).stdout


def test_a_program_whose_lines_have_moved_leaves_its_workflow_fresh(tmp_path):
    (tmp_path / "main.py").write_text(PROGRAM)
    laminar(tmp_path, "-o", "main.yaml")
    (tmp_path / "main.py").write_text(f"# Fits.\n{PROGRAM}")
    assert laminar(tmp_path, "--check", "main.yaml").returncode == 0


def test_a_program_that_has_changed_makes_its_workflow_stale(tmp_path):
    (tmp_path / "main.py").write_text(PROGRAM)
    laminar(tmp_path, "-o", "main.yaml")
    (tmp_path / "main.py").write_text(PROGRAM.replace("Fit", "Score"))
    assert laminar(tmp_path, "--check", "main.yaml").returncode == 1


def test_a_changed_line_of_a_command_that_looks_like_a_comment_makes_its_workflow_stale(tmp_path):
    script = "@Train.register(container=Container(command='bash -c \"echo\\n# listen:80\\nserve\"'))"
    imported = PROGRAM.replace("Layer\n", "Layer\nfrom laminar.configurations.layers import Container\n", 1)
    (tmp_path / "main.py").write_text(imported.replace("@Train.register", script))
    laminar(tmp_path, "-o", "main.yaml")
    assert "# listen:80\n" in (tmp_path / "main.yaml").read_text()
    (tmp_path / "main.py").write_text(imported.replace("@Train.register", script.replace("80", "90")))
    stale = laminar(tmp_path, "--check", "main.yaml")
    assert stale.returncode == 1 and "is stale" in stale.stderr


def test_a_template_and_the_workflow_that_starts_it_are_files_of_their_own(tmp_path):
    (tmp_path / "main.py").write_text(PROGRAM)
    options = ("--kind", "template", "--with-workflow", "--rbac")
    written = laminar(tmp_path, *options, "-o", "out.yaml")
    assert written.stderr == ("wrote out.yaml: kubectl apply -f out.yaml\nwrote out.start.yaml: kubectl create -f out.start.yaml\n")
    kept, starter = (tmp_path / "out.yaml").read_text(), (tmp_path / "out.start.yaml").read_text()
    assert "generateName" not in kept and kept.count("kind: WorkflowTemplate") == 1 and "kind: ServiceAccount" in kept
    assert "generateName: train-" in starter and "---" not in starter
    assert laminar(tmp_path, *options, "--check", "out.yaml").returncode == 0
    (tmp_path / "out.start.yaml").write_text(starter.replace("train", "other"))
    assert "'out.start.yaml' is stale" in laminar(tmp_path, *options, "--check", "out.yaml").stderr


def test_a_stream_holds_the_template_and_its_workflow(tmp_path):
    (tmp_path / "main.py").write_text(PROGRAM)
    printed = laminar(tmp_path, "--with-workflow").stdout
    assert printed.count("kind: WorkflowTemplate") == 1 and printed.count("generateName: train-") == 1
