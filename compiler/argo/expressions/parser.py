"""Parse an expression into a tree, with expr-lang's precedences (parser/operator/operator.go, 1.17)."""

from __future__ import annotations

import re

from laminar.compiler.argo.expressions.functions import CLOSURES
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
from laminar.compiler.argo.expressions.tokens import WORDS, Token, tokenize

__all__ = ["parse"]

UNARY = {"not": 50, "!": 50, "-": 90, "+": 90}
BINARY = {
    "|": 0,
    **dict.fromkeys(("||", "or"), 10),
    **dict.fromkeys(("&&", "and"), 15),
    **dict.fromkeys(("==", "!=", "<", ">", "<=", ">="), 20),
    **dict.fromkeys(("in", "matches", "contains", "startsWith", "endsWith"), 20),
    "..": 25,
    **dict.fromkeys(("+", "-"), 30),
    **dict.fromkeys(("*", "/", "%"), 60),
    **dict.fromkeys(("**", "^"), 100),
    "??": 500,
}
"""The precedence of each operator; ``??`` binds tightest, and expr-lang rejects it beside others without parentheses."""

COMPARISONS = ("<", ">", "<=", ">=", "==", "!=")
NEGATED = ("in", "matches", "contains", "startsWith", "endsWith")
SAME = {"and": "&&", "or": "||", "^": "**", "not": "!"}
CONSTANTS = {"true": True, "false": False, "nil": None}
WORD = re.compile(r"[^\W\d]\w*\Z")


