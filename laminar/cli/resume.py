"""``laminar resume``: continue a suspended workflow or schedule, or finish a failed run in a new workflow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from laminar.cli.options.cluster import Cluster, cluster_options, flow_filter
from laminar.cli.options.program import ProgramChoice, ProgramCommand, program_arguments
from laminar.cli.options.submission import Compiling, compiling_options
from laminar.cli.submit import one_workflow, print_submitted
from laminar.cli.workflow_action import deployed
from laminar.exceptions import ClusterError, DatastoreError, ExecutionError, FlowError

if TYPE_CHECKING:
    from laminar.compiler.cluster.progress import Progress
    from laminar.compiler.cluster.submission import Submitted
    from laminar.compiler.cluster.transport import Transport

__all__ = ["resume"]


@click.command(cls=ProgramCommand, short_help="Continue a suspended workflow or schedule, or finish a failed run.")
@click.argument("run", metavar="RUN|cron/NAME")
@click.argument("program", type=click.Path(), required=False)
@flow_filter
@compiling_options
@click.option("--watch", is_flag=True, help="Follow it to its end.")
@click.option("-o", "--output", type=click.Choice(("text", "name", "json")), default="text", help="Print this.")
@cluster_options
def resume(
    run: str,
    program: str | None,
    flow: str | None,
    compiling: Compiling,
    watch: bool,
    output: str,
    cluster: Cluster,
) -> None:
    """Continue RUN or a schedule that is suspended; with PROGRAM, finish a run that has ended in a new workflow.

    \b
    laminar resume train-x7k2f                    it was suspended
    laminar resume cron/train
    laminar resume train-x7k2f train.py           it failed, and the program is corrected

    The new workflow has the execution and the parameters of the old one, and the layers that have not finished, which the
    datastore shows. Entry hooks of skipped layers are evaluated again. RUN may be an execution that only the datastore has: its
    workflow was deleted, or it ran on this machine. Without a corrected program `laminar retry` is enough.
    """
    transport = cluster.connect(program)
    found = deployed(run)
    if found is not None:
        _switch(transport, run, found)
        return
    chosen = ProgramChoice(program or "", args=program_arguments(), flow=flow)
    started = _resumed(transport, run, chosen, compiling)
    if started is None:
        return
    print_submitted(transport, started, output, next_command=not watch)
    if watch:
        from laminar.cli.watch import follow_run

        follow_run(transport, str(started.workflow["metadata"]["name"]))


def _resumed(transport: Transport, run: str, chosen: ProgramChoice, compiling: Compiling) -> Submitted | None:
    """Return the new workflow that finishes a run, None where the run was suspended and continues."""
    from laminar.compiler.cluster.progress import progress
    from laminar.compiler.cluster.run_address import find
    from laminar.compiler.cluster.submission import parameters_of

    try:
        workflow = transport.get("Workflow", find(transport, run, flow=chosen.flow))
    except ClusterError as error:
        if not chosen.given or error.exit_code != 1:
            raise
        return _finish(transport, _stored(run, chosen, compiling, error), {}, chosen, compiling)
    state = progress(workflow)
    name = state.name
    if not state.ended:
        _go_on(transport, state, chosen.given or None)
        return None
    if not chosen.given:
        fix = f"laminar retry {name} runs the failed pods again; laminar resume {name} PROGRAM uses a corrected program."
        raise ClusterError(f"{name} has ended: it {_ended(state.phase)}.", fix=fix, code=1)
    chosen = replace(chosen, flow=chosen.flow or state.flow or None)
    return _finish(transport, (state.execution, name), parameters_of(workflow), chosen, compiling)


def _stored(run: str, chosen: ProgramChoice, compiling: Compiling, error: ClusterError) -> tuple[str, str]:
    """Return the id of an execution that the datastore has and the cluster does not, and the name of its workflow if it had one.

    Raises the cluster's error where the datastore does not have it either.
    """
    from laminar.cli.datastore_choice import DatastoreChoice
    from laminar.cli.options.run_words import RunChoice
    from laminar.compiler import project

    url = compiling.datastore or project.find(Path(chosen.path)).datastore
    try:
        found = RunChoice(DatastoreChoice(chosen.given, chosen.flow, url), run).runs()[0]
    except (DatastoreError, ExecutionError, FlowError) as problem:
        raise ClusterError(f"{error.what} {problem.what}", fix=error.fix, code=1) from problem
    return found.id, found.workflow


def _switch(transport: Transport, run: str, found: tuple[str, str]) -> None:
    """Resume a schedule."""
    kind, name = found
    if kind != "CronWorkflow":
        raise click.UsageError(f"{run} has no schedule: only runs and cron/NAME are resumed.")
    transport.switch(name, suspend=False)
    click.echo(f"{run} continues")


def _go_on(transport: Transport, state: Progress, program: str | None) -> None:
    """Resume a suspended workflow.

    Raises ClusterError where a program is to finish a workflow that has not ended.
    """
    name = state.name
    if program is not None:
        raise ClusterError(
            f"{name} has not ended: it is {state.phase.lower()}.",
            fix=f"laminar resume {name} without a program, or stop it first.",
            code=1,
        )
    transport.act("resume", name)
    click.echo(f"{name} continues: laminar watch {name} follows it")


def _finish(
    transport: Transport, before: tuple[str, str], parameters: dict[str, str], chosen: ProgramChoice, compiling: Compiling
) -> Submitted:
    """Submit the unfinished layers of an execution; ``before`` is its id and the name of its workflow, "" without one."""
    from laminar.cli.cluster_documents import check, of_program
    from laminar.compiler.cluster.submission import named, parameters_of, submit

    execution, name = before
    datastore, code = compiling.datastore, compiling.code
    made = of_program(chosen, target=compiling.target, datastore=datastore, code=code, execution=execution)
    if not compiling.no_lint:
        check(made)
    made.send_code()
    document = one_workflow(made)
    kept = {key: value for key, value in parameters.items() if key in parameters_of(document)}
    return submit(transport, named(document, labels={"laminar/resumed-from": name} if name else None, parameters=kept))


def _ended(phase: str) -> str:
    return "has succeeded" if phase == "Succeeded" else "has failed"
