"""Submit the flows that a running program calls: those with ``scheduler=Argo()``.

`laminar.runtime` loads this module by its name when such a flow is called, linked to or resumed.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from laminar.compiler.cluster import resumption, run_address, submission
from laminar.compiler.cluster.called_program import CalledProgram
from laminar.compiler.cluster.connection import Choice, connect
from laminar.compiler.cluster.progress import execution_of
from laminar.compiler.cluster.remote_run import RemoteRun
from laminar.components.schedule_check import check_schedule
from laminar.exceptions import ClusterError, ExecutionError, FlowError, LayerError
from laminar.local import launch
from laminar.program import recording, source_location
from laminar.program.recording import Chain, Step
from laminar.worker import split_job

if TYPE_CHECKING:
    from laminar.compiler.plan.partial_execution import Remainder
    from laminar.components.execution import Execution
    from laminar.components.flow import Flow

__all__ = ["act", "find_id", "find_run", "follow", "settle", "start"]

RESUMED = "laminar/resumed-from"
"""The label that names the workflow whose execution a workflow continues."""


def start(step: Step, place: int) -> Execution:
    """Submit a flow that was called, the program's chain number ``place``, and return its execution.

    Raises FlowError, before anything is sent, for a flow that no pod could run, ExecutionError for an id that has records,
    ClusterError where the cluster rejects the workflow.
    """
    _refuse_in_pod(step)
    step.parameters = launch.bound(step)
    launch.validate(step)
    execution: Execution = step.execution
    settle(step.flow)
    if execution.id is not None:
        launch.refuse_used(execution)
    return _submit(execution, Chain([replace(step, execution=step.flow.execution(execution.id))]), place)


def follow(before: Execution, step: Step, place: int) -> Execution:
    """Run the next flow of a chain when the one before it has finished: a workflow that begins with the linker.

    Raises ExecutionError where the flow before failed, FlowError where pods could not find the linker.
    """
    _refuse_in_pod(step)
    launch.validate(step)
    where = recording.first_read()
    if where and CalledProgram.current().program is not None:
        raise FlowError(
            f"Flow {step.flow.name!r} is linked after the program has read a result, and pods execute it only up to there.",
            where=f"{step.where}; the first read is at {where}",
            fix="chain all flows before the first result is read: flow(...).next(flow=..., linker=...).",
        )
    before.wait()
    settle(step.flow)
    first, *rest = before.steps or (Step(before),)
    execution: Execution = step.execution
    steps = [_resumed(first), *(_again(one) for one in (*rest, step))]
    label = {RESUMED: before.remote.name} if before.remote is not None else {}
    chain = Chain(steps)
    left = resumption.remainder(chain, str(before.origin or before.id), None, again=False)
    return _submit(execution, chain, place, label, left)


def act(step: Step, place: int) -> Execution:
    """Resume an execution in a new workflow, or run a schedule of its layers in one.

    Raises ExecutionError for one that has no records or has not ended, SchedulerError for a schedule that cannot run.
    """
    _refuse_in_pod(step)
    launch.validate(step)
    execution: Execution = step.execution
    settle(step.flow)
    if execution.steps:
        step.parameters = execution.steps[0].parameters
    if step.action == "schedule":
        check_schedule(step)
        return _submit(execution, Chain([step]), place)
    launch.require_records(step)
    earlier = execution._cluster_run()
    if earlier is not None and earlier.running:
        raise ExecutionError(
            f"Execution {execution.id!r} has not ended: workflow {earlier.name} runs it.",
            where=step.where,
            fix="wait() for its end, or stop() it first.",
            execution=execution.id,
            flow=step.flow.name,
        )
    label = {RESUMED: earlier.name} if earlier is not None else {}
    chain = Chain([_resumed(step)])
    return _submit(execution, chain, place, label, resumption.remainder(chain, str(execution.id), None))


def settle(flow: Flow) -> None:
    """Move a flow's data to the project's datastore, where its pods keep it.

    Raises FlowError for a project's file that cannot be read.
    """
    url = CalledProgram.current().project.datastore
    if url is not None:
        split_job.reroot(flow, url)


def find_run(execution: Execution) -> RemoteRun | None:
    """Return the workflow that runs an execution, None where the cluster has none.

    Raises ClusterError where no cluster is named, or it does not answer.
    """
    assert execution.id is not None
    transport = connect(Choice(), CalledProgram.current().project)
    try:
        name = run_address.find(transport, execution.origin or execution.id)
    except ClusterError as error:
        if error.exit_code != 1:
            raise
        return None
    return RemoteRun(transport, name, execution.id)


def find_id(flow: Flow, words: str) -> str | None:
    """Return the id of the execution that a workflow of this name runs, or the flow's newest for ``latest``; None without one.

    Raises ClusterError for ``latest`` where the flow has no workflow.
    """
    try:
        transport = connect(Choice(), CalledProgram.current().project)
        name = run_address.find(transport, words, flow=flow.name) if words == run_address.LATEST else words
        return execution_of(transport.get("Workflow", name))
    except ClusterError:
        if words == run_address.LATEST:
            raise
        return None  # the address is an id, perhaps of a new execution: that needs no cluster


def _submit(
    execution: Execution,
    chain: Chain,
    place: int,
    labels: dict[str, str] | None = None,
    remainder: Remainder | None = None,
) -> Execution:
    """Compile a chain, send it and bind the execution to the workflow."""
    program = CalledProgram.current()
    transport = connect(Choice(), program.project)
    document = submission.named(program.document(chain, place, remainder), labels=labels)
    made = submission.submit(transport, document)
    name = str(made.workflow["metadata"]["name"])
    if execution.id is None:
        execution.id = execution.origin = execution_of(made.workflow)
    execution.started = True
    execution.remote = RemoteRun(transport, name, execution.id)
    print(f"{name} was submitted to namespace {transport.namespace}: laminar watch {name} follows it", file=sys.stderr, flush=True)
    return execution


def _resumed(step: Step) -> Step:
    """Return a step that continues its execution: finished splits do not run again."""
    return replace(step, execution=step.flow.execution(step.execution.id, retry=True), linker=None, action="resume")


def _again(step: Step) -> Step:
    """Return a later step of a chain as in a recorded program: its execution's id follows from the chain's."""
    fresh = step.flow.execution()
    fresh.chain = step.execution.chain
    return replace(step, execution=fresh)


def _refuse_in_pod(step: Step) -> None:
    """Raise LayerError in a program that a layer starts: a pod that runs the program again would submit without end."""
    if "LAMINAR_LAYER_NAME" in os.environ:
        raise LayerError(
            f"Flow {step.flow.name!r} is submitted by a program that layer {os.environ['LAMINAR_LAYER_NAME']!r} starts.",
            where=step.where or source_location.caller(),
            fix="chain flows with .next(flow=..., linker=...) instead.",
        )
