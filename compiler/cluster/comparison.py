"""Compare workflows by their meaning: layers, images, resources, fan-outs, schedules; not by their lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["PROGRAM", "Change", "Described", "compare", "describe", "markdown", "text"]

LENGTHS = re.compile(
    r"tasks(?:\.([A-Za-z0-9-]+)|\['([^']+)'\])\.outputs\.parameters\.lengths\)?[^.]*?(?:\{sum\(#)?\)?\.([A-Za-z_]\w*)"
)
PARAMETER = re.compile(r"workflow\.parameters\.([A-Za-z_]\w*)")
PLACEMENT = ("nodeSelector", "tolerations", "affinity", "serviceAccountName", "priorityClassName", "podSpecPatch", "volumes")
SETTINGS = (
    "entrypoint",
    "serviceAccountName",
    "parallelism",
    "priority",
    "ttlStrategy",
    "podGC",
    "podSpecPatch",
    "securityContext",
)
SCHEDULE = ("schedules", "timezone", "concurrencyPolicy", "suspend", "startingDeadlineSeconds", "successfulJobsHistoryLimit")
NONE = "none"
RUNNER = "laminar.runner"
PROGRAM = "program"
"""The setting with the path of the program that pods execute: one line for all layers."""


@dataclass(frozen=True)
class Described:
    """Meaning of one document: settings of the whole, and for each layer, by flow and name, its fields as texts."""

    name: str
    settings: Mapping[str, str]
    layers: Mapping[tuple[str, str], Mapping[str, str]]


@dataclass(frozen=True)
class Change:
    """One difference. ``kind`` is added, removed, renamed or changed; ``field`` and both values are those of the change."""

    kind: str
    flow: str = ""
    layer: str = ""
    field: str = ""
    before: str = ""
    after: str = ""


def describe(document: Mapping[str, Any]) -> Described:
    """Return the meaning of a document of any kind."""
    metadata, outer = document.get("metadata") or {}, document.get("spec") or {}
    spec = outer.get("workflowSpec", outer)
    settings = {name: _text(spec[name]) for name in SETTINGS if name in spec}
    settings.update({name: _text(outer[name]) for name in SCHEDULE if "workflowSpec" in outer and name in outer})
    for parameter in (spec.get("arguments") or {}).get("parameters") or ():
        settings[f"parameter {parameter['name']}"] = str(parameter.get("value", NONE))
    layers: dict[tuple[str, str], Mapping[str, str]] = {}
    programs: set[str] = set()
    for flow, task, template in _tasks(spec, str(spec.get("entrypoint", "")), ""):
        layers[flow, _layer_of(task)] = _fields(task, template)
        programs.update(filter(None, (_split_program(template.get("container") or {})[1],)))
    if programs:
        settings[PROGRAM] = ", ".join(sorted(programs))
    return Described(str(metadata.get("name") or str(metadata.get("generateName", "")).rstrip("-")), settings, layers)


def _tasks(spec: Mapping[str, Any], name: str, flow: str) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    templates = {one["name"]: one for one in spec.get("templates") or ()}
    here = flow if name == "main" or re.match(r"part-[0-9]+$", name) else name
    for task in ((templates.get(name) or {}).get("dag") or {}).get("tasks") or ():
        target = templates.get(task.get("template", "")) or {}
        if "dag" in target:
            yield from _tasks(spec, target["name"], here)
        else:
            yield here, task, target


def _layer_of(task: Mapping[str, Any]) -> str:
    given = {one["name"]: str(one.get("value", "")) for one in (task.get("arguments") or {}).get("parameters") or ()}
    layer = given.get("layer", "")
    return layer if layer and "{{" not in layer else str(task["name"])


def _fields(task: Mapping[str, Any], template: Mapping[str, Any]) -> dict[str, str]:
    container = template.get("container") or template.get("script") or {}
    given = {one["name"]: str(one.get("value", "")) for one in (task.get("arguments") or {}).get("parameters") or ()}
    loop = (task.get("withSequence") or {}).get("count")
    resources = container.get("resources") or {}
    found = {
        "image": container.get("image"),
        "command": _split_program(container)[0] or None,
        "resources": _resources(resources),
        "env": _environment(container.get("env") or ()),
        "working folder": container.get("workingDir"),
        "mounts": _text(container["volumeMounts"]) if container.get("volumeMounts") else None,
        "runs after": task.get("depends"),
        "runs when": task.get("when"),
        "fan-out": _source(str(loop)) if loop is not None else _text(task["withParam"]) if "withParam" in task else None,
        "batch": given.get("batch"),
        "parallelism": _text(template["parallelism"]) if "parallelism" in template else None,
        "retry": _text(template["retryStrategy"]) if "retryStrategy" in template else None,
        "timeout": _text(template["activeDeadlineSeconds"]) if "activeDeadlineSeconds" in template else None,
        **{name: _text(template[name]) if name in template else None for name in PLACEMENT},
    }
    return {name: str(value) for name, value in found.items() if value is not None}


def _split_program(container: Mapping[str, Any]) -> tuple[str, str]:
    """Return a container's command without the program that laminar's runner executes, and that program, "" where it has none."""
    words = [str(word) for word in container.get("command") or ()]
    if RUNNER not in words[:-1]:
        return " ".join(words), ""
    place = words.index(RUNNER) + 1
    return " ".join(words[:place] + words[place + 1 :]), words[place]


def _resources(resources: Mapping[str, Any]) -> str | None:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    parts = [f"{name} {value}" for name, value in sorted({**requests, **limits}.items())]
    parts += [f"{name} requested {value}" for name, value in sorted(requests.items()) if name in limits and limits[name] != value]
    return ", ".join(parts) or None


def _environment(variables: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the variables that a user sets; laminar's own change with each code package."""
    own = [
        one
        for one in variables
        if not str(one["name"]).startswith("LAMINAR_") or one["name"] in ("LAMINAR_DATASTORE", "LAMINAR_CODE")
    ]
    named = [f"{one['name']}={one['value'] if 'value' in one else _text(one.get('valueFrom'))}" for one in own]
    return ", ".join(sorted(named)) or None


