"""A program's flows have names of their own, and each of them is called."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer
from laminar.exceptions import FlowError, LaminarError
from laminar.program import program_check, recording
from laminar.program.recording import Recording


def flow(name: str, module: str = "__main__") -> type[Flow]:
    """Return a flow with a layer, as a program's own file defines it."""
    made = type(name, (Flow,), {"__module__": module})
    made.register(type("A", (Layer,), {"__module__": module, "__call__": lambda self: None}))
    return made


def recorded(called: type[Flow], *classes: type[Flow]) -> Recording:
    """Return the recording of a program that defines flows and calls one."""
    with recording.recorded(Recording(classes=[called, *classes])) as found:
        called()()
    return found


def test_flows_that_are_defined_and_never_called_are_named():
    found = recorded(flow("Train"), flow("Score"), flow("Library", "library"))
    assert [cls.__name__ for cls in program_check.uncalled(found)] == ["Score"]
    with pytest.raises(FlowError, match=r"defines flows that it never calls: Score \("):
        program_check.require_called(found)


def test_a_flow_that_the_called_one_is_built_on_counts_as_called():
    base = flow("Base")
    called = type("Train", (base,), {"__module__": "__main__"})
    program_check.require_called(recorded(called, base))


def test_flows_after_a_read_that_ended_the_recording_are_unknown():
    found = recorded(flow("Train"), flow("Score"))
    found.ended = ("A.rows", "program.py:3")
    assert program_check.uncalled(found) == []


def test_a_program_without_a_call_is_rejected():
    with pytest.raises(FlowError, match="calls no flow"):
        program_check.check_called("program.py", [], is_any_called=False)
    program_check.check_called("program.py", [], is_any_called=True)


def test_all_flows_of_one_name_are_rejected_at_once():
    classes = [flow("Train"), flow("Score"), flow("Train"), flow("Score")]
    with pytest.raises(LaminarError) as raised:
        program_check.check_names("program.py", classes)
    assert "two flows named 'Train'" in str(raised.value) and "two flows named 'Score'" in str(raised.value)
    program_check.check_names("program.py", [*classes[:2], classes[0]])
