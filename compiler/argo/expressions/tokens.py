"""Split the text of an expression into tokens.

The tokens are those of expr-lang (github.com/expr-lang/expr, parser/lexer, 1.17), which Argo 4.1.2 uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from laminar.compiler.argo.expressions.nodes import ExprError

__all__ = ["WORDS", "Token", "tokenize"]

WORDS = frozenset(("not", "in", "and", "or", "matches", "contains", "startsWith", "endsWith", "let", "if", "else"))
"""Operators that are spelt like names."""

PATTERN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+ | //[^\n]* | /\*.*?\*/)
  | (?P<number>0[xX][0-9a-fA-F_]+ | 0[oO][0-7_]+ | 0[bB][01_]+
      | (?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)? | \.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
  | (?P<text>'(?:[^'\\\n]|\\.)*' | "(?:[^"\\\n]|\\.)*" | `[^`]*`)
  | (?P<name>[^\W\d][\w$]* | \$[\w$]*)
  | (?P<operator>\?\?|\?\.|\.\.|\*\*|&&|\|\||==|!=|<=|>=|::|[-+*/%^<>!=?:;,.|\#])
  | (?P<bracket>[()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)

ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"', "`": "`"}


@dataclass(frozen=True)
class Token:
    """One token: its kind (number, text, name, operator, bracket, end), its value and the offset where it begins."""

    kind: str
    value: str
    position: int

    def __str__(self) -> str:
        return repr(self.value) if self.kind != "end" else "the end"


def tokenize(text: str) -> Iterator[Token]:
    """Yield the tokens of an expression, the end last; a text comes without its quotes, and with its escapes decoded.

    Raises ExprError for characters that are no token.
    """
    place = 0
    while place < len(text):
        match = PATTERN.match(text, place)
        if match is None:
            raise ExprError(_complaint(text, place), place)
        kind, value = str(match.lastgroup), match[0]
        if kind == "text":
            yield Token("text", value[1:-1] if value[0] == "`" else _unescape(value[1:-1], place + 1), place)
        elif kind == "name" and value in WORDS:
            yield Token("operator", value, place)
        elif kind != "space":
            yield Token(kind, value, place)
        place = match.end()
    yield Token("end", "", len(text))


def _complaint(text: str, place: int) -> str:
    if text[place] in "'\"`":
        return "The text that begins here does not end."
    if text[place] == "&":
        return "'&' is no operator: '&&' is."
    return f"{text[place]!r} is no token."


def _unescape(inner: str, position: int) -> str:
    def decode(match: re.Match[str]) -> str:
        found = match[1]
        if len(found) > 1:
            return chr(int(found, 8) if found[0] in "01234567" else int(found[1:], 16))
        if found not in ESCAPES:
            raise ExprError(f"'\\{found}' is no escape.", position + match.start())
        return ESCAPES[found]

    return ESCAPE.sub(decode, inner)
