"""Turn this process into the worker of one split: find the flow, run the split, return how it ended."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any

from laminar.exceptions import ExecutionError, FlowError
from laminar.program import process_state, random_generators
from laminar.worker import fan_out_grid, hook_calls, split
from laminar.worker.job import CANNOT, DONE, FAILED, RETRY, ExecutionScope, Job, is_own_signal
from laminar.worker.split import Outputs, SplitFailed

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.flow import Flow
    from laminar.components.layer import Layer
    from laminar.worker.layer_scope import LayerScope

__all__ = [
    "CANNOT",
    "DONE",
    "FAILED",
    "RETRY",
    "Job",
    "bound",
    "is_own_signal",
    "name_split",
    "prepared",
    "reroot",
    "reseed",
    "told",
    "work",
]


def reroot(flow: Flow, url: str) -> None:
    """Move a flow's data to another URL, with the protocols and options of its own datastore."""
    from laminar.configurations.datastores import open_like

    datastore = flow.configuration.datastore
    if datastore.url != url:
        flow.configuration = dataclasses.replace(flow.configuration, datastore=open_like(datastore, url))


def reseed() -> None:
    """Reseed the random generators of a forked process that the program did not seed."""
    random_generators.reseed()


def _set_environment(layer: Layer) -> None:
    """Set the variables of the layer's container, as its pod has them: the registered ones, and those that hooks set.

    Raises SplitFailed where a hook fails.
    """
    if _replaced:
        for name, before in _replaced.items():  # by the split before this one, of a batch
            os.environ.pop(name, None)
            os.environ.update({name: before} if before is not None else {})
        _replaced.clear()
    if hook_calls.is_tuned(layer):
        if layer._binding.splits is None:
            layer._binding.splits = fan_out_grid.count(ExecutionScope.of_execution(layer.execution), layer.name)
        if layer._binding.splits:
            split.configure(layer)
    if env := layer.configuration.container.env:
        _replaced.update((name, os.environ.get(name)) for name in env)
        os.environ.update(env)


_replaced: dict[str, str | None] = {}
"""Values that the variables of the last split's container replaced in this process's environment."""


def _restore_seeds() -> None:
    """Make each split of a batch start with the random numbers that the program seeded, as a split alone does."""
    global _states
    if _states is None:
        _states = random_generators.States()
    else:
        _states.restore()


_states: random_generators.States | None = None
"""State of the seeded generators before this process's first split."""


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
        raise FlowError(f"Layer {job.layer!r} is no fan-out, so it has 1 split, not {job.splits}.", fix="pass --splits 1.")
    return flow.execution(job.execution, retry=job.retry)


def work(
    flow: Flow, job: Job, *, in_pod: bool = False, shared: LayerScope | None = None
) -> tuple[int, Outputs, SplitFailed | None]:
    """Run a job and return its exit code, its outputs and its failure; a pod (``in_pod``) has its container's variables already.

    ``shared`` has the facts that a server of many splits computed before it forked this process, whose environment then names
    the split.
    Raises the errors of `bound`.
    """
    execution = prepared(flow, job) if shared is None else shared.execution
    if shared is None:
        name_split(job)
    if not job.gate and (flow.nodes if shared is None else shared.scope.nodes)[job.layer].batch > 1:
        _restore_seeds()
    layer = execution.layer(job.layer, index=job.index, splits=job.splits, attempt=job.attempt)
    layer._binding.shared = shared
    layer._binding.cached = job.cached
    try:
        if not (job.gate or in_pod) and (shared is None or shared.is_tuned or shared.configuration.container.env):
            _set_environment(layer)
        if job.gate:
            return DONE, Outputs(entries={job.layer: split.evaluate(layer)}), None
        return DONE, split.run(layer), None
    except SplitFailed as failed:
        return (RETRY if failed.retryable else FAILED), Outputs(), failed


def prepared(flow: Flow, job: Job) -> Execution:
    """Make this process a worker of a job's execution, and return that.

    Raises the errors of `bound`.
    """
    process_state.work()
    execution = bound(flow, job)
    process_state.running.add((flow.name, job.execution))
    return execution


def name_split(job: Job) -> None:
    """Name a split in this process's environment, and this process as its worker."""
    os.environ.update({**job.environment(), process_state.WORKER: str(os.getpid())})


def told(outputs: Outputs) -> dict[str, Any]:
    """Return outputs as JSON values."""
    return {"lengths": outputs.lengths, "entries": outputs.entries}
