"""Check the values of options, and convert the forms that people write to the one that is stored.

Each function returns the converted value of ``owner(name=value)``. It raises OptionError, with the user's line and an example, for
a value of a wrong type or shape.
"""

from __future__ import annotations

import datetime
import inspect
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, wraps
from typing import Any, TypeVar

from laminar.exceptions import OptionError, suggest
from laminar.program import source_location

__all__ = [
    "boolean",
    "cores",
    "count",
    "explain_arguments",
    "image",
    "is_plain",
    "mapping",
    "megabytes",
    "number",
    "optional",
    "rejected",
    "seconds",
    "sequence",
    "shown",
    "split_words",
    "text",
    "words",
]

ClassT = TypeVar("ClassT", bound=type[Any])

# Suffixes of quantities: kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity
SUFFIXES = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
SUFFIXES |= {f"{letter}i": 1024.0 ** (place + 1) for place, letter in enumerate("KMGTPE")}
QUANTITY = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([A-Za-z]*)"

LARGEST = 2**63 - 1
"""Largest quantity: k8s.io/apimachinery, pkg/api/resource/quantity.go, the comment of Quantity. CPUs are counted in thousandths."""

UNITS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
DURATION = r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d))+"

# The grammar of an image's name: github.com/distribution/reference, reference.go
PATH = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?"
IMAGE = rf"(?:{HOST}/)?{PATH}(?:/{PATH})*(?::\w[\w.-]{{0,127}})?(?:@[A-Za-z][\w+.-]*:[0-9A-Fa-f]{{32,}})?"


def rejected(owner: str, name: str, value: object, expected: str, example: str) -> OptionError:
    """Return the error for a value that an option rejects."""
    what = f"{owner} {name} must be {expected}, not {shown(value)}."
    return OptionError(what, where=source_location.caller(), fix=f"write {example}.")


def explain_arguments(cls: ClassT) -> ClassT:
    """Decorate a class: report misspelled, missing and superfluous arguments of its constructor as OptionError."""
    made = cls.__init__

    @wraps(made)
    def checked(self: Any, *given: Any, **named: Any) -> None:
        try:
            made(self, *given, **named)
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is not None:  # raised within the constructor
                raise
            raise _wrong_arguments(type(self).__name__, inspect.signature(made), named, error) from None

    cls.__init__ = checked
    return cls


def _wrong_arguments(owner: str, signature: inspect.Signature, named: Mapping[str, Any], error: TypeError) -> OptionError:
    """Return the error for arguments that a signature does not have, or lacks; Python's text names the latter."""
    known = [name for name in signature.parameters if name != "self"]
    unknown = [name for name in named if name not in known]
    what = f"{owner} rejects its arguments: {str(error).partition('() ')[2] or error}."
    if unknown:
        what = f"{owner} has no option {unknown[0]!r}.{suggest(unknown[0], known)}"
    return OptionError(what, where=source_location.caller(), fix=f"its options are {', '.join(known) or 'none'}.")


def shown(value: object) -> str:
    """Return a value as Python writes it, short enough for a message."""
    try:
        text = repr(value)
    except Exception:  # a __repr__ of the user's
        text = f"a {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:77]}..."


def number(owner: str, name: str, value: Any, *, least: float = 0, above: bool = False, example: str = "") -> float | int:
    """Return a finite number of at least ``least``, or more than it with ``above``."""
    found = _number(value)
    if found is None or found < least or (above and found == least):
        raise rejected(owner, name, value, f"a number {'above' if above else 'of at least'} {least:g}", example or f"{name}=1")
    return found


def _number(value: Any) -> float | int | None:
    """Return a finite number as Python's own int or float, None for anything else; numpy's numbers are numbers too."""
    if isinstance(value, bool | str | bytes) or not hasattr(value, "__float__"):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(found):
        return None
    return int(value) if hasattr(value, "__index__") else found


def count(owner: str, name: str, value: Any, *, least: int = 0) -> int:
    """Return a whole number, given as one or as text.

    >>> count("Container", "gpu", "1")
    1
    """
    text = value.strip() if isinstance(value, str) else ""  # strip removes control characters that int rejects
    found = int(text) if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else _number(value)
    if found is None or found != int(found) or found < least:
        raise rejected(owner, name, value, f"a whole number of at least {least}", f"{name}={max(least, 1)}")
    return int(found)


def cores(owner: str, name: str, value: Any) -> float | int:
    """Return a number of CPU cores, given as a number or as a Kubernetes quantity.

    >>> cores("Container", "cpu", "500m"), cores("Container", "cpu", 2)
    (0.5, 2)
    """
    found = _quantity(value) if isinstance(value, str) else _number(value)
    if found is None or not 0 < found <= LARGEST / 1000:
        raise rejected(owner, name, value, "a positive number of cores", f'{name}=2 or {name}="500m"')
    return int(found) if isinstance(value, str) and found == int(found) else found


