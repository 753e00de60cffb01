"""The rehearsal and its expressions share nothing with what they judge."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import laminar.compiler.argo.expressions
import laminar.compiler.rehearsal

OWN = ("laminar.compiler.argo.expressions", "laminar.compiler.rehearsal", "laminar.exceptions")
RUNS = ("laminar", "laminar.runner", "laminar.program")
"""What a pod runs, in a forked child too."""


@pytest.mark.parametrize(
    "package", [laminar.compiler.argo.expressions, laminar.compiler.rehearsal], ids=lambda package: package.__name__
)
def test_nothing_of_the_emitter_or_of_its_blocks_is_imported(package):
    found = set()
    for path in Path(package.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                found.add(str(node.module))
            elif isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
    ours = {name for name in found if name.partition(".")[0] == "laminar" and name not in RUNS}
    assert ours
    assert {name for name in ours if not name.startswith(OWN)} == set()


def test_a_fresh_interpreter_loads_no_emitter_for_it():
    code = "import sys, laminar.compiler.rehearsal.processes; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert [
        name for name in loaded if name.startswith(("laminar.templates", "laminar.compiler.emit.emitter", "hera", "pydantic"))
    ] == []
