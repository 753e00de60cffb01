"""Do a pod's work in this process: load the program, run its splits, evaluate hooks of the layers below, write the outputs."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from laminar.components import declared_parameters
from laminar.exceptions import ExecutionError, FlowError, LaminarError, SchedulerError
from laminar.graph import PARAMETERS
from laminar.program import interpreter_exit, process_state, program_recording, recording
from laminar.worker import (
    attempt_report,
    chain_link,
    execution_facts,
    hook_answers,
    parameters_document,
    partial_run,
    split,
    split_job,
)
from laminar.worker.job import CANNOT, DONE, FAILED, RETRY
from laminar.worker.pod_failures import PodFailures
from laminar.worker.split import Outputs, SplitFailed

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.flow import Flow
    from laminar.configurations.datastores import Record
    from laminar.program.recording import Recording
    from laminar.worker.arguments import Task
    from laminar.worker.job import Job
    from laminar.worker.pod_channel import PodChannel

__all__ = ["count_failure", "refuse", "run"]

Ending = tuple[int, Outputs, SplitFailed | None]


def run(task: Task, channel: PodChannel) -> int:
    """Run a task in this process, and return its exit code or end with it; send the seconds that it may take on the channel."""
    process_state.work()
    split_job.reseed()  # its parent process, a rehearsal or the runner of fused layers, forks more such processes
    failures = PodFailures(task)

    def refused(error: Exception) -> int:
        return _refused(error, failures)

    return _at_call(task, lambda recorded: _run(task, recorded, channel, failures), refused, channel.done)


def _run(task: Task, recorded: Recording, channel: PodChannel, failures: PodFailures) -> int:
    try:
        flow, execution = _found(recorded, task)
        task = _counted(task, execution)
        failures.open(execution)
        channel.store(execution.flow.configuration.datastore, failures.secrets)
        seconds = _limit(execution, task)
        channel.limit(seconds * task.batch if seconds else None)
        _expect(execution, task)
        written = _ensure_parameters(recorded, execution, task)
        code, outputs, failed = _work(flow, execution, recorded, task, channel)
        written()
    except SplitFailed as failure:
        _report(failure)
        failures.keep(failure)
        return RETRY if failure.retryable else FAILED
    except Exception as error:
        return _refused(error, failures)
    if failed is not None:
        _report(failed)
        failures.keep(failed)
        return code
    _write_outputs(outputs, task.outputs)
    return code


def count_failure(task: Task, reason: str, how: str, started: str) -> int:
    """Write the failure marker and the record of a split whose process was killed, and return the exit code or end with it."""
    process_state.work()
    failures = PodFailures(task, started)
    return _at_call(task, lambda recorded: _count_failure(task, recorded, failures, reason, how), _uncounted)


def _count_failure(task: Task, recorded: Recording, failures: PodFailures, reason: str, how: str) -> int:
    try:
        _, execution = _found(recorded, task)
        task = _counted(task, execution)
        index = task.job.index * task.batch
        layer = execution.layer(task.job.layer, index=index, splits=task.job.splits, attempt=task.job.attempt)
        failures.open(execution)
        failed = split.failed_outside(layer, reason, how=how)
        _report(failed)
        failures.keep(failed)
        return RETRY if failed.retryable else FAILED
    except Exception as error:
        return _uncounted(error)


def _uncounted(error: Exception) -> int:
    refuse(error)
    return FAILED  # the split has failed anyway: the exit code reports it


def _at_call(
    task: Task,
    work: Callable[[Recording], int],
    refused: Callable[[Exception], int],
    ended: Callable[[int], None] = lambda code: None,
) -> int:
    """Execute the program up to the flow's call, do the work there, pass the exit code to ``ended``, and end this process with it.

    Where the program reads a result before, or calls the flow in a thread, the work is done after it and the code returned.
    """

    def there(recorded: Recording) -> int:
        code = work(recorded)
        ended(code)
        return code

    def go_on(recorded: Recording) -> NoReturn:
        interpreter_exit.leave_by(lambda: there(recorded))

    try:
        if task.code is not None:
            task.code.enter()
        recorded = program_recording.record(task.program, target=_target(task), then=go_on)
    except Exception as error:
        return refused(error)
    return work(recorded)


def _refused(error: Exception, failures: PodFailures) -> int:
    """Report why a task was not run, and return the exit code: another attempt may succeed where a linker or the storage failed."""
    if isinstance(error, FlowError | ExecutionError | SchedulerError):
        failures.keep_error(error, again=False)
        return refuse(error)
    if not attempt_report.is_wanted() and (shown := split.trace(error)):
        print(shown, file=sys.stderr)
    refuse(error)
    failures.keep_error(error, again=True)
    return RETRY


# output on stderr


def refuse(error: Exception) -> int:
    """Print on one line why a task cannot be run, and return the exit code."""
    what = error.what if isinstance(error, LaminarError) else f"{type(error).__name__}: {error}"
    where = f" (at {error.where})" if isinstance(error, LaminarError) and error.where else ""
    fix = f" Fix: {error.fix}" if isinstance(error, LaminarError) and error.fix else ""
    print(" ".join(f"laminar: {what}{where}{fix}".split()), file=sys.stderr, flush=True)
    return CANNOT


def _report(failed: SplitFailed) -> None:
    """Print a failure: the traceback, then one line that names it; the process that reads reports shows both itself."""
    if attempt_report.is_wanted():
        return
    if failed.remote:
        print(failed.remote, file=sys.stderr)
    where = f" (at {failed.where})" if failed.where else ""
    again = " It may be retried." if failed.retryable else ""
    print(f"laminar: {failed.what}{where}{again}", file=sys.stderr, flush=True)


# before the work


def _found(recorded: Recording, task: Task) -> tuple[Flow, Execution]:
    """Return the flow of a task, and its execution.

    Raises FlowError where the program has no such flow.
    """
    if task.datastore is not None:
        for seen in recorded.flows:
            split_job.reroot(seen, task.datastore)
    flow = recorded.find(task.job.flow)
    if flow is None:
        cls = next((cls for cls in recorded.classes if cls.__name__ == task.job.flow), None)
        names = sorted({seen.name for seen in recorded.flows})
        if cls is None or recorded.ended is None:
            raise FlowError(
                f"Program {task.program.shown!r} has no flow {task.job.flow!r}.", fix=f"it has: {', '.join(names) or 'none'}."
            )
        flow = cls()
        if task.datastore is not None:
            split_job.reroot(flow, task.datastore)
    return flow, flow.execution(task.job.execution, retry=task.job.retry)


def _target(task: Task) -> recording.Target:
    """Return where recording may end: this pod needs no later call."""
    match = re.fullmatch(r"(?:link|plan)-([0-9]+)", task.job.layer)
    return recording.Target(task.job.flow, task.chain, int(match[1]) if match else None)


def _counted(task: Task, execution: Execution) -> Task:
    """Return a task with the attempt of its own layer, where a pod's attempts are those of several layers together."""
    job = task.job
    if not task.fused or job.attempt == 1:
        return task
    failures = execution.flow.configuration.datastore.failures(job.flow, job.execution, job.layer, job.index)
    return replace(task, job=replace(job, attempt=min(job.attempt, len(failures) + 1)))


