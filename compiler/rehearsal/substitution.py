"""Replace ``{{path}}`` and ``{{=expression}}`` as Argo does: the order, the tags that stay, and the errors.

The source is util/template of Argo 4.1.2: simple_template.go for paths, expression_template.go for expressions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any

from laminar.compiler.argo.expressions import ExprError, Let, Name, Node, Reference, evaluate, parse, references
from laminar.compiler.argo.expressions.nodes import walk
from laminar.compiler.argo.expressions.values import Misfit, to_json
from laminar.compiler.argo.tags import Tag, pieces
from laminar.compiler.rehearsal.refusal import NodeError, Refused

__all__ = ["Scope", "Strictness", "nested", "replace"]

Scope = Mapping[str, str | None]
"""The values of paths, such as ``inputs.parameters.layer``; None is an output that a skipped task does not have."""

ROOTS = frozenset(
    "inputs outputs tasks steps workflow item retries lastRetry pod node cronworkflow".split(),
)
"""The first names of the paths that Argo has values for (workflow/common/common.go, GlobalVarValidWorkflowVariablePrefix)."""

KNOWN = re.compile(
    r"(inputs|inputs\.parameters(\..*)?|outputs\.parameters\.[^.]+\.path|tasks|tasks\.name|node\.name"
    r"|tasks\.[^.]+(\.(status|outputs|outputs\.parameters(\..*)?))?"
    r"|workflow|workflow\.(name|uid|namespace|parameters(\..*)?)|item|retries|lastRetry(\..*)?)\Z"
)
"""The paths that a rehearsal has values for."""

LATE = re.compile(r"(item|retries|lastRetry)(\.|\Z)")
"""The paths that get their values last: an expression that reads one waits for it (expression_template.go, variablesToCheck)."""

UNQUOTABLE = re.compile("[\x00-\x07\x0b\x0e-\x1f\x7f]")
"""Characters that Go's strconv.Quote, which Argo puts values into JSON with, writes as no JSON does."""


class Strictness(Enum):
    """Which paths must have a value; a tag with any other that has none stays as it is written.

    ``LENIENT`` applies to templates, ``TASKS`` to a task, ``ALL`` to one item of a loop.
    """

    LENIENT = "none"
    TASKS = "tasks and steps"
    ALL = "all"

    def demands(self, path: str) -> bool:
        """Return whether a path must have a value."""
        return self is Strictness.ALL or (self is Strictness.TASKS and path.partition(".")[0] in ("tasks", "steps"))


def replace(value: Any, scope: Scope, strictness: Strictness = Strictness.LENIENT) -> Any:
    """Return a text, or every text inside a value, with its tags replaced; inserted text is not replaced again.

    Raises NodeError for a tag that cannot be replaced and may not stay, Refused for a path that the rehearsal has no value for.

    >>> replace("{{workflow.name}} {{x}} {{=1 + 1}}", {"workflow.name": "w"})
    'w {{x}} 2'
    """
    if isinstance(value, str):
        return _replaced(value, scope, strictness) if "{{" in value else value
    if isinstance(value, dict):
        return {name: replace(part, scope, strictness) for name, part in value.items()}
    if isinstance(value, list):
        return [replace(part, scope, strictness) for part in value]
    return value


def _replaced(text: str, scope: Scope, strictness: Strictness) -> str:
    in_json = text.lstrip()[:1] in ("{", "[") and not text.lstrip().startswith("{{")
    return "".join(_parts(text, scope, strictness, in_json))


def _parts(text: str, scope: Scope, strictness: Strictness, in_json: bool) -> Iterator[str]:
    for before, tag in pieces(text):
        yield before
        if tag is None:
            continue
        if not tag.closed:
            raise NodeError(f'Cannot find end tag="}}}}" in the template="{text}" starting from "{tag.inner}"')
        if not tag.is_expression:
            yield _path(tag, scope, strictness)
        elif in_json and '"' in tag.text:  # seen on Argo 4.1.2
            raise NodeError(f"double quotes inside {tag} break the JSON around it")
        else:
            yield _expression(tag, scope, strictness)


