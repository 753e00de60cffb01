"""Replace ``{{name}}`` and ``{{=expression}}`` as Argo does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from laminar.compiler.argo.expressions import ExprError, Node, Reference, evaluate, parse, references
from laminar.compiler.rehearsal.refusal import NodeError, Refused

__all__ = ["Scope", "expand", "expressions", "leftover", "substitute", "visible"]

Scope = Mapping[str, str]
"""What can be referred to, by its whole name: ``inputs.parameters.layer``."""

ROOTS = ("inputs", "outputs", "tasks", "steps", "workflow", "item", "retries", "lastRetry", "pod", "node", "cronworkflow")
"""What Argo has values for."""

MADE = re.compile(
    r"(inputs|inputs\.parameters(\..*)?|tasks(\.[^.]+(\.(status|outputs|outputs\.parameters(\..*)?))?)?"
    r"|workflow|workflow\.(name|uid|namespace|parameters(\..*)?)|item|retries)\Z"
)
"""What of it is made here."""


def substitute(value: Any, scope: Scope, *, partial: bool = False) -> Any:
    """Return a text, or all texts inside a value, with their tags replaced.

    What is put in is not looked at again. With ``partial`` a tag that refers to something outside the scope stays as it is.
    Raises NodeError for a tag that cannot be replaced.
    """
    if isinstance(value, str):
        return _text(value, scope, partial) if "{{" in value else value
    if isinstance(value, dict):
        return {name: substitute(part, scope, partial=partial) for name, part in value.items()}
    if isinstance(value, list):
        return [substitute(part, scope, partial=partial) for part in value]
    return value


def _text(text: str, scope: Scope, partial: bool) -> str:
    in_json = text.lstrip()[:1] in ("{", "[") and not text.lstrip().startswith("{{")
    parts: list[str] = []
    for plain, tag in _pieces(text):
        parts.append(plain)
        if tag is not None:
            parts.append(_replaced(tag, scope, partial, in_json))
    return "".join(parts)


def _pieces(text: str) -> Iterator[tuple[str, str | None]]:
    """Give the text before each tag with the tag, and the rest."""
    place = 0
    while (start := text.find("{{", place)) >= 0:
        stop = text.find("}}", start)
        if stop < 0:
            raise NodeError(f'Cannot find end tag="}}}}" in the template {text[start:]!r}')
        yield text[place:start], text[start + 2 : stop]
        place = stop + 2
    yield text[place:], None


def _replaced(tag: str, scope: Scope, partial: bool, in_json: bool) -> str:
    if tag.startswith("="):
        return _evaluated(tag[1:], scope, partial, in_json)
    name = tag.strip()
    if name in scope:
        return scope[name]
    if partial:
        return "{{" + tag + "}}"
    raise _unresolved(name)


def _evaluated(text: str, scope: Scope, partial: bool, in_json: bool) -> str:
    if in_json and '"' in text:
        raise NodeError(f"double quotes inside {{{{={text}}}}} break the JSON around it")
    node = _parsed(text)
    known = visible(node, scope)
    if isinstance(known, Reference):
        if partial:
            return "{{=" + text + "}}"
        raise _unresolved(str(known), f" in {{{{={text}}}}}")
    try:
        value = evaluate(node, known)
    except ExprError as error:
        raise NodeError(f"failed to evaluate {{{{={text}}}}} at character {error.position + 1}: {error.message}") from None
    if not isinstance(value, str):
        raise NodeError(f"the result of {{{{={text}}}}} is no text: put string(...) around it")
    return value


@lru_cache(maxsize=4096)
def _tree(text: str) -> Node:
    return parse(text)


def _parsed(text: str) -> Node:
    try:
        return _tree(text)
    except ExprError as error:
        raise NodeError(f"{{{{={text}}}}} is no expression, at character {error.position + 1}: {error.message}") from None


def visible(node: Node, scope: Scope) -> dict[str, Any] | Reference:
    """Return what of a scope an expression refers to, as maps inside maps, or the reference that the scope has nothing for.

    ``??`` does not help such a reference.
    """
    found: dict[str, str] = {}
    for reference in references(node):
        names = _known(reference.path, scope)
        if not names:
            return reference
        found.update((name, scope[name]) for name in names)
    return expand(found)


def _known(path: tuple[str, ...], scope: Scope) -> list[str]:
    """Return the names that a path reads: the one that it leads through, else all below it."""
    for end in range(len(path), 0, -1):
        name = ".".join(path[:end])
        if name in scope:
            return [name]
    within = ".".join(path) + "."
    return [name for name in scope if name.startswith(within)]


def _unresolved(name: str, inside: str = "") -> NodeError:
    """Return the error of a reference to nothing.

    Raises Refused where Argo has a value that is not made here.
    """
    if name.partition(".")[0] in ROOTS and not MADE.match(name):
        raise Refused(f"{name!r} is not known to the rehearsal.", fix="refer to parameters, statuses, outputs and items only.")
    return NodeError(f"failed to resolve {{{{{name}}}}}{inside}")


def expand(scope: Scope) -> dict[str, Any]:
    """Return a scope as an expression sees it: maps inside maps.

    >>> expand({"inputs.parameters.a": "1", "item": "0"})
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


def leftover(value: Any) -> str | None:
    """Return the first tag that nothing has replaced."""
    if isinstance(value, str):
        return next((tag for _, tag in _pieces(value) if tag is not None), None) if "{{" in value else None
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((tag for part in parts if (tag := leftover(part)) is not None), None)


def expressions(value: Any) -> Iterator[tuple[str, frozenset[str]]]:
    """Give the text of each expression inside a value, and the first names of what it refers to."""
    if isinstance(value, str) and "{{=" in value:
        for _, tag in _pieces(value):
            if tag is not None and tag.startswith("="):
                yield tag[1:], frozenset(found.path[0] for found in references(_parsed(tag[1:])))
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from expressions(part)
