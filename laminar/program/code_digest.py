"""Digest a program's code in this process: functions, and all code that they reach in the program's own modules.

Own functions and classes count by their bytecode and by the values of the globals, closures and defaults that they name; libraries
by their version; Python's library by name. Values count by their content, as pickle takes them apart. The digest is equal in all
processes that load the program in the same way, wherever its files lie; comments and layout do not change it.

Values without such a digest (a connection, code that is made at run time) raise `NotComparable`: it is unknown whether equal
digests would mean the same behaviour.
"""

from __future__ import annotations

import builtins
import copyreg
import functools
import hashlib
import os
import re
import sys
import threading
import types
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import Any

from laminar.program import main_module, module_origin
from laminar.program.code_references import Import, references
from laminar.program.module_imports import sources

__all__ = ["NotComparable", "Walk"]

ATOMS = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented))
CONTAINERS = (list, tuple, dict, set, frozenset)
NAMED = (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType)
SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)
LOCKS = (type(threading.Lock()), type(threading.RLock()))
"""Types whose objects count by their type alone, as loggers do: a result does not depend on their state."""

DYNAMIC = frozenset({"eval", "exec", "globals", "__import__"})
"""Builtins that reach code by names that are made at run time."""

LOADERS = frozenset({"importlib", "runpy", "imp", "pkgutil"})
"""Modules that load others by names that are made at run time."""

SKIPPED = frozenset(
    {
        "__module__",
        "__dict__",
        "__weakref__",
        "__doc__",
        "__annotations__",
        "__annotate__",
        "__annotate_func__",
        "__laminar_place__",
    }
    | {"__firstlineno__", "__static_attributes__", "__annotations_cache__", "_abc_impl", "_registrations", "__classcell__"}
)
"""Attributes that hold the place of a class, or that are derived from others."""


class NotComparable(Exception):
    """A value or code that is reached cannot be compared with its earlier state; the text names it."""


