"""Run one split in a pod, or by hand: ``python -m laminar.runner PROGRAM --flow F --layer L --index I --splits N [-- ARGS]``.

Arguments win over the worker variables (``LAMINAR_FLOW_NAME`` and so on). The split runs in a child that this process
supervises, so that a signal of its own ends like any other failure. Exit codes: 0 done (or finished before), 75 failed and may
be tried again, 70 failed for good, 78 cannot be run. A layer named ``link-K`` is the linker to the chain's K-th flow, one named
``X-gate`` asks the entry hooks of layer X; ``A+B+C`` are layers that run one after the other, each as if it were alone.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from laminar.components.parameters import linked_parameters
from laminar.exceptions import ExecutionError, FlowError, LaminarError, SchedulerError
from laminar.graph import PARAMETERS
from laminar.program import main_module, process_state, recording
from laminar.worker import hook_answers, partial_run, split, split_job
from laminar.worker.arguments import USAGE, Task, packaged, read
from laminar.worker.parameters_document import parameters_record
from laminar.worker.split import Outputs, SplitFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from laminar.components.execution import Execution
    from laminar.components.flow import Flow
    from laminar.program.recording import Recording, Step

__all__ = ["main", "take_over"]


def main(argv: list[str] | None = None) -> int:
    """Run the split that arguments and environment name, and return the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] in (["-h"], ["--help"]):
        print(f"{USAGE}\n\n{__doc__}")
        return split_job.DONE
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]  # `python -m` put it there; `python PROGRAM` would not
    try:
        task = packaged(read(argv, os.environ), os.environ.pop("LAMINAR_CODE", ""))
    except FlowError as error:
        return _cannot(error)
    try:
        return _in_a_row(task)
    finally:
        if task.code is not None:
            task.code.discard()


def take_over() -> NoReturn:
    """Become the runner in a program that was started with the worker variables; nothing behind the call runs."""
    program = main_module.current()
    try:
        if program is None:
            raise FlowError("A worker needs a program's file.", fix="start it as python PROGRAM.")
        code = _in_a_row(read([program.given or program.path, "--", *program.args], os.environ))
    except FlowError as error:
        code = _cannot(error)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _cannot(error: Exception) -> int:
    what = error.what if isinstance(error, LaminarError) else f"{type(error).__name__}: {error}"
    where = f" (at {error.where})" if isinstance(error, LaminarError) and error.where else ""
    fix = f" Fix: {error.fix}" if isinstance(error, LaminarError) and error.fix else ""
    print(" ".join(f"laminar: {what}{where}{fix}".split()), file=sys.stderr, flush=True)
    return split_job.CANNOT


# running it


def _in_a_row(task: Task) -> int:
    """Run the layers that a task names until one fails; what the workflow reads is the last one's."""
    *others, last = task.job.layer.split("+")
    for name in others:
        alone = replace(task, job=replace(task.job, layer=name), outputs=None, fused=True)
        if code := _supervise(alone):
            return code
    return _supervise(replace(task, job=replace(task.job, layer=last), fused=bool(others)))


def _supervise(task: Task) -> int:
    """Run a task in a child; a signal of its own, or a timeout, ends as a failure of the layer."""
    sys.stdout.flush()
    sys.stderr.flush()
    limit, limit_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(limit)
        code = _run(task, limit_end)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    os.close(limit_end)
    before = {number: signal.signal(number, lambda number, _: os.kill(pid, number)) for number in (signal.SIGTERM, signal.SIGINT)}
    status, timed_out = _wait(pid, _deadline(limit))
    for number, handler in before.items():
        signal.signal(number, handler)
    ended = os.waitstatus_to_exitcode(status)
    if timed_out:
        return _count_failure(task, "it took longer than its timeout")
    if split_job.is_own_signal(ended):
        return _count_failure(task, f"it was ended by {signal.Signals(-ended).name}")
    return ended if ended >= 0 else 128 - ended


def _deadline(limit: int) -> float | None:
    """Return when the child has to end: it says how long it may take when it knows, by closing the pipe at the latest."""
    with os.fdopen(limit, "rb") as pipe:
        said = pipe.read()
    return time.monotonic() + float(said) if said else None


def _wait(pid: int, deadline: float | None) -> tuple[int, bool]:
    if deadline is None:
        return os.waitpid(pid, 0)[1], False
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status, False
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1], True


