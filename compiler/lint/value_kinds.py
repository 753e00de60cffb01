"""Tell, without running it, what kind of value an expression gives."""

from __future__ import annotations

from typing import Any

from laminar.compiler.argo.expressions import (
    Array,
    Binary,
    Call,
    Conditional,
    ExprError,
    Let,
    Literal,
    Map,
    Member,
    Name,
    Node,
    Sequence,
    Unary,
    evaluate,
    references,
)

__all__ = ["constant_of", "is_no_text"]

NO_TEXT = frozenset(
    """all any none one filter map findIndex findLastIndex groupBy sortBy count sum int float asInt asFloat abs ceil floor round
    mean median len keys values toPairs fromPairs reverse uniq concat flatten sort split splitAfter indexOf lastIndexOf
    hasPrefix hasSuffix max min""".split()
)
"""Functions that give numbers, truths, lists or maps; what fromJSON gives is not known."""

OPERATORS = frozenset(("-", "*", "/", "%", "**", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "in", "..", "matches", "contains"))


def is_no_text(node: Node) -> bool:
    """Say whether an expression certainly gives something else than text.

    >>> from laminar.compiler.argo.expressions import parse
    >>> [is_no_text(parse(text)) for text in ("max(1, 2)", "string(1)", "x ? '0' : 1 + 1", "tasks.A.status")]
    [True, False, True, False]
    """
    if isinstance(node, Literal):
        return not isinstance(node.value, str)
    if isinstance(node, Let):
        return is_no_text(node.body)
    if isinstance(node, Sequence):
        return is_no_text(node.items[-1])
    if isinstance(node, Conditional):
        return is_no_text(node.yes) or is_no_text(node.no)
    if isinstance(node, Binary):
        return node.operator in OPERATORS or (node.operator == "+" and (is_no_text(node.left) or is_no_text(node.right)))
    if isinstance(node, Call) and isinstance(node.function, Name):
        return node.function.name in NO_TEXT
    return isinstance(node, Unary | Array | Map) and not isinstance(node, Member)


def constant_of(node: Node) -> Any:
    """Return the value of an expression that depends on nothing, None for one that does or cannot be evaluated."""
    if references(node):
        return None
    try:
        return evaluate(node, {})
    except ExprError:
        return None
