"""Return places in a user's program, as ``file.py:31``."""

from __future__ import annotations

import os
import sys
from bisect import bisect_right
from types import CodeType, FrameType
from typing import Any

__all__ = ["caller", "is_users", "note", "of_class", "of_code", "of_function", "position", "shorten"]

NOTE = "__laminar_place__"
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
CHECKOUT = tuple(
    os.path.join(os.path.dirname(PACKAGE.rstrip(os.sep)), name) + os.sep
    for name in (() if os.path.isdir(PACKAGE + "compiler") else ("compiler", "templates"))
)
"""Folders that are parts of the package where it is installed, and are beside it in a checkout."""

COMMANDS = os.path.join(PACKAGE, "cli") + os.sep
LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
INSTALLED = (os.path.join(LIBRARY, "site-packages") + os.sep, os.path.join(LIBRARY, "dist-packages") + os.sep)
"""Folders of Python's library with installed packages."""


def shorten(path: str) -> str:
    """Return a path relative to the current folder where it lies below it, a notebook's cell as ``In[3]``, else unchanged."""
    try:
        folder = os.getcwd() + os.sep
    except OSError:  # the folder was deleted
        return _cell(path) or path
    return path[len(folder) :] if path.startswith(folder) else _cell(path) or path


def _cell(path: str) -> str:
    """Return the name of IPython's for the cell that it compiled under a path, an empty string for anything else."""
    shell = getattr(sys.modules.get("IPython.core.interactiveshell"), "InteractiveShell", None)
    if shell is None or not shell.initialized():
        return ""
    named = shell.instance().compile.format_code_name(path)
    return named[1] if named is not None else ""


def caller() -> str:
    """Return the place of the innermost line on the stack that is a user's; an empty string where a command of laminar calls."""
    frame = outside()
    return "" if frame is None else f"{shorten(frame.f_code.co_filename)}:{_line(frame)}"


def outside() -> FrameType | None:
    """Return the innermost frame on the stack that is a user's; None where a command of laminar calls."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (_is_generated(frame) or not is_users(frame.f_code.co_filename)):
        path = frame.f_code.co_filename
        if path.startswith(COMMANDS):  # the command was called by click, not by a line of a program
            return None
        frame = frame.f_back
    return frame


def _is_generated(frame: FrameType) -> bool:
    """Return whether a frame is of a method that dataclasses wrote for a class of laminar: they compile it as "<string>"."""
    return frame.f_code.co_filename == "<string>" and str(frame.f_globals.get("__name__", "")).startswith("laminar.")


def is_users(path: str) -> bool:
    """Return whether code of this file is neither laminar's nor of Python's own library."""
    if path.startswith(LIBRARY):
        return path.startswith(INSTALLED) and not path.startswith(PACKAGE)
    return not path.startswith((PACKAGE, *CHECKOUT, "<frozen "))


def of_code(code: CodeType) -> str:
    """Return the place where a code object is defined."""
    return f"{shorten(code.co_filename)}:{code.co_firstlineno}"


def of_function(function: Any) -> str:
    """Return the place where a function is defined, or an empty string for an object without code."""
    code = getattr(function, "__code__", None)
    return of_code(code) if code else ""


def of_class(cls: type) -> str:
    """Return the place of a class statement, recorded by `note`."""
    path, line = cls.__dict__.get(NOTE, ("", 0))
    return f"{shorten(path)}:{line}" if path else ""


def position(cls: type) -> tuple[str, int]:
    """Return a class's place as a sort key that is the same on any machine: its module, its line."""
    return cls.__module__, cls.__dict__.get(NOTE, ("", 0))[1]


def note(cls: type) -> None:
    """Keep on a class, while it is being made, the place of its statement."""
    frame = outside()
    if frame is not None:
        setattr(cls, NOTE, (frame.f_code.co_filename, _line(frame)))


LONG_TABLE = 4096
"""Bytes of a code's line table from which on lines are looked up in an index."""


def _line(frame: FrameType) -> int:
    """Return the line that a frame is at.

    ``f_lineno`` reads the code's line table from its start (PyCode_Addr2Line in Objects/codeobject.c, Python 3.11). For the
    classes of a module of 10,000 that takes longer than all else.
    """
    code = frame.f_code
    if len(code.co_linetable) < LONG_TABLE or frame.f_lasti < 0:
        return frame.f_lineno
    global _table
    if _table is None or _table[0] is not code:
        entries = [(start, line or 0) for start, _, line in code.co_lines()]
        _table = (code, [start for start, _ in entries], [line for _, line in entries])
    _, starts, lines = _table
    return lines[bisect_right(starts, frame.f_lasti) - 1]


_table: tuple[CodeType, list[int], list[int]] | None = None
"""The index of the long code that was looked up last: first instructions, and their lines."""
