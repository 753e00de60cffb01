"""Define Execution: one run of a flow, under an id."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from laminar.components import layer_status, runtime
from laminar.configurations import option_values
from laminar.exceptions import ExecutionError, FlowError, OptionError
from laminar.identifiers import name_problem
from laminar.program import process_state, recording, source_location
from laminar.program.recording import Step

if TYPE_CHECKING:
    from laminar.components.flow import Flow
    from laminar.components.layer import Layer
    from laminar.components.parameters import Parameters
    from laminar.components.runtime import ClusterRun
    from laminar.history.attempts import Attempt
    from laminar.history.stored_run import Run

__all__ = ["Execution", "check_name"]

LayerT = TypeVar("LayerT", bound="Layer")


def check_name(name: str, what: str) -> None:
    """Raise ExecutionError for a name that cannot be part of a datastore's path."""
    if problem := name_problem(name) if isinstance(name, str) else "is no text":
        raise ExecutionError(
            f"{what} {problem}: it becomes part of paths.",
            where=source_location.caller(),
            fix="use letters, digits, '-' and '_'.",
        )


class Execution:
    """Represent one run of a flow: its id, the results of its layers, and its actions."""

    id: str | None
    flow: Flow
    retry: bool = False

    def __init__(self, id: str | None, flow: Flow, retry: bool = False) -> None:
        """Create the execution of an id; with None it gets one when parameters are given or layers are scheduled."""
        if id is not None:
            check_name(id, f"Execution id {option_values.shown(id)}")
        if isinstance(flow, type) or not hasattr(flow, "registrations"):
            raise option_values.rejected("Execution", "flow", flow, "an object of a subclass of Flow", "flow=Train()")
        self.id = id
        self.flow = flow
        self.retry = option_values.boolean("Execution", "retry", retry)
        self.chain: tuple[str, ...] = (flow.name,)
        self.origin = id
        self.given = id is not None
        self.idle = False
        self.fresh: frozenset[str] = frozenset()
        self.steps: tuple[Step, ...] = ()
        self.started = False
        self.remote: ClusterRun | None = None

    # results

    @property
    def finished(self) -> bool:
        """Whether every layer has finished or was skipped. For a workflow that this process submitted, the cluster reports it."""
        recording.read("finished")
        if self.remote is not None and (state := self.remote.state) != "deleted":
            return state == "finished"
        known: dict[str, str] = {}
        return all(self._status(name, known) != "unfinished" for name in self.flow.nodes)

    @property
    def running(self) -> bool:
        """Whether this process schedules the execution or runs a split of it, or its workflow has not ended."""
        if (self.flow.name, self.id or "") in process_state.running:
            return True
        run = self._cluster_run()
        return run is not None and run.running

    @property
    def state(self) -> str:
        """State of the execution: ``pending``, ``running``, ``suspended``, ``finished`` or ``failed``, that of its workflow.

        Without a workflow it is ``running``, ``finished``, ``failed`` or ``interrupted``, the state of its last run, and
        ``unfinished`` where not all layers have run or no run is recorded.
        """
        recording.read("state")
        run = self._cluster_run()
        if run is not None and (state := run.state) != "deleted":
            return state
        if self.running:
            return "running"
        past = self._history()
        ended = past.state if past is not None else "unknown"
        if ended in ("running", "failed", "interrupted"):
            return ended
        return "finished" if self.finished else "unfinished"

    @property
    def failures(self) -> tuple[Attempt, ...]:
        """The last attempt of each split that failed and has not finished since, in the order of the layers.

        Each has ``layer``, ``index``, ``number``, ``how``, ``started``, ``ended``, ``host``, ``message`` and ``traceback``.
        """
        recording.read("failures")
        past = self._history()
        return past.failures if past is not None else ()

    def _history(self) -> Run | None:
        """Return the datastore's records of the execution, None where it has no id."""
        from laminar.history.stored_run import Run

        return None if self.id is None else Run(self.flow.name, self.id, self.flow.configuration.datastore)

    def _cluster_run(self) -> ClusterRun | None:
        """Return the workflow that runs the execution, None where there is none."""
        if self.remote is None and self.id is not None:
            self.remote = runtime.current().cluster_run(self)
        return self.remote

    @overload
    def layer(self, layer: str, **attributes: Any) -> Layer: ...
    @overload
    def layer(self, layer: type[LayerT], **attributes: Any) -> LayerT: ...
    @overload
    def layer(self, layer: LayerT, **attributes: Any) -> LayerT: ...

    def layer(self, layer: Any, **attributes: Any) -> Any:
        """Return a layer of the flow, given by name, class or instance, whose attributes are this execution's results.

        Raises FlowError for a layer that the flow does not register.
        """
        recorded = recording.active()
        if recorded is not None:
            recorded.note_line()  # the program reads from the layer afterwards
        made = self.flow.layer(layer, **attributes)
        made._binding.execution = self
        return made

    def status(self, name: str) -> str:
        """Return whether a layer is ``"finished"``, ``"skipped"`` or ``"unfinished"`` here.

        Raises FlowError for a layer that the flow does not register.
        """
        found = self.flow.registered(name).layer.__name__
        recording.read(f"the state of {found}")
        return self._status(found, {})

    def _status(self, name: str, known: dict[str, str]) -> str:
        """Return a layer's state; ``known`` holds those that were found before."""
        if self.id is None:
            return "unfinished"
        return layer_status.status(self.flow.configuration.datastore, self.flow.nodes, self.flow.name, self.id, name, known)

    # a workflow on a cluster

    def wait(self, timeout: float | None = None) -> Execution:
        """Wait until the execution's workflow has ended, and return the execution; one that has finished is returned at once.

        Raises ExecutionError for a layer that failed and where nothing runs the execution, ClusterError after ``timeout`` seconds.
        """
        seconds = None if timeout is None else option_values.seconds("Execution.wait", "timeout", timeout, above=False)
        if recording.active():
            return self
        if run := self._cluster_run():
            run.wait(seconds)
        elif not self.finished:
            raise self._without_workflow("has not finished", "resume() runs the unfinished layers.")
        return self

    def logs(self, layer: Any = None, *, index: int | None = None, failed: bool = False) -> Iterator[str]:
        """Return the lines that the layers of the execution have written so far, each after its layer: ``Fit[3] | ...``.

        They are read from the datastore, or for a workflow that this process has submitted from its pods. ``layer``, ``index`` and
        ``failed`` select layers, splits and failed attempts.

        Raises FlowError for a layer that the execution does not have.
        """
        recording.read("logs")
        name = None if layer is None else _name(layer, "logs", "layer")
        index = None if index is None else option_values.count("Execution.logs", "index", index)
        option_values.boolean("Execution.logs", "failed", failed)
        if run := self._cluster_run():
            return run.logs(name, index=index, failed=failed)
        from laminar.history.log_line import Selection

        past = self._history()
        lines = () if past is None else past.logs(Selection(name, index, failed=failed))
        return (f"{line.label} | {line.text}" for line in lines if not line.note)

    def stop(self) -> None:
        """End the execution's workflow: running pods get SIGTERM, and no further ones start.

        Raises ExecutionError for an execution without a workflow.
        """
        if recording.active():
            return
        run = self._cluster_run()
        if run is None:
            raise self._without_workflow("runs on no cluster", "only a workflow is stopped; Ctrl-C ends a run on this machine.")
        run.stop()

    def _without_workflow(self, what: str, fix: str) -> ExecutionError:
        return ExecutionError(
            f"Execution {self.id!r} of flow {self.flow.name!r} {what}, and no workflow runs it.",
            where=source_location.caller(),
            fix=fix,
            execution=self.id,
            flow=self.flow.name,
        )

    # actions

    def parameters(self, **artifacts: Any) -> Execution:
        """Add these parameters to those that the execution has; it gets a new id where it had none.

        Raises FlowError for a name that every layer uses itself, and for values that the flow's declarations reject.
        """
        from laminar.components import declared_parameters
        from laminar.components.parameters import check_parameters

        where = source_location.caller()
        check_parameters(Step(self, artifacts, where=where))
        artifacts = declared_parameters.bound(type(self.flow), artifacts, where, complete=False)
        if recording.active():
            self.pending = {**getattr(self, "pending", {}), **artifacts}
            return self
        runtime.current().settle(self.flow)
        runtime.current().save_parameters(self, artifacts)
        known = self.steps[0].parameters if self.steps else {}
        self.steps = (Step(self, {**known, **artifacts}, where=where),)
        return self

    def schedule(self, *, dependencies: Mapping[str, Iterable[Any]]) -> Execution:
        """Run exactly these layers, each after those it maps to, also if they have finished.

        Raises SchedulerError before anything runs for unknown names, a cycle, and a dependency that is neither scheduled nor
        finished.
        """
        if not isinstance(dependencies, Mapping):
            raise _no_dependencies(dependencies)
        named: dict[str, set[str]] = {}
        for layer, needs in dependencies.items():
            if not isinstance(needs, Iterable) or isinstance(needs, str | bytes):
                raise _no_dependencies(dependencies)
            named[_name(layer, "schedule", "dependencies")] = {_name(need, "schedule", "dependencies") for need in needs}
        return self._act(Step(self, action="schedule", dependencies=named, where=source_location.caller()))

    def resume(self, *, from_: Any = None) -> Execution:
        """Run the unfinished splits, also in a new process; entry hooks of skipped layers are evaluated again.

        ``from_`` names a layer that runs again with all that depends on it, though they have finished. Their earlier results are
        set aside, and restored where the layer fails.

        Raises ExecutionError for an id without records, FlowError for a layer that the flow does not have.
        """
        named = None if from_ is None else _name(from_, "resume", "from_")
        return self._act(Step(self, action="resume", from_layer=named, where=source_location.caller()))

    def execute(self, *, layer: Layer) -> Execution:
        """Run one split of a layer now, in this process: ``execute(layer=flow.layer(A, index=0, splits=2))``.

        Raises ExecutionError where the layer fails.
        """
        from laminar.components.layer import Layer

        if not isinstance(layer, Layer):
            raise option_values.rejected("Execution.execute", "layer", layer, "a layer of the flow", "layer=flow.layer(Fit)")
        return self._act(Step(self, action="execute", layer=layer, where=source_location.caller()))

    def next(self, *, flow: Flow, linker: Callable[[Execution], Parameters]) -> Execution:
        """Run another flow after this one, with the parameters that ``linker`` makes of this execution.

        Flows of a chain share the id; the k-th occurrence of one flow in it has ``-k`` appended.

        Raises FlowError where the linker returns anything but Parameters.
        """
        if not _is_linker(linker):
            raise FlowError(
                f"next() takes linker=a function of the execution, not {option_values.shown(linker)}.",
                where=source_location.caller(),
                fix="write linker=lambda execution: Parameters(...).",
            )
        following = Execution(None, flow)
        following.chain = (*self.chain, flow.name)
        following.origin = self.origin or self.id
        occurrence = following.chain.count(flow.name)
        if self.id is not None:
            following.id = following.origin if occurrence == 1 else f"{following.origin}-{occurrence}"
        step = Step(following, linker=linker, where=source_location.caller())
        following.steps = (*(self.steps or (Step(self),)), step)
        if active := recording.active():
            active.follow(self, step)
            return following
        followed: Execution = runtime.current().follow(self, step)
        return followed

    def _act(self, step: Step) -> Execution:
        """Execute a step; add it to the recording where a program is recorded."""
        if active := recording.active():
            step.parameters = getattr(self, "pending", {})
            active.start(step)
            return self
        acted: Execution = runtime.current().act(step)
        return acted

    def _repr_html_(self) -> str | None:
        return runtime.current().html(self)

    def __repr__(self) -> str:
        return f"Execution(id={self.id!r}, flow={self.flow.name})"


def _is_linker(linker: Any) -> bool:
    """Return whether an object can be called with one argument, as far as its signature is known."""
    if not callable(linker):
        return False
    try:
        inspect.signature(linker).bind(None)
    except TypeError:
        return False
    except ValueError:  # a function of C without one
        return True
    return True


def _name(layer: Any, method: str, option: str) -> str:
    """Return the name of a layer that an option of a method names by its name, class or object."""
    from laminar.components.layer import Layer

    if isinstance(layer, str):
        return layer
    if isinstance(layer, Layer):
        return layer.name
    if isinstance(layer, type) and issubclass(layer, Layer):
        return layer.__name__
    raise option_values.rejected(f"Execution.{method}", option, layer, "a layer: its name, class or object", f"{option}=Fit")


def _no_dependencies(value: Any) -> OptionError:
    expected, example = "a dict of layers and lists of layers", "dependencies={Fit: [Read]}"
    return option_values.rejected("Execution.schedule", "dependencies", value, expected, example)
