"""Record the execution of a program, and check the recording."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NoReturn

from laminar.exceptions import LaminarError
from laminar.program import interpreter_exit, main_module, program_check
from laminar.program.main_module import Program
from laminar.program.recording import Recording, Target, recorded

__all__ = ["forget", "record"]


def record(
    program: Program, *, target: Target | None = None, quiet: bool = False, then: Callable[[Recording], NoReturn] | None = None
) -> Recording:
    """Execute a program and return its recording; its modules and ``__main__`` stay loaded.

    With a ``target`` it ends as soon as that was seen: by ``then``, if that is given, which continues on top of the program's own
    frames and ends the process. Blocks around the call stay open there, as in a forked process: ``finally``, ``with`` and a bare
    ``except`` do nothing. The program's output goes to standard error, as it is no layer's.

    Raises FlowError where the program raises, where it reads a result before any flow is called, and where two of its flows
    have one name.
    """
    from laminar.program import load_error, program_streams

    recording = Recording(program, target=target)
    with ExitStack() as opened:
        opened.enter_context(recorded(recording))
        opened.enter_context(program_streams.aside(keep=target is not None or quiet))
        if then is not None:
            recording.on_end = lambda: _go_on(recording, opened, then)
        try:
            main_module.execute(program)
        except SystemExit as leaving:
            if leaving.code not in (None, 0):
                raise load_error.load_error(program, leaving) from leaving
        except LaminarError as error:
            error.where = error.where or load_error.line(program, error)
            raise
        except Exception as error:
            raise load_error.load_error(program, error) from error
    program_check.check(recording)
    return recording


def _go_on(recording: Recording, opened: ExitStack, then: Callable[[Recording], NoReturn]) -> None:
    """Continue at the end of a recording; return where the program has errors, which `record` raises."""
    try:
        program_check.check(recording)
    except LaminarError:
        return
    opened.close()
    interpreter_exit.leave_stack()
    then(recording)


def forget(modules: set[str], main: Any, argv: list[str], path: list[str]) -> None:
    """Restore the state of a process before a recording, except for modules of the installed environment."""
    folder = os.path.join(os.path.abspath(sys.path[0]), "") if sys.path else ""
    for name in set(sys.modules) - modules:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if folder and file.startswith(folder) and "site-packages" not in file:
            del sys.modules[name]
    sys.modules["__main__"] = main
    sys.argv[:] = argv
    sys.path[:] = path
