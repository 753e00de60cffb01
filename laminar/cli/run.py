"""``laminar run``: run a program's flows on this machine."""

from __future__ import annotations

import os
import traceback

import click

from laminar.cli.options import completions
from laminar.cli.options.program import ProgramChoice, ProgramCommand, program_options
from laminar.exceptions import FlowError, LaminarError

__all__ = ["run"]


@click.command(cls=ProgramCommand, short_help="Run a program's flows on this machine.")
@program_options()
@click.option("--execution", metavar="ID", help="Id of the execution, instead of a new one.")
@click.option(
    "--resume",
    metavar="[ID|latest]",
    is_flag=False,
    flag_value="latest",
    shell_complete=completions.executions,
    help="Resume an execution: run only unfinished splits. Without an id, the newest.",
)
@click.option(
    "--from",
    "from_layer",
    metavar="LAYER",
    shell_complete=completions.program_layers,
    help="With --resume: run this layer, and the layers below it, again.",
)
@click.option("--debug", is_flag=True, help="Run one split at a time, in this process: breakpoint() and input() work in layers.")
@click.option("-q", "--quiet", is_flag=True, help="Report nothing but the output of layers, notes and errors.")
@click.option("-v", "--verbose", is_flag=True, help="Report each layer's start and each split's end, too, as plain lines.")
@click.option(
    "--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Report as text or JSON lines."
)
@click.option("--no-cache", is_flag=True, help="Run all layers, also those whose results the datastore has.")
def run(
    chosen: ProgramChoice,
    execution: str | None,
    resume: str | None,
    from_layer: str | None,
    debug: bool,
    quiet: bool,
    verbose: bool,
    log_format: str,
    no_cache: bool,
) -> None:
    """Run the flows of PROGRAM on this machine, as `python PROGRAM ARGS` does.

    \b
    laminar run train.py -p source=data.csv -p rates=[0.1,0.01]
    laminar run train.py --resume latest
    laminar run train.py --resume --from Fit   Fit and the layers below it run again
    laminar run train.py -- --verbose          words after -- are arguments of the program
    laminar run -m pkg.train                   as python -m pkg.train does
    laminar run train.py --log-format json     an event a line, for programs that collect logs

    A run that fails prints the command that resumes it. Flows with scheduler=Argo(), which `python PROGRAM` submits, run here too.
    """
    from laminar.local import program_run
    from laminar.program import uncaught_error
    from laminar.program.process_state import Session

    _check(chosen.path, execution, resume, from_layer)
    _announce(chosen, shown=not quiet and log_format == "text")
    _choose_display(quiet, verbose, log_format, plain=debug)  # a live display would draw over a prompt
    current = Session(
        flow=chosen.flow,
        parameters=chosen.values,
        execution=execution or resume,
        resume=resume is not None,
        from_layer=from_layer,
        debug=debug,
        cached=not no_cache,
    )
    try:
        program_run.run_program(chosen.program(), current)
    except KeyboardInterrupt as interrupt:
        for note in uncaught_error.notes(interrupt):
            click.echo(note, err=True)
        raise
    except (LaminarError, SystemExit) as error:
        if log_format == "json" and isinstance(error, LaminarError):
            raise _as_json(error) from error
        raise
    except Exception as error:
        raise _own(chosen.given, error) from error


def _choose_display(quiet: bool, verbose: bool, log_format: str, *, plain: bool) -> None:
    """Choose the report of the run by the options, else by the kind of standard error."""
    from laminar.local import display

    if quiet and (verbose or log_format == "json"):
        raise click.UsageError("--quiet reports nothing. Pass it without --verbose and --log-format json.")
    if quiet:
        display.use(display.Quiet())
    elif log_format == "json":
        from laminar.local.json_lines import JsonLines

        display.use(JsonLines())
    elif verbose or plain:
        display.use(display.Lines(detailed=verbose))
    display.choose()


def _announce(chosen: ProgramChoice, *, shown: bool) -> None:
    """Write at once, on a terminal, that the program is loaded: its imports may take long."""
    import sys

    if shown and sys.stderr.isatty():
        click.echo(click.style(f"loading {' '.join(chosen.words)} ...", dim=True), err=True)


def _as_json(error: LaminarError) -> SystemExit:
    """Return the exit of the command after an error was reported as JSON."""
    from laminar.local import display
    from laminar.local.json_lines import JsonLines

    reporter = display.current()
    for problem in error.problems or (error,):
        if isinstance(reporter, JsonLines):
            reporter.error(problem)
    return SystemExit(error.exit_code)


def _check(path: str, execution: str | None, resume: str | None, from_layer: str | None) -> None:
    """Raise for options that contradict each other and for a file that is no program, before it is executed."""
    if execution is not None and resume is not None:
        raise click.UsageError("--execution names a new execution and --resume an old one. Pass one of them.")
    if from_layer is not None and resume is None:
        raise click.UsageError("--from names the layer to resume from. Pass --resume as well.")
    if execution is not None:
        from laminar.components.execution import check_name

        check_name(execution, f"Execution id {execution!r}")
    from laminar.program.main_module import compiled

    compiled(path)


def _own(program: str, error: Exception) -> FlowError:
    """Return the error for an exception of the program itself around its flows, after its own lines were shown."""
    from laminar.program import error_text, source_location

    shown = traceback.TracebackException.from_exception(error)
    own = [frame for frame in shown.stack if not frame.filename.startswith(source_location.PACKAGE)]
    shown.stack = traceback.StackSummary.from_list([frame for frame in own if os.sep + "click" + os.sep not in frame.filename])
    click.echo("".join(shown.format()).rstrip(), err=True)
    users = [frame for frame in shown.stack if source_location.is_users(frame.filename) and "-packages" not in frame.filename]
    where = f"{source_location.shorten(users[-1].filename)}:{users[-1].lineno}" if users else program
    name = error_text.line(error)
    return FlowError(f"Program {program!r} ended with {name}", where=where, fix="correct the program; its traceback is above.")
