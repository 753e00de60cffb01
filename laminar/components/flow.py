"""Define Flow, on which layers are registered, and which is called to run them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from laminar import graph
from laminar.components import declared_parameters, dependency_inference, registration, runtime
from laminar.components.execution import Execution
from laminar.components.execution_address import named_execution
from laminar.components.layer import Layer, is_same_layer
from laminar.components.parameters import check_parameters
from laminar.components.registration import Registration
from laminar.configurations import option_values
from laminar.configurations.flows import Configuration, FlowScheduler, SplitExecutor
from laminar.configurations.layers import Cache, Catch, Container, ForEach, Retry
from laminar.exceptions import FlowError, OptionError, located, suggest
from laminar.graph import Node
from laminar.program import process_state, recording, source_location
from laminar.program.recording import Step

if TYPE_CHECKING:
    from laminar.configurations.datastores import DataStore

__all__ = ["Flow"]

LayerT = TypeVar("LayerT", bound=Layer)


@option_values.explain_arguments
class Flow:
    """Hold layers that depend on each other, and run them.

    Subclass it, register layers on the subclass, make an object and call it with the flow's parameters. Without settings
    its data lives in the folder ``.laminar`` and its splits run in processes of this machine.

    An annotated attribute declares a parameter: ``rate: float = 0.1`` with its type and its default, and a docstring below it
    as its help. A flow that declares parameters rejects others.

    >>> class Train(Flow): ...
    >>> @Train.register
    ... class Fit(Layer): ...
    >>> sorted(Train().registry)
    ['Fit', 'Parameters']
    """

    configuration: Configuration
    _registrations: ClassVar[dict[str, Registration]] = {}
    _changes: ClassVar[int] = 0

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        source_location.note(cls)
        declared_parameters.check_names(cls, ATTRIBUTES)
        cls._registrations = {}
        if active := recording.active():
            active.classes.append(cls)
        elif process_state.current is not None:
            process_state.current.classes.append(cls)

    def __init__(
        self,
        *,
        datastore: DataStore | str | os.PathLike[str] | None = None,
        executor: SplitExecutor | None = None,
        scheduler: FlowScheduler | None = None,
        container: Container | None = None,
    ) -> None:
        """Make a flow with these settings; two flows share none of them unless given the same object.

        ``datastore`` may be a URL. ``container`` is the container of the layers that are registered without one.

        Raises FlowError for a datastore that the processes of the executor cannot see, OptionError for another kind of value.
        """
        if container is not None and not isinstance(container, Container):
            raise option_values.rejected(f"Flow {self.name!r}", "container", container, "a Container", "container=Container(cpu=2)")
        self._container = container
        self.configuration = Configuration(
            datastore=opened(datastore),
            executor=runtime.current().executor() if executor is None else executor,
            scheduler=runtime.current().scheduler() if scheduler is None else scheduler,
        )
        self._merged: tuple[int, dict[str, Registration]] | None = None
        self._nodes: tuple[int, dict[str, Node]] | None = None
        kind = type(self.configuration.executor)
        for name, method, example in (("executor", "submit", "Thread()"), ("scheduler", "run", 'Argo(schedule="0 4 * * *")')):
            value = getattr(self.configuration, name)
            if isinstance(value, type) or not hasattr(value, method):
                raise option_values.rejected(
                    f"Flow {self.name!r}", name, value, f"an object with a method {method}", f"{name}={example}"
                )
        if not self.configuration.datastore.shared and self.configuration.executor.isolated:
            raise FlowError(
                f"Flow {self.name!r} keeps its data in this process's memory, which executor {kind.__name__} cannot reach.",
                where=source_location.caller(),
                fix="give executor=Thread(), or a datastore that processes share, such as Local().",
            )

    # registration

    @overload
    @classmethod
    def register(cls, layer: type[LayerT], /) -> type[LayerT]: ...

    @overload
    @classmethod
    def register(
        cls,
        *,
        cache: bool | Cache | None = None,
        catch: Catch | None = None,
        container: Container | None = None,
        foreach: ForEach | None = None,
        retry: Retry | None = None,
    ) -> Callable[[type[LayerT]], type[LayerT]]: ...

    @classmethod  # type: ignore[misc]  # mypy does not see that the keywords of the second form are all there
    def register(
        cls,
        layer: Any = None,
        /,
        *,
        cache: bool | Cache | None = None,
        catch: Catch | None = None,
        container: Container | None = None,
        foreach: ForEach | None = None,
        retry: Retry | None = None,
        **unknown: Any,
    ) -> Any:
        """Register a layer: ``@Train.register``, or ``@Train.register(cache=, catch=, container=, foreach=, retry=)``.

        Raises OptionError (a TypeError) for any other option, FlowError for a second layer of the same name.
        """
        if isinstance(cache, bool):
            cache = Cache() if cache else None
        given = {"cache": cache, "catch": catch, "container": container, "foreach": foreach, "retry": retry}
        options = {**{name: value for name, value in given.items() if value is not None}, **unknown}
        registration.check_options(cls, options)
        if layer is None:
            return lambda layer: cls._add(layer, options)
        if options:
            raise OptionError(
                f"{cls.__name__}.register takes a layer or options, not both.",
                where=source_location.caller(),
                fix=f"write @{cls.__name__}.register({', '.join(f'{name}=...' for name in options)}) above the class.",
            )
        return cls._add(layer, options)

    @classmethod
    def _add(cls, layer: type[LayerT], options: dict[str, Any]) -> type[LayerT]:
        cls._registrations[layer.__name__] = registration.registered(cls, layer, options)
        Flow._changes += 1
        return layer

    @classmethod
    def has_layers(cls) -> bool:
        """Return whether any layer was registered on this flow or on one that it inherits from."""
        return len(registration.merged(cls)) > 1

    # properties of a flow

    @property
    def name(self) -> str:
        """Name of the flow: its class's."""
        return type(self).__name__

    @property
    def registrations(self) -> dict[str, Registration]:
        """Registrations of the layers, by name."""
        if self._merged is None or self._merged[0] != Flow._changes:
            self._merged = (Flow._changes, {name: self._contained(each) for name, each in registration.merged(type(self)).items()})
        return self._merged[1]

    def _contained(self, known: Registration) -> Registration:
        """Return a registration with the flow's container where it names none."""
        if self._container is None or known.has_container:
            return known
        return replace(known, configuration=replace(known.configuration, container=self._container))

    @property
    def registry(self) -> dict[str, type[Layer]]:
        """Classes of the flow's layers by name, ``Parameters`` among them."""
        return {name: registration.layer for name, registration in self.registrations.items()}

    @property
    def nodes(self) -> dict[str, Node]:
        """Nodes of the flow's graph by name, each after its dependencies.

        Raises FlowError, with every problem at once, where the flow is defined wrongly.
        """
        registrations = self.registrations
        if self._nodes is None or self._nodes[0] != Flow._changes:
            if len(registrations) == 1:
                raise FlowError(
                    f"Flow {self.name!r} has no layers.",
                    where=source_location.of_class(type(self)),
                    fix=f"register one: @{self.name}.register above a class of Layer.",
                )
            self._nodes = (Flow._changes, dependency_inference.nodes_of(type(self), registrations))
        return self._nodes[1]

    @property
    def dependencies(self) -> dict[str, set[str]]:
        """Names of the layers that each layer depends on."""
        return {name: set(node.needs) for name, node in self.nodes.items()}

    @property
    def dependents(self) -> dict[str, set[str]]:
        """Names of the layers that depend on each layer."""
        return graph.dependents(self.dependencies)

    def registered(self, layer: Layer | type[Layer] | str) -> Registration:
        """Return how a layer, given by name, class or instance, was registered.

        Raises FlowError, with a suggestion, for a layer that the flow does not register.
        """
        cls: Any = type(layer) if isinstance(layer, Layer) else layer
        if not isinstance(cls, (str, type)):
            expected = "a layer: its name, class or object"
            raise option_values.rejected(f"Flow {self.name!r}", "layer", cls, expected, f"{self.name}().layer(Fit)")
        name = cls if isinstance(cls, str) else cls.__name__
        known = self.registrations.get(name)
        if known is None or (not isinstance(cls, str) and not is_same_layer(cls, known.layer)):
            raise FlowError(
                f"Flow {self.name!r} registers no layer {name!r}." + suggest(name, list(self.registrations)),
                where=source_location.caller(),
                fix=f"its layers are {', '.join(sorted(self.registrations))}.",
            )
        return known

    @overload
    def layer(self, layer: str, **attributes: Any) -> Layer: ...
    @overload
    def layer(self, layer: type[LayerT], **attributes: Any) -> LayerT: ...
    @overload
    def layer(self, layer: LayerT, **attributes: Any) -> LayerT: ...

    def layer(self, layer: Any, **attributes: Any) -> Any:
        """Return a layer of the flow, given by name, class or instance; ``index`` and ``splits`` select a split.

        Raises FlowError for a layer that the flow does not register.
        """
        cls = self.registered(layer).layer
        made = cls.__new__(cls)
        binding = made._binding
        binding.flow = self
        if isinstance(layer, Layer):
            binding.index, binding.splits = layer._binding.index, layer._binding.splits
            binding.attempt, binding.configuration = layer._binding.attempt, layer._binding.configuration
            for name, value in vars(layer).items():
                if name != "_binding":
                    object.__setattr__(made, name, value)
        for name, value in attributes.items():
            if name in ("index", "splits", "attempt"):
                if value is not None and (type(value) is not int or value < 0):  # this is called for each split
                    value = option_values.count(f"Layer {made.name!r}", name, value, least=0 if name == "index" else 1)
                setattr(binding, name, value)
            else:
                setattr(made, name, value)
        return made

    # running

    def execution(self, id: str | None = None, *, retry: bool = False) -> Execution:
        """Return an execution of the flow: of an id, or one that gets its id when parameters are given to it.

        ``id`` may be any address of a run that commands accept: ``latest``, a workflow's name, the short form of a generated
        id, or a unique beginning of either. Anything else is the id of an execution that may be new.

        Raises ExecutionError for an id that cannot be one, and where several executions fit.
        """
        if id is not None:
            runtime.current().settle(self)
        return Execution(named_execution(self, id), self, retry)

    def executions(self) -> list[Execution]:
        """Return the executions that the flow's datastore has, the newest first."""
        recording.read("executions")
        runtime.current().settle(self)
        return self.configuration.datastore.list_executions(flow=self)[::-1]

    @property
    def latest(self) -> Execution:
        """The newest execution of the flow, of this program where a program defines the flow.

        Raises ExecutionError where there is none.
        """
        recording.read("latest")
        return self.execution("latest")

    def __call__(self, *, execution: str | None = None, **parameters: Any) -> Execution:
        """Run the flow with these parameters and return its execution when it has finished; with ``Argo()`` when it is submitted.

        Raises FlowError before anything runs where the flow is defined wrongly; ExecutionError for an id that has records
        already and, after all layers that could run, for a layer that failed.
        """
        called = Execution(execution, self)
        step = Step(called, parameters, where=source_location.caller())
        called.steps = (step,)
        check_parameters(step)
        if active := recording.active():
            active.start(step)
            return called
        _refuse_spawned(step)
        _hand_over()
        started: Execution = runtime.current().start(step)
        return started

    def __bool__(self) -> bool:
        """Guard a program: false at the top level of a module that is imported, so that importing a program starts nothing.

        True in the program that is executed, and inside functions. In a worker the split is run here, and the process ends.
        """
        if _module_name(sys._getframe(1)) not in (None, "__main__"):
            return False
        if active := recording.active():
            active.see(self)
        else:
            _hand_over()
        return True

    def _repr_html_(self) -> str | None:
        return runtime.current().html(self)

    def __repr__(self) -> str:
        return f"{self.name}()"

    def __getstate__(self) -> dict[str, Any]:
        # The derived values count this process's registrations: no two pickles of one flow would be equal.
        return {**self.__dict__, "_merged": None, "_nodes": None}


