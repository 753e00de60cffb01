"""Hooks: their forms, their order, their owners, their dependencies, and that errors name them."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.datastores import Local, Memory
from laminar.configurations.executors import Process, Thread
from laminar.configurations.layers import Catch, Container, ForEach, Parameter, Retry
from laminar.exceptions import ExecutionError, FlowError
from laminar.settings import current
from laminar.worker import split
from tests.support.small_flows import run

seen: list[object] = []


@pytest.fixture(autouse=True)
def _forget():
    seen.clear()


@pytest.fixture
def flow():
    class Case(Flow): ...

    return Case


# execution hooks


def test_an_execution_hook_that_is_a_generator_wraps_the_call_and_a_function_runs_before(flow):
    @flow.register
    class A(Layer):
        @hooks.execution
        def around(self):
            seen.append("enter")
            yield
            seen.append("leave")

        @hooks.execution
        def before(self) -> None:
            seen.append("before")

        def __call__(self) -> None:
            seen.append("call")

    run(flow)
    assert seen == ["enter", "before", "call", "leave"]


def test_a_generator_hook_sees_the_exception_of_the_call_which_still_fails_the_layer(flow):
    @flow.register
    class A(Layer):
        @hooks.execution
        def around(self):
            try:
                yield
            except ValueError as error:
                seen.append(str(error))
                raise

        def __call__(self) -> None:
            raise ValueError("of the call")

    with pytest.raises(ExecutionError, match="failed \\(attempt 1\\): ValueError: of the call"):
        run(flow)
    assert seen == ["of the call"]


def test_hooks_run_in_the_order_they_are_written_base_classes_first_and_an_override_keeps_its_place(flow):
    class Base(Layer):
        @hooks.execution
        def first(self) -> None:
            seen.append("base first")

        @hooks.execution
        def second(self) -> None:
            seen.append("base second")

    @flow.register
    class A(Base):
        @hooks.execution
        def third(self) -> None:
            seen.append("third")

        def first(self) -> None:
            seen.append("first, replaced")

    run(flow)
    assert seen == ["first, replaced", "base second", "third"]
    assert A().hooks["execution"] == ("first", "second", "third")


def test_a_flows_hooks_run_outside_of_the_layers_own_with_self_being_the_layer(flow):
    class Hooked(flow):
        @hooks.execution
        def around(self):
            seen.append(f"enter {self.name}")
            yield
            seen.append(f"leave {self.name}")

    @Hooked.register
    class A(Layer):
        @hooks.execution
        def own(self):
            seen.append("own")
            yield
            seen.append("own ends")

        def __call__(self) -> None:
            seen.append("call")

    run(Hooked)
    assert seen == ["enter A", "own", "call", "own ends", "leave A"]


def test_a_flows_hooks_apply_to_each_layer_but_parameters_and_are_inherited(flow):
    class Base(Flow):
        @hooks.execution
        def note(self) -> None:
            seen.append(self.name)

    class Case(Base): ...

    @Case.register
    class A(Layer): ...

    @Case.register
    class B(Layer):
        def __call__(self, a: A) -> None: ...

    run(Case, rows=[1])
    assert seen == ["A", "B"]


def test_annotations_of_a_layers_hooks_are_its_dependencies(flow):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            self.value = 1

    @flow.register
    class B(Layer):
        @hooks.execution
        def read(self, a: A) -> None:
            seen.append(a.value)

    assert flow(datastore=Memory(), executor=Thread()).dependencies["B"] == {"A"}
    run(flow)
    assert seen == [1]


def test_a_flows_hook_with_dependencies_spares_them_and_their_ancestors():
    class Case(Flow):
        @hooks.execution
        def read(self, b: B) -> None:
            seen.append((self.name, b.value))

    @Case.register
    class A(Layer): ...

    @Case.register
    class B(Layer):
        def __call__(self, a: A) -> None:
            self.value = 1

    @Case.register
    class C(Layer): ...

    assert Case(datastore=Memory(), executor=Thread()).dependencies == {"Parameters": set(), "A": set(), "B": {"A"}, "C": {"B"}}
    run(Case)
    assert seen == [("C", 1)]


def test_what_hooks_set_stays_in_the_process(flow):
    @flow.register
    class A(Layer):
        @hooks.execution
        def around(self):
            self.connection = "open"
            yield
            self.total = "changed behind the call"
            self.other = 1

        def __call__(self) -> None:
            assert self.connection == "open"
            self.total = 5

    layer = run(flow).layer(A)
    assert layer.artifacts == ("total",)
    assert layer.total == 5


def test_a_hook_reads_the_splits_element_as_the_call_does(flow):
    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class A(Layer):
        @hooks.execution
        def read(self, parameters: Parameters) -> None:
            seen.append((self.index, parameters.rows, current.layer.index))

    run(flow, rows=["a", "b"])
    assert sorted(seen) == [(0, "a", 0), (1, "b", 1)]


def test_execution_hooks_run_around_a_caught_call_and_their_own_errors_are_not_caught(flow):
    @flow.register(catch=Catch(ValueError))
    class A(Layer):
        @hooks.execution
        def around(self):
            yield
            seen.append("left")

        def __call__(self) -> None:
            raise ValueError

    run(flow)
    assert seen == ["left"]

    class Other(Flow): ...

    @Other.register(catch=Catch(ValueError))
    class B(Layer):
        @hooks.execution
        def before(self) -> None:
            raise ValueError("of the hook")

    with pytest.raises(ExecutionError, match="of the hook"):
        run(Other)


# errors inside hooks


def failing(kind, flow: type[Flow]) -> type[Flow]:
    @flow.register(retry=Retry(attempts=2, delay=0))
    class A(Layer):
        @kind
        def check(self):
            raise KeyError("gone")

        def __call__(self) -> None:
            raise ValueError("of the call")

    return flow


@pytest.mark.parametrize("kind", ["entry", "execution", "retry", "submission"])
@pytest.mark.parametrize("where", ["thread", "process"])
def test_an_error_inside_a_hook_names_the_hook_and_keeps_its_cause(kind, where, flow, tmp_path):
    made = failing(getattr(hooks, kind), flow)
    made = (
        made(datastore=Memory(), executor=Thread())
        if where == "thread"
        else made(datastore=Local(str(tmp_path)), executor=Process())
    )
    with pytest.raises(ExecutionError, match=f"{kind} hook A.check: KeyError: 'gone'") as raised:
        made()
    assert isinstance(raised.value.__cause__, KeyError)
    assert "test_hook_calls.py:" in raised.value.where and raised.value.where.endswith("in check")


@pytest.mark.parametrize(("place", "text"), [("before", "hook Case.around: ValueError: before"), ("behind", "hook Case.around: ")])
def test_an_error_on_either_side_of_a_generators_yield_names_the_hook(place, text):
    class Case(Flow):
        @hooks.execution
        def around(self):
            if place == "before":
                raise ValueError("before")
            yield
            raise ValueError("behind")

    @Case.register
    class A(Layer): ...

    with pytest.raises(ExecutionError, match=f"execution {text}"):
        run(Case)


def test_an_error_that_a_hook_only_lets_through_is_the_calls(flow):
    @flow.register
    class A(Layer):
        @hooks.execution
        def around(self):
            yield

        def __call__(self) -> None:
            raise ValueError("mine")

    with pytest.raises(ExecutionError) as raised:
        run(flow)
    assert "execution hook" not in raised.value.what


def test_a_generator_hook_that_never_yields_is_named(flow):
    @flow.register
    class A(Layer):
        @hooks.execution
        def around(self):
            if seen:
                yield

    with pytest.raises(ExecutionError, match=r"execution hook A\.around: RuntimeError: generator didn't yield"):
        run(flow)


def test_an_annotation_of_a_hook_that_is_no_layer_is_a_flow_error_that_names_it(flow):
    @flow.register
    class A(Layer):
        @hooks.entry
        def check(self, other: int) -> bool:
            return True

    with pytest.raises(FlowError, match=r"Parameter 'other' of A\.check is annotated 'int'"):
        run(flow)


# entry hooks


def test_a_layer_runs_only_where_all_its_entry_hooks_return_something_true(flow):
    @flow.register
    class A(Layer):
        @hooks.entry
        def yes(self) -> object:
            return [1]

        @hooks.entry
        def no(self) -> object:
            return 0

        @hooks.entry
        def never_asked(self) -> object:
            seen.append("asked")
            return True

    layer = run(flow).layer(A)
    assert not layer.state.finished and layer.state.skipped
    assert seen == []


def test_an_entry_hook_that_returns_nothing_says_no(flow):
    @flow.register
    class A(Layer):
        @hooks.entry
        def check(self) -> None: ...

    assert run(flow).layer(A).state.skipped


def test_entry_hooks_are_asked_once_a_layer_and_read_whole_layers(flow):
    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class A(Layer):
        @hooks.entry
        def check(self, parameters: Parameters) -> bool:
            seen.append((parameters.rows, current.layer.name))
            return True

    assert run(flow, rows=[1, 2, 3]).layer(A).state.finished
    assert seen == [([1, 2, 3], "A")]


def test_an_entry_hook_may_be_a_generator_that_yields_its_answer(flow):
    @flow.register
    class A(Layer):
        @hooks.entry
        def check(self):
            yield False
            seen.append("cleaned up")

    assert run(flow).layer(A).state.skipped
    assert seen == ["cleaned up"]


# submission and retry hooks


def test_a_submission_hook_sets_the_container_of_each_split(flow):
    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")]), container=Container(memory=100))
    class A(Layer):
        @hooks.submission
        def size(self, parameters: Parameters) -> None:
            container = self.configuration.container
            self.configuration.container = replace(container, memory=container.memory * parameters.rows)

        def __call__(self) -> None:
            self.memory = self.configuration.container.memory

    execution = run(flow, rows=[1, 2, 3])
    assert list(execution.layer(A).memory) == [100, 200, 300]
    assert execution.flow.registrations["A"].configuration.container.memory == 100


@pytest.mark.parametrize("where", ["thread", "process"])
def test_attempt_n_has_the_registered_container_with_the_retry_hooks_applied_n_minus_1_times(where, flow, tmp_path):
    class Case(flow):
        @hooks.retry
        def double(self) -> None:
            self.configuration.container = replace(self.configuration.container, memory=self.configuration.container.memory * 2)

    @Case.register(container=Container(memory=2), retry=Retry(attempts=3, delay=0))
    class A(Layer):
        @hooks.retry
        def more(self):
            yield
            self.configuration.container = replace(self.configuration.container, cpu=self.configuration.container.cpu + 1)

        def __call__(self) -> None:
            self.had = (self.attempt, self.configuration.container.memory, self.configuration.container.cpu)
            if self.attempt < 3:
                raise ValueError(str(self.had))

    thread = {"datastore": Memory(), "executor": Thread()}
    execution = Case(**thread if where == "thread" else {"datastore": Local(str(tmp_path)), "executor": Process()})()
    assert execution.layer(A).had == (3, 8, 3)


def test_a_timeout_that_a_hook_sets_holds_for_its_attempt(flow, tmp_path):
    @flow.register(container=Container(timeout=0.3), retry=Retry(attempts=2, delay=0))
    class A(Layer):
        @hooks.retry
        def patient(self) -> None:
            self.configuration.container = replace(self.configuration.container, timeout=30)

        def __call__(self) -> None:
            import time

            time.sleep(0.6)
            self.attempts = self.attempt

    assert flow(datastore=Local(str(tmp_path)), executor=Process())().layer(A).attempts == 2


def tuned(flow: type[Flow], name: str, *, attempt: int = 1) -> Container:
    """Return a layer's container as its hooks leave it for an attempt."""
    layer = (
        flow(datastore=Memory(), executor=Thread()).execution("one").parameters().layer(name, index=0, splits=1, attempt=attempt)
    )
    split.configure(layer)
    return layer.configuration.container


