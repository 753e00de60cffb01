"""Check the target of a path such as ``tasks.A.outputs.parameters.x``, in its place.

The variables are those of Argo's documentation (docs/variables.md) and of workflow/validate/validate.go, 4.1.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from laminar.compiler.argo.documents import POD
from laminar.compiler.argo.parts import Part
from laminar.compiler.lint.finding import Finding, meant, not_checked
from laminar.compiler.lint.scope import Scope
from laminar.compiler.lint.workflow_references import WORKFLOW, wrong_workflow_path

__all__ = ["PHASES", "ROOTS", "wrong_path"]

Path = tuple[str, ...]

PHASES = ("Pending", "Running", "Succeeded", "Skipped", "Failed", "Error", "Omitted")
"""The phases of a node (workflow_phase.go and workflow_types.go, 4.1.2)."""

TASK = ("id", "ip", "status", "exitCode", "startedAt", "finishedAt", "hostNodeName", "outputs", "name")
LAST = ("exitCode", "status", "duration", "message")
METRIC = ("status", "duration", "exitCode", "resourcesDuration")
ROOTS = ("workflow", "inputs", "outputs", "tasks", "steps", "item", "retries", "lastRetry", "pod", "node", "cronworkflow")
OF_PODS = (
    "volumes", "nodeSelector", "tolerations", "affinity", "podSpecPatch", "securityContext", "hostAliases", "dnsConfig",
    "imagePullSecrets", "schedulerName", "priorityClassName", "podPriorityClassName", "podMetadata", "templateDefaults",
)  # fmt: skip
"""Fields of a workflow's spec that Argo puts into each pod before it replaces its tags (workflowpod.go, substitutePodParams)."""

SECOND = {"parameters", "artifacts", "outputs", "name", "exitCode", "status", *WORKFLOW}
"""Parts that follow a root; a misspelt root before one of these is of Argo, not of another language."""


def wrong_path(part: Part, path: Path, scope: Scope, *, foreign: bool = False) -> Iterator[Finding]:
    """Yield the errors in a path; ``foreign`` is True where its root may be of another language."""
    if foreign and not (meant(path[0], ROOTS) and path[1:2] and path[1] in SECOND):
        yield not_checked(part, f"{{{{{'.'.join(path)}}}}} in this text is not checked.")
        return
    if path[0] in ("inputs", "tasks", "steps") and _is_of_pods(part, scope):
        yield from _of_pods(part, path, scope)
        return
    found = list(_of_root(part, path, scope))
    if found and scope.outer is not None and not list(wrong_path(part, path, scope.outer)):
        return  # an inline template: Argo replaces the tags of the template around it, too
    yield from found


