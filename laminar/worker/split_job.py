"""Turn this process into the worker of one split: load the flow, run the split, tell how it ended."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import sys
from typing import TYPE_CHECKING, Any

from laminar.exceptions import ExecutionError, FlowError
from laminar.program import process_state
from laminar.worker import split
from laminar.worker.split import Outputs, SplitFailed

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.flow import Flow
    from laminar.components.layer import Layer

__all__ = ["CANNOT", "DONE", "FAILED", "RETRY", "Job", "bound", "is_own_signal", "reroot", "reseed", "work"]

DONE, FAILED, RETRY, CANNOT = 0, 70, 75, 78
"""Exit codes: done, failed for good, failed and may be tried again, cannot be run at all."""


@dataclasses.dataclass(frozen=True)
class Job:
    """One attempt at one split, or a gate's question where ``gate`` is set."""

    flow: str
    execution: str
    layer: str
    index: int = 0
    splits: int | None = None
    attempt: int = 1
    retry: bool = False
    gate: bool = False

    @classmethod
    def of(cls, layer: Layer) -> Job:
        """Return the job that a layer stands for, as a scheduler hands it to an executor."""
        binding, execution = layer._binding, layer.execution
        assert execution.id is not None
        index, gate = binding.index or 0, binding.gate
        names = execution.flow.name, execution.id, layer.name
        return cls(*names, index, binding.splits, binding.attempt, execution.retry, gate)

    def environment(self) -> dict[str, str]:
        """Return the variables that name the split to the layer's own processes."""
        named = {
            "EXECUTION_ID": self.execution,
            "EXECUTION_RETRY": str(self.retry),
            "FLOW_NAME": self.flow,
            "LAYER_NAME": self.layer,
            "LAYER_INDEX": str(self.index),
            "LAYER_SPLITS": str(self.splits if self.splits is not None else 1),
            "LAYER_ATTEMPT": str(self.attempt),
        }
        return {f"LAMINAR_{name}": value for name, value in named.items()}


def reroot(flow: Flow, url: str) -> None:
    """Let a flow keep its data at another URL, with the protocols and options of its own datastore."""
    datastore = flow.configuration.datastore
    if datastore.url != url:
        flow.configuration = dataclasses.replace(flow.configuration, datastore=datastore.with_root(url))


def is_own_signal(code: int) -> bool:
    """Say whether an exit code, minus a signal's number, is of a signal by which a process ends itself, not one from outside."""
    own = ("SIGSEGV", "SIGABRT", "SIGFPE", "SIGBUS", "SIGILL", "SIGSYS", "SIGTRAP")
    return code < 0 and signal.Signals(-code).name in own


def reseed() -> None:
    """Give a forked process random numbers of its own."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def bound(flow: Flow, job: Job) -> Execution:
    """Return the execution of a job.

    Raises FlowError for an unknown layer, ExecutionError for a split that the layer does not have.
    """
    flow.registered(job.layer)
    if job.splits is not None and not 0 <= job.index < max(job.splits, 1):
        raise ExecutionError(
            f"Layer {job.layer!r} has {job.splits} splits, so there is no split {job.index}.",
            fix="count splits from 0.",
        )
    if flow.registered(job.layer).configuration.foreach is None and job.splits not in (None, 1):
        raise FlowError(f"Layer {job.layer!r} is no fan-out, so it has 1 split, not {job.splits}.", fix="say --splits 1.")
    return flow.execution(job.execution, retry=job.retry)


def work(flow: Flow, job: Job) -> tuple[int, Outputs, SplitFailed | None]:
    """Run a job and return its exit code, its outputs and its failure.

    Raises what `bound` raises.
    """
    process_state.work()
    execution = bound(flow, job)
    process_state.running.add((flow.name, job.execution))
    os.environ.update(job.environment())
    layer = execution.layer(job.layer, index=job.index, splits=job.splits, attempt=job.attempt)
    try:
        if job.gate:
            return DONE, Outputs(entries={job.layer: split.evaluate(layer)}), None
        return DONE, split.run(layer), None
    except SplitFailed as failed:
        return (RETRY if failed.retryable else FAILED), Outputs(), failed


def told(outputs: Outputs) -> dict[str, Any]:
    """Return outputs as JSON values."""
    return {"lengths": outputs.lengths, "entries": outputs.entries}
