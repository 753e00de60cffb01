"""Describe a stored value: the Artifact that a document holds, and how it is written in JSON.

An artifact's JSON is one of::

    {"json": 3}                                             a small value that JSON keeps exactly
    {"pickle": "<base64>"}                                  another small value, pickled
    {"bytes": "<base64>", "protocol": "Text"}               a small value written by a protocol of the user's
    {"address": "<sha256>", "size": 8192}                   a value in its own file
    {"parts": [{"segment": "<sha256>", "count": 1000, "size": 60000}, {"json": 3}, ...]}    a sharded attribute
"""

from __future__ import annotations

import binascii
import json
from dataclasses import dataclass, field
from typing import Any

from laminar.exceptions import DatastoreError

__all__ = ["INLINE", "Artifact", "Part", "Segment", "exact_json"]

INLINE = 4096
"""Bytes up to which a value is kept inside its document."""

MAX_DEPTH = 32
"""Depth to which lists and mappings of a value kept as JSON may be nested: JSON readers recurse."""

MAX_INTEGER_BITS = 2000
"""Bits of the longest integer kept as JSON: Python may be set to reject decimals of more than 640 digits
(sys.int_info.str_digits_check_threshold)."""

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
"""Return compact JSON; the order of a mapping is kept, so that a value's own order survives."""


@dataclass(frozen=True)
class Segment:
    """Refer to ``count`` elements from ``first`` on of a file of ``size`` bytes in which many are packed."""

    address: str
    count: int
    size: int
    first: int = 0

    def to_json(self) -> str:
        """Return the segment as JSON text."""
        first = f',"first":{self.first}' if self.first else ""
        return f'{{"segment":"{self.address}","count":{self.count},"size":{self.size}{first}}}'


@dataclass(frozen=True)
class Artifact:
    """Refer to a stored value, in exactly one of these forms.

    - ``json``: the text of a JSON value, whose type and value JSON keeps exactly.
    - ``data``: bytes of a small value, pickled or written by ``protocol``.
    - ``address``: the value's own file of ``stored`` bytes, named by its content.
    - ``parts``: the elements of a sharded attribute, in segments or each by itself.

    ``name`` is the attribute's name and no part of the value: two artifacts are equal where their values are stored equally.
    """

    name: str = field(default="", compare=False)
    json: str | None = field(default=None, kw_only=True)
    data: bytes | None = field(default=None, kw_only=True)
    protocol: str = field(default="", kw_only=True)
    address: str | None = field(default=None, kw_only=True)
    stored: int = field(default=0, kw_only=True)
    parts: tuple[Part, ...] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        forms = (self.json is None) + (self.data is None) + (self.address is None) + (self.parts is None)
        if forms != 3:
            raise TypeError("Artifact requires exactly one of json, data, address and parts")

    @property
    def sharded(self) -> bool:
        """Whether the value was stored element by element; reads as an Accessor."""
        return self.parts is not None

    @property
    def length(self) -> int:
        """Number of elements; 1 where it is not sharded."""
        return 1 if self.parts is None else sum(count_of(part) for part in self.parts)

    @property
    def size(self) -> int:
        """Bytes that the value takes; segments count whole, also where few of their elements are referred to."""
        if self.parts is not None:
            return sum(part.size for part in self.parts)
        if self.json is not None:
            return len(self.json) if self.json.isascii() else len(self.json.encode())
        return self.stored if self.data is None else len(self.data)

    def to_json(self) -> str:
        """Return the artifact, except its name, as JSON text."""
        if self.json is not None:
            return f'{{"json":{self.json}}}'
        if self.data is not None:
            text = binascii.b2a_base64(self.data, newline=False).decode()
            return f'{{"bytes":"{text}","protocol":{encode(self.protocol)}}}' if self.protocol else f'{{"pickle":"{text}"}}'
        if self.address is not None:
            return f'{{"address":"{self.address}","size":{self.stored}}}'
        return f'{{"parts":[{",".join(part.to_json() for part in self.parts or ())}]}}'

    @classmethod
    def from_json(cls, text: str, name: str = "") -> Artifact:
        """Return the artifact that ``to_json`` wrote.

        Raises DatastoreError for anything else.

        >>> Artifact.from_json(Artifact(json="[1]").to_json()).json
        '[1]'
        """
        try:
            return artifact_of(json.loads(text), name)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DatastoreError(f"This is not an artifact: {text[:200]!r}.") from error


