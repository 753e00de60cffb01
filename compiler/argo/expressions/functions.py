"""List the functions that an expression may call: expr-lang's, and those that Argo adds.

Sources: expr-lang's docs/language-definition.md (1.17), Argo's util/expr/env/env.go (4.1.2) and masterminds.github.io/sprig.
"""

from __future__ import annotations

import base64
import binascii
import functools
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from laminar.compiler.argo.expressions.values import (
    Misfit,
    equal,
    from_json,
    is_number,
    shown,
    to_integer,
    to_json,
    to_text,
    type_of,
)

__all__ = ["CLOSURES", "FUNCTIONS", "SPRIG", "SPRIG_NAMES", "Function"]

Apply = Callable[..., Any]


@dataclass(frozen=True)
class Function:
    """A function of ``least`` to ``most`` arguments (None: any number); one without ``apply`` is only checked, not evaluated."""

    name: str
    least: int
    most: int | None
    apply: Apply | None = None


CLOSURES: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys("all any none one filter map count sum find findIndex findLast findLastIndex groupBy sortBy".split(), (1,)),
    "reduce": (1,),
}
"""Functions that evaluate an argument (its index from 0) for each element."""


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Misfit(f"{name} takes a text, not {shown(value)}.")
    return value


def _number(value: Any, name: str) -> Any:
    if not is_number(value):
        raise Misfit(f"{name} takes a number, not {shown(value)}.")
    return value


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise Misfit(f"{name} takes a list, not {shown(value)}.")
    return value


