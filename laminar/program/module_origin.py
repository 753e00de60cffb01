"""Distinguish a program's own modules from installed libraries, Python's library and laminar; find a library's version."""

from __future__ import annotations

import os
import re
import sys
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from types import CodeType, ModuleType
from typing import Any

from laminar.program import source_location

__all__ = ["Kind", "find", "kind", "kind_of", "kind_of_path", "library_version", "module_of"]

Kind = str
"""One of ``"own"``, ``"library"``, ``"python"`` and ``"laminar"``."""

INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders of installed packages."""

REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def kind(name: str) -> Kind:
    """Return the origin of a module, by its name; it need not be loaded.

    >>> kind("json"), kind("builtins"), kind("click.core"), kind("laminar.graph"), kind("__main__")
    ('python', 'python', 'library', 'laminar', 'own')
    """
    top = name.partition(".")[0]
    if top in ("__main__", "__mp_main__"):
        return "own"
    if top == "laminar":
        return "laminar"
    module = sys.modules.get(name) or sys.modules.get(top)
    path = _path(module) if module is not None else _origin(find(name))
    if path is not None:
        return kind_of_path(path)
    return "python" if top in sys.builtin_module_names or top in sys.stdlib_module_names else "own"


def kind_of_path(path: str) -> Kind:
    """Return the origin of a file."""
    if path.startswith(source_location.PACKAGE):
        return "laminar"
    if INSTALLED.intersection(path.split(os.sep)):
        return "library"
    return "own" if source_location.is_users(path) else "python"


def kind_of(thing: Any) -> Kind:
    """Return the origin of a function or a class: of a module that is neither loaded nor found, by the files of its code."""
    module = module_of(thing)
    if module and (module in sys.modules or find(module) is not None):
        return kind(module)
    members = (thing, *vars(thing).values()) if isinstance(thing, type) else (thing,)
    codes = [code for code in (getattr(member, "__code__", None) for member in members) if isinstance(code, CodeType)]
    return kind_of_path(codes[0].co_filename) if codes else "python"  # a type of an extension, as Cython's are


def module_of(thing: Any) -> str:
    """Return the name of the module of a function or class, empty where a type written in C has a descriptor in its place."""
    found = getattr(thing, "__module__", None)
    return found if isinstance(found, str) else ""


def _path(module: ModuleType) -> str | None:
    """Return the file of a module, or its folder where it is a package without a file."""
    path = getattr(module, "__file__", None)
    if path is None and (places := list(getattr(module, "__path__", ()))):
        return os.path.join(str(places[0]), "")
    return path if isinstance(path, str) else None


def _origin(spec: ModuleSpec | None) -> str | None:
    if spec is None:
        return None
    if spec.origin is not None:
        return spec.origin if spec.has_location else None
    return next((os.path.join(place, "") for place in spec.submodule_search_locations or ()), None)


def find(name: str) -> ModuleSpec | None:
    """Return the spec of a module without importing it or its packages; None where there is no file of it."""
    places: list[str] | None = None
    spec = None
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:count]), places)
        if spec is None:
            return None
        places = list(spec.submodule_search_locations or ())
    return spec


@lru_cache(maxsize=256)
def library_version(top: str) -> str | None:
    """Return the versions of the distributions that a library's top module is of and of all that they require, None if unknown.

    Requirements of extras, and those that are not installed, are left out.

    >>> library_version("click").startswith("click==")
    True
    """
    from importlib import metadata

    waiting = _distributions(top)
    if not waiting:
        return getattr(sys.modules.get(top), "__version__", None)
    found: dict[str, str] = {}
    while waiting:
        name = _normalized(waiting.pop())
        if name in found:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[name] = distribution.version
        for line in distribution.requires or ():
            if "extra ==" not in line and (match := REQUIREMENT.match(line)):
                waiting.append(match[0])
    return " ".join(f"{name}=={found[name]}" for name in sorted(found)) or None


def _distributions(top: str) -> list[str]:
    from importlib import metadata

    try:
        metadata.distribution(top)
        return [top]
    except (metadata.PackageNotFoundError, ValueError):
        return list(metadata.packages_distributions().get(top, ()))


def _normalized(name: str) -> str:
    """Return a distribution's name as PEP 503 normalizes it."""
    return re.sub(r"[-_.]+", "-", name).lower()
