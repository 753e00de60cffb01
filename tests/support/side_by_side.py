"""Run programs both ways, on this machine and rehearsed from their YAML, and print the results of each.

A separate process with one thread, so that pods can be forked from it: it reads paths of programs, a line each, and prints a
line of JSON for each of them.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import traceback
from functools import partial
from pathlib import Path
from typing import Any

from laminar import Flow
from laminar.compiler import recorder, render
from laminar.compiler.optimizer import PASSES, Pass
from laminar.compiler.passes.split_wide_dag import split_wide_dag
from laminar.compiler.plan import planner
from laminar.compiler.rehearsal import Trace, read, rehearse
from laminar.compiler.rehearsal.processes import Forked
from laminar.compiler.rehearsal.site import Site
from laminar.compiler.target import Target
from laminar.configurations.datastores import Accessor, Local, Memory
from laminar.configurations.executors import Thread
from laminar.exceptions import ExecutionError
from laminar.graph import PARAMETERS
from laminar.program.recording import Chain


def main() -> None:
    """Answer for each program until the input ends."""
    for line in sys.stdin:
        try:
            print(json.dumps(compare(json.loads(line))), flush=True)
        except Exception:  # the test that started it shows it
            print(json.dumps({"error": traceback.format_exc()}), flush=True)


def compare(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the results of a program, run and rehearsed."""
    path = Path(asked["path"])
    recorded = recorder.record(path)
    (chain,) = recorded.chains
    settings = planner.Settings(datastore="s3://side/by-side", root=str(path.parent))
    text = render([(chain, settings)], Target(**asked.get("target", {})), passes(asked.get("widest")))
    with tempfile.TemporaryDirectory() as scratch:
        rehearsed = rehearse_text(text, path, Path(scratch))
        local = run(chain, Path(scratch) / "local")
        shutil.rmtree(scratch, ignore_errors=True)
        Path(scratch).mkdir()
    return {"local": local, "rehearsed": rehearsed, "yaml": text}


def passes(widest: int | None) -> tuple[Pass, ...]:
    """Return the compiler's passes, with DAGs that take so many tasks, so that small flows are divided too."""
    return tuple(partial(each, widest=widest) if widest and each is split_wide_dag else each for each in PASSES)


def run(chain: Chain, root: Path) -> dict[str, Any]:
    """Return the results of the chain when it is run here, in threads."""
    store, failed = Memory(), False
    flows = [type(step.flow)(datastore=store, executor=Thread(concurrency=2)) for step in chain.steps]
    ids: list[str | None] = []
    try:
        execution = flows[0](execution="one", **chain.first.parameters)
        ids.append(execution.id)
        for flow, step in zip(flows[1:], chain.steps[1:], strict=True):
            assert step.linker is not None
            ids.append(f"one-{len(ids) + 1}")
            execution = execution.next(flow=flow, linker=step.linker)
    except ExecutionError:
        failed = True
    ids = [f"one-{place + 1}" if place else "one" for place in range(len(flows))]
    return {"failed": failed, "flows": [left(flow, str(id)) for flow, id in zip(flows, ids, strict=True)]}


def rehearse_text(text: str, path: Path, scratch: Path) -> dict[str, Any]:
    """Return the results of a workflow when it is rehearsed, and its nodes."""
    store = scratch / "store"
    trace = rehearse(read(text), run_pod=Forked(Site(path.parent, scratch, str(store))), uid="one")
    recorded = recorder.record(path)
    steps = recorded.chains[0].steps
    flows = [type(step.flow)(datastore=Local(str(store)), executor=Thread()) for step in steps]
    ids = [f"one-{place + 1}" if place else "one" for place in range(len(flows))]
    return {
        "failed": not trace.succeeded,
        "flows": [left(flow, id) for flow, id in zip(flows, ids, strict=True)],
        "nodes": [str(node) for node in trace.nodes],
        "logs": logs(trace),
    }


def logs(trace: Trace) -> list[str]:
    """Return the messages of failed nodes."""
    return [f"{node.name}: {node.log}" for node in trace.nodes if node.failed and node.log]


def left(flow: Flow, id: str) -> dict[str, Any]:
    """Return the state and the documents of each layer of an execution."""
    store, execution = flow.configuration.datastore, flow.execution(id)
    names = [name for name in flow.nodes if name != PARAMETERS]

    def value(stored: Any) -> Any:
        found = store.read(stored)
        return list(found) if isinstance(found, Accessor) else found

    documents = {
        name: {
            str(index): {
                "status": record.status,
                "splits": record.splits,
                "caught": record.caught,
                "reason": record.reason,
                "artifacts": {key: value(stored) for key, stored in sorted(record.artifacts.items())},
            }
            for index, record in sorted(store.records(flow.name, id, name).items())
        }
        for name in names
    }
    return {"states": {name: execution.status(name) for name in names}, "documents": documents}


if __name__ == "__main__":
    main()
