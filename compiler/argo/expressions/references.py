"""Find the references of an expression, and its wrong calls, without evaluating it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from laminar.compiler.argo.expressions.functions import FUNCTIONS, SPRIG, SPRIG_NAMES, Function
from laminar.compiler.argo.expressions.nodes import Binary, Call, ExprError, Let, Literal, Member, Name, Node, walk
from laminar.exceptions import suggest

__all__ = ["Reference", "problems", "references"]


@dataclass(frozen=True)
class Reference:
    """A name of the environment and the members that are read from it, as far as they are constants.

    ``fallback`` is True left of ``??`` and in a chain of ``?.``.
    """

    path: tuple[str, ...]
    position: int
    fallback: bool = False

    def __str__(self) -> str:
        return ".".join(self.path)


def references(node: Node) -> tuple[Reference, ...]:
    """Return the paths that an expression reads from its environment, in the order of the text.

    >>> from laminar.compiler.argo.expressions.parser import parse
    >>> [str(found) for found in references(parse("fromJSON(tasks['J-gate'].outputs.parameters.entries).J && x"))]
    ['tasks.J-gate.outputs.parameters.entries', 'x']
    """
    return tuple(sorted(_references(node, frozenset(), False), key=lambda found: found.position))


def _references(node: Node, bound: frozenset[str], fallback: bool) -> Iterator[Reference]:
    if isinstance(node, Name | Member):
        yield from _chain(node, bound, fallback)
    elif isinstance(node, Let):
        yield from _references(node.value, bound, False)
        yield from _references(node.body, bound | {node.name}, fallback)
    elif isinstance(node, Call):
        if not isinstance(node.function, Name) and not _is_sprig(node.function):
            yield from _references(node.function, bound, False)
        for argument in node.arguments:
            yield from _references(argument, bound, False)
    elif isinstance(node, Binary) and node.operator == "??":
        yield from _references(node.left, bound, True)
        yield from _references(node.right, bound, fallback)
    else:
        for child in node.children:
            yield from _references(child, bound, False)


def _chain(node: Name | Member, bound: frozenset[str], fallback: bool) -> Iterator[Reference]:
    """Yield the reference that a chain of members is, and those inside its indexes."""
    path: list[str] = []
    top: Node = node
    while isinstance(top, Member):
        if isinstance(top.key, Literal):
            path.insert(0, str(top.key.value))
        else:
            path.clear()
            yield from _references(top.key, bound, False)
        fallback = fallback or top.optional
        top = top.target
    if not isinstance(top, Name):
        yield from _references(top, bound, False)
    elif top.name not in bound:
        yield Reference((top.name, *path), top.position, fallback)


def _is_sprig(node: Node) -> bool:
    return isinstance(node, Member) and isinstance(node.target, Name) and node.target.name == "sprig"


def problems(node: Node) -> tuple[ExprError, ...]:
    """Return the calls that are wrong: unknown functions, wrong numbers of arguments.

    >>> from laminar.compiler.argo.expressions.parser import parse
    >>> [problem.message for problem in problems(parse("strin(1) + max()"))]
    ["There is no function 'strin'.", 'max takes at least 1 argument, not 0.']
    """
    calls = (part for part in walk(node) if isinstance(part, Call))
    return tuple(found for call in calls if (found := _problem(call)) is not None)


def _problem(call: Call) -> ExprError | None:
    function = call.function
    if isinstance(function, Name):
        known = FUNCTIONS.get(function.name)
        return _count(call, known) if known else ExprError(f"There is no function {function.name!r}.", call.position)
    if _is_sprig(function) and isinstance(function, Member) and isinstance(function.key, Literal):
        name = str(function.key.value)
        if name not in SPRIG_NAMES:
            return ExprError(f"There is no function 'sprig.{name}'." + suggest(name, SPRIG_NAMES), call.position)
        return _count(call, SPRIG[name]) if name in SPRIG else None
    if isinstance(function, Member):
        return None  # a method of a Go value, such as the Seconds of a duration
    return ExprError("The called value is no function.", call.position)


def _count(call: Call, function: Function) -> ExprError | None:
    count, least, most = len(call.arguments), function.least, function.most
    if least <= count and (most is None or count <= most):
        return None
    wanted = str(least) if least == most else f"at least {least}" if count < least else f"at most {most}"
    plural = "" if wanted.endswith(" 1") or wanted == "1" else "s"
    return ExprError(f"{function.name} takes {wanted} argument{plural}, not {count}.", call.position)
