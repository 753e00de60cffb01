"""Check expressions: their syntax, calls, comparisons, results and references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from laminar.compiler.argo.expressions import (
    Array,
    Binary,
    ExprError,
    Let,
    Literal,
    Member,
    Name,
    Node,
    Reference,
    parse,
    problems,
    references,
)
from laminar.compiler.argo.expressions.nodes import walk
from laminar.compiler.argo.parts import Part
from laminar.compiler.argo.tags import constant
from laminar.compiler.lint.finding import Finding, not_checked
from laminar.compiler.lint.references import PHASES, wrong_path
from laminar.compiler.lint.scope import Scope
from laminar.compiler.lint.value_kinds import constant_of, may_be_nothing

__all__ = ["short", "wrong_expression"]

COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")


def wrong_expression(part: Part, text: str, scope: Scope, *, own: Sequence[str] = ()) -> Iterator[Finding]:
    """Yield the errors in an expression; ``own`` are names that only its field has."""
    try:
        node = parse(constant(text, "1"))
    except ExprError as error:
        yield from _unreadable(part, text, error)
        return
    for problem in problems(node):
        yield Finding(part, "X102", f"In the expression {short(text)}: {problem.message}", "correct the call.")
    for found in references(node):
        if found.path[0] not in own:
            yield from wrong_path(part, found.path, scope)
    if may_be_nothing(node):
        yield Finding(part, "X103", f"The expression {short(text)} returns nil, and Argo needs a value.", "return '' or '0'.")
    yield from _wrong_comparison(part, node, text)
    yield from _wrong_phase(part, node, text)
    yield from _wrong_count(part, node)
    yield from _let_with_item(part, node, text, scope)


def _unreadable(part: Part, text: str, error: ExprError) -> Iterator[Finding]:
    if "{{" in text:
        yield not_checked(part, f"The expression {short(text)} cannot be read before its tags are replaced.")
        return
    what = f"The expression {short(text)} cannot be read: {error.message.rstrip('.')} (character {error.position + 1})."
    yield Finding(part, "X101", what, "correct it; between braces it ends at the first '}}'.")


def _wrong_comparison(part: Part, node: Node, text: str) -> Iterator[Finding]:
    """Yield comparisons of lastRetry's texts with numbers: they never hold."""
    for each in _comparisons(node):
        sides = (each.left, each.right)
        texts = [side for side in sides if any(found.path[0] == "lastRetry" for found in _direct(side))]
        numbers = [side for side in sides if isinstance(side, Literal) and isinstance(side.value, int | float)]
        if texts and numbers:
            what = f"The expression {short(text)} compares lastRetry, which is text, with a number."
            yield Finding(part, "X104", what, "write asInt(lastRetry.exitCode), or compare with text.")


def _wrong_phase(part: Part, node: Node, text: str) -> Iterator[Finding]:
    """Yield statuses that no node has."""
    for each in _comparisons(node, "in"):
        if not any(found.path[-1:] == ("status",) and len(found.path) > 1 for found in (*_direct(each.left), *_direct(each.right))):
            continue
        sides = [side for side in (each.left, each.right) for side in (side.items if isinstance(side, Array) else [side])]
        for side in sides:
            if isinstance(side, Literal) and isinstance(side.value, str) and side.value not in PHASES:
                what = f"The expression {short(text)} compares a status with {side.value!r}, which is none."
                yield Finding(part, "X107", what, f"write one of {', '.join(PHASES)}.")


def _comparisons(node: Node, *more: str) -> Iterator[Binary]:
    return (each for each in walk(node) if isinstance(each, Binary) and each.operator in (*COMPARISONS, *more))


def _direct(node: Node) -> Sequence[Reference]:
    return references(node) if isinstance(node, Member) else ()


def _wrong_count(part: Part, node: Node) -> Iterator[Finding]:
    if part.place[-2:] != ("withSequence", "count"):
        return
    value = constant_of(node)
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if value is not None and not whole and not (isinstance(value, str) and value.isdigit()):
        what = f"The count is {value!r}, and a loop needs a whole number from 0 on."
        yield Finding(part, "I103", what, "correct the expression.")


def _let_with_item(part: Part, node: Node, text: str, scope: Scope) -> Iterator[Finding]:
    """Yield a let beside an item (operator.go, processItem; seen on a real Argo 4.1.2)."""
    if scope.task is None or not any(isinstance(each, Let) for each in walk(node)):
        return
    if any(isinstance(each, Name) and each.name == "item" for each in walk(node)):
        what = f"The expression {short(text)} has let and item, and Argo then takes the names of let for missing."
        yield Finding(part, "X106", what, "write the value of the let in its place.")


def short(text: str) -> str:
    """Return a text as a message quotes it."""
    return repr(text if len(text) <= 80 else text[:77] + "...")
