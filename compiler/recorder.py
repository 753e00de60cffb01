"""Load a program under recording, and restore the process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from laminar.exceptions import FlowError
from laminar.program import process_snapshot, program_check, program_recording, recording, source_location
from laminar.program.main_module import Program
from laminar.program.recording import Chain, Recording, Step

if TYPE_CHECKING:
    from laminar.components.execution import Execution

__all__ = ["call", "chain", "record"]


def record(program: str | Path | Program, args: Sequence[str] = ()) -> Recording:
    """Execute a program with its flows recorded and nothing scheduled. No datastore is opened.

    ``args`` belong to a program given as a path; a Program has its own.

    Raises FlowError where the program cannot be executed, calls no flow, or has flows that it never calls.
    """
    main, argv, path, modules = sys.modules["__main__"], list(sys.argv), list(sys.path), set(sys.modules)
    try:
        with process_snapshot.preserved():
            recorded = program_recording.record(
                program if isinstance(program, Program) else Program(os.path.abspath(program), tuple(args))
            )
        program_check.require_called(recorded)
    finally:
        program_recording.forget(modules, main, argv, path)
    return recorded


def call(function: Callable[[], object]) -> list[Chain]:
    """Call a function with its flows recorded and nothing scheduled, and return the chains that it made.

    Raises FlowError where it calls no flow, or reads a result.
    """
    recorded, name = Recording(), getattr(function, "__name__", repr(function))
    with recording.recorded(recorded):
        function()
    if recorded.ended is not None:
        what, where = recorded.ended
        raise FlowError(
            f"Function {name!r} reads {what}: there is no result yet.",
            where=where,
            fix="let it call flows, and read no results.",
        )
    if not recorded.chains:
        raise FlowError(
            f"Function {name!r} calls no flow.",
            where=source_location.of_function(function),
            fix="let it call one: Train()(rate=0.1)",
        )
    return recorded.chains


def chain(execution: Execution) -> Chain:
    """Return the chain that an execution ends, as it would be recorded; only an id that the user gave, and did not run, is kept."""
    steps = execution.steps or (Step(execution),)
    first = steps[0]
    fresh = first.flow.execution(first.execution.id if first.execution.given and not first.execution.started else None)
    chained = [replace(first, execution=fresh)]
    for step in steps[1:]:
        fresh = step.flow.execution()
        fresh.chain = step.execution.chain
        chained.append(replace(step, execution=fresh))
    return Chain(chained)
