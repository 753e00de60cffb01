"""Check that a workflow's parts fit together, as Argo does before anything of it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from laminar.compiler.rehearsal.conditions import depends
from laminar.compiler.rehearsal.refusal import NodeError, Refused
from laminar.compiler.rehearsal.tags import expressions

__all__ = ["ancestors", "check", "parameters_of"]

POLICIES = ("Always", "OnFailure", "OnError")


def parameters_of(owner: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    """Return the parameters in a field: arguments, inputs or outputs."""
    found = owner.get(field, {}).get("parameters", [])
    return list(found)


def check(spec: Mapping[str, Any], where: str) -> None:
    """Refuse what cannot run: names that lead nowhere or stand twice, missing arguments, circles.

    Raises Refused.
    """
    templates = {template["name"]: template for template in spec.get("templates", [])}
    _unique([template["name"] for template in spec.get("templates", [])], f"{where}.templates")
    _unique([parameter["name"] for parameter in parameters_of(spec, "arguments")], f"{where}.arguments")
    if "{{" in spec.get("podSpecPatch", ""):
        raise Refused(
            "Whether Argo replaces tags in a workflow's podSpecPatch is not known.", where=where, fix="put it into a template's."
        )
    entry = spec.get("entrypoint")
    if entry not in templates:
        raise Refused(f"The entrypoint {entry!r} is no template.", where=where, fix="name one of its templates.")
    for name, template in templates.items():
        place = f"{where}.templates[{name}]"
        if "dag" in template:
            _check_dag(template, templates, place)
        else:
            _check_container(template, place)
    _check_circles(templates, where)


def _unique(names: Iterable[str], where: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise Refused(f"The name {twice[0]!r} stands there twice.", where=where, fix="name each once.")


def _check_dag(template: Mapping[str, Any], templates: Mapping[str, Any], where: str) -> None:
    tasks = template["dag"].get("tasks", [])
    if not tasks or "retryStrategy" in template or "podSpecPatch" in template:
        raise Refused(
            "A dag without tasks, or with retryStrategy or podSpecPatch, is not known.", where=where, fix="give it tasks."
        )
    _unique([task["name"] for task in tasks], where)
    for task in tasks:
        place = f"{where}.{task['name']}"
        _check_task(task, templates, place)
    try:
        ancestors(tasks)
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
        raise Refused(f"Template {target['name']!r} is not given {missing[0]!r}.", where=where, fix="give it as an argument.")
    if "withSequence" in task and "count" not in task["withSequence"]:
        raise Refused("The sequence has no count.", where=where, fix="give it one.")
    if "when" in task and "tasks" in str(task.get("withSequence", "")):
        raise Refused(
            "What Argo does with `when` on a loop whose count reads tasks is not known.", where=where, fix="let the count be '0'."
        )


def ancestors(tasks: Sequence[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Return the tasks that each task stands below.

    Raises Refused for a name that is no task, and for a circle.
    """
    parents = {task["name"]: depends(task.get("depends", "")).names if task.get("depends") else () for task in tasks}
    found: dict[str, frozenset[str]] = {}

    def above(name: str, path: tuple[str, ...]) -> frozenset[str]:
        if name in path:
            raise Refused(f"Tasks depend on each other in a circle: {' -> '.join((*path, name))}.", fix="break it.")
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
            raise Refused(f"The output {output['name']!r} of a container is no file.", where=where, fix="say valueFrom.path.")
    body = {name: part for name, part in template.items() if name not in ("inputs", "outputs")}
    try:
        for text, roots in expressions(body):
            if "inputs" in roots and roots - {"inputs"}:
                others = ", ".join(sorted(roots - {"inputs"}))
                raise Refused(
                    f"{{{{={text}}}}} reads inputs and {others}: Argo replaces them one after the other, so what it makes of it "
                    "is not known.",
                    where=where,
                    fix="read one of them in each expression.",
                )
    except NodeError:
        pass  # the pods that need it will say so
    if "retryStrategy" in template:
        _check_retry(template["retryStrategy"], where)


def _check_retry(retry: Mapping[str, Any], where: str) -> None:
    if "limit" not in retry:
        raise Refused("A retryStrategy without limit tries for ever, and has no backoff.", where=where, fix="say limit, a text.")
    if retry.get("retryPolicy", "Always") not in POLICIES:
        raise Refused(
            f"The retryPolicy {retry['retryPolicy']!r} is not known.", where=where, fix=f"say one of {', '.join(POLICIES)}."
        )


def _check_circles(templates: Mapping[str, Any], where: str) -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise Refused(f"Templates call each other in a circle: {' -> '.join((*path, name))}.", where=where, fix="break it.")
        if name not in done:
            for task in templates[name].get("dag", {}).get("tasks", []):
                visit(task["template"], (*path, name))
            done.add(name)

    for name in templates:
        visit(name, ())