def megabytes(owner: str, name: str, value: Any) -> int:
    """Return a number of MB (10^6 bytes), given as one or as a Kubernetes quantity, which is rounded up.

    >>> megabytes("Container", "memory", "4Gi"), megabytes("Container", "memory", 1500)
    (4295, 1500)
    """
    found = _quantity(value) if isinstance(value, str) else _number(value)
    has_unit = isinstance(value, str) and re.search("[A-Za-z]", value) is not None
    if found is not None and has_unit:
        found /= 1e6
    whole = math.ceil(found) if found is not None and found <= LARGEST / 1e6 else 0
    if whole < 1 or (not has_unit and found != whole):  # "0.5" may mean half a GB
        raise rejected(owner, name, value, "a whole number of MB, or a quantity", f'{name}=4000 or {name}="4Gi"')
    return whole


def _quantity(text: str) -> float | None:
    match = re.fullmatch(QUANTITY, text.strip(), re.ASCII)
    return float(match[1]) * SUFFIXES[match[2]] if match is not None and match[2] in SUFFIXES else None


def seconds(owner: str, name: str, value: Any, *, least: float = 0, above: bool = True) -> float | int:
    """Return a number of seconds, given as one, as a duration or as a timedelta.

    >>> seconds("Container", "timeout", "1h30m"), seconds("Retry", "delay", 0.1)
    (5400, 0.1)
    """
    found = _number(value.total_seconds() if isinstance(value, datetime.timedelta) else value)
    if isinstance(value, str) and re.fullmatch(DURATION, value.strip(), re.ASCII):
        parts = re.findall(r"([0-9.]+)(ms|s|m|h|d)", value)
        found = sum(float(amount) * UNITS[unit] for amount, unit in parts)
    if isinstance(value, str | datetime.timedelta) and found is not None:
        found = int(found) if found == int(found) else found
    if found is None or found < least or (above and found == least):
        wanted = "a positive number of seconds" if above else "a number of seconds"
        raise rejected(owner, name, value, f"{wanted}, or a duration", f'{name}=90 or {name}="1h"')
    return found


def text(owner: str, name: str, value: Any, *, example: str = "") -> str:
    """Return a text that is not blank and holds no null character."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise rejected(owner, name, value, "a text that is not empty", example or f'{name}="..."')
    return value


@lru_cache(maxsize=256)
def split_words(command: str) -> tuple[str, ...]:
    """Return the words of a command as a shell would pass them; layers have the same few commands.

    Raises ValueError for quotes that are not closed.
    """
    import shlex

    return tuple(shlex.split(command))


def words(owner: str, name: str, value: Any, *, example: str) -> str:
    """Return a command, given as text or as a list of words, as a shell would be given it."""
    is_list = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    if is_list and value and all(isinstance(part, str) for part in value):
        import shlex

        value = shlex.join(value)
    command = text(owner, name, value, example=example)
    try:
        found = split_words(command)
    except ValueError as error:
        raise rejected(owner, name, value, f"a command ({str(error).lower()})", example) from error
    if not found or not found[0]:
        raise rejected(owner, name, value, "a command", example)
    return command


def image(owner: str, name: str, value: Any) -> str:
    """Return the name of a container image."""
    if not isinstance(value, str) or not re.fullmatch(IMAGE, value, re.ASCII):
        raise rejected(owner, name, value, "the name of an image", f'{name}="registry.example.com/team/train:1.0"')
    return value


def mapping(owner: str, name: str, value: Any, *, example: str) -> dict[str, str]:
    """Return a mapping of texts. Values that are numbers become text."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) and key for key in value):
        raise rejected(owner, name, value, "a dict of texts", example)
    for one in value.values():
        if not isinstance(one, str) and _number(one) is None and not isinstance(one, bool):
            raise rejected(owner, name, value, "a dict of texts", example)
    return {str(key): str(one) for key, one in value.items()}


def sequence(owner: str, name: str, value: Any, kind: type[Any], *, example: str) -> tuple[Any, ...]:
    """Return a tuple of objects of one kind, given as several or as a single one."""
    if isinstance(value, kind):
        return (value,)
    found = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping) else None
    if found is None or not all(isinstance(one, kind) for one in found):
        raise rejected(owner, name, value, f"a list of {kind.__name__}", example)
    return found


def is_plain(value: Any, depth: int = 32) -> bool:
    """Return whether a value consists of dicts with text keys, lists, texts, whole numbers, booleans and None.

    A pod's fields need no others (kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1, Scheduling).
    """
    if isinstance(value, dict):
        return depth > 0 and all(isinstance(key, str) and is_plain(one, depth - 1) for key, one in value.items())
    if isinstance(value, list | tuple):
        return depth > 0 and all(is_plain(one, depth - 1) for one in value)
    return value is None or type(value) in (str, int, bool)


def boolean(owner: str, name: str, value: Any) -> bool:
    """Return True or False: the truth of another value, such as the text "no", is not what its reader expects."""
    if not isinstance(value, bool):
        raise rejected(owner, name, value, "True or False", f"{name}=True")
    return value


def optional(owner: str, name: str, value: Any, *, example: str = "") -> str | None:
    """Return a text that is not blank, or None."""
    return None if value is None else text(owner, name, value, example=example)
