"""Flows: registration, inheritance, dependencies from annotations, settings."""

from __future__ import annotations

import asyncio

import pytest

from laminar import Execution, Flow, Layer, Parameters
from laminar.configurations.datastores import Local, Memory
from laminar.configurations.executors import Process, Thread
from laminar.configurations.layers import Catch, Container, ForEach, Parameter, Retry
from laminar.exceptions import ExecutionError, FlowError, OptionError


def in_memory(flow: type[Flow]) -> Flow:
    return flow(datastore=Memory(), executor=Thread())


def test_annotations_are_the_dependencies_also_as_strings_and_local_names():
    class Train(Flow): ...

    @Train.register
    class Fit(Layer):
        def __call__(self, clean: Clean, read: "Read") -> None: ...  # noqa: UP037

    @Train.register
    class Clean(Layer):
        def __call__(self, read: Read) -> None: ...

    @Train.register
    class Read(Layer): ...

    flow = in_memory(Train)
    assert flow.dependencies == {"Parameters": set(), "Read": set(), "Clean": {"Read"}, "Fit": {"Clean", "Read"}}
    assert flow.dependents["Read"] == {"Clean", "Fit"}
    assert [name for name in flow.nodes if name != "Parameters"] == ["Read", "Clean", "Fit"]
    assert flow.registry == {"Parameters": Parameters, "Fit": Fit, "Clean": Clean, "Read": Read}
    assert flow.name == "Train"


def test_a_foreach_makes_its_layers_dependencies():
    class Train(Flow): ...

    @Train.register
    class Read(Layer):
        rows: list[int]

    @Train.register(foreach=ForEach([Parameter(Read, "rows")]))
    class Fit(Layer): ...

    assert in_memory(Train).dependencies["Fit"] == {"Read"}


def test_inheritance_merges_registries_with_their_configuration():
    class Base(Flow): ...

    @Base.register(catch=Catch(ValueError), retry=Retry(attempts=3), container=Container(cpu=2))
    class Read(Layer): ...

    class Other(Flow): ...

    @Other.register
    class Write(Layer): ...

    class Both(Base, Other): ...

    @Both.register
    class Fit(Layer):
        def __call__(self, read: Read, write: Write) -> None: ...

    flow = in_memory(Both)
    assert flow.dependencies["Fit"] == {"Read", "Write"}
    configuration = flow.registrations["Read"].configuration
    assert (configuration.catch, configuration.retry.attempts, configuration.container.cpu) == (Catch(ValueError), 3, 2)
    assert "Fit" not in in_memory(Base).registry


def test_one_name_for_two_classes_is_an_error_that_says_both_places():
    class Base(Flow): ...

    class Other(Flow): ...

    def register(flow: type[Flow]) -> None:
        @flow.register
        class Read(Layer): ...

    def register_another(flow: type[Flow]) -> None:
        @flow.register
        class Read(Layer): ...

    register(Base)
    register_another(Other)

    class Both(Base, Other): ...

    with pytest.raises(FlowError, match="inherits two layers named 'Read'") as raised:
        in_memory(Both).registry  # noqa: B018
    assert raised.value.where.count("test_flow.py:") == 2
    with pytest.raises(FlowError, match="registers two layers named 'Read'") as raised:
        register_another(Base)
    assert raised.value.where.count("test_flow.py:") == 2


def test_a_layer_may_be_registered_on_many_flows():
    class Read(Layer):
        def __call__(self) -> None:
            self.value = self.flow.name

    class One(Flow): ...

    class Two(Flow): ...

    One.register(Read)
    Two.register(retry=Retry(attempts=2))(Read)
    assert in_memory(One)().layer(Read).value == "One"
    assert in_memory(Two)().layer(Read).value == "Two"
    assert in_memory(Two).layer(Read).configuration.retry.attempts == 2


