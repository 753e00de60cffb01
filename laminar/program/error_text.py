"""Return an error of a program as one line of text, the same under each version of Python."""

from __future__ import annotations

from laminar.exceptions import LaminarError

__all__ = ["line"]

UNPRINTABLE = "<exception str() failed>"
"""Text of an error whose ``__str__`` raises: that of `traceback` from Python 3.11 on (``_safe_string`` in Lib/traceback.py)."""


def line(error: BaseException) -> str:
    """Return an error's class and message; its traceback has the notes, and the lines of a syntax error.

    >>> line(ValueError("no rows"))
    'ValueError: no rows'
    >>> line(StopIteration())
    'StopIteration'
    """
    kind = type(error)
    if isinstance(error, LaminarError):
        return f"{kind.__name__}: {error.what}"
    name = kind.__qualname__ if kind.__module__ in ("__main__", "builtins") else f"{kind.__module__}.{kind.__qualname__}"
    try:
        text = str(error).strip()
    except Exception:
        text = UNPRINTABLE
    return f"{name}: {text}" if text else name