def _limit(execution: Execution, task: Task) -> float | None:
    """Return how many seconds the split may take, after its hooks were applied.

    Raises SplitFailed where a hook fails.
    """
    if task.job.layer not in execution.flow.registrations:
        return None
    first = task.job.index * task.batch
    layer = execution.layer(task.job.layer, index=first, splits=task.job.splits, attempt=task.job.attempt)
    if layer.configuration.container.timeout is not None:
        split.configure(layer)
    return layer.configuration.container.timeout


def _expect(execution: Execution, task: Task) -> None:
    """Prefetch in one round the documents that are read in any case: the parameters', the split's, those above it."""
    from laminar.configurations.datastores.key_layout import document_key, execution_key

    flow, job = execution.flow, task.job
    if job.layer in flow.nodes:
        above = [name for name in flow.nodes[job.layer].needs if name != PARAMETERS and flow.nodes[name].grid is None]
        splits = [(PARAMETERS, 0), (job.layer, job.index * task.batch), *((name, 0) for name in above)]
        keys = [document_key(flow.name, job.execution, name, index) for name, index in splits]
        if job.retry:
            keys.append(execution_key(flow.name, job.execution))
        flow.configuration.datastore.prefetch(keys)


def _ensure_parameters(recorded: Recording, execution: Execution, task: Task) -> Callable[[], None]:
    """Write the Parameters' document where it is absent, and return a function that waits for the write.

    The values are those of the environment, else of the program's own call.
    """
    if task.job.layer.startswith("plan-"):
        return lambda: None  # it reads stored documents only

    def values() -> dict[str, Any]:
        given = _called(recorded, execution) if task.parameters is None else parameters_document.parse(task.parameters)
        return _bound(execution, given)

    def first(record: Record) -> None:
        execution_facts.save_of_pods(execution, record.artifacts, task.program)

    def later(record: Record) -> None:
        if task.job.retry:
            execution_facts.resume_in_pods(execution, record.artifacts, task.program)

    return parameters_document.ensure(execution, values, first, later)