def test_a_misspelt_option_is_a_type_error_with_a_suggestion():
    class Train(Flow): ...

    with pytest.raises(TypeError, match="Did you mean 'retry'"):
        Train.register(retires=Retry())  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="takes retry=Retry"):
        Train.register(retry=3)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="decorates a subclass of Layer"):
        Train.register(3)  # type: ignore[call-overload]


def test_calling_a_flow_twice_is_two_runs_with_ids_in_order_of_time():
    class Train(Flow): ...

    @Train.register
    class Read(Layer):
        def __call__(self, parameters: Parameters) -> None:
            self.value = parameters.n + 1

    flow = in_memory(Train)
    first, second = flow(n=1), flow(n=2)
    assert isinstance(first, Execution)
    assert first.id is not None and second.id is not None and len(first.id) == 27
    assert first.id != second.id
    assert (first.layer(Read).value, second.layer(Read).value) == (2, 3)


def test_an_id_that_has_records_is_refused():
    class Train(Flow): ...

    @Train.register
    class Read(Layer): ...

    flow = in_memory(Train)
    flow(execution="one")
    with pytest.raises(ExecutionError, match="has records already"):
        flow(execution="one")


@pytest.mark.parametrize("name", ["../../x", "a/b", "", "a\\b", "..", ".hidden"])
def test_an_id_that_is_no_path_component_is_refused(name):
    class Train(Flow): ...

    @Train.register
    class Read(Layer): ...

    with pytest.raises(ExecutionError, match="it becomes part of paths"):
        in_memory(Train)(execution=name)


def test_flows_share_no_settings_unless_given_the_same():
    class Train(Flow): ...

    one, two = Train(), Train()
    assert one.configuration.datastore is not two.configuration.datastore
    assert one.configuration.executor is not two.configuration.executor
    store = Memory()
    assert Train(datastore=store, executor=Thread()).configuration.datastore is store


def test_memory_with_processes_is_refused_at_construction():
    class Train(Flow): ...

    with pytest.raises(FlowError, match="executor=Thread"):
        Train(datastore=Memory())
    with pytest.raises(FlowError, match="executor=Thread"):
        Train(datastore=Memory(), executor=Process())


def test_a_relative_local_root_is_made_absolute_at_construction(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = Local("data")
    monkeypatch.chdir("/")
    assert store.root == str(tmp_path / "data")


def test_a_flow_is_true_in_a_normal_process():
    class Train(Flow): ...

    assert Train()


def test_a_flow_runs_in_a_running_event_loop():
    class Train(Flow): ...

    @Train.register
    class Read(Layer):
        def __call__(self) -> None:
            self.value = 1

    async def main() -> int:
        return in_memory(Train)().layer(Read).value

    assert asyncio.run(main()) == 1


def test_flow_gives_layers_by_name_class_and_instance():
    class Train(Flow): ...

    @Train.register
    class Read(Layer): ...

    flow = in_memory(Train)
    for layer in ("Read", Read, Read()):
        made = flow.layer(layer, index=1, splits=2)
        assert (made.name, made.index, made.splits, made.flow) == ("Read", 1, 2, flow)
    with pytest.raises(FlowError, match="Did you mean 'Read'"):
        flow.layer("Raed")


def test_the_flows_container_is_that_of_the_layers_registered_without_one():
    class Base(Flow): ...

    @Base.register
    class Plain(Layer): ...

    @Base.register(container=Container(cpu=3))
    class Own(Layer): ...

    flow = Base(container=Container(image="train:7", memory=4000))
    assert flow.layer(Plain).configuration.container == Container(image="train:7", memory=4000)
    assert flow.layer(Own).configuration.container == Container(cpu=3)
    assert Base().layer(Plain).configuration.container == Container()


def test_another_value_than_a_container_is_rejected():
    class Wrong(Flow): ...

    with pytest.raises(OptionError, match="container"):
        Wrong(container="train:7")  # type: ignore[arg-type]