def _count_failure(task: Task, reason: str) -> int:
    """Leave the failure marker that the killed child could not, from a child that loads the program again."""
    pid = os.fork()
    if pid == 0:
        code = split_job.FAILED
        try:
            _, execution, _ = _load(task)
            task = _counted(task, execution)
            layer = execution.layer(
                task.job.layer, index=task.job.index * task.batch, splits=task.job.splits, attempt=task.job.attempt
            )
            failed = split.failed_outside(layer, reason)
            code = split_job.RETRY if failed.retryable else split_job.FAILED
            _say(failed)
        except Exception as error:  # the split has failed anyway: the exit code says so
            _cannot(error)
        sys.stderr.flush()
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _counted(task: Task, execution: Execution) -> Task:
    """Return a task with the attempt of its own layer, where a pod's attempts are those of several layers together."""
    job = task.job
    if not task.fused or job.attempt == 1:
        return task
    failures = execution.flow.configuration.datastore.failures(job.flow, job.execution, job.layer, job.index)
    return replace(task, job=replace(job, attempt=min(job.attempt, len(failures) + 1)))


def _say(failed: SplitFailed) -> None:
    """Print a failure: the traceback, then one line that names it."""
    if failed.remote:
        print(failed.remote, file=sys.stderr)
    where = f" (at {failed.where})" if failed.where else ""
    again = " It may be tried again." if failed.retryable else ""
    print(f"laminar: {failed.what}{where}{again}", file=sys.stderr, flush=True)


def _run(task: Task, limit: int) -> int:
    """Run a task in this process and return its exit code."""
    process_state.work()
    try:
        flow, execution, recorded = _load(task)
        task = _counted(task, execution)
        seconds = _limit(execution, task)
        os.write(limit, f"{seconds * task.batch}".encode() if seconds else b"")
        os.close(limit)
        _expect(execution, task)
        written = _ensure_parameters(recorded, execution, task)
        code, outputs, failed = _work(flow, execution, recorded, task)
        written()
    except (FlowError, ExecutionError, SchedulerError) as error:
        return _cannot(error)
    except Exception as error:  # of a linker, or of the datastore: another attempt may fare better
        print(split.trace(error), file=sys.stderr)
        _cannot(error)
        return split_job.RETRY
    if failed is not None:
        _say(failed)
        return code
    _write_outputs(outputs, task.outputs)
    return code


def _limit(execution: Execution, task: Task) -> float | None:
    """Return how many seconds the split may take, as its hooks left it."""
    if task.job.layer not in execution.flow.registrations:
        return None
    first = task.job.index * task.batch
    layer = execution.layer(task.job.layer, index=first, splits=task.job.splits, attempt=task.job.attempt)
    if layer.configuration.container.timeout is not None:
        split.configure(layer)
    return layer.configuration.container.timeout


def _load(task: Task) -> tuple[Flow, Execution, Recording]:
    """Record the program, of its code package if it has one, and find the flow.

    Raises FlowError where the program cannot be recorded or has no such flow.
    """
    if task.code is not None:
        task.code.enter()
    recorded = recording.record(task.program, quiet=True)
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
    return flow, flow.execution(task.job.execution, retry=task.job.retry), recorded


def _work(flow: Flow, execution: Execution, recorded: Recording, task: Task) -> tuple[int, Outputs, SplitFailed | None]:
    if match := re.fullmatch(r"link-([0-9]+)", task.job.layer):
        return split_job.DONE, _link(recorded, execution, int(match[1]), task), None
    if match := re.fullmatch(r"plan-([0-9]+)", task.job.layer):
        return split_job.DONE, partial_run.prepare(execution, _steps(recorded, int(match[1]), task)[int(match[1]) - 1]), None
    if task.job.layer.endswith("-gate"):
        return _answer(execution, task.job.layer, [task.job.layer[: -len("-gate")]])
    splits = task.job.splits if task.job.splits is not None else 1
    first = task.job.index * task.batch
    jobs = [replace(task.job, index=index) for index in range(first, min(first + task.batch, splits))]
    if not jobs:
        jobs = [replace(task.job, index=first)]
    lengths: dict[str, list[int]] = {}
    failures: list[SplitFailed] = []
    for job in jobs:  # of a batch: what does not depend on a failed split runs on
        _, outputs, failed = split_job.work(flow, job)
        if failed is not None:
            failures.append(failed)
        for name, values in outputs.lengths.items():
            lengths.setdefault(name, []).extend(values)
    if failures:
        return _worst(failures)
    code, outputs, failed = _answer(execution, task.job.layer, hook_answers.asked_of(execution, task.job.layer))
    return code, Outputs(lengths, outputs.entries), failed


def _worst(failures: list[SplitFailed]) -> tuple[int, Outputs, SplitFailed]:
    """Return the failure of a batch: another attempt is worth it as long as one of its splits may be tried again."""
    for failed in failures[:-1]:
        _say(failed)
    again = any(failed.retryable for failed in failures)
    failures[-1].retryable = again
    return (split_job.RETRY if again else split_job.FAILED), Outputs(), failures[-1]


