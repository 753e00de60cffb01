"""Follow the imports of modules by their source, for modules that are not loaded."""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from laminar.program import module_origin

__all__ = ["Source", "sources"]

CLASSES = re.compile(rb"\bclass\b|\btype\(|tuple\(|dataclass", re.IGNORECASE)
"""Words that a source contains where it defines a class."""


@dataclass(frozen=True)
class Source:
    """A module that is reached, and its origin: an own one with the digest of its file, or loaded; ``"absent"`` without a file."""

    module: str
    kind: str
    digest: str | None = None
    loaded: bool = False
    has_classes: bool = False


def sources(name: str, names: tuple[str, ...] = ()) -> list[Source]:
    """Return a module and all that are reached by its imports, each once, without importing any.

    ``names`` are imported from it, and may be modules as well.
    """
    found: dict[str, Source] = {}
    for module in _candidates(name, names):
        _follow(module, found, optional=module != name)
    return [found[module] for module in sorted(found)]


def _candidates(name: str, names: tuple[str, ...]) -> Iterator[str]:
    """Yield the names of the modules that an import may load: the packages above a module, it, and those imported from it."""
    parts = name.split(".")
    for count in range(1, len(parts)):
        yield ".".join(parts[:count])
    yield name
    yield from (f"{name}.{each}" for each in names if each != "*")


def _follow(name: str, found: dict[str, Source], *, optional: bool) -> None:
    if name in found:
        return
    kind = module_origin.kind(name)
    if kind != "own":
        found.setdefault(name.partition(".")[0], Source(name.partition(".")[0], kind))
        return
    if name in sys.modules:
        found[name] = Source(name, kind, loaded=True)
        return
    spec = module_origin.find(name)
    if spec is None:
        if not optional:
            found[name] = Source(name, "absent")
        return
    if not spec.has_location or spec.origin is None:  # a folder without __init__.py
        return
    with open(spec.origin, "rb") as file:
        data = file.read()
    found[name] = Source(name, kind, hashlib.sha256(data).hexdigest(), has_classes=bool(CLASSES.search(data)))
    package = name if spec.submodule_search_locations is not None else name.rpartition(".")[0]
    for module, names in _imports(data, package) if spec.origin.endswith(".py") else ():
        for candidate in _candidates(module, names):
            _follow(candidate, found, optional=candidate != module)


def _imports(data: bytes, package: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the modules that a source imports, from any statement, with the names imported from them."""
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            if module:
                yield module, tuple(alias.name for alias in node.names)
