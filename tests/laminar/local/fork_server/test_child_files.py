"""A child of a fan-out opens its document and its element, and nothing that all splits have in common."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

PROGRAM = """\
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import ForEach, Parameter

class Wide(Flow): ...

@Wide.register
class Make(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.factor = parameters.factor
        self.shard(rows=[bytes([number]) * 3000 for number in range(6)])

@Wide.register(foreach=ForEach([Parameter(Make, "rows")]))
class Use(Layer):
    def __call__(self, make: Make, parameters: Parameters) -> None:
        self.size = len(make.rows) * make.factor * parameters.factor

if flow := Wide():
    flow(execution="one", factor=2)
"""
CALL = re.compile(r'^(\d+)\s+(open|openat|rename|renameat2?|execve)\((?:AT_FDCWD, )?"([^"]*)"(?:, (?:AT_FDCWD, )?"([^"]*)")?')


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_child_opens_its_document_and_its_element_only(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(PROGRAM)
    words = ["strace", "-f", "-qq", "-o", "calls", "-e", "trace=open,openat,rename,renameat,renameat2,execve"]
    done = subprocess.run([*words, sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    if "ptrace" in done.stderr.lower():
        pytest.skip("this machine does not let one process trace another")
    assert done.returncode == 0, done.stderr
    calls = defaultdict(list)
    for line in (tmp_path / "calls").read_text().splitlines():
        if found := CALL.match(line):
            calls[found[1]].append(
                (found[2], *(path.replace(f"{tmp_path}/.laminar/", "") for path in (found[3], found[4]) if path))
            )
    folder = "Wide/executions/one/Use/"
    children = {
        index: made for made in calls.values() for index in range(6) if any(call[-1] == f"{folder}{index}.json" for call in made)
    }
    assert set(children) == set(range(6))
    for index, made in children.items():
        opened = [call[1] for call in made if call[0] in ("open", "openat")]
        assert opened.pop(0) == f"{folder}{index}.json", "it may have finished before"
        artifact, temporary = opened
        assert artifact.startswith("artifacts/") and temporary.startswith("tmp/"), opened
        moved = {call for call in made if not call[0].startswith("open")}  # the first child makes the folder, and tries again
        assert moved == {("rename", temporary, f"{folder}{index}.json")}