def _answer(execution: Execution, keeper: str, layers: list[str]) -> tuple[int, Outputs, SplitFailed | None]:
    """Ask the hooks of layers below, as the workflow needs their answers."""
    for name in layers:
        execution.flow.registered(name)
    try:
        return split_job.DONE, Outputs(entries=hook_answers.answers(execution, keeper, layers)), None
    except SplitFailed as failed:
        return (split_job.RETRY if failed.retryable else split_job.FAILED), Outputs(), failed


def _write_outputs(outputs: Outputs, folder: str | None) -> None:
    if folder is None:
        return
    os.makedirs(folder, exist_ok=True)
    for name, value in (("lengths", outputs.lengths), ("entries", outputs.entries)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(value, file, separators=(",", ":"))


# parameters and links


def _expect(execution: Execution, task: Task) -> None:
    """Let the datastore fetch in one round the documents that are read anyway: the parameters', the split's, those above it."""
    from laminar.configurations.datastores.key_layout import document_key

    flow, job = execution.flow, task.job
    if job.layer in flow.nodes:
        above = [name for name in flow.nodes[job.layer].needs if name != PARAMETERS and flow.nodes[name].grid is None]
        splits = [(PARAMETERS, 0), (job.layer, job.index * task.batch), *((name, 0) for name in above)]
        keys = [document_key(flow.name, job.execution, name, index) for name, index in splits]
        flow.configuration.datastore.prefetch(keys)


def _ensure_parameters(recorded: Recording, execution: Execution, task: Task) -> Callable[[], None]:
    """Write the Parameters' document where it is absent, of the environment, else of the program's own call; return what waits."""
    assert execution.id is not None
    datastore = execution.flow.configuration.datastore
    if task.job.layer.startswith("plan-"):
        return lambda: None  # it looks at what is there
    record = datastore.load(execution.flow.name, execution.id, PARAMETERS, 0)
    if record is not None:
        datastore.remember(record)
        return lambda: None
    given = _parameters(task.parameters) if task.parameters is not None else _called(recorded, execution)
    return datastore.save_in_background(parameters_record(execution, given))


def _called(recorded: Recording, execution: Execution) -> dict[str, Any]:
    steps = [chain.first for chain in recorded.chains if chain.first.flow.name == execution.flow.name]
    return dict(steps[0].parameters) if steps else {}


def _parameters(text: str) -> dict[str, Any]:
    """Read parameters: Argo's list of names and values, or a mapping of names to values.

    Raises FlowError for a value that is not JSON.
    """
    try:
        read = json.loads(text)
    except ValueError as error:
        raise FlowError(f"LAMINAR_PARAMETERS is not JSON: {error}.", fix="give a JSON object of names and values.") from error
    if isinstance(read, dict):
        return read
    found: dict[str, Any] = {}
    for item in read:
        try:
            found[item["name"]] = json.loads(item["value"])
        except ValueError as error:
            raise FlowError(
                f"Parameter {item['name']!r} is not JSON: {item['value']!r}.",
                fix=f"quote text: -p {item['name']}='\"...\"'.",
            ) from error
    return found


def _link(recorded: Recording, execution: Execution, place: int, task: Task) -> Outputs:
    """Run the linker to a chain's flow at a place (from 1) and leave that flow's parameters.

    Raises FlowError where the program has no such link.
    """
    if place < 2:
        raise _no_step(place, task)
    steps = _steps(recorded, place, task)
    step, names = steps[place - 1], [step.flow.name for step in steps]
    base = _base(task.job.execution, names[: place - 1])
    occurrence = names[:place].count(step.flow.name)
    step.execution.id = base if occurrence == 1 else f"{base}-{occurrence}"
    before = steps[place - 2].execution
    before.id, before.flow = execution.id, execution.flow
    datastore = step.flow.configuration.datastore
    record = datastore.load(step.flow.name, step.execution.id, PARAMETERS, 0)
    if record is None:
        record = parameters_record(step.execution, linked_parameters(before, step))
        datastore.save(record)
    return split._outputs(step.execution, PARAMETERS, record)


def _steps(recorded: Recording, place: int, task: Task) -> list[Step]:
    if not 1 <= task.chain <= len(recorded.chains) or not 1 <= place <= len(recorded.chains[task.chain - 1].steps):
        raise _no_step(place, task)
    return recorded.chains[task.chain - 1].steps


def _no_step(place: int, task: Task) -> FlowError:
    return FlowError(
        f"Program {task.program.shown!r} has no link {place} in its chain {task.chain}.",
        fix="compile the program anew: it has changed.",
    )


def _base(execution: str, names: list[str]) -> str:
    """Return the chain's id from that of the flow before the link, which has its occurrence appended."""
    occurrence = names.count(names[-1])
    return execution if occurrence == 1 else execution[: -len(f"-{occurrence}")]


if __name__ == "__main__":
    from laminar import runner

    sys.exit(runner.main())