def _of_root(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    root = path[0]
    check = CHECKS.get(root)
    if root in METRIC and scope.is_metric(part):
        return
    if check is not None:
        yield from check(part, path, scope)
        return
    known = ROOTS if len(path) > 1 or not _is_tag(part, path) else ("item", "retries", *(METRIC if scope.is_metric(part) else ()))
    close = meant(root, known)
    what = f"{'.'.join(path)!r} is nothing that Argo knows.{close}"
    if close or not _is_tag(part, path):
        yield Finding(part, "R101", what, f"begin with one of {', '.join(ROOTS[:6])}.")
    else:
        yield Finding(
            part, "R102", f"Argo leaves {{{{{'.'.join(path)}}}}} as it is.", "remove the braces if Argo should replace it."
        )


def _is_tag(part: Part, path: Path) -> bool:
    """Return whether a path is in its own braces; a name in an expression cannot stay unreplaced."""
    text = part.value
    return any("{{" + space + ".".join(path) + space + "}}" in text for space in ("", " ")) if isinstance(text, str) else False


def _is_of_pods(part: Part, scope: Scope) -> bool:
    spec = scope.document.spec.place
    return part.place[: len(spec)] == spec and part.place[len(spec)] in OF_PODS


def _of_pods(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    """Yield an input that no template has; which tasks are known depends on the template whose pod it is."""
    base = scope.library.base(scope.document)
    known = {name for template in (base.bodies if base else ()) for name in (*template.inputs, *template.input_artifacts)}
    if path[0] == "inputs" and base is not None and len(path) > 2 and path[2] not in known:
        yield Finding(part, "R105", f"No template has an input {path[2]!r}.{meant(path[2], known)}", "correct the name.")
    elif path[0] != "inputs" or base is None:
        yield not_checked(part, f"Whether {'.'.join(path)!r} is known in each pod is not checked.")


def _of_inputs(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    kind = path[1] if len(path) > 1 else ""
    template = scope.template
    if template is None or kind not in ("parameters", "artifacts"):
        fix = "write inputs.parameters.NAME, inside a template that has NAME."
        yield Finding(part, "R111", f"{'.'.join(path)!r} is no input here.", fix)
        return
    known: Mapping[str, Part] = template.inputs if kind == "parameters" else template.input_artifacts
    if len(path) > 2 and path[2] not in known:
        what = f"Template {template.name!r} has no input {kind[:-1]} {path[2]!r}.{meant(path[2], known)}"
        yield Finding(part, "R105", what, "add it to the template's inputs, or correct the name.")


def _of_calls(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    root, name = path[0], path[1] if len(path) > 1 else ""
    what, inside = ("step", "steps") if root == "steps" else ("task", "a DAG")
    if name == "name" and len(path) == 2:
        return  # the name of the calling task: Argo replaces it in every template (validate.go, resolveAllVariables)
    if not scope.siblings or scope.is_step != (root == "steps"):
        yield Finding(part, "R111", f"{'.'.join(path)!r} is known only inside {inside}.", "pass it on as an argument.")
    elif name not in scope.siblings:
        where = "this template" if root == "steps" else "this DAG"
        text = f"{'.'.join(path)!r}: there is no {what} {name!r} in {where}.{meant(name, scope.siblings)}"
        yield Finding(part, "R106", text, f"name a {what} of {where}.")
    elif name not in scope.ended:
        yield _not_ended(part, path, scope)
    elif len(path) > 2 and path[2] not in TASK:
        text = f"{'.'.join(path)!r}: a {what} has no {path[2]!r}.{meant(path[2], TASK)}"
        yield Finding(part, "R108", text, f"use one of {', '.join(TASK)}.")
    elif len(path) > 2 and path[2] == "outputs":
        yield from _of_outputs(part, path, scope)


def _not_ended(part: Part, path: Path, scope: Scope) -> Finding:
    own, name = scope.task.name if scope.task else "", path[1]
    if scope.is_step:
        what = f"{'.'.join(path)!r}: step {own!r} runs before {name!r} has ended, so this is not known yet."
        return Finding(part, "R107", what, f"move {own} into a later group.")
    what = f"{'.'.join(path)!r}: task {own!r} does not wait for {name!r}, so this is not known yet."
    return Finding(part, "R107", what, f"add {name} to the depends of {own}.")


def _of_outputs(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    task = scope.siblings[path[1]]
    called = scope.library.called(scope.document, task)
    kind = path[3] if len(path) > 3 else ""
    if kind not in ("parameters", "artifacts", "result", "exitCode", ""):
        what = f"{'.'.join(path)!r}: outputs are parameters, artifacts, result and exitCode."
        yield Finding(part, "R108", what, "name one of these.")
    elif called is None:
        yield not_checked(part, f"{'.'.join(path)!r} is not checked: its template is not known.")
    elif kind in ("parameters", "artifacts") and len(path) > 4:
        known: Mapping[str, Part] = called.outputs if kind == "parameters" else called.output_artifacts
        if path[4] not in known:
            who = f"Template {called.name!r} of {task.what} {task.name!r}"
            what = f"{who} has no output {kind[:-1]} {path[4]!r}.{meant(path[4], known)}"
            yield Finding(part, "R108", what, "add it to the template's outputs, or correct the name.")
    if kind == "parameters" and task.is_loop and "when" in task.part.names and not task.is_step:
        what = f"{'.'.join(path)!r} gathers a loop that has a when: if nothing of it runs, the workflow hangs."
        yield Finding(part, "I104", what, "remove the when, and let the loop's count be '0'.")


def _of_item(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    task = scope.task
    if task is None or not task.is_loop:
        where = f"{task.what} {task.name!r} is no loop" if task else "only a task with a loop has one"
        yield Finding(part, "R109", f"{'.'.join(path)!r} is an item, and {where}.", "add a loop, or pass the item as an argument.")
        return
    items = [item.value for item in task.part.at("withItems").elements()]
    if len(path) < 2 or not items or not all(isinstance(item, dict) for item in items):
        if len(path) > 1 and items and not any(isinstance(item, dict | str) for item in items) and _is_tag(part, path):
            yield Finding(part, "R109", f"{'.'.join(path)!r}: the items have no members.", "write item.")
        return
    missing = [item for item in items if path[1] not in item]
    if missing:
        known = {key for item in items for key in item}
        what = f"{'.'.join(path)!r}: not every item has a {path[1]!r}.{meant(path[1], known)}"
        yield Finding(part, "R109", what, "correct the name, or add it to each item.")


def _of_retry(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    defaults = scope.document.spec.at("templateDefaults").names
    if scope.template is None or "retryStrategy" not in (*scope.template.part.names, *defaults):
        what = f"{'.'.join(path)!r} is known only in a template with a retryStrategy."
        yield Finding(part, "R110", what, "add a retryStrategy, or remove this.")
    elif path[0] == "lastRetry" and len(path) > 1 and path[1] not in LAST:
        what = f"{'.'.join(path)!r}: lastRetry has no {path[1]!r}.{meant(path[1], LAST)}"
        yield Finding(part, "R108", what, f"use one of {', '.join(LAST)}.")


def _of_own_outputs(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    """Yield outputs that the template does not have; a metric and a path may refer to the template's own."""
    template, kind = scope.template, path[1] if len(path) > 1 else ""
    if template is None:
        yield Finding(part, "R111", f"{'.'.join(path)!r} is known only inside a template.", "write it in a template.")
        return
    if kind in ("parameters", "artifacts") and len(path) > 2:
        known: Mapping[str, Part] = template.outputs if kind == "parameters" else template.output_artifacts
        if path[2] not in known:
            what = f"Template {template.name!r} has no output {kind[:-1]} {path[2]!r}.{meant(path[2], known)}"
            yield Finding(part, "R108", what, "add it to the template's outputs, or correct the name.")


def _of_pod(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    if path != ("pod", "name") or not set(scope.works) & {*POD, "containerSet", "resource", "data"}:
        yield Finding(part, "R111", f"{'.'.join(path)!r} is known only in templates that run a pod, as pod.name.", "remove it.")


def _of_node(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    if path != ("node", "name"):
        yield Finding(part, "R108", f"{'.'.join(path)!r}: a node has only a name here.", "write node.name.")


def _of_cron(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    if scope.document.kind == "Workflow":
        what = f"{'.'.join(path)!r} is known only in workflows that a CronWorkflow starts."
        yield Finding(part, "R111", what, "remove it, or make this a CronWorkflow.")


CHECKS: Mapping[str, Callable[[Part, Path, Scope], Iterator[Finding]]] = {
    "workflow": wrong_workflow_path,
    "inputs": _of_inputs,
    "outputs": _of_own_outputs,
    "tasks": _of_calls,
    "steps": _of_calls,
    "item": _of_item,
    "retries": _of_retry,
    "lastRetry": _of_retry,
    "pod": _of_pod,
    "node": _of_node,
    "cronworkflow": _of_cron,
}
