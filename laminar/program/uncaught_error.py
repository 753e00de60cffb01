"""Show an error that ends a program as ``laminar run`` does: the user's own lines, then the error, its place and how to fix it."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Any

from laminar.exceptions import InternalError, LaminarError
from laminar.program import source_location

__all__ = ["add_note", "install", "notes"]


def install() -> None:
    """Show errors of laminar that the program does not catch without the frames of laminar; other errors as before.

    A hook that the program, a debugger or another library has set stays. IPython calls a method for errors instead
    (IPython/core/interactiveshell.py, showtraceback). ``LAMINAR_TRACEBACK=1`` shows all frames.
    """
    LaminarError._render_traceback_ = _rendered  # type: ignore[attr-defined]
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = show


def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an error that nothing caught; ``sys.excepthook`` may be this function."""
    if os.environ.get("LAMINAR_TRACEBACK") or not _is_of_laminar(error):
        if not os.environ.get("LAMINAR_TRACEBACK"):
            _shorten_causes(error)
        sys.__excepthook__(kind, error, trace)
        return
    print("\n".join(_lines(error, trace)), file=sys.stderr)


def _lines(error: BaseException, trace: TracebackType | None) -> list[str]:
    """Return the text of an error of laminar: the lines of the user's own files, each problem, and the added notes."""
    import traceback

    own = [frame for frame in traceback.extract_tb(trace) if _is_own(frame.filename)]
    lines = "".join(traceback.format_list(own)).splitlines()
    problems = (error.problems or (error,)) if isinstance(error, LaminarError) else (error,)
    texts = [f"{type(each).__name__}: {text}" if (text := str(each)) else type(each).__name__ for each in problems]
    return [*(["Traceback (most recent call last):"] if own else []), *lines, *texts, *notes(error)]


def _shorten_causes(error: BaseException) -> None:
    """Remove all frames but those of the user's own files from the laminar errors that a program's error was raised from."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if _is_of_laminar(cause):
            cause.__traceback__ = _own_frames(cause.__traceback__)
            cause.__cause__, cause.__suppress_context__ = None, True  # the text has the traceback of the layer
        cause = cause.__cause__ if cause.__cause__ is not None or cause.__suppress_context__ else cause.__context__


def _own_frames(trace: TracebackType | None) -> TracebackType | None:
    if trace is None:
        return None
    following = _own_frames(trace.tb_next)
    if not _is_own(trace.tb_frame.f_code.co_filename):
        return following
    return TracebackType(following, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)


def _is_own(path: str) -> bool:
    return source_location.is_users(path) and "-packages" not in path


def _rendered(error: BaseException) -> list[str]:
    """Return the lines that IPython shows of an error."""
    import traceback

    if os.environ.get("LAMINAR_TRACEBACK") or not _is_of_laminar(error):
        return "".join(traceback.format_exception(type(error), error, error.__traceback__)).splitlines()
    return _lines(error, error.__traceback__)


def _is_of_laminar(error: BaseException) -> bool:
    """Return whether an error is one that laminar raises for its user, or an interrupt of a run."""
    if isinstance(error, LaminarError):
        return not isinstance(error, InternalError)
    return isinstance(error, KeyboardInterrupt) and bool(notes(error))


def add_note(error: BaseException, note: str) -> None:
    """Add a line to the text of an error, as ``BaseException.add_note`` does from Python 3.11 on (PEP 678)."""
    if note:
        error.__notes__ = [*notes(error), note]  # type: ignore[attr-defined]


def notes(error: BaseException) -> list[str]:
    """Return the lines that were added to an error."""
    found: Any = getattr(error, "__notes__", ())
    return list(found) if isinstance(found, list | tuple) else []
