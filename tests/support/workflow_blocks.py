"""Build small workflows for the tests of the rehearsal, and pods that follow a script."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Mapping
from typing import Any

from laminar.compiler.rehearsal import Outcome, Pod, Trace, rehearse

Block = dict[str, Any]


def parameters(**values: str | None) -> Block:
    """Return parameters; one without a value is None."""
    return {"parameters": [{"name": name, **({"value": value} if value is not None else {})} for name, value in values.items()]}


def task(name: str, template: str = "pod", *, give: Mapping[str, str] | None = None, **fields: Any) -> Block:
    """Return a task, which passes its name to the template ``pod``."""
    given = {"name": name, **(give or {})} if template == "pod" else dict(give or {})
    return {"name": name, "template": template, "arguments": parameters(**given), **fields}


def loop(name: str, count: str, template: str = "pod", **fields: Any) -> Block:
    """Return a task that runs `count` times."""
    return task(name, template, give={"index": "{{item}}"}, withSequence={"count": count}, **fields)


def dag(name: str, *tasks: Block, **fields: Any) -> Block:
    """Return a template of tasks."""
    return {"name": name, "dag": {"tasks": list(tasks)}, **fields}


def pod(**fields: Any) -> Block:
    """Return the template of a pod with output `x`, `{}` where it writes none; its arguments are its name and index."""
    container = {"image": "i", "command": ["run"], "args": ["{{inputs.parameters.name}}", "{{inputs.parameters.index}}"]}
    container.update(fields.pop("container", {}))
    return {
        "name": "pod",
        "inputs": parameters(name=None, index="0", arg=""),
        "container": container,
        "outputs": {"parameters": [{"name": "x", "valueFrom": {"path": "/tmp/x", "default": "{}"}}]},
        **fields,
    }


RETRYING = {"limit": "2", "retryPolicy": "Always"}


def workflow(*templates: Block, arguments: Block | None = None, **fields: Any) -> Block:
    """Return a workflow called `w` whose entrypoint is the first template."""
    spec = {"entrypoint": templates[0]["name"], "templates": list(templates), **fields}
    if arguments is not None:
        spec["arguments"] = arguments
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "w"}, "spec": spec}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return a workflow with something changed at a path."""
    document = copy.deepcopy(workflow(dag("main", task("A"), loop("L", "2")), pod()))
    *parents, last = path.split(".")
    place: Any = document["spec"]
    for parent in parents:
        place = place[int(parent)] if parent.isdigit() else place[parent]
    place[last] = value
    return document


class Script:
    """A runner of pods: by the pod's name, the exit codes by attempt and its output (by index, where that is a list)."""

    def __init__(self, codes: Mapping[str, list[Any]] | None = None, outputs: Mapping[str, Any] | None = None) -> None:
        self.codes = codes or {}
        self.outputs = outputs or {}
        self.pods: list[Pod] = []

    def __call__(self, pod: Pod) -> Outcome:
        name, index = pod.args[0], int(pod.args[1])
        attempt = sum(1 for before in self.pods if before.args[:2] == pod.args[:2])
        self.pods.append(pod)
        codes, text = self.codes.get(name, [0]), self.outputs.get(name)
        text = text[index] if isinstance(text, list) else text
        code = codes[min(attempt, len(codes) - 1)]
        if isinstance(code, Outcome):
            return code
        return Outcome(code, {"x": text} if text is not None else {})

    @property
    def ran(self) -> list[str]:
        """Names and indexes of the pods that ran, in order."""
        return [f"{pod.args[0]}{pod.args[1]}" for pod in self.pods]


class Counting:
    """Run pods that take a moment, and count how many run at once."""

    def __init__(self) -> None:
        self.lock, self.now, self.most = threading.Lock(), 0, 0

    def __call__(self, pod_: object) -> Outcome:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        with self.lock:
            self.now -= 1
        return Outcome(0)


def run(document: Block, script: Script | None = None, **options: Any) -> Trace:
    """Rehearse one document."""
    return rehearse([document], run_pod=script or Script(), **options)


def lines(trace: Trace) -> list[str]:
    """Return the nodes below the workflow's as short lines: name, type, phase, message."""
    return [
        f"{node.name.removeprefix('w.')} {node.type} {node.phase}{f': {node.message}' if node.message else ''}"
        for node in trace.nodes[1:]
    ]