class Walk:
    """Feed a digest with all code and data that is reached from functions, classes and values.

    ``names`` collects the attributes and strings that own code mentions, ``modules`` the libraries, ``classes`` the own classes.
    With ``lenient`` values that cannot be compared are ignored.
    """

    def __init__(self, *, lenient: bool = False, outer: Walk | None = None) -> None:
        self.sha = hashlib.sha256()
        self.lenient = lenient
        self.names: set[str] = set() if outer is None else outer.names
        self.modules: set[str] = set() if outer is None else outer.modules
        self.classes: dict[type, None] = {} if outer is None else outer.classes
        self.sources: dict[str, str] = {} if outer is None else outer.sources
        self.path: list[str] = [] if outer is None else outer.path
        self.folder: str = program_folder() if outer is None else outer.folder
        self._outer = outer
        self._seen: dict[int, int] = {}
        self._kept: list[Any] = []

    @property
    def digest(self) -> str:
        """Digest of all that was fed."""
        return self.sha.hexdigest()

    def put(self, *words: str) -> None:
        """Feed words, each with its length, so that two sequences of words never feed the same bytes."""
        for word in words:
            data = word.encode("utf-8", "surrogatepass")
            self.sha.update(b"%d:" % len(data) + data)

    # values

    def value(self, value: Any) -> None:
        """Feed a value: atoms and containers by content, code by its bytecode, other objects by their reduction for pickle."""
        kind = type(value)
        if kind is str:
            return self.put("str", self._placed(value))
        if kind in ATOMS:
            return self.put(kind.__name__, repr(value))
        if isinstance(value, PurePath):
            return self.put("path", self._placed(str(value)))
        if not self._is_new(value):
            return None
        if kind in CONTAINERS and is_flat(value) and self.folder not in (text := repr(value)):
            self.put(kind.__name__, text if kind not in (set, frozenset) else " ".join(sorted(map(repr, value))))
        elif kind in (list, tuple):
            self.put(kind.__name__, str(len(value)))
            for item in value:
                self.value(item)
        elif kind in (dict, types.MappingProxyType):
            self.put("dict", str(len(value)))
            for key, item in value.items():
                self.value(key)
                self.value(item)
        elif kind in (set, frozenset):
            self.put("set", *sorted(map(self._apart, value)))
        elif not self._code(kind, value):
            self._instance(kind, value)
        return None

    def _placed(self, text: str) -> str:
        """Return a text that is a path below the program's folder as one that is the same for each location of the program."""
        return f"<program>{text[len(self.folder) :]}" if f"{text}/".startswith(f"{self.folder}/") else text

    def _is_new(self, value: Any) -> bool:
        """Return whether an object is reached for the first time; feed a reference where it is not."""
        number = id(value)
        if number in self._seen:
            self.put("seen", str(self._seen[number]))
        elif self._is_above(number):
            self.put("above", str(getattr(value, "__qualname__", type(value).__qualname__)))
        else:
            self._seen[number] = len(self._seen)
            self._kept.append(value)
            return True
        return False

    def _is_above(self, number: int) -> bool:
        """Return whether an object is being fed, or was, to a digest that this one is a part of."""
        walk = self._outer
        while walk is not None and number not in walk._seen:
            walk = walk._outer
        return walk is not None

    def _apart(self, value: Any) -> str:
        """Return the digest of a value by itself: of an element without a place, or of a value that may not be comparable."""
        walk = Walk(lenient=self.lenient, outer=self)
        walk.value(value)
        self._kept.append(walk)
        return walk.digest

    def _code(self, kind: type, value: Any) -> bool:
        """Feed a value that is code, or that wraps code; return whether it is."""
        if kind is types.FunctionType:
            self.function(value)
        elif isinstance(value, type):
            self.class_(value)
        elif isinstance(value, types.ModuleType):
            self.module(value)
        elif kind is types.CodeType:
            self._bytecode(value)
        elif kind is types.CellType:
            self._cell(value)
        elif kind is types.MethodType:
            self.put("method")
            self.value(value.__func__)
            self.value(value.__self__)
        elif kind in (staticmethod, classmethod):
            self.put(kind.__name__)
            self.value(value.__func__)
        elif kind is property:
            self.put("property")
            self.value((value.fget, value.fset, value.fdel))
        elif kind is functools.cached_property:
            self.put("property")
            self.value(value.func)
        elif isinstance(value, functools._lru_cache_wrapper):
            self.put("cache")
            self.value(value.__wrapped__)
        elif kind in NAMED:
            self._named(value)
        elif kind in SLOTS or kind.__name__ == "_tuplegetter":
            self.put("slot", getattr(value, "__name__", ""))
        else:
            return False
        return True

    def _named(self, value: Any) -> None:
        """Feed a function that is written in C, with the object that it is bound to."""
        owner = getattr(value, "__self__", None)
        module = module_origin.module_of(value) or module_origin.module_of(getattr(value, "__objclass__", None))
        self.put("builtin", module, value.__qualname__)
        if module:
            self._foreign(module, value.__qualname__)
        if owner is not None and not isinstance(owner, types.ModuleType):
            self.value(owner)

    def _instance(self, kind: type, value: Any) -> None:
        if isinstance(value, (*LOCKS, getattr(sys.modules.get("logging"), "Logger", LOCKS))):
            return self.put("harmless", kind.__qualname__)
        self.put("object")
        self.value(kind)
        if kind.__module__ == "laminar.components.binding" and kind.__name__ == "Default":
            return self.value(value.value)
        try:
            registered = copyreg.dispatch_table.get(kind)
            reduced = registered(value) if registered is not None else value.__reduce_ex__(4)
        except Exception as error:
            return self._refuse(f"an object of type {kind.__qualname__!r}", error)
        if isinstance(reduced, str):
            return self.put("global", reduced)
        function, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
        self.value(function)
        self.value(arguments)
        self.value(state)
        self.value(list(items) if items is not None else None)
        return self.value(list(pairs) if pairs is not None else None)

    def _refuse(self, what: str, error: BaseException | None = None, *, is_code: bool = False) -> None:
        """Raise NotComparable, naming how the thing is reached; a lenient walk ignores values, but not code."""
        if self.lenient and not is_code:
            return self.put("unknown")
        where = " > ".join(self.path[-3:])
        raise NotComparable(f"{where} reaches {what}" if where else f"it reaches {what}") from error

    # functions

    def function(self, function: types.FunctionType) -> None:
        """Feed a function: an own one by its code and the objects that this refers to, another by its name."""
        if module_origin.kind_of(function) != "own":
            return self._foreign(module_origin.module_of(function), function.__qualname__)
        self.put("function", function.__qualname__)
        self.path.append(function.__qualname__)
        self._bytecode(function.__code__)
        self.value(function.__defaults__)
        self.value(function.__kwdefaults__)
        self._annotations(function.__annotations__, function.__globals__)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            self.put("cell", name)
            self._cell(cell)
        self._refer(function.__code__, function.__globals__)
        for name, value in sorted(vars(function).items()):
            self.put("attribute", name)
            self.value(value)
        self.path.pop()
        return None

    def _cell(self, cell: types.CellType) -> None:
        try:
            content = cell.cell_contents
        except ValueError:  # not filled yet
            return self.put("empty")
        return self.value(content)

    def _bytecode(self, code: types.CodeType) -> None:
        """Feed a code object without the names and lines of its file."""
        self.put("code", code.co_code.hex(), getattr(code, "co_exceptiontable", b"").hex())
        self.put(*map(str, (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)))
        self.put(*code.co_names, "|", *code.co_varnames, "|", *code.co_freevars, "|", *code.co_cellvars)
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                self._bytecode(constant)
            else:
                self._constant(constant)

    def _constant(self, value: Any) -> None:
        """Feed a constant of a code object; whether two of them are one object depends on who compiled it."""
        if isinstance(value, tuple):
            self.put("tuple", str(len(value)))
            for item in value:
                self._constant(item)
        elif isinstance(value, frozenset):
            self.put("set", *sorted(map(repr, value)))
        else:
            self.value(value)

    def _refer(self, code: types.CodeType, namespace: Mapping[str, Any]) -> None:
        """Feed the objects that a code object refers to in the namespace of its module."""
        found = references(code)
        self.names |= found.names
        for name, chain in found.globals:
            self.put("global", name, *chain)
            if name in namespace:
                self._attribute(namespace[name], chain)
            elif hasattr(builtins, name):
                if name in DYNAMIC:
                    self._refuse(f"{name}(), which names code at run time", is_code=True)
                self.put("builtin")
            else:
                self.put("absent")
        for statement in found.imports:
            self._import(statement, namespace)

    def _attribute(self, value: Any, chain: Iterable[str]) -> None:
        """Feed an attribute that is read of own modules, or of a value the value itself."""
        rest = list(chain)
        while rest and isinstance(value, types.ModuleType) and rest[0] in vars(value):
            if module_origin.kind(value.__name__) != "own":
                break
            value = vars(value)[rest.pop(0)]
        if isinstance(value, types.ModuleType) and value is sys and rest[:1] == ["modules"]:
            self._refuse("sys.modules", is_code=True)
        self.value(value)

    # classes

    def class_(self, cls: type, *, without: Callable[[str, Any], bool] = lambda name, value: False) -> None:
        """Feed a class: an own one by its bases and attributes, except those for which ``without`` is true; another by its name."""
        if module_origin.kind_of(cls) != "own":
            return self._foreign(module_origin.module_of(cls), cls.__qualname__)
        self.classes[cls] = None
        self.put("class", cls.__qualname__)
        self.path.append(cls.__qualname__)
        self.value(type(cls))
        for base in cls.__bases__:
            self.value(base)
        written = vars(cls).get("__annotations__")
        self._annotations(written if isinstance(written, dict) else {}, vars(sys.modules.get(cls.__module__, types)))
        for name, value in sorted(vars(cls).items()):
            if name in SKIPPED or without(name, value):
                continue
            self.put("attribute", name)
            if name.startswith("__") and name.endswith("__") and not callable(value):
                self._derived(value)
            else:
                self.value(value)
        self.path.pop()
        return None

    def _annotations(self, annotations: Mapping[str, Any], namespace: Mapping[str, Any]) -> None:
        """Feed annotations, which libraries read at run time, and, of those that are text, the named objects.

        One that is a layer names a dependency, and counts by its name.
        """
        for name, annotation in annotations.items():
            self.put("annotation", name)
            named = [annotation]
            if isinstance(annotation, str):
                self.put(annotation)
                named = [namespace[word] for word in re.findall(r"[^\W\d]\w*", annotation) if word in namespace]
            for value in named:
                if is_layer(value):
                    self.put(value.__qualname__)
                else:
                    self._derived(value)

    def _derived(self, value: Any) -> None:
        """Feed a value that a decorator or a metaclass set on a class, if it can be compared: the class determines it."""
        depth = len(self.path)
        try:
            self.put(self._apart(value))
        except (NotComparable, RecursionError):
            del self.path[depth:]
            self.put("derived")

    # modules

    def module(self, module: types.ModuleType) -> None:
        """Feed a whole module, which code passes on: an own one by all of its namespace."""
        if module_origin.kind(module.__name__) != "own":
            return self._foreign(module.__name__, "")
        self.put("module", module.__name__)
        self.path.append(module.__name__)
        for name, value in sorted(vars(module).items()):
            if not (name.startswith("__") and name.endswith("__")):
                self.put("attribute", name)
                self.value(value)
        self.path.pop()
        return None

    def _foreign(self, module: str, name: str) -> None:
        """Feed the name of an object of a library, with the library's version."""
        top = module.partition(".")[0]
        self.modules.add(top)
        self.put("foreign", module, name)
        if top in LOADERS:
            self._refuse(f"{module}, which names modules at run time", is_code=True)
        if module_origin.kind(module) == "library":
            version = module_origin.library_version(top)
            if version is None:
                self._refuse(f"library {top!r}, whose version cannot be found")
            self.put("version", version or "")

    def _import(self, statement: Import, namespace: Mapping[str, Any]) -> None:
        """Feed the modules that an import within a function reaches: of a loaded own module its content, else its source."""
        name = statement.absolute(str(namespace.get("__package__") or ""))
        self.put("import", name, *statement.names)
        if name not in sys.modules:
            return self._sources(name, statement.names)
        if module_origin.kind(name) != "own":
            return self._foreign(name, "")
        module = sys.modules[name]
        for wanted in statement.names or ("",):
            if wanted in vars(module):
                self.value(vars(module)[wanted])
            elif wanted and wanted != "*":
                self._sources(f"{name}.{wanted}", ())
            else:
                self.value(module)
        return None

    def _sources(self, name: str, names: Iterable[str]) -> None:
        """Feed the source of an own module that is not loaded, and of those that it imports."""
        for found in sources(name, tuple(names)):
            if found.loaded:
                self.value(sys.modules[found.module])
            elif found.digest is not None:
                if found.has_classes:
                    self.sources[found.module] = found.digest
                self.put("source", found.module, found.digest)
            elif found.kind == "absent":
                self.put("absent", found.module)
            else:
                self._foreign(found.module, "")


def program_folder() -> str:
    """Return the folder of the program that this process executes; a name that no path has, where there is none."""
    program = main_module.current()
    return "<none>" if program is None else os.path.dirname(program.path)


def is_layer(value: Any) -> bool:
    """Return whether a value is a class of a layer."""
    bases = value.__mro__ if isinstance(value, type) else ()
    return any(base.__module__ == "laminar.components.layer" and base.__name__ == "Layer" for base in bases)


def is_flat(value: Any) -> bool:
    """Return whether a container holds nothing but atoms, so that its repr stands for it.

    >>> is_flat([1, "a", None]), is_flat({"a": (1,)})
    (True, False)
    """
    if type(value) is dict:
        return all(type(key) in ATOMS and type(item) in ATOMS for key, item in value.items())
    return all(type(item) in ATOMS for item in value)
