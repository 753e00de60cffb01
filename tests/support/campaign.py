"""Rehearse programs that ran on a real Argo, and compare their nodes and their results.

A separate process with one thread, so that pods can be forked from it. It reads requests, a line of JSON each, and prints a line
of JSON for each of them.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from laminar import Flow
from laminar.compiler import recorder, render
from laminar.compiler.plan import planner
from laminar.compiler.rehearsal import Node, Trace, read, rehearse
from laminar.compiler.rehearsal.processes import Forked
from laminar.compiler.rehearsal.site import Site
from laminar.compiler.target import Target
from laminar.configurations.datastores import Accessor, Local
from laminar.configurations.executors import Thread
from laminar.exceptions import DatastoreError
from laminar.program.recording import Chain


def main() -> None:
    """Answer for each folder until the input ends."""
    for line in sys.stdin:
        try:
            print(json.dumps(rehearsed(json.loads(line))), flush=True)
        except Exception:  # the test shows it
            print(json.dumps({"error": traceback.format_exc()}), flush=True)


def rehearsed(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the nodes of a program's rehearsal and its results; ``workflow`` is a YAML in place of the compiler's."""
    path = Path(asked["program"])
    recorded = recorder.record(path)
    (chain,) = recorded.chains
    root = Path(asked.get("root", path.parent))
    settings = planner.Settings(datastore="s3://bucket/prefix", root=str(root), parameters=asked.get("parameters", {}))
    text = Path(asked["workflow"]).read_text(encoding="utf-8") if "workflow" in asked else ""
    text = text or render([(chain, settings)], Target(**asked.get("target", {})))
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        volumes = {name: Path(place) for name, place in asked.get("volumes", {}).items()}
        site = Site(root, Path(folder), str(store), asked.get("variables", {}), volumes)
        trace = rehearse(read(text), run_pod=Forked(site, limit_memory=True), uid="one")
        found = [left(flow, id) for flow, id in executions(chain, store)]
    logs = [f"{node.name}: {node.message}\n{node.log}" for node in trace.nodes if node.failed]
    return {"nodes": listed(trace), "left": found, "logs": logs}


def executions(chain: Chain, store: Path) -> Iterator[tuple[Flow, str]]:
    """Yield the flows of a chain with their executions' ids: a flow that occurs again has its number appended."""
    seen: Counter[str] = Counter()
    for step in chain.steps:
        seen[step.flow.name] += 1
        count = seen[step.flow.name]
        yield type(step.flow)(datastore=Local(str(store)), executor=Thread()), f"one-{count}" if count > 1 else "one"


def listed(trace: Trace) -> str:
    """Return nodes as the recordings list them: names below the workflow's, outputs other than ``{}``."""
    return "".join(f"{_line(node, trace.nodes[0].name)}\n" for node in trace.nodes)


def _line(node: Node, root: str) -> str:
    name = node.name.removeprefix(root) or "."
    message = f"  ({node.message})" if node.message else ""
    outputs = "".join(f" {name}={value}" for name, value in sorted(node.outputs.items()) if value != "{}")
    return f"{node.phase:<10} {node.type:<10} {name}{message}{' ' if outputs else ''}{outputs}"


def left(flow: Flow, id: str) -> dict[str, Any]:
    """Return the state and the documents of each layer of an execution, as the recordings hold them."""
    store, execution = flow.configuration.datastore, flow.execution(id)
    documents = {
        name: {
            str(index): {
                "artifacts": {key: kept(store, stored) for key, stored in sorted(record.artifacts.items())},
                "attempt": record.attempt,
                "caught": record.caught is not None,
                "reason": record.reason,
                "splits": record.splits,
                "status": record.status,
            }
            for index, record in sorted(store.records(flow.name, id, name).items())
        }
        for name in sorted(flow.nodes)
    }
    states = {name: str(execution.status(name)) for name in sorted(flow.nodes) if name != "Parameters"}
    return {"flow": flow.name, "documents": documents, "states": states}


def kept(store: Any, stored: Any) -> Any:
    """Return a stored value as the recordings hold it; one that only its program can read is no more than that."""
    try:
        return short(encoded(store.read(stored)))
    except DatastoreError:
        return "unreadable"


def encoded(value: Any) -> Any:
    """Return a value as the recordings hold it."""
    if isinstance(value, bytes):
        return f"bytes {len(value)} {hashlib.sha256(value).hexdigest()[:12]}"
    if isinstance(value, Accessor):
        return ["<acc>", [encoded(item) for item in value]]
    if isinstance(value, list | tuple):
        return [type(value).__name__, [encoded(item) for item in value]]
    if isinstance(value, dict):
        return {str(key): encoded(item) for key, item in value.items()}
    if type(value).__name__ == "ndarray":
        return f"array {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()[:12]}"
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)


def short(value: Any) -> Any:
    """Return an encoded value, or its length and digest where it is long."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return value if len(text) <= 300 else f"json {len(text)} {hashlib.sha256(text.encode()).hexdigest()[:12]}"


if __name__ == "__main__":
    main()