def _source(count: str) -> str:
    """Return the attribute that a fan-out iterates over, as the program names it; any other expression unchanged.

    >>> _source("{{=string(max(1, sum(fromJSON(tasks.Read.outputs.parameters.lengths).rows)))}}")
    'Read.rows'
    >>> _source("{{=let a = fromJSON(workflow.parameters.rates); string(max(1, type(a) == 'array' ? len(a) : 1))}}")
    'Parameters.rates'
    """
    found = [f"{task or quoted}.{name}" for task, quoted, name in LENGTHS.findall(count)]
    found += [f"Parameters.{name}" for name in PARAMETER.findall(count) if name != "json"]
    return " x ".join(dict.fromkeys(found)) or count


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "; ".join(value)
    return json.dumps(value, sort_keys=True)


def compare(before: Described, after: Described) -> list[Change]:
    """Return the differences, in the order of the layers.

    A removed layer and an added one are one renamed layer where all of their fields but their place are equal.
    """
    changes = [
        Change("changed", field=name, before=before.settings.get(name, NONE), after=after.settings.get(name, NONE))
        for name in dict.fromkeys([*before.settings, *after.settings])
        if before.settings.get(name) != after.settings.get(name)
    ]
    renamed = _renamed(before, after)
    names = {old[1]: new[1] for old, new in renamed.items()}
    for key, fields in before.layers.items():
        if key in renamed:
            changes.append(Change("renamed", *key, before=key[1], after=renamed[key][1]))
        elif key not in after.layers:
            changes.append(Change("removed", *key))
            continue
        new = after.layers[renamed.get(key, key)]
        changes += _changed(renamed.get(key, key), {name: _with_names(text, names) for name, text in fields.items()}, new)
    known = {*before.layers, *renamed.values()}
    changes += [
        Change("added", *key, field="image", after=after.layers[key].get("image", "")) for key in after.layers if key not in known
    ]
    return changes


def _renamed(before: Described, after: Described) -> dict[tuple[str, str], tuple[str, str]]:
    gone = [key for key in before.layers if key not in after.layers]
    new = [key for key in after.layers if key not in before.layers]
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for key in gone:
        fitting = [one for one in new if one[0] == key[0] and one not in found.values() and _alike(before, key, after, one)]
        rivals = [one for one in gone if fitting and one[0] == key[0] and _alike(before, one, after, fitting[0])]
        if len(fitting) == 1 and len(rivals) == 1:
            found[key] = fitting[0]
    return found


def _alike(before: Described, old: tuple[str, str], after: Described, new: tuple[str, str]) -> bool:
    place = ("runs after", "runs when", "fan-out")
    first = {name: text for name, text in before.layers[old].items() if name not in place}
    return first == {name: text for name, text in after.layers[new].items() if name not in place}


def _with_names(value: str, names: Mapping[str, str]) -> str:
    """Return a text whose names of renamed layers are the new ones."""
    return re.sub(r"[A-Za-z0-9][A-Za-z0-9-]*", lambda match: names.get(match[0], match[0]), value) if names else value


def _changed(key: tuple[str, str], before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield Change("changed", *key, field=name, before=before.get(name, NONE), after=after.get(name, NONE))


MARKS = {"added": "+", "removed": "-", "renamed": "~", "changed": "~"}


def text(changes: Sequence[Change]) -> list[str]:
    """Return differences as lines.

    >>> text([Change("changed", "Train", "Fit", "image", "a:1", "a:2"), Change("added", "Train", "Best")])
    ['~ Train.Fit image: a:1 -> a:2', '+ Train.Best']
    """
    return [f"{MARKS[one.kind]} {_said(one)}" for one in changes]


def _said(change: Change) -> str:
    where = ".".join(filter(None, (change.flow, change.layer)))
    if change.kind == "renamed":
        return f"{where} is now {change.after}"
    if change.kind in ("added", "removed"):
        return where
    return f"{f'{where} ' if where else ''}{change.field}: {_short(change.before)} -> {_short(change.after)}"


def _short(value: str) -> str:
    return value if len(value) <= 120 else f"{value[:117]}..."


def markdown(title: str, changes: Sequence[Change]) -> str:
    """Return differences as Markdown, for a comment in CI."""
    if not changes:
        return f"**{title}**: no change\n"
    rows = []
    for one in changes:
        where = ".".join(filter(None, (one.flow, one.layer))) or "workflow"
        cells = (one.kind, where, one.field, one.before, one.after)
        rows.append("| " + " | ".join(f"`{_short(cell)}`".replace("|", "\\|") if cell else "" for cell in cells) + " |")
    return "\n".join([f"**{title}**", "", "| change | layer | field | before | after |", "|---|---|---|---|---|", *rows]) + "\n"
