"""Read YAML as Argo's server and kubectl do, and remember the line of each part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from laminar.exceptions import FlowError
from laminar.program.source_location import shorten

__all__ = ["Place", "Problem", "Source", "read", "read_text"]

Place = tuple[str | int, ...]
"""The place of a part in a document: the keys and indexes that lead to it."""

BOOLEANS = {**dict.fromkeys(("y", "yes", "true", "on"), True), **dict.fromkeys(("n", "no", "false", "off"), False)}
NOTHING = ("", "~", "null", "Null", "NULL")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
TAGS = {"bool", "float", "int", "map", "merge", "null", "seq", "str", "timestamp", "value"}
"""The tags of YAML 1.1 itself (yaml.org/type); any other belongs to a program."""


@dataclass(frozen=True)
class Problem:
    """Legal YAML that Argo would read differently: a duplicate key, a key that is no text, or a foreign tag."""

    place: Place
    kind: str
    what: str
    fix: str


@dataclass(frozen=True)
class Source:
    """One document of a file: its value, the lines of its parts, its text, and its errors as YAML."""

    file: str
    number: int
    value: Any
    lines: Mapping[Place, int]
    problems: tuple[Problem, ...] = ()
    text: str = ""

    def line(self, place: Place) -> int:
        """Return the line of a part, or of the nearest one around it that has a line."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read(file: str | Path) -> list[Source]:
    """Return the documents of a file; any line ends, UTF-8 with or without a byte order mark.

    Raises FlowError for a file that cannot be read, or that is not YAML.
    """
    shown = shorten(str(file))
    try:
        text = Path(file).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise FlowError(f"{shown} is not UTF-8 text.", where=f"{shown}:{line}", fix="save it as UTF-8.") from error
    except OSError as error:
        raise FlowError(f"{shown} cannot be read: {error.strerror}.", fix="name a YAML file that exists.") from error
    return read_text(text, shown)


def read_text(text: str, shown: str) -> list[Source]:
    """Return the documents of a text, without empty ones; ``shown`` is its name in messages.

    Raises FlowError for a text that is not YAML.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    sources = []
    try:
        for number, node in enumerate(yaml.compose_all(text.replace("\r\n", "\n"), Loader=loader), 1):
            if node is not None:
                reader = _Reader()
                value = reader.value(node, ())
                sources.append(Source(shown, number, value, reader.lines, tuple(reader.problems), text))
    except RecursionError as error:
        raise FlowError(f"{shown} is nested too deeply, or holds an alias of itself.", fix="write it without aliases.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = str(getattr(error, "problem", None) or error).partition("\n")[0]
        where = shown if mark is None else f"{shown}:{mark.line + 1}"
        raise FlowError(f"{shown} is not valid YAML: {problem}.", where=where, fix="correct the file.") from error
    return [source for source in sources if source.value is not None]


class _Reader:
    """Turn nodes into plain values; record lines, and values that Argo would read differently."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []

    def value(self, node: Any, place: Place) -> Any:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if node.tag.rpartition(":")[2] not in TAGS:
            what = f"has the tag {node.tag!r}, which Argo does not know"
            self.problems.append(Problem(place, "tag", what, "write it without the tag."))
        if node.id == "sequence":
            return [self.value(item, (*place, position)) for position, item in enumerate(node.value)]
        if node.id == "mapping":
            return self._mapping(node, place)
        return plain(node.value) if _is_plain(node) else node.value

    def _mapping(self, node: Any, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, item in self._entries(node, place):
            name = self._key(key, place)
            if name == "<<" and _is_plain(key):
                for part in item.value if item.id == "sequence" else [item]:
                    merged = {**self.value(part, place), **merged}
                continue
            part = (*place, name)
            if name in found:
                what = f"has the key {name!r} twice; the last one counts"
                self.problems.append(Problem(part, "duplicate key", what, "remove one of them."))
            self.lines[part] = key.start_mark.line + 1
            found[name] = self.value(item, part)
        return {**merged, **found}

    def _entries(self, node: Any, place: Place) -> Iterator[tuple[Any, Any]]:
        for key, item in node.value:
            if key.id == "scalar":
                yield key, item
            else:
                self.problems.append(Problem(place, "key", "has a key that is not text", "use text as the key."))

    def _key(self, node: Any, place: Place) -> str:
        read = plain(node.value) if _is_plain(node) else node.value
        if not isinstance(read, str):
            kind = {bool: "true or false", int: "a number", float: "a number"}.get(type(read), "nothing")
            what = f"has the key {node.value}, which YAML 1.1 reads as {kind}"
            self.problems.append(Problem((*place, node.value), "key", what, "put it in quotes."))
        return str(node.value)


def _is_plain(node: Any) -> bool:
    return not node.style  # None by the one loader, an empty text by the other


def plain(text: str) -> Any:
    """Return the value of an unquoted scalar as Go's reader sees it: YAML 1.1 and a little of 1.2 (sigs.k8s.io/yaml).

    >>> [plain(text) for text in ("yes", "N", "1e3", "0o17", "0x1F", "~", "3.9", "1.2.3")]
    [True, False, 1000.0, 15, 31, None, 3.9, '1.2.3']
    """
    if text in NOTHING:
        return None
    if text in (text.lower(), text.upper(), text.capitalize()) and text.lower() in BOOLEANS:
        return BOOLEANS[text.lower()]
    if text[0] in "+-.0123456789":
        return _number(text)
    return text


def _number(text: str) -> Any:
    digits = text.replace("_", "")
    try:
        octal = re.fullmatch(r"([-+]?)0([0-7]+)", digits)
        return int(f"{octal[1]}{octal[2]}", 8) if octal else int(digits, 0)
    except ValueError:
        pass
    if FLOAT.match(text) or text.lower() in (".inf", "-.inf", "+.inf", ".nan"):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text
