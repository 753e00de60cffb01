"""Infer the kind of an expression's result, without evaluating it."""

from __future__ import annotations

from typing import Any

from laminar.compiler.argo.expressions import Conditional, ExprError, Let, Literal, Node, Sequence, evaluate, references

__all__ = ["constant_of", "may_be_nothing"]


def may_be_nothing(node: Node) -> bool:
    """Return whether a branch of an expression is nil, written as such.

    >>> from laminar.compiler.argo.expressions import parse
    >>> [may_be_nothing(parse(text)) for text in ("nil", "x ? '0' : nil", "let a = nil; 1", "x.y", "x ?? 1")]
    [True, True, False, False, False]
    """
    if isinstance(node, Literal):
        return node.value is None
    if isinstance(node, Let):
        return may_be_nothing(node.body)
    if isinstance(node, Sequence):
        return may_be_nothing(node.items[-1])
    return isinstance(node, Conditional) and (may_be_nothing(node.yes) or may_be_nothing(node.no))


def constant_of(node: Node) -> Any:
    """Return the value of an expression that depends on nothing, None for one that does or cannot be evaluated."""
    if references(node):
        return None
    try:
        return evaluate(node, {})
    except ExprError:
        return None
