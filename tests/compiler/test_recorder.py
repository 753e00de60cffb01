"""A program is recorded without a trace in the process, and a function's flows without a program."""

from __future__ import annotations

import os
import sys

import pytest

from laminar import Flow, Layer, Parameters
from laminar.compiler import recorder
from laminar.exceptions import FlowError

PROGRAM = """\
import os, sys
sys.path.append("added")
os.environ["ADDED"] = "1"
import beside
from laminar import Flow, Layer
class Train(Flow): ...
@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        raise SystemExit("a layer was executed")
Train()(words=sys.argv[1:])
"""


class Train(Flow): ...


@Train.register
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        raise AssertionError("a layer was executed")


def test_a_recorded_program_leaves_the_process_as_it_was(tmp_path):
    (tmp_path / "main.py").write_text(PROGRAM)
    (tmp_path / "beside.py").write_text("")
    before = (sys.modules["__main__"], list(sys.argv), list(sys.path), dict(os.environ), os.getcwd())
    recorded = recorder.record(tmp_path / "main.py", ["a", "b"])
    assert [chain.first.parameters for chain in recorded.chains] == [{"words": ["a", "b"]}]
    assert (sys.modules["__main__"], sys.argv, sys.path, dict(os.environ), os.getcwd()) == before
    assert "beside" not in sys.modules


def test_a_program_that_fails_leaves_the_process_as_it_was_too(tmp_path):
    (tmp_path / "main.py").write_text("import sys\nsys.argv.append('x')\nraise ValueError('broken')\n")
    before = (sys.modules["__main__"], list(sys.argv), list(sys.path))
    with pytest.raises(FlowError, match="broken"):
        recorder.record(tmp_path / "main.py")
    assert (sys.modules["__main__"], sys.argv, sys.path) == before


def test_a_functions_flows_are_noted_in_order_and_not_run():
    def function() -> None:
        Train()(rate=1)
        Train()(rate=2)

    assert [chain.first.parameters for chain in recorder.call(function)] == [{"rate": 1}, {"rate": 2}]


def test_a_function_without_a_flow_is_an_error():
    def function() -> None: ...

    with pytest.raises(FlowError, match=r"Function 'function' calls no flow"):
        recorder.call(function)


def test_a_function_that_reads_a_result_is_an_error():
    def function() -> None:
        print(Train()(rate=1).layer(Fit).score)

    with pytest.raises(FlowError, match=r"Function 'function' reads .*: there is no result yet"):
        recorder.call(function)


@pytest.mark.parametrize("given", ["nightly", None])
def test_a_chain_keeps_an_id_that_the_user_gave(given):
    execution = Train().execution(given)
    made = recorder.chain(execution)
    assert made.first.execution.id == given
    assert made.first.execution is not execution
