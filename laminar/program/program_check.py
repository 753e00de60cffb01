"""Check what a recording saw of a whole program: its flows have different names, and each of them is called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from laminar.exceptions import FlowError, LaminarError, raise_all
from laminar.program import source_location

if TYPE_CHECKING:
    from laminar.program.recording import Recording

__all__ = ["check", "check_called", "check_names", "require_called", "uncalled"]


def check(recording: Recording) -> None:
    """Raise the errors that only a whole program shows."""
    program = recording.program.shown if recording.program else "the program"
    if recording.ended and not recording.chains:
        what, where = recording.ended
        raise FlowError(
            f"Program {program!r} reads {what} before any flow is called: there is no result yet.",
            where=where,
            fix="call a flow first, and read results after it.",
        )
    check_names(program, dict.fromkeys([*defined(recording), *(type(flow) for flow in recording.flows)]))


def check_names(program: str, classes: Iterable[type[Any]]) -> None:
    """Raise FlowError, for all of them at once, where two flow classes of a program have one name."""
    problems: list[LaminarError] = []
    seen: dict[str, type[Any]] = {}
    for cls in classes:
        known = seen.setdefault(cls.__name__, cls)
        if known is not cls:
            problems.append(
                FlowError(
                    f"Program {program!r} has two flows named {cls.__name__!r}.",
                    where=f"{source_location.of_class(known)} and {source_location.of_class(cls)}",
                    fix="rename one: pods find a flow by its name.",
                )
            )
    raise_all(problems)


def defined(recording: Recording) -> list[type[Any]]:
    """Return the flow classes that the program's own file defines."""
    return [cls for cls in recording.classes if cls.__module__ == "__main__"]


def uncalled(recording: Recording) -> list[type[Any]]:
    """Return the flows, with layers, that the program's file defines and neither calls nor builds others on.

    Nothing is known of those after a read that ended the recording: then there are none.
    """
    if recording.ended:
        return []
    called = [type(step.flow) for chain in recording.chains for step in chain.steps]
    return [cls for cls in defined(recording) if not any(issubclass(used, cls) for used in called) and cls.has_layers()]


def require_called(recording: Recording) -> None:
    """Raise FlowError, listing them, for flows defined but never called, and where no flow is called at all."""
    check_called(recording.program.shown if recording.program else "the program", uncalled(recording), bool(recording.chains))


def check_called(program: str, idle: Sequence[type[Any]], is_any_called: bool) -> None:
    """Raise FlowError for flows of a program that are never called, and where it calls none at all."""
    if idle:
        listed = ", ".join(f"{cls.__name__} ({source_location.of_class(cls)})" for cls in idle)
        raise FlowError(
            f"Program {program!r} defines flows that it never calls: {listed}.",
            where=source_location.of_class(idle[0]),
            fix=f"call it after its guard: if flow := {idle[0].__name__}(): flow()",
        )
    if not is_any_called:
        raise FlowError(
            f"Program {program!r} calls no flow.",
            where=program,
            fix="define a Flow, register layers on it and call it: if flow := Train(): flow()",
        )