def parse(text: str) -> Node:
    """Return the tree of an expression.

    Raises ExprError, with the place, for a text that expr-lang rejects.

    >>> parse("1 + x")
    Binary(position=2, operator='+', left=Literal(position=0, value=1), right=Name(position=4, name='x'))
    """
    reader = _Reader(text)
    node = reader.sequence()
    if reader.token.kind != "end":
        raise reader.unexpected()
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = list(tokenize(text))
        self.place = 0
        self.depth = 0  # of closures: `#` has a value only inside one

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def unexpected(self, wanted: str = "") -> ExprError:
        return ExprError(f"{self.token} is not expected here{f': {wanted} is' if wanted else ''}.", self.token.position)

    def is_at(self, *values: str) -> bool:
        return self.token.kind in ("operator", "bracket") and self.token.value in values

    def take(self) -> Token:
        token = self.token
        self.place += 1
        return token

    def accept(self, value: str) -> bool:
        if self.is_at(value):
            self.place += 1
            return True
        return False

    def expect(self, value: str) -> Token:
        if not self.is_at(value):
            raise self.unexpected(repr(value))
        return self.take()

    def name(self) -> Token:
        if self.token.kind != "name":
            raise self.unexpected("a name")
        return self.take()

    # from loose to tight

    def sequence(self) -> Node:
        position = self.token.position
        items = [self.expression()]
        while self.accept(";"):
            if self.token.kind == "end":
                break
            items.append(self.expression())
        return items[0] if len(items) == 1 else Sequence(position, tuple(items))

    def expression(self, precedence: int = 0) -> Node:
        if precedence == 0 and self.is_at("let"):
            return self.let()
        if precedence == 0 and self.is_at("if"):
            return self.condition()
        node = self.operations(self.primary(), precedence)
        return self.ternary(node) if precedence == 0 else node

    def let(self) -> Node:
        position = self.take().position
        name = self.name()
        self.expect("=")
        value = self.expression()
        self.expect(";")
        return Let(position, name.value, value, self.sequence())

    def condition(self) -> Node:
        position = self.expect("if").position
        test = self.expression()
        yes = self.block()
        self.expect("else")
        return Conditional(position, test, yes, self.condition() if self.is_at("if") else self.block())

    def block(self) -> Node:
        self.expect("{")
        node = self.sequence()
        self.expect("}")
        return node

    def ternary(self, node: Node) -> Node:
        while self.is_at("?"):
            position = self.take().position
            if self.accept(":"):
                node = Conditional(position, node, node, self.expression())
            else:
                yes = self.expression()
                self.expect(":")
                node = Conditional(position, node, yes, self.expression())
        return node

    def operations(self, left: Node, precedence: int) -> Node:
        before = ""
        while self.token.kind == "operator":
            token, negated = self.token, self.is_at("not")
            if negated:
                token = self.tokens[self.place + 1]
                if token.kind != "operator" or token.value not in NEGATED:
                    raise self.unexpected()
            power = BINARY.get(token.value)
            if power is None or power < precedence:
                break
            self.place += 2 if negated else 1
            if token.value == "|":
                left = self.pipe(left)
            else:
                if before == "??" and token.value != "??":
                    raise ExprError(f"'??' and {token.value!r} do not mix: put one in parentheses.", token.position)
                left = self.operation(left, token, power)
                left = Unary(token.position, "!", left) if negated else left
            before = token.value
        return left

    def operation(self, left: Node, token: Token, power: int) -> Node:
        operator = SAME.get(token.value, token.value)
        right = self.expression(power if operator == "**" else power + 1)
        node: Node = Binary(token.position, operator, left, right)
        while operator in COMPARISONS and self.is_at(*COMPARISONS):  # a < b < c
            token = self.take()
            left, right = right, self.expression(power + 1)
            node = Binary(token.position, "&&", node, Binary(token.position, token.value, left, right))
        return node

    def pipe(self, left: Node) -> Node:
        name = self.name()
        if not self.is_at("("):
            raise self.unexpected("'('")
        return self.postfix(self.call(Name(name.position, name.value), (left,)))

    def primary(self) -> Node:
        token = self.token
        if token.kind == "operator" and token.value in UNARY:
            self.take()
            operand = self.expression(UNARY[token.value])
            return self.postfix(Unary(token.position, SAME.get(token.value, token.value), operand))
        if self.accept("("):
            node = self.sequence()
            self.expect(")")
            return self.postfix(node)
        if self.depth and self.is_at("#"):
            self.take()
            near = self.token.kind == "name" and self.token.position == token.position + 1
            return self.postfix(Pointer(token.position, self.take().value if near else ""))
        if self.depth and self.is_at("."):
            return self.postfix(Pointer(token.position))
        return self.secondary()

    def secondary(self) -> Node:
        token = self.token
        if token.kind == "name":
            self.take()
            if token.value in CONSTANTS:
                return Literal(token.position, CONSTANTS[token.value])
            node: Node = Name(token.position, token.value)
            return self.postfix(self.call(node) if self.is_at("(") else node)
        if token.kind == "number":
            self.take()
            return self.postfix(Literal(token.position, _number(token)))
        if token.kind == "text":
            self.take()
            return self.postfix(Literal(token.position, token.value))
        if self.is_at("["):
            return self.postfix(Array(self.take().position, self.list_of("]")))
        if self.is_at("{"):
            return self.postfix(self.map())
        raise self.unexpected()

    def postfix(self, node: Node) -> Node:
        while self.is_at(".", "?.", "["):
            token = self.take()
            if token.value == "[":
                node = self.index(node, token.position, optional=False)
            elif token.value == "?." and self.accept("["):
                node = self.index(node, token.position, optional=True)
            else:
                node = self.member(node, token)
        return node

    def member(self, node: Node, token: Token) -> Node:
        key = self.take()
        if key.kind != "name" and not (key.kind == "operator" and WORD.match(key.value)):
            self.place -= 1
            raise self.unexpected("a name")
        node = Member(token.position, node, Literal(key.position, key.value), token.value == "?.")
        return self.call(node) if self.is_at("(") else node

    def index(self, node: Node, position: int, *, optional: bool) -> Node:
        start = None if self.is_at(":") else self.expression()
        if self.accept(":"):
            stop = None if self.is_at("]") else self.expression()
            self.expect("]")
            return Slice(position, node, start, stop)
        self.expect("]")
        assert start is not None
        return Member(position, node, start, optional)

    # calls, lists, maps

    def call(self, function: Node, first: tuple[Node, ...] = ()) -> Node:
        self.expect("(")
        closes = CLOSURES.get(function.name, ()) if isinstance(function, Name) else ()
        arguments = list(first)
        while not self.is_at(")"):
            if len(arguments) > len(first):
                self.expect(",")
                if self.is_at(")"):
                    break
            arguments.append(self.closure() if len(arguments) in closes else self.expression())
        self.expect(")")
        return Call(function.position, function, tuple(arguments))

    def closure(self) -> Node:
        position = self.token.position
        self.depth += 1
        body = self.block() if self.is_at("{") else self.expression()
        self.depth -= 1
        return Closure(position, body)

    def list_of(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self.is_at(end):
            if items:
                self.expect(",")
                if self.is_at(end):
                    break
            items.append(self.expression())
        self.expect(end)
        return tuple(items)

    def map(self) -> Node:
        position = self.expect("{").position
        keys: list[Node] = []
        values: list[Node] = []
        while not self.is_at("}"):
            if keys:
                self.expect(",")
                if self.is_at("}"):
                    break
            keys.append(self.key())
            self.expect(":")
            values.append(self.expression())
        self.expect("}")
        return Map(position, tuple(keys), tuple(values))

    def key(self) -> Node:
        token = self.token
        if token.kind in ("name", "text", "number") or (token.kind == "operator" and token.value in WORDS):
            self.take()
            return Literal(token.position, token.value)
        if self.is_at("("):
            return self.expression()
        raise self.unexpected("a key")


def _number(token: Token) -> int | float:
    text = token.value.replace("_", "").lower()
    try:
        if text[:2] in ("0x", "0o", "0b"):
            return int(text, 0)
        return float(text) if any(letter in text for letter in ".e") else int(text)
    except ValueError:
        raise ExprError(f"{token.value!r} is no number.", token.position) from None
