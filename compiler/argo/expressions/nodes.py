"""Define the nodes of an expression's tree; each has its offset in the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from laminar.exceptions import LaminarError

__all__ = [
    "Array",
    "Binary",
    "Call",
    "Closure",
    "Conditional",
    "ExprError",
    "Let",
    "Literal",
    "Map",
    "Member",
    "Name",
    "Node",
    "Pointer",
    "Sequence",
    "Slice",
    "Unary",
    "walk",
]


class ExprError(LaminarError):
    """An expression cannot be read or evaluated; ``position`` is the offset in its text, from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position

    @property
    def message(self) -> str:
        """The message, without the place."""
        return self.what


@dataclass(frozen=True)
class Node:
    """One node; ``position`` is the offset of its operator, or of its first character where it has none."""

    position: int

    @property
    def children(self) -> Iterator[Node]:
        """The nodes directly below this one, in the order they are written."""
        for field in fields(self):
            value = getattr(self, field.name)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Node):
                    yield part


@dataclass(frozen=True)
class Literal(Node):
    """A number, a text, true, false or nil."""

    value: int | float | str | bool | None


@dataclass(frozen=True)
class Name(Node):
    """A name: of the environment, of a ``let`` or of a function."""

    name: str


@dataclass(frozen=True)
class Pointer(Node):
    """``#`` in a closure: its element; ``#acc`` and ``#index`` have a name."""

    name: str = ""


@dataclass(frozen=True)
class Member(Node):
    """``a.b``, ``a['b']``, ``a[0]``; ``optional`` where it is written ``?.``."""

    target: Node
    key: Node
    optional: bool = False


@dataclass(frozen=True)
class Slice(Node):
    """``a[start:stop]``."""

    target: Node
    start: Node | None
    stop: Node | None


@dataclass(frozen=True)
class Unary(Node):
    """``-``, ``+`` or ``!`` (also written ``not``) before an operand."""

    operator: str
    operand: Node


@dataclass(frozen=True)
class Binary(Node):
    """Two operands; ``and``, ``or`` and ``^`` are ``&&``, ``||`` and ``**``, and ``not in`` is a `Unary` around ``in``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Conditional(Node):
    """``test ? yes : no``, also written ``if test { yes } else { no }``."""

    test: Node
    yes: Node
    no: Node


@dataclass(frozen=True)
class Let(Node):
    """``let name = value; body``."""

    name: str
    value: Node
    body: Node


@dataclass(frozen=True)
class Sequence(Node):
    """``a; b``: the value of the last."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Array(Node):
    """``[a, b]``."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Map(Node):
    """``{a: b}``: ``keys[i]`` belongs to ``values[i]``."""

    keys: tuple[Node, ...]
    values: tuple[Node, ...]


@dataclass(frozen=True)
class Closure(Node):
    """``{...}`` as an argument: an expression that is evaluated for each element."""

    body: Node


@dataclass(frozen=True)
class Call(Node):
    """``f(a)``, ``sprig.f(a)`` or ``a | f()``, where ``a`` is the first argument."""

    function: Node
    arguments: tuple[Node, ...]


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes below it."""
    yield node
    for child in node.children:
        yield from walk(child)
