"""Load a program under recording and leave the process as it was."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from laminar import recording
from laminar.programs import Program
from laminar.recording import Recording

__all__ = ["record"]


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