def _path(tag: Tag, scope: Scope, strictness: Strictness) -> str:
    if tag.text not in scope:
        _refuse_unknown(tag.text)
        if strictness.demands(tag.text):
            raise NodeError(f"failed to resolve {tag}")
        return str(tag)
    value = scope[tag.text]
    if value is None:
        raise NodeError(f"unable to substitute {tag}: output is an absent optional (skipped/omitted node with no default)")
    if UNQUOTABLE.search(value):
        raise NodeError("cannot finish template replacement because the result was invalid JSON")
    return value


def _refuse_unknown(path: str) -> None:
    if path.partition(".")[0] in ROOTS and not KNOWN.match(path):
        raise Refused(f"{path!r} is not known to the rehearsal.", fix="refer to parameters, statuses, outputs and items only.")


def _expression(tag: Tag, scope: Scope, strictness: Strictness) -> str:
    """Evaluate an expression; one that lacks a value, or in a template fails, stays as it is written.

    A name that ``let`` binds counts as one that lacks its value (missingVarsInEnv): so an expression with both ``let`` and ``item``
    is an error in a loop, and one with ``let`` that fails stays as it is.
    """
    node = _parsed(tag)
    environment, missing = _environment(node, scope)
    for path in missing:
        _refuse_unknown(path)
        if strictness.demands(path):
            raise NodeError(f"failed to evaluate expression: {path} is missing")
    may_stay = bool(missing) or strictness is Strictness.LENIENT
    if any(LATE.match(path) for path in missing):
        return str(tag)
    try:
        value = evaluate(node, environment)
        if value is not None:
            return value if isinstance(value, str) else to_json(value)
        problem = f'failed to evaluate expression "{tag.text}"'
    except (ExprError, Misfit) as error:
        problem = f"failed to evaluate expression: {getattr(error, 'message', error)}"
    if may_stay:
        return str(tag)
    raise NodeError(problem)


@lru_cache(maxsize=4096)
def _tree(text: str) -> Node:
    return parse(text)


def _parsed(tag: Tag) -> Node:
    try:
        return _tree(tag.text)
    except ExprError as error:
        raise NodeError(f"failed to evaluate expression: {error.message} ({tag}, character {error.position + 1})") from None


def _environment(node: Node, scope: Scope) -> tuple[dict[str, Any], list[str]]:
    """Return the part of a scope that an expression reads, as maps inside maps, and the paths that lack a value.

    ``??`` and ``?.`` do not help a path without a value (seen on Argo 4.1.2).
    """
    found: dict[str, str | None] = {}
    missing = []
    for reference in references(node):
        names = _names(reference, scope)
        found.update((name, scope[name]) for name in names)
        if not names:
            missing.append(str(reference))
    return nested(found), [*missing, *_bound(node)]


def _names(reference: Reference, scope: Scope) -> list[str]:
    """Return the names that a reference reads: the one that it leads through, else all below it."""
    path = reference.path
    for end in range(len(path), 0, -1):
        name = ".".join(path[:end])
        if name in scope:
            return [name]
    within = ".".join(path) + "."
    return [name for name in scope if name.startswith(within)]


def _bound(node: Node) -> list[str]:
    parts = list(walk(node))
    bound = {part.name for part in parts if isinstance(part, Let)}
    return sorted(bound & {part.name for part in parts if isinstance(part, Name)}) if bound else []


def nested(scope: Scope) -> dict[str, Any]:
    """Return a scope as an expression reads it: maps inside maps.

    >>> nested({"inputs.parameters.a": "1", "item": "0"})
    {'inputs': {'parameters': {'a': '1'}}, 'item': '0'}
    """
    whole: dict[str, Any] = {}
    for name, value in scope.items():
        *parents, last = name.split(".")
        place = whole
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return whole
