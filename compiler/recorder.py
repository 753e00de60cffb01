"""Load a program under recording and leave the process as it was."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from laminar import recording
from laminar.programs import Program
from laminar.recording import Chain, Recording, Step

if TYPE_CHECKING:
    from laminar.components.execution import Execution

__all__ = ["chain", "record"]


def record(program: str | Path, args: Sequence[str] = ()) -> Recording:
    """Execute a program's file with its flows noted and nothing scheduled; no datastore is opened.

    Raises FlowError where the program cannot be executed, calls no flow, or has flows that it never calls.
    """
    main, argv, path, modules = sys.modules["__main__"], list(sys.argv), list(sys.path), set(sys.modules)
    try:
        recorded = recording.record(Program(os.path.abspath(program), tuple(args)))
        recording.require_called(recorded)
    finally:
        recording.forget(modules, main, argv, path)
    return recorded


def chain(execution: Execution) -> Chain:
    """Return the chain that an execution ends, as it would be recorded; one that has run is compiled without its id."""
    steps = execution.steps or (Step(execution),)
    first = steps[0]
    fresh = first.flow.execution(None if first.execution.started else first.execution.id)
    chained = [replace(first, execution=fresh)]
    for step in steps[1:]:
        fresh = step.flow.execution()
        fresh.chain = step.execution.chain
        chained.append(replace(step, execution=fresh))
    return Chain(chained)
