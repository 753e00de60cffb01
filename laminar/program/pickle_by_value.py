"""Pickle classes and functions without a file, of a notebook, a REPL or a test, by value and with their source.

Tracebacks show the source, and a changed layer is found by it: where the pickle is read there is no file of it.
"""

from __future__ import annotations

import io
import linecache
import os
import pickle
import re
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from types import CodeType
from typing import Any

from laminar.program import source_location

__all__ = ["dumps", "loads", "stable"]

IDENTITY = re.compile("[0-9a-f]{32}")
"""Random identity of a class in cloudpickle: a reader of two pickles of one class gets one class."""


def dumps(value: Any) -> bytes:
    """Return a value pickled by value, with the source of its code; objects that can be imported are pickled by reference.

    Raises pickle.PicklingError, TypeError or an exception of an object's own methods where it cannot be pickled.
    """
    return _dump(value, {}, None)


def stable(value: Any) -> bytes:
    """Return the pickle as ``dumps`` does, but the same bytes from any process that made the value in the same way.

    cloudpickle's random identities are replaced by digests of the content. Sets of text are not changed: their order differs
    between processes.
    """
    draft = _dump(value, {}, "")
    classes: dict[str, type] = {}
    made = _dump(value, classes, sha256(draft).hexdigest())
    _know(classes)
    return made


def loads(data: bytes) -> Any:
    """Return the value that was pickled here; from now on tracebacks show its source.

    >>> loads(dumps(lambda: 2))()
    2
    """
    sources, pickled = pickle.loads(data)
    for name, source in sources.items():
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return pickle.loads(pickled)


def _dump(value: Any, classes: dict[str, type], seed: str | None) -> bytes:
    with io.BytesIO() as file:
        pickler = _pickler()(file, classes, seed)
        pickler.dump(value)
        return pickle.dumps((pickler.sources, file.getvalue()), protocol=5)


@lru_cache(maxsize=1)
def _pickler() -> Any:
    """Return the class that pickles: cloudpickle is imported when it is needed."""
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        """Keep the file's name of code, which cloudpickle removes; gather the source of code without a file.

        Classes get their identities from a ``seed``; ``classes`` then maps the classes to them.
        """

        def __init__(self, file: io.BytesIO, classes: dict[str, type], seed: str | None) -> None:
            super().__init__(file, protocol=5)
            self.sources: dict[str, str] = {}
            self.classes = classes
            self.seed = seed

        def reducer_override(self, obj: Any) -> Any:
            if type(obj) is CodeType:
                made, arguments = self.dispatch_table[CodeType](obj)
                if self.seed is not None:
                    arguments = tuple(map(_in_order, arguments))
                return _named, (self.name(obj.co_filename), made, arguments)
            if self.seed is not None and (name := getattr(type(obj), "LOCATION_FIELD", None)) is not None:
                return replace(obj, **{name: ""}).__reduce_ex__(5)  # a cell has another number each time it is run
            reduced = super().reducer_override(obj)
            is_class = self.seed is not None and isinstance(obj, type) and isinstance(reduced, tuple) and len(reduced) > 2
            return self.identified(obj, reduced) if is_class else reduced

        def name(self, path: str) -> str:
            """Return the name that a file has where the pickle is read; a cell has its number, or one made of its source."""
            if os.path.isfile(path):
                return path if self.seed is None else self.portable(path)
            name, source = source_location.shorten(path), "".join(linecache.getlines(path))
            if source and self.seed is not None:
                name = f"<cell {sha256(source.encode()).hexdigest()[:8]}>"
            if source:
                self.sources[name] = source
            return name

        def portable(self, path: str) -> str:
            """Return a file's path from the current folder, which a package's files are unpacked to; else its name alone."""
            shown = source_location.shorten(path)
            return shown if not os.path.isabs(shown) else os.path.basename(path)

        def identified(self, cls: type, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
            """Return how a class is pickled, with an identity made of the seed, and without random parts."""
            identity = sha256(f"{self.seed} {len(self.classes)}".encode()).hexdigest()[:32]
            self.classes[identity] = cls
            make, arguments, (attributes, *slots), *rest = reduced
            arguments = tuple(identity if isinstance(part, str) and IDENTITY.fullmatch(part) else part for part in arguments)
            if "__static_attributes__" in attributes:  # of Python 3.13, made of a set
                attributes = {**attributes, "__static_attributes__": tuple(sorted(attributes["__static_attributes__"]))}
            if source_location.NOTE in attributes:
                path, line = attributes[source_location.NOTE]
                attributes = {**attributes, source_location.NOTE: (self.name(path), line)}
            return (make, arguments, (attributes, *slots), *rest)

    return Pickler


def _know(classes: dict[str, type]) -> None:
    """Register this process's own classes, so that it finds them in pickles made by processes that read this one."""
    import cloudpickle.cloudpickle as inside

    know: Any = getattr(inside, "_lookup_class_or_track", None)
    for identity, cls in classes.items() if know is not None else ():
        know(identity, cls)


def _named(path: str, made: Any, arguments: tuple[Any, ...]) -> CodeType:
    """Return the code that cloudpickle makes, with its file's name."""
    code: CodeType = made(*arguments)
    return code.replace(co_filename=path)


def _in_order(argument: Any) -> Any:
    """Return an argument of code with the sets among its constants in an order that doesn't depend on the process."""
    if not isinstance(argument, tuple) or not any(type(part) is frozenset for part in argument):
        return argument
    return tuple(_Frozen(part) if type(part) is frozenset else part for part in argument)


class _Frozen(frozenset[Any]):
    """A set that is pickled in the order of its elements' reprs, and read as a frozenset."""

    def __reduce__(self) -> tuple[Any, ...]:
        return frozenset, (sorted(self, key=repr),)
