"""Execute a program's file as module ``__main__``, as ``python PROGRAM ARGS`` does."""

from __future__ import annotations

import importlib.machinery
import os
import sys
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from types import FrameType, ModuleType
from typing import Any

from laminar.exceptions import FlowError
from laminar.program.source_location import shorten

__all__ = ["Program", "adopt", "compiled", "current", "execute", "is_of_program", "source"]


@dataclass(frozen=True)
class Program:
    """A Python file and the arguments it is executed with; ``package`` is set where it was started with ``python -m``.

    ``given`` is the path as it was given, which the program sees in ``sys.argv``.
    """

    path: str
    args: tuple[str, ...] = ()
    package: str | None = None
    given: str = field(default="", compare=False)

    @property
    def shown(self) -> str:
        """Path as a person would write it from the current folder."""
        return shorten(self.path)


_first_arguments = tuple(sys.argv)
"""Arguments of this process when it imported laminar: programs replace `sys.argv` by their unparsed arguments (gin, absl)."""
_executed: tuple[ModuleType, Program] | None = None


def execute(program: Program) -> dict[str, Any]:
    """Execute a program as ``__main__`` and return its namespace; ``__main__``, arguments and path stay in place.

    A file inside a package runs as that module, so that its relative imports work. ``sys.path[0]`` is as under python: the
    folder of the file, its symlinks resolved, and the current folder or the package's parent for a module.

    Raises FlowError where the file cannot be read or is not Python; exceptions of the program propagate.
    """
    global _executed
    path = os.path.abspath(program.path)
    code = compiled(path)
    module = ModuleType("__main__")
    module.__file__ = path
    module.__dict__["__builtins__"] = __builtins__
    package, top = _package(path)
    package = program.package or package
    if package is not None:
        folder = os.getcwd() if top is None or program.package else top
        name = f"{package}.{os.path.splitext(os.path.basename(path))[0]}"
        module.__spec__ = importlib.machinery.ModuleSpec(name, SourceFileLoader(name, path), origin=path)
        module.__spec__.has_location = True
        module.__package__ = package
    else:
        folder = os.path.dirname(os.path.realpath(path))
    sys.modules["__main__"] = module
    sys.argv[:] = [program.given or program.path, *program.args]
    if sys.path[:1] != [folder]:
        sys.path.insert(0, folder)
    _executed = (module, program)
    exec(code, module.__dict__)
    return module.__dict__


def _package(path: str) -> tuple[str | None, str | None]:
    """Return the dotted name of the package that a file is in, and the folder that the package is in; None for a plain file."""
    folder = os.path.dirname(path)
    names: list[str] = []
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        names.insert(0, name)
    return (".".join(names), folder) if names and all(map(str.isidentifier, names)) else (None, None)


def current() -> Program | None:
    """Return the program that this process executes as ``__main__``, or None in a notebook, a REPL or ``python -c``."""
    main = sys.modules.get("__main__")
    if _executed is not None and _executed[0] is main:
        return _executed[1]
    path = getattr(main, "__file__", None)
    if not path or not os.path.isfile(path):
        return None
    if (run := _run_by_tool(path)) is not None:
        return run
    spec = getattr(main, "__spec__", None)
    package = spec.parent if spec is not None else getattr(main, "__package__", None)
    first = _first_arguments if _first_arguments and _is_path(_first_arguments[0], path) else tuple(sys.argv)
    given = first[0] if first and _is_path(first[0], path) else ""
    return Program(os.path.abspath(path), first[1:], package or None, given)


def _run_by_tool(path: str) -> Program | None:
    """Return the program that the module ``__main__`` of a file executes, if it does.

    Profilers and tracers do, and stay ``__main__`` in ``sys.modules``: cProfile (before Python 3.12), trace, kernprof. They put
    the program's path and arguments into ``sys.argv``.
    """
    if not _first_arguments or not _first_arguments[0].endswith(".py") or _is_path(_first_arguments[0], path):
        return None
    given = _first_arguments[0]
    if not os.path.isfile(given) or os.path.samefile(given, path):
        return None
    return Program(os.path.abspath(given), _first_arguments[1:], given=given)


def adopt() -> None:
    """Put the program that a profiler or tracer executes where pickle looks for its classes: into ``sys.modules["__main__"]``.

    cProfile does so itself from Python 3.12 on.
    """
    main = sys.modules.get("__main__")
    path = getattr(main, "__file__", None)
    if not path or not os.path.isfile(path) or (program := _run_by_tool(path)) is None:
        return
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (frame.f_code.co_name != "<module>" or frame.f_globals.get("__name__") != "__main__"):
        frame = frame.f_back
    if frame is not None and frame.f_globals is not vars(main):
        module = ModuleType("__main__")
        vars(module).update(frame.f_globals, __file__=program.path)
        sys.modules["__main__"] = module


def _is_path(given: str, path: str) -> bool:
    """Return whether a path as it was given is that of a file."""
    try:
        return os.path.abspath(given) == os.path.abspath(path)
    except OSError:  # the working folder was deleted, and the given path is relative
        return False


def is_of_program(cls: type) -> bool:
    """Return whether a class is of the program that this process executes from a file."""
    return cls.__module__ == "__main__" and current() is not None


def source(path: str) -> bytes:
    """Return the content of a program's file.

    Raises FlowError where it cannot be read, and for a notebook.
    """
    shown = shorten(path)
    if path.endswith(".ipynb"):
        raise FlowError(
            f"Program {shown!r} is a notebook.",
            fix="compile its flow inside it: laminar.compiler.compile(flow.execution().parameters(...), code=URL, upload=True); or "
            "save its cells as a Python file.",
        )
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        reason = "is a folder" if os.path.isdir(path) else (error.strerror or "cannot be read").lower()
        raise FlowError(
            f"Program {shown!r} cannot be read: {reason}.", fix="give the path of the Python file that calls a flow."
        ) from error


def compiled(path: str, *, flags: int = 0) -> Any:
    """Return the code of a program's file, or its syntax tree with the flags ``ast.PyCF_ONLY_AST``.

    Raises FlowError where the file cannot be read or is not Python.
    """
    shown, text = shorten(path), source(path)
    try:
        return compile(text, path, "exec", flags=flags, dont_inherit=True)
    except SyntaxError as error:
        raise FlowError(
            f"Program {shown!r} is not valid Python: {error.msg}.", where=f"{shown}:{error.lineno}", fix="correct the syntax."
        ) from error
    except ValueError as error:
        raise FlowError(f"Program {shown!r} is not a Python file: {error}.", fix="give the path of a Python file.") from error
