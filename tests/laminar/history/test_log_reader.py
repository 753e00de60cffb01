"""Logs are read attempt by attempt, selected by layer, split, attempt and failure, or followed as they come."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer, history
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter, Retry
from laminar.exceptions import ExecutionError, FlowError
from laminar.history import log_reader
from laminar.history.log_keeper import LogKeeper
from laminar.history.log_line import Selection
from laminar.history.masking import Masker
from laminar.history.stored_run import Run


class Speaks(Flow): ...


@Speaks.register
class Make(Layer):
    def __call__(self) -> None:
        print("10%\r100%\nmade")
        self.shard(rows=range(3))


@Speaks.register(foreach=ForEach([Parameter(Make, "rows")]), retry=Retry(attempts=2, delay=0))
class Use(Layer):
    def __call__(self, make: Make) -> None:
        for line in range(3):
            print(f"row {make.rows} line {line} attempt {self.attempt}")
        if make.rows == 1:
            raise ValueError("bad")


@Speaks.register
class Silent(Layer):
    def __call__(self, make: Make) -> None: ...


@pytest.fixture(scope="module")
def run():
    flow = Speaks(datastore=Memory(), executor=Thread(concurrency=1))
    with pytest.raises(ExecutionError):
        flow(execution="one")
    return history.find("Speaks", "one", flow.configuration.datastore)


def shown(run: Run, **selection: object) -> list[str]:
    return [f"{line.label} | {line.text}" for line in run.logs(Selection(**selection))]  # type: ignore[arg-type]


def test_a_layer_is_read_as_it_was_shown(run):
    assert shown(run, layer="Make") == ["Make | 100%", "Make | made"]
    assert shown(run, layer="Silent") == []
    assert len(shown(run)) == 2 + 4 * 3


def test_splits_attempts_failures_and_the_last_lines_are_selected(run):
    assert shown(run, layer="Use", index=2, tail=1) == ["Use[2] | row 2 line 2 attempt 1"]
    assert shown(run, layer="Use", index=1, attempt=2, tail=1) == ["Use[1] | row 1 line 2 attempt 2"]
    assert shown(run, failed=True, tail=1) == ["Use[1] | row 1 line 2 attempt 1", "Use[1] | row 1 line 2 attempt 2"]
    assert shown(run, since="2999-01-01T00:00:00.000Z") == []


def test_a_layer_that_there_is_not_is_an_error_that_names_the_others(run):
    with pytest.raises(FlowError, match="has no layer 'Uze'") as caught:
        shown(run, layer="Uze")
    assert caught.value.fix == "its layers are: Make, Use, Silent."


def test_a_run_is_followed_until_it_has_ended():
    store = Memory()
    keeper = LogKeeper(store, "F", "e", "run", Masker({}))
    log = keeper.begin("L", 0, 1)
    states = iter(["running", "running", "running", "finished"])
    script = iter([b"one\n", b"two\nthr", b"ee\n"])

    class Moving(Run):
        @property
        def state(self) -> str:  # type: ignore[override]
            return next(states)

    def pause(_: float) -> None:
        log.add("stdout", next(script))
        keeper.flush(print)

    lines = log_reader.follow(lambda: Moving("F", "e", store), Selection(), pause=pause)
    assert [line.text for line in lines] == ["one", "two", "three"]


def test_a_long_line_is_read_as_one_line_and_followed_as_one():
    store = Memory()
    keeper = LogKeeper(store, "F", "e", "run", Masker({}))
    log = keeper.begin("L", 0, 1)
    for _ in range(20):
        log.add("stdout", b"x" * 10_000)
        log.add("stderr", b"between\n")
        keeper.flush(print)
    log.add("stdout", b"end\nafter\n")
    keeper.end(log)
    keeper.flush(print)
    lines = [line.text for line in Run("F", "e", store).logs() if line.text != "between"]
    assert lines == ["x" * 200_000 + "end", "after"]
    followed = [line.text for line in log_reader.follow(lambda: Run("F", "e", store), Selection()) if line.text != "between"]
    assert followed == lines
    followed = [line.text for line in log_reader.follow(lambda: Run("F", "e", store), Selection(tail=1))]
    assert followed == ["after"]
