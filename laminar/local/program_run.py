"""Execute a program once, in this process, as the command line requires of its flows."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

from laminar.components import replaced_parameters
from laminar.exceptions import ExecutionError, FlowError, LaminarError
from laminar.program import load_error, main_module, process_state, program_check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from laminar.program.main_module import Program
    from laminar.program.process_state import Session
    from laminar.program.recording import Step

__all__ = ["apply", "run_program"]


def run_program(program: Program, session: Session) -> None:
    """Execute a program as ``__main__``, as python does; the session decides which flows run.

    Raises FlowError for a flow that the session names and the program never calls, and, after the run, for flows that are
    defined but never called; exceptions of the program pass through.
    """
    process_state.start(session)
    session.program = program
    try:
        main_module.execute(program)
    except SystemExit as leaving:
        if leaving.code in (None, 0):
            _check_called(session)
        raise
    except LaminarError as error:
        _check_selected(session)
        if not isinstance(error, ExecutionError) and not error.problems:  # datastores and the history know no lines
            error.where = error.where or load_error.line(program, error)
        raise
    _check_called(session)


def apply(session: Session, step: Step) -> bool:
    """Apply a session to a flow that was called; return whether the flow is to run.

    Raises FlowError, before anything runs, for a parameter that the flow does not have, where the selection of one of several
    flows is ambiguous, and for two flows of one name.
    """
    flow = step.flow
    program_check.check_names(_shown(session), _own(session))
    session.called.append(flow)
    if session.flow is not None and not _is_defined(session, session.flow) and flow.name != session.flow:
        raise _not_called(session)
    if session.selects(flow.name) and session.chosen is None:
        if session.flow is None and session.is_specific:
            _check_only(session, step)
        session.chosen = step.execution  # before the checks below: the flow counts as called, also with wrong parameters
        if not session.resume:  # it keeps the parameters that it was started with
            replaced_parameters.replaced(step, session.parameters)  # raises errors in them
        return True
    if session.is_specific and session.selects(flow.name):
        raise FlowError(
            f"The program calls {'flow ' + repr(flow.name) if session.flow else 'flows'} more than once, and -p, --execution and "
            "--resume are for one call.",
            where=step.where,
            fix="call it once, or move the other calls to another program." if session.flow else f"pass --flow {_first(session)}",
        )
    return session.flow is None


def _first(session: Session) -> str:
    return str(session.called[0].name)


def _own(session: Session) -> list[type[Any]]:
    """Return the flow classes with layers that the program's own file has defined so far."""
    return [cls for cls in session.classes if cls.__module__ == "__main__" and cls.has_layers()]


def _is_defined(session: Session, name: str) -> bool:
    return any(cls.__name__ == name for cls in session.classes)


def _check_only(session: Session, step: Step) -> None:
    """Raise FlowError where the program has other flows that no chain links to: the first call may not be the selected one."""
    linked = set(_linked(session))
    bases = {base for cls in _own(session) for base in cls.__mro__[1:]}
    others = [cls for cls in _own(session) if cls not in linked and cls not in bases and not isinstance(step.flow, cls)]
    if others:
        names = [step.flow.name, *(cls.__name__ for cls in others)]
        raise FlowError(
            f"The program has several flows: {', '.join(dict.fromkeys(names))}.",
            where=step.where,
            fix=f"pass --flow {names[0]}, or another of them.",
        )


def _linked(session: Session) -> Iterator[type[Any]]:
    """Yield the classes of flows that the program's text names within a call of ``.next``."""
    assert session.program is not None
    tree = ast.parse(main_module.source(session.program.path))
    main = vars(sys.modules["__main__"])
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "next":
            for inner in (part for given in (*node.args, *node.keywords) for part in ast.walk(given)):
                if isinstance(inner, ast.Name) and (value := main.get(inner.id)) is not None:
                    yield value if isinstance(value, type) else type(value)


def _check_selected(session: Session) -> None:
    if session.flow is not None and session.chosen is None:
        raise _not_called(session)


def _not_called(session: Session) -> FlowError:
    shown = ", ".join(dict.fromkeys([flow.name for flow in session.called] or [cls.__name__ for cls in _own(session)])) or "none"
    return FlowError(f"The program calls no flow {session.flow!r} first in a chain.", fix=f"pass one of: {shown}.")


def _check_called(session: Session) -> None:
    """Raise FlowError for flows that were defined and never called."""
    _check_selected(session)
    used = [type(flow) for flow in (*session.called, *session.followed)]
    idle = [cls for cls in _own(session) if not any(issubclass(called, cls) for called in used)]
    program_check.check_called(_shown(session), idle, bool(session.called))


def _shown(session: Session) -> str:
    return session.program.shown if session.program is not None else "the program"