ATTRIBUTES = frozenset(name for name in dir(Flow) if not name.startswith("_")) | {"configuration"}
"""Names that each flow has, so that no parameter can be declared under them."""


def _module_name(frame: FrameType) -> str | None:
    """Return the name of the module whose top level a frame executes, None inside a function."""
    return frame.f_globals.get("__name__") if frame.f_code.co_name == "<module>" else None


def _refuse_spawned(step: Step) -> None:
    """Raise FlowError where multiprocessing imports the program in a new process: the call would start another run there."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if _module_name(frame) == "__mp_main__":
            raise FlowError(
                f"Flow {step.flow.name!r} is called where multiprocessing imports the program in a new process.",
                where=step.where,
                fix=f"call it after a guard: if flow := {step.flow.name}(): flow()",
            )
        frame = frame.f_back


def _hand_over() -> None:
    """Run as the worker where the environment names a split, unless this process or an ancestor of it is the worker already."""
    if process_state.is_named_worker():
        runtime.current().take_over()


def opened(datastore: DataStore | str | os.PathLike[str] | None) -> DataStore:
    """Return the datastore of a flow's option: the object, the one at its URL, or the default.

    Raises FlowError for anything else, and DatastoreError for a URL of no known store.
    """
    from laminar.configurations.datastores import DataStore, Local, open_store

    if datastore is None:
        return Local(".laminar")
    if isinstance(datastore, DataStore):
        return datastore
    if not isinstance(datastore, (str, os.PathLike)):
        raise FlowError(
            f"A flow's datastore is a DataStore or a URL, not {option_values.shown(datastore)}.",
            where=source_location.caller(),
            fix="datastore=Local('/data'), AWS.S3('s3://bucket/prefix'), or the URL as text.",
        )
    with located(source_location.caller()):
        return open_store(datastore)
