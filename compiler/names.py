"""Make names that Argo, Kubernetes and the expression language accept; equal texts have equal names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable

from laminar.compiler.name_patterns import LABEL
from laminar.templates.expression import RESERVED

__all__ = ["TASK", "digest", "kebab", "label", "tasks"]

TASK = re.compile(r"[a-zA-Z][-a-zA-Z0-9]*\Z")
"""The name of a template or of a task that ``depends`` accepts too: Argo 4.1.2 was seen to parse it as an expression."""

LENGTH = 60
"""The longest name; Argo's 128 characters leave room for prefixes and suffixes."""


def digest(text: str) -> str:
    """Return eight characters that stand for a text.

    >>> digest("Fit")
    '9f872ed4'
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def tasks(names: Iterable[str], *, taken: Collection[str] = ()) -> dict[str, str]:
    """Return for each name one that a task or a template can have, all different, and none of those in use.

    A valid name is kept; ``_`` and ``+`` become ``-``; a digest is added where other characters are lost.

    >>> tasks(["Fit", "load_rows", "nil", "Größe"])
    {'Fit': 'Fit', 'load_rows': 'load-rows', 'nil': 'nil-5da3a4c7', 'Größe': 'Gr-e-aedc3f80'}
    """
    found: dict[str, str] = {}
    names = list(names)
    for name in names:
        if TASK.match(name) and len(name) <= LENGTH and name not in RESERVED and name not in taken:
            found[name] = name
    for name in names:
        if name not in found:
            found[name] = _renamed(name, {*found.values(), *taken})
    return {name: found[name] for name in names}


def _renamed(name: str, taken: Collection[str]) -> str:
    plain = re.sub("[_+]", "-", name.strip("_"))
    if TASK.match(plain) and len(plain) <= LENGTH and plain not in RESERVED and plain not in taken:
        return plain
    return _marked(re.sub(r"[^a-zA-Z0-9]+", "-", name), name, LENGTH)


def _marked(text: str, name: str, length: int) -> str:
    """Return the start of a text with its name's digest after it, beginning with a letter."""
    text = text.lstrip("-0123456789")[: length - 9].strip("-")
    return f"{text or 'x'}-{digest(name)}"


def label(name: str) -> str:
    """Return a label's value: the name where it can be one, else its valid characters with a digest.

    >>> label("Fit"), label("_Fit")
    ('Fit', 'Fit-cf352eb2')
    """
    return name if name and LABEL.match(name) else _marked(re.sub(r"[^A-Za-z0-9]+", "-", name), name, 63)


def kebab(name: str, *, length: int = 50) -> str:
    """Return a class' name as a Kubernetes object would be called.

    >>> kebab("TrainModel"), kebab("HTTPServer2"), kebab("Größe")
    ('train-model', 'http-server2', 'gr-e-aedc3f80')
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name)
    plain = re.sub(r"[-_]+", "-", words).strip("-").lower()
    if re.fullmatch(r"[a-z][-a-z0-9]*", plain) and len(plain) <= length:
        return plain
    return _marked(re.sub(r"[^a-z0-9]+", "-", plain), name, length)
