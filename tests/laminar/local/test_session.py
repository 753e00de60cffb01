"""A local run leaves a record of itself, and one of each attempt that left no document."""

from __future__ import annotations

import os
import time

import pytest

from laminar import Flow, Layer, history
from laminar.configurations.datastores import Local
from laminar.configurations.executors import Process, Thread
from laminar.configurations.layers import ForEach, Parameter, Retry
from laminar.exceptions import ExecutionError
from laminar.history.stored_run import Run
from laminar.program import process_state


class Rows(Flow): ...


@Rows.register
class Make(Layer):
    def __call__(self) -> None:
        self.shard(rows=range(4))


@Rows.register(foreach=ForEach([Parameter(Make, "rows")]), retry=Retry(attempts=2, delay=0))
class Use(Layer):
    def __call__(self, make: Make) -> None:
        if make.rows == 2 and not os.path.exists("fixed"):
            raise ValueError("bad row 2")
        if make.rows == 3 and self.attempt == 1:
            raise KeyError("once")


@Rows.register
class Join(Layer):
    def __call__(self, use: Use) -> None: ...


@pytest.fixture(params=[Process, Thread], ids=["process", "thread"])
def failed(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flow = Rows(datastore=Local(tmp_path / "store"), executor=request.param())
    with pytest.raises(ExecutionError):
        flow(execution="one", rate=0.1, token="hidden")
    return flow


def run_of(flow: Flow) -> Run:
    return history.find("Rows", "one", flow.configuration.datastore)


def test_a_run_that_failed_says_so_with_its_failures(failed):
    run = run_of(failed)
    assert (run.state, run.failed_layers) == ("failed", ("Use",))
    assert {layer.name: layer.state for layer in run.layers} == {"Make": "finished", "Use": "failed", "Join": "not run"}
    ways = sorted((one.index, one.number, one.how, one.again) for one in run.attempts if one.layer == "Use")
    assert ways == [
        (0, 1, "finished", False),
        (1, 1, "finished", False),
        (2, 1, "failed", True),
        (2, 2, "failed", False),
        (3, 1, "failed", True),
        (3, 2, "finished", False),
    ]
    (failure,) = run.failures
    assert (failure.layer, failure.index, failure.number, failure.message) == ("Use", 2, 2, "ValueError: bad row 2")
    assert 'raise ValueError("bad row 2")' in failure.traceback
    assert failure.where.endswith("in __call__")
    assert run.started <= failure.started <= failure.ended <= run.ended


def test_the_record_says_what_ran_and_hides_secrets(failed):
    record = run_of(failed).record
    assert dict(record.parameters) == {"rate": "0.1", "token": "***"}
    assert [(shape.name, shape.needs, shape.fan_out) for shape in record.layers] == [
        ("Make", (), False),
        ("Use", ("Make",), True),
        ("Join", ("Use",), False),
    ]
    (session,) = record.sessions
    assert (session.action, session.state, session.pid, session.host) == ("run", "failed", os.getpid(), os.uname().nodename)


def test_a_resumed_run_keeps_what_happened_before(failed, tmp_path):
    (tmp_path / "fixed").touch()
    failed.execution("one").resume()
    run = run_of(failed)
    assert [(one.action, one.state) for one in run.sessions] == [("run", "failed"), ("resume", "finished")]
    assert (run.state, run.failures, run.failed_layers) == ("finished", (), ())
    assert [one.how for one in run.attempts if (one.layer, one.index) == ("Use", 2)] == ["failed", "failed", "finished"]
    assert dict(run.record.parameters) == {"rate": "0.1", "token": "***"}


class Slow(Flow): ...


@Slow.register
class Wait(Layer):
    def __call__(self) -> None:
        open(os.path.join(os.environ["BEGUN"], "begun"), "w").close()
        time.sleep(60)


def test_a_run_that_is_interrupted_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("BEGUN", str(tmp_path))
    flow = Slow(datastore=Local(tmp_path / "store"))
    from laminar.local import display

    class Interrupting(display.Quiet):
        is_live = True

        def tick(self) -> None:
            if (tmp_path / "begun").exists():
                raise KeyboardInterrupt

    monkeypatch.setattr(display, "_current", Interrupting())
    with pytest.raises(KeyboardInterrupt):
        flow(execution="one")
    run = history.find("Slow", "latest", flow.configuration.datastore)
    assert (run.state, run.reason) == ("interrupted", "interrupted from the keyboard (SIGINT)")
    assert [(one.layer, one.how) for one in run.attempts] == [("Wait", "interrupted")]
    assert run.layers[0].state == "interrupted"
    assert run.failures == ()


def test_a_split_that_is_executed_alone_is_a_session(tmp_path):
    flow = Rows(datastore=Local(tmp_path / "store"), executor=Thread())
    flow.execution("one").parameters().execute(layer=flow.layer(Make))
    with pytest.raises(ExecutionError):
        flow.execution("one").execute(layer=flow.layer(Use, index=2, splits=4))
    run = run_of(flow)
    assert [(one.action, one.state) for one in run.sessions] == [("execute", "finished"), ("execute", "failed")]
    assert [(one.layer, one.index, one.message) for one in run.failures] == [("Use", 2, "ValueError: bad row 2")]
    assert flow.execution("one").state == "failed"


def test_what_a_split_prints_in_this_process_is_kept(tmp_path, monkeypatch, capsys):
    class Talk(Flow): ...

    @Talk.register(retry=Retry(attempts=2, delay=0))
    class Say(Layer):
        def __call__(self) -> None:
            print("attempt", self.attempt)
            if self.attempt == 1:
                raise ValueError("once")

    monkeypatch.setattr(process_state, "current", process_state.Session(debug=True))
    flow = Talk(datastore=Local(tmp_path / "store"))
    flow(execution="one")
    assert [line.partition("| ")[2] for line in flow.latest.logs(Say)] == ["attempt 1", "attempt 2"]
    monkeypatch.setattr(process_state, "current", None)
    with pytest.raises(ExecutionError):
        flow.execution("alone").parameters().execute(layer=flow.layer(Say))
    assert [*flow.execution("alone").logs(Say)] == ["Say | attempt 1"]
    assert capsys.readouterr().out == "attempt 1\nattempt 2\nattempt 1\n"
