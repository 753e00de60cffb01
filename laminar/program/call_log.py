"""Record the calls of flows of this process, for workers that are new processes: they execute the program up to the last one.

A program computes the parameters of one flow from the results of another. A worker that stopped at the first read would have
the values from before it.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from laminar.exceptions import LaminarError

__all__ = ["Call", "before", "calls", "noted"]


@dataclass
class Call:
    """A call of a flow by this process: the execution, None where it was not run, and the pickled error that it raised."""

    flow: str
    execution: str | None = None
    error: bytes = b""


calls: list[Call] = []
"""The calls of the program that this process executes, in order, the one under way included."""
_main: Any = None
"""The module ``__main__`` of these calls: a command that executes another program replaces it."""


@contextmanager
def noted(execution: Any) -> Iterator[None]:
    """Record a call, its execution and the error that it raises."""
    global _main
    if sys.modules.get("__main__") is not _main:
        _main = sys.modules.get("__main__")
        calls.clear()
    call = Call(execution.flow.name)
    calls.append(call)
    try:
        yield
    except LaminarError as error:
        with contextlib.suppress(Exception):  # an error of a class of the program's own may fail to pickle in any way
            import pickle  # imported only here: most calls raise nothing

            call.error = pickle.dumps(error)
        raise
    finally:
        call.execution = None if execution.idle or execution.remote is not None else execution.id


def before(flow: str) -> tuple[Call, ...] | None:
    """Return the calls before the one under way, None where that is not the last one: flows are called in threads."""
    *earlier, last = calls or [Call("")]
    return tuple(earlier) if last.flow == flow else None
