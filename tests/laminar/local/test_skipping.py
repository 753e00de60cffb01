"""Skipping: by entry hooks, below skipped layers, beside fan-outs, when resuming; and never instead of a failure."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.datastores import Accessor, Local, Memory
from laminar.configurations.executors import Process, Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import ArtifactError, ExecutionError
from tests.support.small_flows import run

ran: list[str] = []


@pytest.fixture(autouse=True)
def _forget():
    ran.clear()


@pytest.fixture
def flow():
    class Case(Flow): ...

    return Case


class Asked(Layer):
    """A layer that runs where the parameter of its name says so."""

    @hooks.entry
    def check(self, parameters: Parameters) -> bool:
        return bool(getattr(parameters, self.name.lower()))

    def __call__(self, parameters: Parameters) -> None:
        ran.append(self.name)
        self.value = self.name


def test_a_layer_whose_entry_hook_says_no_is_skipped_and_that_is_written_down(flow):
    @flow.register
    class A(Asked): ...

    execution = run(flow, a=False)
    record = execution.flow.configuration.datastore.load("Case", execution.id, "A", 0)
    assert ran == []
    assert (record.status, record.reason) == ("skipped", "A.check returned a false value")
    assert execution.finished
    with pytest.raises(ArtifactError, match="Layer 'A' was skipped, so it has no 'value'"):
        execution.layer(A).value  # noqa: B018


def test_a_layer_without_entry_hook_is_skipped_with_any_dependency_and_nothing_is_written(flow):
    @flow.register
    class A(Asked): ...

    @flow.register
    class B(Asked): ...

    @flow.register
    class C(Layer):
        def __call__(self, a: A, b: B) -> None:
            ran.append("C")

    @flow.register
    class D(Layer):
        def __call__(self, c: C) -> None:
            ran.append("D")

    execution = run(flow, a=True, b=False)
    store = execution.flow.configuration.datastore
    assert ran == ["A"]
    assert [execution.layer(layer).state.skipped for layer in (A, B, C, D)] == [False, True, True, True]
    assert store.load("Case", execution.id, "C", 0) is None and store.load("Case", execution.id, "D", 0) is None
    assert execution.finished
    assert run(flow, a=True, b=True).layer(D).state.finished


def test_a_layer_with_an_entry_hook_decides_itself_and_joins_branches_again(flow):
    @flow.register
    class A(Asked): ...

    @flow.register
    class B(Asked): ...

    @flow.register
    class Join(Layer):
        @hooks.entry
        def any(self, a: A, b: B) -> bool:
            return a.state.finished or b.state.finished

        def __call__(self, a: A, b: B) -> None:
            self.values = [layer.value for layer in (a, b) if layer.state.finished]

    @flow.register
    class After(Layer):
        def __call__(self, join: Join) -> None:
            self.count = len(join.values)

    assert run(flow, a=True, b=False).layer(Join).values == ["A"]
    assert run(flow, a=True, b=True).layer(After).count == 2
    assert run(flow, a=False, b=False).layer(After).state.skipped


def test_skips_are_nested(flow):
    @flow.register
    class A(Asked): ...

    @flow.register
    class B(Asked):
        def __call__(self, a: A) -> None:
            ran.append("B")

        @hooks.entry
        def above(self, a: A) -> bool:
            return a.state.finished

    @flow.register
    class C(Layer):
        def __call__(self, b: B) -> None:
            ran.append("C")

    for a, b, expected in ((0, 0, []), (0, 1, []), (1, 0, ["A"]), (1, 1, ["A", "B", "C"])):
        ran.clear()
        assert run(flow, a=a, b=b).finished
        assert ran == expected


def test_a_skipped_layers_class_values_are_read(flow):
    @flow.register
    class A(Asked):
        value = "default"

    @flow.register
    class B(Layer):
        @hooks.entry
        def always(self) -> bool:
            return True

        def __call__(self, a: A) -> None:
            self.value = a.value

    assert run(flow, a=False).layer(B).value == "default"


def test_a_fan_out_is_skipped_whole_and_what_fans_out_over_a_skipped_layer_too(flow):
    @flow.register
    class A(Asked):
        def __call__(self) -> None:
            self.shard(rows=[1, 2])

    @flow.register(foreach=ForEach([Parameter(A, "rows")]))
    class B(Layer):
        def __call__(self, a: A) -> None:
            ran.append("B")

    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class C(Layer):
        @hooks.entry
        def no(self) -> bool:
            return False

        def __call__(self) -> None:
            ran.append("C")

    @flow.register
    class D(Layer):
        def __call__(self, c: C) -> None:
            ran.append("D")

    execution = run(flow, a=False, rows=[1, 2, 3])
    assert ran == []
    assert all(execution.layer(layer).state.skipped for layer in (A, B, C, D))
    assert not execution.layer(C).state.finished


def test_a_skip_beside_a_fan_out_leaves_it_alone(flow):
    @flow.register
    class A(Asked): ...

    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class B(Layer):
        def __call__(self, parameters: Parameters) -> None:
            self.value = parameters.rows

    @flow.register
    class Both(Layer):
        @hooks.entry
        def always(self, a: A) -> bool:
            return True

        def __call__(self, a: A, b: B) -> None:
            self.total = sum(b.value)

    @flow.register
    class Neither(Layer):
        def __call__(self, a: A, b: B) -> None:
            ran.append("Neither")

    execution = run(flow, a=False, rows=[1, 2])
    assert isinstance(execution.layer(B).value, Accessor)
    assert execution.layer(Both).total == 3
    assert execution.layer(Neither).state.skipped and ran == []


def test_an_entry_hook_of_a_flow_skips_each_layer_that_it_says_no_to():
    class Case(Flow):
        @hooks.entry
        def check(self) -> bool:
            return self.name != "B"

    @Case.register
    class A(Layer):
        def __call__(self) -> None:
            ran.append("A")

    @Case.register
    class B(Layer):
        def __call__(self, a: A) -> None:
            ran.append("B")

    execution = run(Case)
    assert ran == ["A"]
    assert execution.layer(B).state.skipped


def test_a_failed_dependency_never_lets_a_layer_run_whatever_its_entry_hook_says(flow):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            raise ValueError("broken")

    @flow.register
    class B(Layer):
        @hooks.entry
        def always(self, a: A) -> bool:
            ran.append("asked")
            return True

        def __call__(self) -> None:
            ran.append("B")

    made = flow(datastore=Memory(), executor=Thread())
    with pytest.raises(ExecutionError, match="broken"):
        made(execution="one")
    assert ran == []
    execution = made.execution("one")
    assert not execution.layer(B).state.finished and not execution.layer(B).state.skipped
    assert not execution.finished


@pytest.mark.parametrize("where", ["thread", "process"])
def test_resume_asks_again_what_was_skipped_and_runs_what_is_below(where, flow, tmp_path):
    marker = tmp_path / "go"

    @flow.register
    class A(Layer):
        @hooks.entry
        def check(self) -> bool:
            return marker.exists()

        def __call__(self) -> None:
            self.value = 1

    @flow.register
    class B(Layer):
        def __call__(self, a: A) -> None:
            self.value = a.value + 1

    @flow.register
    class C(Layer):
        def __call__(self) -> None:
            with open(tmp_path / "ran", "a") as file:
                file.write("C")

    kept = {"datastore": Local(str(tmp_path / "store")), "executor": Process()}
    made = flow(**{"datastore": Memory(), "executor": Thread()} if where == "thread" else kept)
    first = made()
    assert first.layer(B).state.skipped
    marker.touch()
    again = made.execution(first.id).resume()
    assert again.layer(B).value == 2
    assert (tmp_path / "ran").read_text() == "C"
    marker.unlink()
    assert made.execution(first.id).resume().layer(A).state.finished


def test_scheduling_a_layer_below_a_skipped_one_skips_it_and_removes_what_it_left(flow):
    go = [True]

    @flow.register
    class A(Layer):
        @hooks.entry
        def check(self) -> bool:
            return go[0]

    @flow.register
    class B(Layer):
        def __call__(self, a: A) -> None:
            self.value = 1

    execution = run(flow)
    assert execution.layer(B).value == 1
    go[0] = False
    execution.schedule(dependencies={"A": set(), "B": {"A"}})
    assert execution.layer(A).state.skipped and execution.layer(B).state.skipped


def test_a_state_is_found_out_quickly_in_a_deep_ladder_of_diamonds(flow):
    above: list[type[Layer]] = []
    for rung in range(120):
        pair = []
        for side in "LR":
            annotations = {layer.__name__.lower(): layer for layer in above}
            code = f"def __call__(self, {', '.join(annotations)}): ..." if annotations else "def __call__(self): ..."
            space: dict[str, object] = {}
            exec(code, space)
            space["__call__"].__annotations__ = annotations  # type: ignore[attr-defined]
            pair.append(flow.register(type(f"{side}{rung}", (Layer,), {"__call__": space["__call__"]})))
        above = pair
    execution = flow(datastore=Memory(), executor=Thread()).execution("one").parameters()
    assert execution.status("L119") == "unfinished"
    assert not execution.finished
