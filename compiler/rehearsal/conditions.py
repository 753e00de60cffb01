"""Decide whether a task runs: what it depends on, and when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from laminar.compiler.rehearsal.refusal import NodeError, Refused

__all__ = ["Depends", "depends", "holds"]

WORDS = frozenset(
    ("let", "matches", "contains", "startsWith", "endsWith", "nil", "true", "false", "in", "not", "and", "or", "if", "else")
)
"""What the grammar of `depends` takes for something else than a task's name."""

RESULTS = ("Succeeded", "Failed", "Skipped", "Omitted", "Errored", "Daemoned")
BARE = ("Succeeded", "Skipped", "Daemoned")
PHASES = {"Errored": "Error"}

DEPENDS = re.compile(r"\s*(?:(?P<name>[A-Za-z0-9_][-A-Za-z0-9_]*)(?:\.(?P<result>[A-Za-z]+))?|(?P<sign>&&|\|\||[!()]))")
WHEN = re.compile(r"""\s*(?:(?P<sign>&&|\|\||==|!=|<=|>=|=~|!~|[!()<>,])|(?P<text>'[^']*'|"[^"]*")|(?P<word>[^\s&|=!()<>,'"~]+))""")


@dataclass(frozen=True)
class Depends:
    """A condition over tasks: ``tree`` is a name with the phases that satisfy it, or an operator with its operands."""

    names: tuple[str, ...]
    tree: Any

    def met(self, phases: Mapping[str, str]) -> bool:
        """Say whether the phases of the tasks satisfy it."""
        return _met(self.tree, phases)


def _met(tree: Any, phases: Mapping[str, str]) -> bool:
    operator, *operands = tree
    if operator == "task":
        name, wanted = operands
        return phases[name] in wanted
    if operator == "!":
        return not _met(operands[0], phases)
    found = [_met(operand, phases) for operand in operands]
    return all(found) if operator == "&&" else any(found)


@lru_cache(maxsize=4096)
def depends(text: str) -> Depends:
    """Read ``depends``: names, ``.Succeeded`` and so on, ``&&``, ``||``, ``!``, parentheses.

    Raises Refused for anything else.

    >>> depends("A && !B.Failed").met({"A": "Skipped", "B": "Succeeded"})
    True
    """
    reader = _Reader(text, DEPENDS, f"depends {text!r}")
    tree = _or(reader, _task)
    reader.end()
    return Depends(tuple(dict.fromkeys(reader.names)), tree)


class _Reader:
    def __init__(self, text: str, pattern: re.Pattern[str], shown: str) -> None:
        self.shown = shown
        self.tokens: list[re.Match[str]] = []
        self.names: list[str] = []
        place = 0
        while text[place:].strip():
            match = pattern.match(text, place)
            if match is None:
                raise self.misread(text[place:].strip())
            self.tokens.append(match)
            place = match.end()
        self.place = 0

    def misread(self, what: str) -> Refused:
        return Refused(f"{self.shown} cannot be read at {what!r}.", fix="join names with && and ||.")

    def accept(self, sign: str) -> bool:
        if self.place < len(self.tokens) and self.tokens[self.place]["sign"] == sign:
            self.place += 1
            return True
        return False

    def take(self) -> re.Match[str]:
        if self.place == len(self.tokens):
            raise self.misread("its end")
        self.place += 1
        return self.tokens[self.place - 1]

    def end(self) -> None:
        if self.place < len(self.tokens):
            raise self.misread(self.tokens[self.place][0].strip())


def _or(reader: _Reader, leaf: Any) -> Any:
    tree = _and(reader, leaf)
    while reader.accept("||"):
        tree = ("||", tree, _and(reader, leaf))
    return tree


def _and(reader: _Reader, leaf: Any) -> Any:
    tree = _not(reader, leaf)
    while reader.accept("&&"):
        tree = ("&&", tree, _not(reader, leaf))
    return tree


def _not(reader: _Reader, leaf: Any) -> Any:
    if reader.accept("!"):
        return ("!", _not(reader, leaf))
    if reader.accept("("):
        tree = _or(reader, leaf)
        if not reader.accept(")"):
            raise reader.misread("a parenthesis that is not closed")
        return tree
    return leaf(reader)


def _task(reader: _Reader) -> Any:
    token = reader.take()
    name, result = token["name"], token["result"]
    if not name:
        raise reader.misread(token[0].strip())
    if name in WORDS or name[0].isdigit():
        raise Refused(f"{reader.shown}: Argo cannot read the name {name!r} there.", fix="give the task another name.")
    if result is not None and result not in RESULTS:
        raise Refused(f"{reader.shown}: {result!r} is not known.", fix=f"say one of {', '.join(RESULTS)}.")
    reader.names.append(name)
    wanted = BARE if result is None else (result,)
    return ("task", name, frozenset(PHASES.get(one, one) for one in wanted))


# when


def holds(text: str) -> bool:
    """Evaluate a ``when`` whose tags are replaced: comparisons of words and quoted texts, ``&&``, ``||``, ``!``.

    Raises NodeError for what is no condition.

    >>> holds("Skipped == Succeeded"), holds("true"), holds("a != b && !(1 > 2)")
    (False, True, True)
    """
    try:
        reader = _Reader(text, WHEN, f"when {text!r}")
        tree = _or(reader, _comparison)
        reader.end()
        return _true(tree, text)
    except Refused as error:
        raise NodeError(f"Invalid 'when' expression '{text}': {error.what}") from None


def _comparison(reader: _Reader) -> Any:
    left = _operand(reader)
    for sign in ("==", "!=", "<=", ">=", "<", ">"):
        if reader.accept(sign):
            return ("value", _compared(sign, left, _operand(reader)))
    return ("value", left)


def _operand(reader: _Reader) -> Any:
    token = reader.take()
    if token["text"] is not None:
        return token["text"][1:-1]
    word = token["word"]
    if word is None:
        raise reader.misread(token[0].strip())
    if word in ("true", "false"):
        return word == "true"
    return float(word) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", word) else word


def _compared(sign: str, left: Any, right: Any) -> bool:
    if sign in ("==", "!="):
        return bool((type(left) is type(right) and left == right) == (sign == "=="))
    if type(left) is not type(right) or isinstance(left, bool):
        raise Refused(f"{left!r} {sign} {right!r} cannot be compared.")
    return bool({"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[sign])


def _true(tree: Any, text: str) -> bool:
    operator, *operands = tree
    if operator == "value":
        if not isinstance(operands[0], bool):
            raise NodeError(f"Expected boolean evaluation for '{text}'. Got {operands[0]}")
        return operands[0]
    if operator == "!":
        return not _true(operands[0], text)
    found = [_true(operand, text) for operand in operands]
    return all(found) if operator == "&&" else any(found)
