"""Return the command, or the line of Python, that finishes an execution which failed or was interrupted."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING, Any

from laminar.components.flow import Flow
from laminar.program import main_module, process_state

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.program.main_module import Program

__all__ = ["advice", "program_words"]


def advice(execution: Execution, failed: str | None = None) -> str:
    """Return how to resume an execution, as ``resume with: laminar run train.py --resume ID``; "" where that is impossible.

    ``failed`` is the layer that failed: where layers ran again that had finished before, its earlier result was restored.
    An execution in memory cannot be resumed, nor one of a flow in a module that this process only imports, such as a test's.
    """
    if execution.origin is None or execution.flow.configuration.datastore.url.startswith("memory:"):
        return ""
    program = main_module.current()
    if program is None:
        flow = _name_in_main(execution.flow) if execution.chain[0] == execution.flow.name else None
        again = f"from_={failed!r}" if execution.fresh and failed else ""
        return f"resume with: {flow}.execution({execution.origin!r}).resume({again})" if flow else ""
    session = process_state.current
    if session is None and not _is_of_main(execution.flow):
        return ""
    words = ["laminar", "run", *_words(program), "--resume", execution.origin]
    first = failed or (session.from_layer if session is not None else None)
    words += ["--from", first] if execution.fresh and first else []
    if (session is not None and session.flow is not None) or len(_flows()) > 1:
        words += ["--flow", execution.chain[0]]
    return "resume with: " + shlex.join(words + (["--", *program.args] if program.args else []))


def program_words(execution: Execution) -> tuple[str, ...]:
    """Return the words that name the program of an execution on a command line; none where no command can find its data."""
    program = main_module.current()
    if execution.origin is None or execution.flow.configuration.datastore.url.startswith("memory:") or program is None:
        return ()
    if process_state.current is None and not _is_of_main(execution.flow):
        return ()
    return _words(program)


def _words(program: Program) -> tuple[str, ...]:
    """Return the words that name a program on a command line."""
    if program.package is None:
        return (program.given if program.given and not os.path.isabs(program.given) else program.shown,)
    stem = os.path.splitext(os.path.basename(program.path))[0]
    return ("-m", program.package if stem == "__main__" else f"{program.package}.{stem}")


def _flows() -> list[type[Any]]:
    """Return the flow classes that the program's own file defines, except those that others are built on."""
    found = [value for value in list(vars(sys.modules["__main__"]).values()) if isinstance(value, type)]
    flows = [cls for cls in found if issubclass(cls, Flow) and cls.__module__ == "__main__" and cls.has_layers()]
    return [cls for cls in dict.fromkeys(flows) if not any(cls in other.__mro__[1:] for other in flows)]


def _is_of_main(flow: Any) -> bool:
    return type(flow).__module__ == "__main__" or _name_in_main(flow) is not None


def _name_in_main(flow: Any) -> str | None:
    """Return an expression of module ``__main__`` that is a flow, or makes one."""
    names = vars(sys.modules["__main__"])
    for value, call in ((flow, ""), (type(flow), "()")):
        found = next((name for name, known in list(names.items()) if known is value and not name.startswith("_")), None)
        if found is not None:
            return found + call
    return None