def test_a_hook_may_change_its_copy_of_the_container_in_place_beside_replacing_it(flow):
    registered = Container(memory=100, env={"A": "1"}, tolerations=[{"key": "x"}])

    @flow.register(container=registered, retry=Retry(attempts=3))
    class A(Layer):
        @hooks.submission
        def size(self) -> None:
            self.configuration.container.memory *= 2
            self.configuration.container.env["B"] = "2"
            self.configuration.container.tolerations[0]["key"] = "y"

        @hooks.submission
        def more(self) -> None:
            self.configuration.container = replace(self.configuration.container, cpu=4)

        @hooks.retry
        def again(self) -> None:
            self.configuration.container.memory += 1

    made = tuned(flow, "A", attempt=3)
    assert made == Container(memory=202, cpu=4, env={"A": "1", "B": "2"}, tolerations=[{"key": "y"}])
    assert type(made) is Container
    assert registered == Container(memory=100, env={"A": "1"}, tolerations=[{"key": "x"}])
    with pytest.raises(FrozenInstanceError):
        made.memory = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("memroy", 5, "AttributeError: A container has no field 'memroy'. Did you mean 'memory'?"),
        ("memory", -5, "Container memory must be a whole number of MB"),
        ("image", " ", "Container image must be the name of an image"),
    ],
)
def test_what_no_container_can_have_is_the_hooks_error(flow, field, value, message):
    @flow.register
    class A(Layer):
        @hooks.submission
        def size(self) -> None:
            setattr(self.configuration.container, field, value)

    with pytest.raises(ExecutionError) as raised:
        tuned(flow, "A")
    assert "submission hook A.size" in raised.value.what and message in raised.value.what


def test_another_hook_cannot_change_the_container(flow):
    @flow.register
    class A(Layer):
        @hooks.entry
        def check(self) -> bool:
            self.configuration.container.memory = 5  # type: ignore[misc]
            return True

    with pytest.raises(ExecutionError, match=r"entry hook A\.check") as raised:
        run(flow)
    assert raised.value.fix == "change a container in a submission hook or a retry hook: self.configuration.container.memory *= 2."


def test_hooks_can_be_called_directly():
    class A(Layer):
        @hooks.submission
        def size(self) -> None:
            self.configuration.container.memory = 9

        @hooks.entry
        def check(self, parameters: Parameters) -> bool:
            return bool(parameters.go)

    layer = A()
    layer.size()
    assert layer.configuration.container.memory == 9
    assert layer.check(Parameters(go=1)) and not layer.check(Parameters(go=0))
