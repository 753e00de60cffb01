"""Evaluate an expression as strictly as expr-lang does: no value is converted implicitly."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from laminar.compiler.argo.expressions.functions import FUNCTIONS, SPRIG, Function
from laminar.compiler.argo.expressions.nodes import (
    Array,
    Binary,
    Call,
    Closure,
    Conditional,
    ExprError,
    Let,
    Literal,
    Map,
    Member,
    Name,
    Node,
    Pointer,
    Sequence,
    Slice,
    Unary,
)
from laminar.compiler.argo.expressions.values import Misfit, equal, is_number, shown, to_integer

__all__ = ["evaluate"]

LIMIT = 1_000_000
"""How many elements a range may have (expr-lang's memory budget, vm.MemoryBudget)."""


class _Missing:
    """The value of an optional chain that breaks off: the rest of the chain is not evaluated."""


MISSING = _Missing()


def evaluate(node: Node, environment: Mapping[str, Any]) -> Any:
    """Return an expression's value; numbers, texts, lists and maps are Python's.

    Raises ExprError, with the place, where expr-lang fails.

    >>> from laminar.compiler.argo.expressions.parser import parse
    >>> evaluate(parse("sum(fromJSON(x).rows) / 2"), {"x": '{"rows": [2, 3]}'})
    2.5
    """
    return _Evaluator(environment, ()).value(node)


class _Evaluator:
    def __init__(self, names: Mapping[str, Any], pointers: tuple[Mapping[str, Any], ...]) -> None:
        self.names = names
        self.pointers = pointers

    def value(self, node: Node) -> Any:
        found = self.chain(node)
        return None if found is MISSING else found

    def chain(self, node: Node) -> Any:
        try:
            result: Any = HANDLERS[type(node)](self, node)
            return result
        except Misfit as misfit:
            raise ExprError(str(misfit), node.position) from None
        except OverflowError:
            raise ExprError("A number is too large.", node.position) from None
        except RecursionError:
            raise ExprError("The expression is too deep.", node.position) from None

    # names and members

    def literal(self, node: Literal) -> Any:
        return node.value

    def name(self, node: Name) -> Any:
        if node.name in self.names:
            return self.names[node.name]
        raise Misfit(f"There is no {node.name!r} here.")

    def pointer(self, node: Pointer) -> Any:
        if not self.pointers or node.name not in self.pointers[-1]:
            raise Misfit(f"There is no '#{node.name}' here.")
        return self.pointers[-1][node.name]

    def member(self, node: Member) -> Any:
        target = self.chain(node.target)
        if target is MISSING or (target is None and node.optional):
            return MISSING
        key = self.value(node.key)
        if isinstance(target, dict):
            if not isinstance(key, str):
                raise Misfit(f"A map has texts as keys, not {shown(key)}.")
            return target.get(key)
        if isinstance(target, list):
            place = to_integer(key, "An index")
            if not -len(target) <= place < len(target):
                raise Misfit(f"There is no element {place} in a list of {len(target)}.")
            return target[place]
        raise Misfit(f"{shown(target)} has no {shown(key)}.")

    def slice(self, node: Slice) -> Any:
        target = self.value(node.target)
        if not isinstance(target, str | list):
            raise Misfit(f"{shown(target)} cannot be sliced.")
        start = to_integer(self.value(node.start), "An index") if node.start else 0
        stop = to_integer(self.value(node.stop), "An index") if node.stop else len(target)
        return target[start:stop]

    # operators

    def unary(self, node: Unary) -> Any:
        value = self.value(node.operand)
        if node.operator == "!":
            return not self.truth(value, "!")
        if not is_number(value):
            raise Misfit(f"{node.operator!r} takes a number, not {shown(value)}.")
        return -value if node.operator == "-" else value

    def binary(self, node: Binary) -> Any:
        left = self.value(node.left)
        if node.operator == "??":
            return left if left is not None else self.value(node.right)
        if node.operator == "&&":
            return self.truth(left, "&&") and self.truth(self.value(node.right), "&&")
        if node.operator == "||":
            return self.truth(left, "||") or self.truth(self.value(node.right), "||")
        return OPERATORS[node.operator](left, self.value(node.right))

    def truth(self, value: Any, operator: str) -> bool:
        if not isinstance(value, bool):
            raise Misfit(f"{operator!r} takes true or false, not {shown(value)}.")
        return value

    def conditional(self, node: Conditional) -> Any:
        test = self.value(node.test)
        return self.value(node.yes if self.truth(test, "?") else node.no)

    def let(self, node: Let) -> Any:
        if node.name in self.names or node.name in FUNCTIONS:
            raise Misfit(f"{node.name!r} has a meaning already: choose another name.")
        return _Evaluator({**self.names, node.name: self.value(node.value)}, self.pointers).value(node.body)

    def sequence(self, node: Sequence) -> Any:
        return [self.value(item) for item in node.items][-1]

    def array(self, node: Array) -> Any:
        return [self.value(item) for item in node.items]

    def map(self, node: Map) -> Any:
        return {str(self.value(key)): self.value(value) for key, value in zip(node.keys, node.values, strict=True)}

    # calls

    def call(self, node: Call) -> Any:
        function = self.function(node.function)
        count = len(node.arguments)
        if count < function.least or (function.most is not None and count > function.most):
            raise Misfit(f"{function.name} rejects {count} argument{'s' * (count != 1)}.")
        if function.apply is None:
            raise Misfit(f"{function.name} is not evaluated here.")
        return function.apply(*[self.argument(argument) for argument in node.arguments])

    def argument(self, node: Node) -> Any:
        return self.closure(node) if isinstance(node, Closure) else self.value(node)

    def function(self, node: Node) -> Function:
        if isinstance(node, Name):
            if node.name in FUNCTIONS:
                return FUNCTIONS[node.name]
            raise Misfit(f"There is no function {node.name!r}.")
        if isinstance(node, Member) and node.target == Name(node.target.position, "sprig") and isinstance(node.key, Literal):
            if node.key.value in SPRIG:
                return SPRIG[str(node.key.value)]
            raise Misfit(f"sprig.{node.key.value} is not evaluated here.")
        raise Misfit("The called value is no function.")

    def closure(self, node: Closure) -> Callable[..., Any]:
        def apply(element: Any, index: int, total: Any = None) -> Any:
            pointers = (*self.pointers, {"": element, "index": index, "acc": total})
            return _Evaluator(self.names, pointers).value(node.body)

        return apply


def _arithmetic(operator: str, compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def apply(left: Any, right: Any) -> Any:
        if not is_number(left) or not is_number(right):
            raise Misfit(f"{operator!r} cannot be applied to {shown(left)} and {shown(right)}.")
        return compute(left, right)

    return apply


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    return _arithmetic("+", lambda a, b: a + b)(left, right)


def _divide(left: Any, right: Any) -> float:
    if right == 0:  # Go's floats have infinity
        return math.nan if left == 0 else math.copysign(math.inf, left)
    return float(left / right)


def _remainder(left: Any, right: Any) -> int:
    if not isinstance(left, int) or not isinstance(right, int):
        raise Misfit(f"'%' takes whole numbers, not {shown(left)} and {shown(right)}: put int(...) around them.")
    if right == 0:
        raise Misfit("There is no remainder of a division by 0.")
    return int(math.fmod(left, right))


def _ordered(operator: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def apply(left: Any, right: Any) -> bool:
        both = (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str))
        if not both:
            raise Misfit(f"{operator!r} does not compare {shown(left)} with {shown(right)}.")
        return compare(left, right)

    return apply


def _texts(operator: str, test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def apply(left: Any, right: Any) -> bool:
        if left is None or right is None:
            return False
        if not isinstance(left, str) or not isinstance(right, str):
            raise Misfit(f"{operator!r} takes two texts, not {shown(left)} and {shown(right)}.")
        return test(left, right)

    return apply


def _in(left: Any, right: Any) -> bool:
    if right is None:
        return False
    if isinstance(right, list):
        return any(equal(left, item) for item in right)
    if isinstance(right, dict):
        return isinstance(left, str) and left in right
    raise Misfit(f"'in' takes a list or a map, not {shown(right)}.")


def _range(left: Any, right: Any) -> list[int]:
    start, stop = to_integer(left, "A range's start"), to_integer(right, "A range's end")
    if stop - start > LIMIT:
        raise Misfit("The range is too long.")
    return list(range(start, stop + 1))


def _matches(left: str, right: str) -> bool:
    try:
        return re.search(right, left) is not None
    except re.error as error:
        raise Misfit(f"{right!r} is no regular expression: {error}.") from None


OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": _add,
    "-": _arithmetic("-", lambda left, right: left - right),
    "*": _arithmetic("*", lambda left, right: left * right),
    "/": _arithmetic("/", _divide),
    "%": _arithmetic("%", _remainder),
    "**": _arithmetic("**", lambda left, right: math.pow(left, right)),
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": _ordered("<", lambda left, right: left < right),
    ">": _ordered(">", lambda left, right: left > right),
    "<=": _ordered("<=", lambda left, right: left <= right),
    ">=": _ordered(">=", lambda left, right: left >= right),
    "in": _in,
    "..": _range,
    "matches": _texts("matches", _matches),
    "contains": _texts("contains", lambda left, right: right in left),
    "startsWith": _texts("startsWith", str.startswith),
    "endsWith": _texts("endsWith", str.endswith),
}

HANDLERS: Mapping[type[Node], Callable[..., Any]] = {
    Literal: _Evaluator.literal,
    Name: _Evaluator.name,
    Pointer: _Evaluator.pointer,
    Member: _Evaluator.member,
    Slice: _Evaluator.slice,
    Unary: _Evaluator.unary,
    Binary: _Evaluator.binary,
    Conditional: _Evaluator.conditional,
    Let: _Evaluator.let,
    Sequence: _Evaluator.sequence,
    Array: _Evaluator.array,
    Map: _Evaluator.map,
    Call: _Evaluator.call,
}
