"""Execute a program's file as module ``__main__``, as ``python PROGRAM ARGS`` does."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from laminar.exceptions import FlowError
from laminar.program.source_location import shorten

__all__ = ["Program", "current", "execute", "source"]


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


def execute(program: Program) -> dict[str, Any]:
    """Execute a program as ``__main__`` and return its namespace; ``__main__``, arguments and path stay in place.

    Raises FlowError where the file cannot be read or is not Python; whatever the program raises passes through.
    """
    path = os.path.abspath(program.path)
    code = _compile(path)
    module = ModuleType("__main__")
    module.__file__ = path
    module.__dict__["__builtins__"] = __builtins__
    module.__package__ = program.package
    sys.modules["__main__"] = module
    sys.argv[:] = [program.given or program.path, *program.args]
    folder = os.getcwd() if program.package else os.path.dirname(path)
    if sys.path[:1] != [folder]:
        sys.path.insert(0, folder)
    exec(code, module.__dict__)
    return module.__dict__


def current() -> Program | None:
    """Return the program that this process executes as ``__main__``, or None in a notebook, a REPL or ``python -c``."""
    main = sys.modules.get("__main__")
    path = getattr(main, "__file__", None)
    if not path or not os.path.isfile(path):
        return None
    spec = getattr(main, "__spec__", None)
    package = spec.parent if spec is not None else getattr(main, "__package__", None)
    try:
        given = sys.argv[0] if os.path.abspath(sys.argv[0]) == os.path.abspath(path) else ""
    except OSError:  # the working folder was deleted; __file__ is absolute, the argument may not be
        given = ""
    return Program(os.path.abspath(path), tuple(sys.argv[1:]), package or None, given)


def source(path: str) -> bytes:
    """Return what is in a program's file.

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


def _compile(path: str) -> Any:
    shown, text = shorten(path), source(path)
    try:
        return compile(text, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise FlowError(
            f"Program {shown!r} is not valid Python: {error.msg}.", where=f"{shown}:{error.lineno}", fix="mend the syntax."
        ) from error
    except ValueError as error:
        raise FlowError(f"Program {shown!r} is not a Python file: {error}.", fix="give the path of a Python file.") from error
