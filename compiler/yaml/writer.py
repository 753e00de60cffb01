"""Write documents as YAML that all readers read alike: YAML 1.1 and 1.2, PyYAML and Go's sigs.k8s.io/yaml.

A string is plain only where every reader reads a string; all else is quoted, keys too. Short values are on one line. The rules
are fixed ranges of characters, so that the same document gives the same bytes under every Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from laminar.compiler.ir import Documents

__all__ = ["WIDTH", "Noted", "dump", "scalar"]

WIDTH = 120
"""The longest line of a mapping or a list on one line."""

SHORT_WORD = 60
"""Characters of the words that share lines in a longer list."""

BLOCK = frozenset({"spec", "workflowSpec", "templates", "dag", "tasks", "container", "env"})
"""Keys whose values are never written on one line: reviewers read them."""


class Noted(dict[str, Any]):
    """A mapping with a comment above it, for reviewers: ``Fit: train.py:31``."""

    note: str = ""


def dump(documents: Documents, *, notes: bool = True) -> str:
    r"""Return documents as YAML text, with the notes of mappings as comments or without.

    Raises TypeError for a value that no document may hold, None included.

    >>> print(dump(({"n": {"a": ["x", "1e3", 2, True]}, "b": "x: y\n"},)), end="")
    "n": {a: [x, "1e3", 2, true]}
    b: "x: y\n"
    """
    lines = [[line for line in _mapping(document, 0) if notes or not isinstance(line, _Comment)] for document in documents]
    return "---\n".join("\n".join(each) + "\n" for each in lines)


class _Comment(str):
    """A line that holds a note."""

    __slots__ = ()


# block style: lines


def _mapping(mapping: Mapping[str, Any], indent: int) -> Iterator[str]:
    for key, value in mapping.items():
        yield from _entry(f"{' ' * indent}{scalar(key, inline=True)}:", key, value, indent)


def _entry(start: str, key: str, value: Any, indent: int) -> Iterator[str]:
    """Yield the lines of one key: a short value on the same line, any other below."""
    if not isinstance(value, (dict, list)):
        yield from _scalar_lines(start, value, indent)
        return
    line = f"{start} {_inline(value)}"
    if not value or (key not in BLOCK and len(line) <= WIDTH and not _needs_lines(value)):
        yield line
    elif isinstance(value, dict):
        yield start
        yield from _mapping(value, indent + 2)
    elif all(isinstance(item, str) and len(item) <= SHORT_WORD and "\n" not in item for item in value):
        yield from _wrapped(start, value)
    else:
        yield start
        yield from _items(value, indent)


def _wrapped(start: str, words: Sequence[str]) -> Iterator[str]:
    """Yield a list of short words, such as a command, as filled lines; an option and its value stay together."""
    line, margin = f"{start} [", " " * (len(start) + 2)
    texts = [scalar(word, inline=True) + "," for word in words]
    texts[-1] = texts[-1][:-1] + "]"
    while texts:
        size = 2 if texts[0].startswith("--") and len(texts) > 1 else 1
        text = " ".join(texts[:size])
        del texts[:size]
        if not line.endswith(("[", " ")) and len(line) + 1 + len(text) > WIDTH:
            yield line
            line = margin
        line += text if line.endswith(("[", " ")) else f" {text}"
    yield line


def _items(items: Sequence[Any], indent: int) -> Iterator[str]:
    """Yield the lines of a list; its dashes are below the key's first letter."""
    for item in items:
        if isinstance(item, Noted) and item.note:
            yield _Comment(f"{' ' * indent}# {_comment(item.note)}")
        line = f"{' ' * indent}- {_inline(item)}"
        if isinstance(item, (dict, list)) and item and (len(line) > WIDTH or BLOCK & _keys(item) or _needs_lines(item)):
            nested = _mapping(item, indent + 2) if isinstance(item, dict) else _items(item, indent + 2)
            first, *rest = nested
            yield f"{' ' * indent}- {first[indent + 2 :]}"
            yield from rest
        elif isinstance(item, str):
            yield from _scalar_lines(f"{' ' * indent}-", item, indent)
        else:
            yield line


def _scalar_lines(start: str, value: Any, indent: int) -> Iterator[str]:
    if isinstance(value, str) and _is_literal(value):
        yield f"{start} |" if value.endswith("\n") else f"{start} |-"
        for line in value.removesuffix("\n").split("\n"):
            yield f"{' ' * (indent + 2)}{line}" if line else ""
    else:
        yield f"{start} {scalar(value)}"


def _is_literal(text: str) -> bool:
    """Return whether a literal block keeps a text: its first line sets the indent, and no line ends with a space."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 2 or not lines[0] or not lines[-1] or lines[0].startswith(" "):
        return False
    return not any(line.endswith(" ") or ESCAPED.search(line) for line in lines)


def _keys(value: Any) -> set[str]:
    return set(value) if isinstance(value, dict) else set()


def _needs_lines(value: Any) -> bool:
    """Return whether a value holds a comment or a text of several lines, and so cannot be on one line."""
    if isinstance(value, str):
        return _is_literal(value)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any((isinstance(part, Noted) and bool(part.note)) or _needs_lines(part) for part in parts)


def _comment(note: str) -> str:
    return ESCAPED.sub("?", note)


# flow style: one line


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key, inline=True)}: {_inline(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return scalar(value, inline=True)


# scalars

PLAIN_INLINE = re.compile(r"-{0,2}[A-Za-z/](?:[A-Za-z0-9_./&|=+@()%-]| (?=[A-Za-z0-9_./&|=+@()%-]))*\Z")
PLAIN_BLOCK = re.compile(r"-{0,2}[A-Za-z/](?:[A-Za-z0-9_./&|=+@()%,!'<>*\[\]?;{}-]|:(?=[^ ])| (?=[^ #]))*\Z")
"""A plain string begins with a letter or a slash, dashes before it or not, holds no ``: `` and no `` #``, and ends with neither a
space nor a colon."""

RESERVED = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity", "none", "undefined"])
"""Words that some reader reads as a boolean, null or a number, in any case: ``{name: n}`` was false on a real API server."""

ESCAPED = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ud800-\uf8ff\ufe00-\ufe0f\ufeff\ufff0-\uffff"
    "\U00010000-\U0010ffff]"
)
"""Characters that some reader rejects, folds or cannot show: controls, unusual spaces, marks of direction, all beyond 16 bits."""

SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def scalar(value: Any, *, inline: bool = False) -> str:
    r"""Return a scalar as YAML; ``inline`` is for keys and inside brackets, where less can be plain.

    >>> [scalar(text) for text in ("A && B", "yes", "1e3", "it's", '{"a":1}', "a\u2028b")]
    ['A && B', '"yes"', '"1e3"', "it's", '\'{"a":1}\'', '"a\\u2028b"']
    """
    if isinstance(value, str):
        return _word(value, inline) if len(value) <= SHORT_WORD else _word.__wrapped__(value, inline)
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    raise TypeError(f"a document holds {type(value).__name__}: {value!r}")


@lru_cache(maxsize=4096)
def _word(text: str, inline: bool) -> str:
    """Return a text as YAML; the same words occur in each task of a document."""
    plain = PLAIN_INLINE if inline else PLAIN_BLOCK
    if plain.match(text) and text.lstrip("-").lower() not in RESERVED:
        return text
    if ('"' in text or "\\" in text) and not ESCAPED.search(text):
        return "'" + text.replace("'", "''") + "'"
    quoted = "".join(SHORT.get(character, character) for character in text)
    return '"' + ESCAPED.sub(_escape, quoted) + '"'


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
