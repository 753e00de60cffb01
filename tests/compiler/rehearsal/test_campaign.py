"""Programs that ran on a real Argo 4.1.2 rehearse to the same nodes, and store the same results.

tests/data/argo/campaign/README.md lists what each folder holds.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
CAMPAIGN = ROOT / "tests/data/argo/campaign"
FOLDERS = sorted(path for path in CAMPAIGN.iterdir() if path.is_dir())
QUICK = (
    *("batchfail", "conn", "entry", "exhaust", "flowfail", "fusefail"),
    *("linkskip", "oom", "pods", "subgate", "submission", "sysexit"),
)
"""The folders of the fast run: each shows something that the others do not."""

USUAL = {"artifacts": {}, "attempt": 1, "caught": False, "reason": "", "splits": 1, "status": "finished"}
"""What a recorded document holds where it has no other value."""

REWORDED = ("said no", "returned a false value")
"""The reason of a skipped layer, as the recorded documents word it and as it is worded today."""

EXAMPLES: dict[str, dict[str, Any]] = {
    "report": {"source": "README.md"},
    "train": {"seed": 0, "trees": [10, 40], "depths": [4, 12]},
    "wordcount": {"pattern": "docs/*.md", "top": 5},
}
"""The parameters that the repository's examples ran with."""

OPTIONS: dict[str, dict[str, Any]] = {"fuse10": {"target": {"fuse": True}}, "fusefail": {"target": {"fuse": True}}}

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Start the process that rehearses programs; return what requests a rehearsal."""
    command = [sys.executable, "-m", "tests.support.campaign"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdin is not None and process.stdout is not None

        def rehearsed(**asked: Any) -> dict[str, Any]:
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert "error" not in answer, answer["error"]
            return dict(answer)

        yield rehearsed
        process.stdin.close()


def options(folder: Path, scratch: Path) -> dict[str, Any]:
    """Return the program of a folder, and the options of its rehearsal."""
    if folder.name.startswith("ex-"):
        return example(folder.name.removeprefix("ex-"), scratch)
    found = {"program": str(folder / "main.py"), **OPTIONS.get(folder.name, {})}
    if folder.name == "pods":
        files = {"fid-secret/key": "s3cr3t", "fid-cm/a.txt": "A", "fid-cm/b.txt": "B"}
        for name, text in files.items():
            (scratch / name).parent.mkdir(exist_ok=True)
            (scratch / name).write_text(text)
        volumes = {name: str(scratch / name) for name in ("fid-secret", "fid-cm")}
        found |= {"volumes": volumes, "variables": {"SECRET": "s3cr3t"}}
    return found


def example(name: str, scratch: Path) -> dict[str, Any]:
    """Return an example of the repository, in a project that has the documents which it read then."""
    for path in ["README.md", f"examples/{name}.py"]:
        (scratch / path).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / path, scratch / path)
    (scratch / "docs").mkdir()
    for page in DOCS:
        (scratch / "docs" / f"{page}.md").write_text("The words of a page.\n")
    return {"program": str(scratch / f"examples/{name}.py"), "root": str(scratch), "parameters": EXAMPLES[name]}


DOCS = ("datastore", "errors", "how-it-compiles", "on-a-cluster", "security", "testing", "types")


def real(folder: Path, kind: str = "") -> tuple[str, list[dict[str, Any]]]:
    """Return the nodes of a folder, and the documents of its run."""
    nodes = (folder / f"nodes{kind}.txt").read_text(encoding="utf-8").partition("\n")[2]
    return nodes, json.loads((folder / f"left{kind}.json").read_text(encoding="utf-8"))


def of_layers(nodes: str) -> list[str]:
    """Return the nodes of layers, whichever parts a wide flow is divided into."""
    lines = [line for line in nodes.splitlines() if not re.search(r" DAG +\.part-\d+", line)]
    return sorted(re.sub(r"\.part-\d+\.", ".", line) for line in lines)


def check(answer: dict[str, Any], nodes: str, left: list[dict[str, Any]]) -> None:
    logs = "\n".join(answer["logs"])
    if ".part-" in nodes:
        assert of_layers(answer["nodes"]) == of_layers(nodes), logs
    else:
        assert answer["nodes"].splitlines() == nodes.splitlines(), logs
    for here, there in zip(answer["left"], left, strict=True):
        assert (here["flow"], here["states"]) == (there["flow"], there["states"]), logs
        for layer, documents in there["documents"].items():
            found = here["documents"][layer]
            assert found.keys() == documents.keys()
            for index, document in documents.items():
                expected = {**USUAL, **document}
                expected["reason"] = expected["reason"].replace(*REWORDED)
                if "artifacts" not in document:  # what depends on the documents that the repository had then
                    expected["artifacts"] = found[index]["artifacts"]
                assert found[index] == expected, f"{layer} {index}"


@pytest.mark.parametrize(
    "folder",
    [pytest.param(folder, id=folder.name, marks=[] if folder.name in QUICK else [pytest.mark.slow]) for folder in FOLDERS],
)
def test_a_program_rehearses_to_the_nodes_of_a_real_argo_and_leaves_the_same(folder, ask, tmp_path):
    changed = (folder / "nodes-today.txt").exists()
    check(ask(**options(folder, tmp_path)), *real(folder, "-today" if changed else ""))


@pytest.mark.parametrize(
    "folder", [folder for folder in FOLDERS if (folder / "workflow.yaml").exists()], ids=lambda path: path.name
)
def test_a_workflow_as_it_ran_then_rehearses_to_the_nodes_of_a_real_argo(folder, ask, tmp_path):
    check(ask(workflow=str(folder / "workflow.yaml"), **options(folder, tmp_path)), *real(folder))