Part = Segment | Artifact
"""One part of a sharded attribute: a segment with many elements, or an artifact that is one element."""


def count_of(part: Part) -> int:
    """Return how many elements a part holds."""
    return part.count if isinstance(part, Segment) else 1


def artifact_of(found: dict[str, Any], name: str = "") -> Artifact:
    """Return the artifact of a parsed JSON object.

    Raises ValueError, TypeError or KeyError for anything else.
    """
    if "json" in found:
        return Artifact(name, json=encode(found["json"]))
    if "address" in found:
        return Artifact(name, address=address_of(found["address"]), stored=number(found["size"]))
    if "pickle" in found:
        return Artifact(name, data=binascii.a2b_base64(found["pickle"]))
    if "bytes" in found:
        return Artifact(name, data=binascii.a2b_base64(found["bytes"]), protocol=str(found["protocol"]))
    return Artifact(name, parts=tuple(part_of(part) for part in found["parts"]))


def part_of(found: dict[str, Any]) -> Part:
    if "segment" not in found:
        if "parts" in found:
            raise ValueError("a part has no parts")
        return artifact_of(found)
    address, first = address_of(found["segment"]), number(found.get("first", 0))
    return Segment(address, number(found["count"]), number(found["size"]), first)


def address_of(text: Any) -> str:
    if not isinstance(text, str) or len(text) != 64 or text.strip("0123456789abcdef"):
        raise ValueError(f"not an address: {text!r}")
    return text


def number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"not a number of something: {value!r}")
    return value


def exact_json(value: Any) -> str | None:
    """Return a small value as JSON text, None where it is not small or JSON would change its type or value.

    JSON keeps None, bool, int, finite float, str, list and dict with str keys. It does not keep the identity of an object that
    occurs twice.

    >>> exact_json([1, 2.0, {"a": None}]), exact_json((1, 2)), exact_json({1: 2})
    ('[1,2.0,{"a":null}]', None, None)
    """
    kind = type(value)
    if kind is float or (kind is int and value.bit_length() < 64):  # as the encoder writes them
        return float.__repr__(value) if kind is float and value - value == 0 else str(value) if kind is int else None
    if not is_exact(value, [INLINE], set(), MAX_DEPTH):
        return None
    text = encode(value)
    return text if len(text) <= INLINE // 4 or len(text.encode()) <= INLINE else None


def is_exact(value: Any, budget: list[int], seen: set[int], depth: int) -> bool:
    """Return whether JSON keeps a value exactly; False where it needs more than ``budget`` characters."""
    kind = type(value)
    budget[0] -= 1
    if budget[0] < 0:
        return False
    if value is None or kind is bool:
        return True
    if kind is int:
        return bool(value.bit_length() <= MAX_INTEGER_BITS)
    if kind is str:
        budget[0] -= len(value)
        return budget[0] >= 0 and is_text(value)
    if kind is float:
        return bool(value - value == 0)  # neither infinite nor not a number
    if kind not in (list, dict) or id(value) in seen or not depth:
        return False
    seen.add(id(value))
    if kind is list:
        return all(is_exact(item, budget, seen, depth - 1) for item in value)
    return all(type(key) is str for key in value) and all(
        is_exact(key, budget, seen, 0) and is_exact(item, budget, seen, depth - 1) for key, item in value.items()
    )


def is_text(value: str) -> bool:
    """Return whether UTF-8 can encode a string: it cannot encode lone surrogates, which Python strings may hold."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
