"""Describe the work of one process: which split, of which execution, with the data needed to run it."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from laminar.components import layer_status
from laminar.program import process_state

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.flow import Flow
    from laminar.components.layer import Layer
    from laminar.components.registration import Registration
    from laminar.configurations.datastores import DataStore, Record
    from laminar.graph import Node

__all__ = ["CANNOT", "DONE", "FAILED", "RETRY", "ExecutionScope", "Job", "SplitJob", "is_own_signal", "signal_name"]

DONE, FAILED, RETRY, CANNOT = 0, 70, 75, 78
"""Exit codes: done, failed for good, failed and may be retried, cannot be run at all.

The last three are EX_SOFTWARE, EX_TEMPFAIL and EX_CONFIG of BSD's sysexits.h. Argo uses 64 and 65.
"""

INDEX, ATTEMPT = "LAMINAR_LAYER_INDEX", "LAMINAR_LAYER_ATTEMPT"
"""Variables that differ between the attempts at the splits of a layer."""

OWN_SIGNALS = frozenset({"SIGSEGV", "SIGABRT", "SIGFPE", "SIGBUS", "SIGILL", "SIGSYS", "SIGTRAP"})
"""Signals that a process causes by its own instructions, signal(7): the others come from outside."""


@dataclass(frozen=True)
class Job:
    """Name one attempt at one split, or at a layer's entry hooks where ``gate`` is set, for another process.

    with ``cached``, an earlier result may be reused.
    """

    flow: str
    execution: str
    layer: str
    index: int = 0
    splits: int | None = None
    attempt: int = 1
    retry: bool = False
    gate: bool = False
    cached: bool = True

    @classmethod
    def of(cls, layer: Layer) -> Job:
        """Return the job that a layer stands for, as a scheduler passes it to an executor."""
        binding, execution = layer._binding, layer.execution
        assert execution.id is not None
        index, gate = binding.index or 0, binding.gate
        names = execution.flow.name, execution.id, layer.name
        return cls(*names, index, binding.splits, binding.attempt, execution.retry, gate, binding.cached)

    def environment(self) -> dict[str, str]:
        """Return the worker variables, which name the split to the layer's own processes."""
        return {
            "LAMINAR_EXECUTION_ID": self.execution,
            "LAMINAR_EXECUTION_RETRY": str(self.retry),
            "LAMINAR_FLOW_NAME": self.flow,
            "LAMINAR_LAYER_NAME": self.layer,
            INDEX: str(self.index),
            "LAMINAR_LAYER_SPLITS": str(self.splits if self.splits is not None else 1),
            **({} if self.cached else {"LAMINAR_CACHE": "off"}),
            ATTEMPT: str(self.attempt),
            process_state.WORKER: "",  # a scheduler may run in a worker
        }


@dataclass(frozen=True)
class ExecutionScope:
    """Hold the common facts of an execution's splits: its names, its flow's graph, and the store of its documents.

    ``known`` are documents of finished layers, by layer and split, that need not be read again; ``ends`` are, by layer and
    attribute, how many elements each split of a finished fan-out, and those before it, contribute.
    """

    flow: str
    execution: str
    retry: bool
    store: DataStore
    nodes: Mapping[str, Node]
    registrations: Mapping[str, Registration]
    known: Mapping[tuple[str, int], Record] = field(default_factory=dict, kw_only=True, repr=False)
    ends: Mapping[tuple[str, str], Sequence[int]] = field(default_factory=dict, kw_only=True, repr=False)
    flow_class: type[Flow] = field(kw_only=True, repr=False)

    @classmethod
    def of_execution(cls, execution: Execution) -> ExecutionScope:
        """Return the scope of an execution that has an id."""
        assert execution.id is not None
        flow = execution.flow
        return ExecutionScope(
            flow.name,
            execution.id,
            execution.retry,
            flow.configuration.datastore,
            flow.nodes,
            flow.registrations,
            flow_class=type(flow),
        )

    def document(self, layer: str, index: int = 0) -> Record | None:
        """Return the document of a split, None where it has not ended."""
        found = self.known.get((layer, index))
        return self.store.load(self.flow, self.execution, layer, index) if found is None else found

    def status(self, layer: str) -> str:
        """Return whether a layer is ``"finished"``, ``"skipped"`` or ``"unfinished"``."""
        return layer_status.status(self.store, self.nodes, self.flow, self.execution, layer)


@dataclass(frozen=True)
class SplitJob(ExecutionScope):
    """Hold all that one attempt at a split needs: made once where the split starts, and passed on.

    ``splits`` is None until they are counted.
    """

    layer: str
    index: int
    splits: int | None
    attempt: int
    registration: Registration
    cached: bool = True

    @classmethod
    def of(cls, layer: Layer) -> SplitJob:
        """Return the job of the split that a layer stands for."""
        binding, name = layer._binding, layer.name
        scope = ExecutionScope.of_execution(layer.execution) if binding.shared is None else binding.shared.scope
        return cls(
            **vars(scope),
            layer=name,
            index=binding.index or 0,
            splits=binding.splits,
            attempt=binding.attempt,
            registration=scope.registrations[name],
            cached=binding.cached,
        )

    @property
    def attempts(self) -> int:
        """How many attempts the split has in all."""
        return self.registration.configuration.retry.attempts

    def ended(self) -> Record | None:
        """Return the document of this split, None where it has not ended."""
        return self.store.load(self.flow, self.execution, self.layer, self.index)

    def failures(self) -> tuple[int, ...]:
        """Return the attempts at this split that failed by their own errors."""
        return self.store.failures(self.flow, self.execution, self.layer, self.index)

    def record_failure(self, reason: str) -> None:
        """Write that this attempt failed by its own error."""
        self.store.record_failure(self.flow, self.execution, self.layer, self.index, self.attempt, reason)

    def clear_failures(self) -> None:
        """Remove the failure markers of this split."""
        self.store.clear_failures(self.flow, self.execution, self.layer, self.index)


def is_own_signal(code: int) -> bool:
    """Return whether a negative exit code is of a signal by which a process ends itself, rather than one from outside.

    >>> is_own_signal(-signal.SIGSEGV), is_own_signal(-signal.SIGTERM), is_own_signal(-40), is_own_signal(0)
    (True, False, False, False)
    """
    return code < 0 and signal_name(-code) in OWN_SIGNALS


def signal_name(number: int) -> str:
    """Return the name of a signal; real-time ones have none in `signal.Signals`, signal(7).

    >>> signal_name(9), signal_name(35), signal_name(200)
    ('SIGKILL', 'SIGRTMIN+1', 'signal 200')
    """
    try:
        return signal.Signals(number).name
    except ValueError:
        first = getattr(signal, "SIGRTMIN", None)  # macOS has none
        if first is not None and first < number <= signal.SIGRTMAX:
            return f"SIGRTMIN+{number - first}"
        return f"signal {number}"
