"""Decide whether two class objects are one layer.

A notebook's cell, or a program, that is executed again creates its classes again: they replace the earlier ones. A second class
of one name from the same execution (of a factory, a loop, a second statement) is another layer.
"""

from __future__ import annotations

import sys
import weakref
from types import CodeType, FrameType

__all__ = ["is_same_class", "note_definition"]

_executed: weakref.WeakKeyDictionary[type, CodeType | None] = weakref.WeakKeyDictionary()
"""The code of a module, cell or statement that ran when a class was made: code that is executed again is compiled again."""


def note_definition(cls: type) -> None:
    """Note during which execution a class is made."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not _is_module(frame.f_code):
        frame = frame.f_back
    _executed[cls] = frame.f_code if frame is not None else None


def _is_module(code: CodeType) -> bool:
    # IPython names a cell's code "<cell line: 1>" (IPython/core/interactiveshell.py, 8.x).
    return code.co_name == "<module>" or code.co_name.startswith("<cell line")


def is_same_class(one: type, other: type) -> bool:
    """Return whether two classes are one: the same object, or made by executing the same definition again later."""
    if one is other:
        return True
    if (one.__module__, one.__qualname__) != (other.__module__, other.__qualname__):
        return False
    return _executed.get(one) is not _executed.get(other)