def _bound(execution: Execution, values: dict[str, Any]) -> dict[str, Any]:
    """Return parameters as the flow declares them: JSON has no dates, and a workflow's parameters can be replaced."""
    return declared_parameters.bound(type(execution.flow), values, "the workflow's parameters")


def _called(recorded: Recording, execution: Execution) -> dict[str, Any]:
    steps = [chain.first for chain in recorded.chains if chain.first.flow.name == execution.flow.name]
    return dict(steps[0].parameters) if steps else {}


# the work


def _work(flow: Flow, execution: Execution, recorded: Recording, task: Task, channel: PodChannel) -> Ending:
    layer = task.job.layer
    if match := re.fullmatch(r"link-([0-9]+)", layer):
        return DONE, chain_link.link(recorded, execution, int(match[1]), task), None
    if match := re.fullmatch(r"plan-([0-9]+)", layer):
        return DONE, partial_run.prepare(execution, chain_link.step_at(recorded, int(match[1]), task)), None
    if layer.endswith("-gate"):
        return _answer(execution, layer, [layer.removesuffix("-gate")])
    jobs = _jobs(task)
    for job in jobs:
        split_job.bound(flow, job)
    hook_answers.confirm(execution, layer)
    lengths: dict[str, list[int]] = {}
    failures: list[SplitFailed] = []
    for job in jobs:  # of a batch: splits that do not depend on a failed one continue
        if len(jobs) > 1:
            channel.split(job.index)
        _, outputs, failed = split_job.work(flow, job, in_pod=True)
        if failed is not None:
            failures.append(failed)
        for name, values in outputs.lengths.items():
            lengths.setdefault(name, []).extend(values)
    if failures:
        kept = PodFailures(task)
        kept.open(execution)
        kept.keep(*failures[:-1])
        return _worst(failures)
    code, outputs, failed = _answer(execution, layer, _below(recorded, execution, task))
    return code, Outputs(lengths, outputs.entries), failed


def _jobs(task: Task) -> list[Job]:
    """Return the splits of a task: a batch of them, fewer at the end; of an empty fan-out the one that writes its document."""
    first = task.job.index * task.batch
    end = min(first + task.batch, task.job.splits if task.job.splits is not None else 1)
    return [replace(task.job, index=index) for index in range(first, max(end, first + 1))]


def _below(recorded: Recording, execution: Execution, task: Task) -> list[str]:
    """Return the layers whose hooks this pod evaluates: of a partial run those that it schedules."""
    return hook_answers.answered_by(execution, task.job.layer, chain_link.scheduled(recorded, task))


def _worst(failures: list[SplitFailed]) -> Ending:
    """Return the failure of a batch: it may be retried as long as one of its splits may."""
    for failed in failures[:-1]:
        _report(failed)
    again = any(failed.retryable for failed in failures)
    failures[-1].retryable = again
    return (RETRY if again else FAILED), Outputs(), failures[-1]


def _answer(execution: Execution, keeper: str, layers: list[str]) -> Ending:
    """Evaluate the hooks of layers below, whose answers the workflow needs."""
    for name in layers:
        execution.flow.registered(name)
    return DONE, Outputs(entries=hook_answers.answers(execution, keeper, layers)), None


def _write_outputs(outputs: Outputs, folder: str | None) -> None:
    """Write the pod's output parameters for Argo, a file each: `outputs.parameters.valueFrom.path`."""
    if folder is None:
        return
    os.makedirs(folder, exist_ok=True)
    for name, value in (("lengths", outputs.lengths), ("entries", outputs.entries)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(value, file, separators=(",", ":"))
