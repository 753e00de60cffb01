"""Check that a workflow's parts fit together, as Argo does before it runs (workflow/validate/validate.go, 4.1.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from laminar.compiler.argo.depends import UNREADABLE, Depends, WaitError, depends
from laminar.compiler.argo.tags import Tag, tags
from laminar.compiler.rehearsal.refusal import Refused

__all__ = ["ancestors", "check", "parameters_of"]

POLICIES = ("Always", "OnFailure", "OnError")


def parameters_of(owner: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    """Return the parameters in a field: arguments, inputs or outputs."""
    found = owner.get(field, {}).get("parameters", [])
    return list(found)


def check(spec: Mapping[str, Any], where: str) -> None:
    """Refuse wrong structures: names without a target or used twice, missing arguments, cycles.

    Raises Refused.
    """
    templates = {template["name"]: template for template in spec.get("templates", [])}
    _unique([template["name"] for template in spec.get("templates", [])], f"{where}.templates")
    _unique([parameter["name"] for parameter in parameters_of(spec, "arguments")], f"{where}.arguments")
    entry = spec.get("entrypoint")
    if entry not in templates:
        raise Refused(f"The entrypoint {entry!r} is no template.", where=where, fix="name one of its templates.")
    declared = {f"workflow.parameters.{one['name']}" for one in parameters_of(spec, "arguments")} | {"workflow.parameters.json"}
    for name, template in templates.items():
        place = f"{where}.templates[{name}]"
        _check_tags(template, declared, place)
        if "dag" in template:
            _check_dag(template, templates, place)
        else:
            _check_container(template, place)
    _check_cycles(templates, where)


def _unique(names: Iterable[str], where: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise Refused(f"The name {twice[0]!r} is used twice.", where=where, fix="use each name once.")


def _check_tags(template: Mapping[str, Any], declared: Set[str], where: str) -> None:
    """Refuse a tag that can have no value; Argo reads the inside of an expression only when it runs (seen on Argo 4.1.2)."""
    own = {f"inputs.parameters.{one['name']}" for one in parameters_of(template, "inputs")} | declared
    tasks = template.get("dag", {}).get("tasks", [])
    rest = {name: part for name, part in template.items() if name != "dag"}
    for part, kinds in [(rest, ["item"]), *((task, [] if "withSequence" in task else ["item"]) for task in tasks)]:
        unknown = [*kinds, *([] if "retryStrategy" in template else ["retries", "lastRetry"])]
        for tag in _tags(part):
            parameter = tag.text.startswith(("inputs.parameters.", "workflow.parameters.")) and tag.text not in own
            if not tag.is_expression and (parameter or tag.text.partition(".")[0] in unknown):
                raise Refused(f"Argo cannot resolve {tag}.", where=where, fix="refer to a path with a value there.")


def _tags(value: Any) -> Iterator[Tag]:
    if isinstance(value, str) and "{{" in value:
        yield from tags(value)
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _tags(part)


def _check_dag(template: Mapping[str, Any], templates: Mapping[str, Any], where: str) -> None:
    tasks = template["dag"].get("tasks", [])
    if not tasks or "retryStrategy" in template or "podSpecPatch" in template:
        raise Refused("A dag without tasks, or with retryStrategy or podSpecPatch, is not known.", where=where, fix="add tasks.")
    _unique([task["name"] for task in tasks], where)
    for task in tasks:
        _check_task(task, templates, f"{where}.{task['name']}")
    try:
        _check_waits(tasks)
    except Refused as error:
        error.where = where
        raise
    for output in parameters_of(template, "outputs"):
        if "path" in output.get("valueFrom", {}):
            raise Refused(f"A dag has no file for its output {output['name']!r}.", where=where, fix="name a task's output.")


def _check_task(task: Mapping[str, Any], templates: Mapping[str, Any], where: str) -> None:
    target = templates.get(task.get("template", ""))
    if target is None:
        raise Refused(f"There is no template {task.get('template')!r}.", where=where, fix="name one that the workflow has.")
    given = {parameter["name"] for parameter in parameters_of(task, "arguments") if "value" in parameter}
    missing = [one["name"] for one in parameters_of(target, "inputs") if "value" not in one and one["name"] not in given]
    if missing:
        raise Refused(f"Template {target['name']!r} needs the argument {missing[0]!r}.", where=where, fix="add the argument.")
    if "withSequence" in task and "count" not in task["withSequence"]:
        raise Refused("The sequence has no count.", where=where, fix="add a count.")


def _check_waits(tasks: Sequence[Mapping[str, Any]]) -> None:
    loops = {task["name"] for task in tasks if "withSequence" in task}
    ancestors(tasks)
    for task in tasks:
        for wait in _depends(task).waits if task.get("depends") else ():
            if wait.status in ("AnySucceeded", "AllFailed") and wait.name not in loops:
                what = f"Task {task['name']!r} waits for {wait.name}.{wait.status}, and {wait.name!r} is no loop."
                raise Refused(what, fix="wait for .Succeeded or .Failed.")


def _depends(task: Mapping[str, Any]) -> Depends:
    text = task["depends"]
    try:
        found = depends(text)
    except WaitError as error:
        raise Refused(f"depends {text!r} {error}.", fix="join names with && and ||.") from None
    for name in found.names:
        if name in UNREADABLE or name[0].isdigit():
            raise Refused(f"depends {text!r}: Argo cannot read the name {name!r} there.", fix="rename the task.")
    return found


def ancestors(tasks: Sequence[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Return the ancestors of each task.

    Raises Refused for a name that is no task, and for a cycle.
    """
    parents = {task["name"]: _depends(task).names if task.get("depends") else () for task in tasks}
    found: dict[str, frozenset[str]] = {}

    def above(name: str, path: tuple[str, ...]) -> frozenset[str]:
        if name in path:
            raise Refused(f"Tasks depend on each other in a cycle: {' -> '.join((*path, name))}.", fix="break it.")
        if name not in found:
            for parent in parents[name]:
                if parent not in parents:
                    raise Refused(f"Task {name!r} depends on {parent!r}, which is no task.", fix="name a task of the same dag.")
            found[name] = frozenset(parents[name]).union(*(above(parent, (*path, name)) for parent in parents[name]))
        return found[name]

    for name in parents:
        above(name, ())
    return found


def _check_container(template: Mapping[str, Any], where: str) -> None:
    for output in parameters_of(template, "outputs"):
        if "path" not in output.get("valueFrom", {}):
            raise Refused(f"The output {output['name']!r} of a container is no file.", where=where, fix="write valueFrom.path.")
    if "retryStrategy" in template:
        _check_retry(template["retryStrategy"], where)


def _check_retry(retry: Mapping[str, Any], where: str) -> None:
    if "limit" not in retry:
        raise Refused("A retryStrategy without limit tries for ever, and has no backoff.", where=where, fix="add a limit.")
    if retry.get("retryPolicy", "Always") not in POLICIES:
        raise Refused(
            f"The retryPolicy {retry['retryPolicy']!r} is not known.", where=where, fix=f"use one of {', '.join(POLICIES)}."
        )


def _check_cycles(templates: Mapping[str, Any], where: str) -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise Refused(f"Templates call each other in a cycle: {' -> '.join((*path, name))}.", where=where, fix="break it.")
        if name not in done:
            for task in templates[name].get("dag", {}).get("tasks", []):
                visit(task["template"], (*path, name))
            done.add(name)

    for name in templates:
        visit(name, ())
