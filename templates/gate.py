"""Write conditions and pod patches of tasks whose hooks were evaluated."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from laminar.templates.expression import tag, term

__all__ = [
    "INPUT",
    "answer",
    "by_attempt",
    "by_split",
    "passed",
    "patch",
    "patches",
    "ran",
    "when",
    "when_ran",
]

PLAIN = re.compile(r"[-A-Za-z0-9_./:@+=, ]*\Z")
"""Text that needs no escapes inside an expression inside JSON."""


INPUT = "fromJSON(inputs.parameters.patches)"
"""The patches of a loop in a separate template, as an expression there."""


def answer(entries: Sequence[str], layer: str) -> str:
    """Return, as an expression, the answer of a layer's entry hooks; ``entries`` is the path of the answers.

    >>> answer(["tasks", "J-gate", "outputs", "parameters", "entries"], "J")
    "fromJSON(tasks['J-gate'].outputs.parameters.entries).J"
    """
    return term(f"fromJSON({term(*entries)})", layer)


def when(answer: str) -> str:
    """Return the condition of a task whose entry hooks were evaluated.

    >>> when("fromJSON(x).S")
    '{{=string(fromJSON(x).S)}}'
    """
    return tag(f"=string({answer})")


def ran(statuses: Iterable[Sequence[str]]) -> str:
    """Return as an expression whether no task was skipped, of the paths of their statuses.

    >>> ran([["tasks", "A", "status"], ["inputs", "parameters", "B-status"]])
    "tasks.A.status == 'Succeeded' && inputs.parameters['B-status'] == 'Succeeded'"
    """
    return " && ".join(f"{term(*status)} == 'Succeeded'" for status in statuses)


def when_ran(statuses: Sequence[Sequence[str]]) -> str:
    """Return the condition of a task that is skipped with any of these.

    >>> when_ran([["tasks", "S", "status"]])
    '{{tasks.S.status}} == Succeeded'
    """
    if len(statuses) == 1:
        return f"{tag('.'.join(statuses[0]))} == Succeeded"
    return tag(f"=string({ran(statuses)})")


def patches(entries: Sequence[str], layer: str) -> str:
    """Return, as an expression, the patches by a layer's submission hooks; ``entries`` is the path of the answers."""
    return term(f"fromJSON({term(*entries)})", f"{layer}-patches")


def patch(patches: str, *, fan_out: bool) -> str:
    """Return a pod's patch in base64, of the distinct ones and by its index in the loop.

    Argo rejects an expression with both ``let`` and ``item`` (processItem in workflow/controller/operator.go, 4.1.2).

    >>> patch("x", fan_out=False)
    '{{=x.is[0]}}'
    >>> patch("x", fan_out=True)
    '{{=x.is[len(x.of) == 0 ? 0 : int(x.of[int(item)])]}}'
    """
    if not fan_out:
        return tag(f"={patches}.is[0]")
    return tag(f"={patches}.is[len({patches}.of) == 0 ? 0 : int({patches}.of[int(item)])]")


def passed(patches: str) -> str:
    """Return patches as the argument of a template that a loop sits in."""
    return tag(f"=toJSON({patches})")


def by_split() -> str:
    """Return the ``podSpecPatch`` of a template whose tasks give each pod its patch."""
    return tag("=sprig.b64dec(inputs.parameters.patch)")


def by_attempt(patches: Sequence[str]) -> str:
    r"""Return the ``podSpecPatch`` of a template whose pods change from attempt to attempt, chosen by ``retries``.

    >>> by_attempt(['{"a":"1","b":"x"}', '{"a":"2","b":"x"}'])
    '{"a":"{{=[\'1\',\'2\'][min(int(retries), 1)]}}","b":"x"}'
    """
    merged = _merged([json.loads(patch) for patch in patches])
    if merged is not None:
        return json.dumps(merged, separators=(",", ":"))
    chosen = ",".join(f"'{base64.b64encode(patch.encode()).decode()}'" for patch in patches)
    return tag(f"=sprig.b64dec([{chosen}][min(int(retries), {len(patches) - 1})])")


def _merged(values: Sequence[Any]) -> Any:
    """Return one value of several: where they differ, an expression that chooses; None where no expression can."""
    first = values[0]
    if all(isinstance(value, dict) and value.keys() == first.keys() for value in values):
        parts = {key: _merged([value[key] for value in values]) for key in first}
        return None if None in parts.values() else parts
    if all(isinstance(value, list) and len(value) == len(first) for value in values):
        items = [_merged(each) for each in zip(*values, strict=True)]
        return None if None in items else items
    if not all(isinstance(value, str) and PLAIN.match(value) for value in values):
        return None
    if all(value == first for value in values):
        return first
    chosen = ",".join(f"'{value}'" for value in values)
    return tag(f"=[{chosen}][min(int(retries), {len(values) - 1})]")
