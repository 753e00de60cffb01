"""End a process that leaves by ``os._exit`` as Python ends: threads, exit functions, buffered files.

A forked process may not return through the frames of the program that it was forked in: ``finally`` blocks and ``with`` statements
there belong to the first process. It leaves by ``os._exit``, which skips the steps of Python's own finalization (Py_FinalizeEx in
Python/pylifecycle.c): wait for the threads, call the functions of `atexit`, flush files.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import os
import sys
import weakref
from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["disown", "exit_code", "finish", "flush_files", "leave_by", "leave_stack"]


def disown() -> None:
    """Drop the exit functions that the parent of this forked process registered, as ``multiprocessing`` does.

    Afterwards `finish` runs only what this process registers itself. Otherwise a temporary folder of the parent would be
    removed, and its daemonic processes ended.
    """
    _atexit()._clear()
    for info in list(_finalizers().values()):
        info.atexit = False
    if (util := sys.modules.get("multiprocessing.util")) is not None:
        util._finalizer_registry.clear()
    if (process := sys.modules.get("multiprocessing.process")) is not None:
        process._children = set()  # type: ignore[attr-defined]


def leave_stack() -> None:
    """Detach from the code on the stack above which this process continues, and never returns to.

    Two things are detached: an event loop, so that a layer may run another, and a debugger, which would wait for commands.
    """
    if (events := sys.modules.get("asyncio.events")) is not None:
        events._set_running_loop(None)
    debugger = getattr(sys.modules.get("bdb"), "Bdb", None)
    if debugger is not None and isinstance(getattr(sys.gettrace(), "__self__", None), debugger):
        sys.settrace(None)


def leave_by(work: Callable[[], int]) -> NoReturn:
    """Call a function, then end this process with the exit code that it returns, as Python ends.

    Nothing is raised into the frames below: an error ends the process with code 1, an interrupt with 130, as a shell reports it.
    """
    code = 1
    try:
        code = exit_code(work)
    finally:
        finish()
        os._exit(code & 0xFF)


def exit_code(work: Callable[[], int]) -> int:
    """Call a function, and return its exit code: 1 after an error, which is printed, and 130 after an interrupt."""
    try:
        return work()
    except KeyboardInterrupt:
        return 130
    except SystemExit as leaving:  # of a process that a layer forked: it ends with that code
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
        return 1


def finish() -> None:
    """Wait for threads that are no daemons, call the exit functions of this process, and flush its files."""
    # Modules that were imported before `disown` registered theirs once: they are due in this process too.
    others = (getattr(sys.modules.get(module), name, None) for module, name in REGISTERED)
    threads = getattr(sys.modules.get("threading"), "_shutdown", None)  # also of concurrent.futures
    own = threads, _atexit()._run_exitfuncs
    for function in (*own, *others, weakref.finalize._exitfunc):  # type: ignore[attr-defined]
        try:
            if function is not None:
                function()
        except BaseException:  # it is printed, and the others are called: so does Python at its end
            with contextlib.suppress(Exception):
                import traceback

                traceback.print_exc()
    flush_files()


REGISTERED = (("multiprocessing.util", "_exit_function"), ("logging", "shutdown"))
"""Exit functions of Python's own modules."""


def flush_files() -> None:
    """Flush every open file of this process that has a buffer: both sides of a fork would write its content."""
    global _files
    found = [item for item in gc.get_objects() if type(item) in BUFFERED]
    for file in (*(reference() for reference in _files), *found, getattr(sys, "stdout", None), getattr(sys, "stderr", None)):
        try:
            if file is not None and not file.closed:
                file.flush()
        except Exception:  # any kind of file may be closed, broken or full: Python too ignores that at its end
            continue
    _files = [weakref.ref(file) for file in found]


BUFFERED = {io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom}
_files: list[weakref.ref[Any]] = []
"""Files that were open when they were last flushed: in a forked process `gc.get_objects` omits frozen objects."""


def _atexit() -> Any:
    return atexit


def _finalizers() -> dict[Any, Any]:
    return getattr(weakref.finalize, "_registry", {})
