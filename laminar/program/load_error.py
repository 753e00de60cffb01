"""Describe exceptions of a program while it is loaded: to record its flows, or in a pod or worker that executes it again."""

from __future__ import annotations

import errno
import linecache
import os
import re
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from laminar.exceptions import FlowError
from laminar.program import error_text, process_state, source_location

if TYPE_CHECKING:
    from laminar.program.main_module import Program

__all__ = ["line", "load_error"]


def load_error(program: Program, error: BaseException) -> FlowError:
    """Return the error for a program's exception, with the fitting advice."""
    text = f"exit code {error.code}" if isinstance(error, SystemExit) else error_text.line(error)
    if (address := _address(error)) and address not in text:
        text += f" ({address})"
    when = "in a process that loads it again" if process_state.is_worker() else "while its flows were recorded"
    return FlowError(f"Program {program.shown!r} ended with {text} {when}.", where=line(program, error), fix=_fix(program, error))


def _fix(program: Program, error: BaseException) -> str:
    # argparse and click exit like this for a wrong or missing argument: docs.python.org, argparse, "Exiting methods".
    if isinstance(error, SystemExit) and error.code == 2:
        return "pass the program's own arguments after --, as in: -- --rate 0.5"
    if _is_port_in_use(error) or isinstance(error, BlockingIOError):  # which flock(2) raises with LOCK_NB
        return "let it acquire ports and locks after the flow's call, or in a layer: the process that calls the flow holds them."
    if isinstance(error, FileExistsError):
        return "let it accept an existing one, as os.makedirs(path, exist_ok=True) does: it is executed again to find its flows."
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return "write it in a layer, below /tmp or in a mounted volume: a pod executes the program too, in a read-only file system."
    if _reads_input(program, error):
        return "pass its input as a file, or as a parameter of the flow: pods have no standard input."
    return _fix_of_code(error)


def _fix_of_code(error: BaseException) -> str:
    """Return the advice for an error of the code itself, or of the machine that it is executed on."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"correct the syntax of {source_location.shorten(error.filename)}."
    if isinstance(error, ModuleNotFoundError) and error.name:
        top = error.name.partition(".")[0]
        return f"correct the import, or install {top!r} where the program is executed: here, and in the image."
    if isinstance(error, KeyError) and error.args and _is_of_environment(error):
        return f"set the variable {error.args[0]} where the program is executed, here and in pods; or give it a default."
    if isinstance(error, FileNotFoundError) and error.filename is not None:
        return "correct the path, or read it in a layer: pods execute the program too, and have only the files of their image."
    if isinstance(error, (SystemExit, OSError)):
        return "make the program run up to its flow's call on any machine: it is executed to find its flows."
    return "correct the program: it is executed up to its flow's call, to find its flows."


def _is_of_environment(error: BaseException) -> bool:
    """Return whether a key is missing in ``os.environ``."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and frames[-1].filename in ("<frozen os>", os.__file__)


def line(program: Program, error: BaseException) -> str:
    """Return the innermost line of the program's own file that an error came through, and where it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    own = _own(program, error)
    if not own:
        return program.shown
    last = frames[-1]
    if isinstance(error, SyntaxError) and error.filename:
        wrong = f"{source_location.shorten(error.filename)}:{error.lineno}"
        return f"{source_location.shorten(own[-1].filename)}:{own[-1].lineno} (in {wrong})"
    deeper = not last.filename.startswith(source_location.PACKAGE) and last != own[-1]
    origin = f" (raised at {source_location.shorten(last.filename)}:{last.lineno})" if deeper else ""
    return f"{source_location.shorten(own[-1].filename)}:{own[-1].lineno}{origin}"


def _own(program: Program, error: BaseException) -> list[traceback.FrameSummary]:
    frames = traceback.extract_tb(error.__traceback__)
    return [frame for frame in frames if frame.filename == program.path or source_location.shorten(frame.filename) == program.shown]


def _reads_input(program: Program, error: BaseException) -> bool:
    """Return whether a line of the program's own that an error came through reads standard input."""
    lines = (linecache.getline(frame.filename, frame.lineno or 0) for frame in _own(program, error))
    return any(re.search(r"\bstdin\b|\binput\(|\bfileinput\b", text) for text in lines)


def _is_port_in_use(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno == errno.EADDRINUSE  # bind(2)


def _address(error: BaseException) -> str:
    """Return the address that is in use already, where a frame that an error came through names it; else an empty string."""
    if not _is_port_in_use(error):
        return ""
    for names in reversed([frame.f_locals for frame, _ in traceback.walk_tb(error.__traceback__)]):
        for value in _addresses(names):
            return value
    return ""


def _addresses(names: dict[str, Any]) -> Iterator[str]:
    """Yield the addresses that the variables of a function name: a host and a port, a server's own, or a port alone."""
    own = getattr(names.get("self"), "server_address", None)
    for value in (own, *names.values()):
        if isinstance(value, tuple) and len(value) in (2, 4) and isinstance(value[0], str) and isinstance(value[1], int):
            yield f"{value[0]}:{value[1]}" if value[0] else f"port {value[1]}"
    if isinstance(port := names.get("port"), int):
        yield f"port {port}"