def _map(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Misfit(f"{name} takes a map, not {shown(value)}.")
    return value


def _holds(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise Misfit(f"The closure of {name} returns true or false, not {shown(value)}.")
    return value


# numbers


def _int(value: Any) -> int:
    if isinstance(value, str):
        if not re.fullmatch(r"[+-]?[0-9]+", value):
            raise Misfit(f"int takes a number or a text of digits, not {shown(value)}.")
        return int(value)
    return int(_number(value, "int"))


def _float(value: Any) -> float:
    try:
        return float(value if isinstance(value, str) else _number(value, "float"))
    except ValueError:
        raise Misfit(f"float takes a number, not {shown(value)}.") from None


def _sum(values: Any, each: Apply | None = None) -> Any:
    total: Any = 0
    for index, value in enumerate(_list(values, "sum")):
        total += _number(each(value, index) if each else value, "sum")
    return total


def _best(name: str, better: Callable[[Any, Any], bool]) -> Apply:
    def best(*values: Any) -> Any:
        flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
        if not flat:
            raise Misfit(f"{name} takes at least one number.")
        return functools.reduce(lambda left, right: right if better(right, left) else left, (_number(item, name) for item in flat))

    return best


def _rounded(name: str, rounding: Callable[[float], float]) -> Apply:
    return lambda value: float(rounding(_number(value, name)))


def _mean(*values: Any) -> float:
    flat = [_number(item, "mean") for value in values for item in (value if isinstance(value, list) else [value])]
    return float(sum(flat)) / len(flat) if flat else 0.0


# lists and maps


def _len(value: Any) -> int:
    if not isinstance(value, str | list | dict):
        raise Misfit(f"len takes a text, a list or a map, not {shown(value)}.")
    return len(value)


def _each(name: str, gather: Callable[[Iterable[tuple[Any, Any]]], Any]) -> Apply:
    """Return a function that gathers pairs of an element and its closure's result."""
    return lambda values, each: gather((value, each(value, index)) for index, value in enumerate(_list(values, name)))


def _testing(name: str, gather: Callable[[Iterable[tuple[Any, bool]]], Any]) -> Apply:
    return _each(name, lambda pairs: gather((value, _holds(found, name)) for value, found in pairs))


def _count(values: Any, each: Apply = lambda value, index: value) -> int:
    return sum(_holds(each(value, index), "count") for index, value in enumerate(_list(values, "count")))


def _first_found(pairs: Iterable[tuple[Any, bool]]) -> Any:
    return next((value for value, found in pairs if found), None)


def _concat(*values: Any) -> list[Any]:
    return [item for value in values for item in _list(value, "concat")]


def _uniq(values: Any) -> list[Any]:
    kept: list[Any] = []
    for value in _list(values, "uniq"):
        if not any(equal(value, other) for other in kept):
            kept.append(value)
    return kept


def _flatten(values: Any) -> list[Any]:
    return [inner for item in _list(values, "flatten") for inner in (_flatten(item) if isinstance(item, list) else [item])]


def _get(value: Any, key: Any) -> Any:
    if isinstance(value, dict):
        return value.get(key)
    place = to_integer(key, "An index")
    items = _list(value, "get")
    return items[place] if -len(items) <= place < len(items) else None


def _reduce(values: Any, each: Apply, *start: Any) -> Any:
    items = list(_list(values, "reduce"))
    if not items and not start:
        raise Misfit("reduce of an empty list needs a start.")
    total = start[0] if start else items[0]
    for index in range(0 if start else 1, len(items)):
        total = each(items[index], index, total)
    return total


# texts


def _split(text: Any, separator: Any, limit: Any = -1) -> list[str]:
    return _text(text, "split").split(_text(separator, "split"), limit - 1 if limit > 0 else -1)


def _join(values: Any, separator: Any = "") -> str:
    return _text(separator, "join").join(_text(value, "join") for value in _list(values, "join"))


def _decode(text: Any) -> str:
    try:
        return base64.b64decode(_text(text, "base64"), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Misfit(f"{shown(text)} is not base64 of a text: {error}.") from None


def _encode(text: Any) -> str:
    return base64.b64encode(_text(text, "base64").encode("utf-8")).decode("ascii")


def _jsonpath(text: Any, path: Any) -> Any:
    """Follow a path of names and indexes; filters and wildcards are not supported."""
    value, rest = from_json(text), _text(path, "jsonpath").removeprefix("$")
    for match in re.finditer(r"\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]|(.)", rest):
        name, index, quoted, other = match.groups()
        if other is not None:
            raise Misfit(f"The path {path!r} is not known here: names and indexes are.")
        key: Any = int(index) if index is not None else name if name is not None else quoted
        known = key in value if isinstance(value, dict) else isinstance(value, list) and isinstance(key, int) and key < len(value)
        if not known:
            raise Misfit(f"jsonpath finds no {key!r} in {shown(value)}.")
        value = value[key]
    return value


def _trunc(count: Any, text: Any) -> str:
    size = to_integer(count, "A length")
    return _text(text, "sprig.trunc")[:size] if size >= 0 else _text(text, "sprig.trunc")[size:]


def _of_text(name: str, change: Callable[..., Any]) -> Apply:
    return lambda *texts: change(*(_text(text, name) for text in texts))


def _table(rows: Iterable[tuple[str, int, int | None, Apply | None]]) -> Mapping[str, Function]:
    return {row[0]: Function(*row) for row in rows}


FUNCTIONS: Mapping[str, Function] = _table(
    [
        # closures
        ("all", 2, 2, _testing("all", lambda pairs: all(found for _, found in pairs))),
        ("any", 2, 2, _testing("any", lambda pairs: any(found for _, found in pairs))),
        ("none", 2, 2, _testing("none", lambda pairs: not any(found for _, found in pairs))),
        ("one", 2, 2, _testing("one", lambda pairs: sum(found for _, found in pairs) == 1)),
        ("filter", 2, 2, _testing("filter", lambda pairs: [value for value, found in pairs if found])),
        ("map", 2, 2, _each("map", lambda pairs: [found for _, found in pairs])),
        ("find", 2, 2, _testing("find", _first_found)),
        ("findIndex", 2, 2, None),
        ("findLast", 2, 2, _testing("findLast", lambda pairs: _first_found(reversed(list(pairs))))),
        ("findLastIndex", 2, 2, None),
        ("groupBy", 2, 2, None),
        ("sortBy", 2, 3, None),
        ("count", 1, 2, _count),
        ("sum", 1, 2, _sum),
        ("reduce", 2, 3, _reduce),
        # numbers
        ("int", 1, 1, _int),
        ("float", 1, 1, _float),
        ("asInt", 1, 1, _int),
        ("asFloat", 1, 1, _float),
        ("abs", 1, 1, lambda value: abs(_number(value, "abs"))),
        ("ceil", 1, 1, _rounded("ceil", math.ceil)),
        ("floor", 1, 1, _rounded("floor", math.floor)),
        ("round", 1, 1, _rounded("round", lambda value: math.copysign(math.floor(abs(value) + 0.5), value))),
        ("max", 1, None, _best("max", lambda left, right: left > right)),
        ("min", 1, None, _best("min", lambda left, right: left < right)),
        ("mean", 1, None, _mean),
        ("median", 1, None, None),
        *((f"bit{name}", 2, 2, None) for name in "and or xor nand shl shr ushr".split()),
        ("bitnot", 1, 1, None),
        # values
        ("string", 1, 1, to_text),
        ("type", 1, 1, type_of),
        ("len", 1, 1, _len),
        ("fromJSON", 1, 1, from_json),
        ("toJSON", 1, 1, lambda value: to_json(value, indent="  ")),
        ("toJson", 1, 1, to_json),
        ("jsonpath", 2, 2, _jsonpath),
        ("toBase64", 1, 1, _encode),
        ("fromBase64", 1, 1, _decode),
        # lists and maps
        ("first", 1, 1, lambda values: next(iter(_list(values, "first")), None)),
        ("last", 1, 1, lambda values: next(reversed(_list(values, "last")), None)),
        ("get", 2, 2, _get),
        ("take", 2, 2, lambda values, count: _list(values, "take")[: to_integer(count, "A count")]),
        ("keys", 1, 1, lambda value: sorted(_map(value, "keys"))),
        ("values", 1, 1, lambda value: [found for _, found in sorted(_map(value, "values").items())]),
        ("toPairs", 1, 1, lambda value: [list(pair) for pair in sorted(_map(value, "toPairs").items())]),
        ("fromPairs", 1, 1, lambda pairs: {_text(key, "fromPairs"): found for key, found in _list(pairs, "fromPairs")}),
        ("reverse", 1, 1, lambda values: _list(values, "reverse")[::-1]),
        ("uniq", 1, 1, _uniq),
        ("concat", 1, None, _concat),
        ("flatten", 1, 1, _flatten),
        ("sort", 1, 2, None),
        # texts
        ("trim", 1, 2, _of_text("trim", str.strip)),
        ("trimPrefix", 1, 2, _of_text("trimPrefix", lambda text, prefix=" ": text.removeprefix(prefix))),
        ("trimSuffix", 1, 2, _of_text("trimSuffix", lambda text, suffix=" ": text.removesuffix(suffix))),
        ("upper", 1, 1, _of_text("upper", str.upper)),
        ("lower", 1, 1, _of_text("lower", str.lower)),
        ("split", 2, 3, _split),
        ("splitAfter", 2, 3, None),
        ("replace", 3, 4, _of_text("replace", lambda text, old, new: text.replace(old, new))),
        ("repeat", 2, 2, lambda text, count: _text(text, "repeat") * to_integer(count, "A count")),
        ("join", 1, 2, _join),
        ("indexOf", 2, 2, _of_text("indexOf", str.find)),
        ("lastIndexOf", 2, 2, _of_text("lastIndexOf", str.rfind)),
        ("hasPrefix", 2, 2, _of_text("hasPrefix", str.startswith)),
        ("hasSuffix", 2, 2, _of_text("hasSuffix", str.endswith)),
        # times
        *(
            (name, 0 if name == "now" else 1, most, None)
            for name, most in (("now", 1), ("duration", 1), ("date", 3), ("timezone", 1))
        ),
    ]
)
"""The functions that are called by their bare names."""

SPRIG: Mapping[str, Function] = _table(
    [
        ("b64enc", 1, 1, _encode),
        ("b64dec", 1, 1, _decode),
        ("trunc", 2, 2, _trunc),
        ("lower", 1, 1, _of_text("sprig.lower", str.lower)),
        ("upper", 1, 1, _of_text("sprig.upper", str.upper)),
        ("trim", 1, 1, _of_text("sprig.trim", str.strip)),
        ("replace", 3, 3, _of_text("sprig.replace", lambda old, new, text: text.replace(old, new))),
        ("toString", 1, 1, to_text),
    ]
)
"""The functions of ``sprig.`` that are evaluated here; it has many more."""

SPRIG_NAMES = frozenset(
    """
    abbrev abbrevboth add add1 add1f addf adler32sum ago all any append atoi b32dec b32enc b64dec b64enc base bcrypt biggest
    buildCustomCert camelcase cat ceil chunk clean coalesce compact concat contains date dateInZone dateModify date_in_zone
    date_modify decryptAES deepCopy deepEqual default derivePassword dict dig dir div divf duration durationRound empty
    encryptAES ext fail first float64 floor fromJson genCA genCAWithKey genPrivateKey genSelfSignedCert
    genSelfSignedCertWithKey genSignedCert genSignedCertWithKey get getHostByName has hasKey hasPrefix hasSuffix hello
    htmlDate htmlDateInZone htpasswd indent initial initials int int64 isAbs join kebabcase keys kindIs kindOf last list
    lower max maxf merge mergeOverwrite min minf mod mul mulf mustAppend mustChunk mustCompact mustDateModify mustDeepCopy
    mustFirst mustFromJson mustHas mustInitial mustLast mustMerge mustMergeOverwrite mustPrepend mustRegexFind
    mustRegexFindAll mustRegexMatch mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse
    mustSlice mustToDate mustToJson mustToPrettyJson mustToRawJson mustUniq mustWithout must_date_modify nindent nospace now
    omit osBase osClean osDir osExt osIsAbs pick pluck plural prepend quote randAlpha randAlphaNum randAscii randBytes
    randInt randNumeric regexFind regexFindAll regexMatch regexQuoteMeta regexReplaceAll regexReplaceAllLiteral regexSplit
    repeat replace rest reverse round semver semverCompare seq set sha1sum sha256sum sha512sum shuffle slice snakecase
    sortAlpha split splitList splitn squote sub subf substr swapcase ternary title toDate toDecimal toJson toPrettyJson
    toRawJson toString toStrings trim trimAll trimPrefix trimSuffix trimall trunc tuple typeIs typeIsLike typeOf uniq
    unixEpoch unset until untilStep untitle upper urlJoin urlParse uuidv4 values without wrap wrapWith
    """.split()
)
"""All functions of ``sprig.`` in Argo 4.1.2: functions.go of sprig 3.3.0, without env and expandenv (util/expr/env/env.go)."""
