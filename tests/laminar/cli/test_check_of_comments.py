"""``laminar compile --check`` looks at what Argo reads, not at where in the program layers stand."""

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
