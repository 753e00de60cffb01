"""Execute one workflow: from its spec to the trace of its nodes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from laminar.compiler.argo.expressions.values import to_json
from laminar.compiler.rehearsal import shape, structure
from laminar.compiler.rehearsal.dags import start
from laminar.compiler.rehearsal.documents import Workflow, workflows
from laminar.compiler.rehearsal.engine import Conditions, Engine, Observe
from laminar.compiler.rehearsal.pods import RunPod
from laminar.compiler.rehearsal.refusal import Refused
from laminar.compiler.rehearsal.substitution import Scope
from laminar.compiler.rehearsal.trace import Trace, by_name
from laminar.exceptions import suggest

__all__ = ["rehearse", "rehearse_workflow"]

NAMESPACE = "default"


def rehearse(
    documents: Sequence[Mapping[str, Any]],
    parameters: Mapping[str, str] | None = None,
    *,
    run_pod: RunPod,
    concurrency: int = 1,
    backoff: float = 0.0,
    uid: str | None = None,
    observe: Observe | None = None,
) -> Trace:
    """Execute the one workflow that documents start, as Argo would, and return its nodes.

    ``parameters`` replace the workflow's, as texts. ``run_pod`` runs one pod to its end: with a concurrency of 1 in this thread,
    else in several. ``backoff`` scales the waits between attempts. ``observe`` is called as each pod starts and ends.

    Raises Refused for unknown fields, and where there are several workflows.
    """
    found = workflows(documents)
    if len(found) > 1:
        raise Refused(f"There are {len(found)} workflows: {', '.join(one.name for one in found)}.", fix="rehearse them one by one.")
    return rehearse_workflow(
        found[0], parameters, run_pod=run_pod, concurrency=concurrency, backoff=backoff, uid=uid, observe=observe
    )


def rehearse_workflow(
    workflow: Workflow,
    parameters: Mapping[str, str] | None = None,
    *,
    run_pod: RunPod,
    concurrency: int = 1,
    backoff: float = 0.0,
    uid: str | None = None,
    observe: Observe | None = None,
) -> Trace:
    """Execute a workflow as `rehearse` does."""
    shape.check(workflow.spec, workflow.name)
    structure.check(workflow.spec, workflow.name)
    uid = uid or str(uuid.uuid4())
    scope = _scope(workflow, _values(workflow, parameters or {}), uid)
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="pod") if concurrency > 1 else None
    engine = Engine(workflow.spec, scope, Conditions(run_pod, pool, backoff, observe))
    try:
        engine.drive(start(engine, workflow.spec["entrypoint"], workflow.name, _given(workflow, scope)))
    finally:
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)
    return Trace(tuple(sorted(engine.nodes, key=by_name)), uid)


def _values(workflow: Workflow, overriding: Mapping[str, str]) -> dict[str, str]:
    """Return the workflow's parameters, some of them replaced.

    Raises Refused for one that does not exist, and for one that has no value.
    """
    declared = structure.parameters_of(workflow.spec, "arguments")
    names = [parameter["name"] for parameter in declared]
    for name in overriding:
        if name not in names:
            raise Refused(
                f"Workflow {workflow.name!r} has no parameter {name!r}." + suggest(name, names),
                fix=f"use one of its parameters: {', '.join(names) or 'none'}.",
            )
    values = {parameter["name"]: overriding.get(parameter["name"], parameter.get("value")) for parameter in declared}
    for name, value in values.items():
        if value is None:
            raise Refused(f"Parameter {name!r} of workflow {workflow.name!r} has no value.", fix=f"pass -p {name}=VALUE.")
    for parameter in declared:
        _check_choice(workflow, parameter, str(values[parameter["name"]]))
    return {name: str(value) for name, value in values.items()}


def _check_choice(workflow: Workflow, parameter: Mapping[str, Any], value: str) -> None:
    """Refuse a value that a parameter's enum does not list, as Argo does (validateArgumentsValues, workflow/validate, 4.1.2)."""
    listed = parameter.get("enum")
    if listed is not None and value not in listed:
        raise Refused(
            f"Parameter {parameter['name']!r} of workflow {workflow.name!r} has the value {value!r}, which its enum does not list.",
            fix=f"pass one of {', '.join(listed)}.",
        )


def _scope(workflow: Workflow, values: Mapping[str, str], uid: str) -> dict[str, str | None]:
    """Return the values that are known everywhere; a parameter called json hides the list of all (seen on Argo 4.1.2).

    The list has the fields of each parameter: Argo marshals them whole (setGlobalParameters, workflow/controller/operator.go).
    """
    declared = structure.parameters_of(workflow.spec, "arguments")
    listed = to_json([{**parameter, "value": values[parameter["name"]]} for parameter in declared])
    return {
        "workflow.name": workflow.name,
        "workflow.namespace": NAMESPACE,
        "workflow.uid": uid,
        "workflow.parameters.json": listed,
        **{f"workflow.parameters.{name}": value for name, value in values.items()},
    }


def _given(workflow: Workflow, scope: Scope) -> dict[str, str]:
    """Return the arguments of the entrypoint: the workflow's parameters of the same names."""
    entry = next(one for one in workflow.spec["templates"] if one["name"] == workflow.spec["entrypoint"])
    given = {}
    for parameter in structure.parameters_of(entry, "inputs"):
        name = parameter["name"]
        if f"workflow.parameters.{name}" in scope:
            given[name] = str(scope[f"workflow.parameters.{name}"])
        elif "value" not in parameter:
            raise Refused(f"The entrypoint needs {name!r}, which the workflow does not have.", where=workflow.name, fix="add it.")
    return given
