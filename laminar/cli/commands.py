"""List the commands without importing them: a command's module is imported when the command is called or its help is shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from laminar.cli.help_text import HelpContext
from laminar.exceptions import suggest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["CLUSTER", "COMMANDS", "LOCAL", "ClosedPipe", "Commands", "command"]


class Entry(NamedTuple):
    """A command's module, the name that it has there, and the line that ``laminar --help`` prints of it."""

    module: str
    attribute: str
    help: str


LOCAL = {
    "init": Entry("init", "init", "Write a project that works: a flow, tests, image, checks."),
    "run": Entry("run", "run", "Run a program's flows on this machine."),
    "compile": Entry("compile", "compile_command", "Print a program's flows as Argo Workflows."),
    "lint": Entry("lint", "lint", "Check workflow files, or compiled programs."),
    "package": Entry("package", "package_command", "Upload a project's files as a code package."),
    "rehearse": Entry("rehearse", "rehearse_command", "Execute a workflow on this machine, without a cluster."),
    "graph": Entry("graph", "graph", "Draw a program's flows: text, SVG, HTML, PNG, Mermaid."),
    "runs": Entry("runs", "runs", "List executions with how they ended."),
    "show": Entry("show", "show", "Show one execution: layers, times, failures."),
    "logs": Entry("logs", "logs", "Print the output of a run's layers."),
    "results": Entry("results", "results", "Print executions, layers, artifacts and values."),
    "report": Entry("report", "report", "Write a page about an execution: times, failures, results."),
    "gc": Entry("gc", "gc", "Remove old executions and unused artifacts."),
    "du": Entry("du", "du", "Print how much space a datastore takes."),
    "completion": Entry("completion", "completion", "Print a shell's completion script."),
}
"""Commands that work on this machine, by name."""

CLUSTER = {
    "doctor": Entry("doctor", "doctor", "Check a cluster, a datastore and an image."),
    "submit": Entry("submit", "submit", "Start a program's flow on a cluster."),
    "deploy": Entry("deploy", "deploy", "Create or update a program's templates and schedules."),
    "diff": Entry("diff", "diff", "Compare programs, files and deployed objects."),
    "list": Entry("list_runs", "list_command", "List workflows, templates and schedules."),
    "status": Entry("status", "status", "Show how far a workflow is, and why it waits or failed."),
    "watch": Entry("watch", "watch", "Follow a run to its end."),
    "stop": Entry("stop", "stop", "End workflows."),
    "terminate": Entry("terminate", "terminate", "End workflows at once."),
    "suspend": Entry("suspend", "suspend", "Start no further pods of a workflow, or runs of a schedule."),
    "resume": Entry("resume", "resume", "Continue a suspended workflow or schedule, or finish a failed run."),
    "retry": Entry("retry", "retry", "Run the failed pods of a workflow again."),
    "resubmit": Entry("resubmit", "resubmit", "Start a workflow once more, as a new run."),
    "delete": Entry("delete", "delete", "Delete workflows, templates and schedules."),
}
"""Commands that talk to a cluster, by name."""

COMMANDS = {**LOCAL, **CLUSTER}


def command(name: str) -> click.Command:
    """Return a command, having imported its module.

    Raises KeyError for an unknown name.
    """
    entry = COMMANDS[name]
    found: click.Command = getattr(import_module(f"laminar.cli.{entry.module}"), entry.attribute)
    found.context_class = HelpContext
    return found


class ClosedPipe(Exception):
    """The reader of the output closed the pipe."""


@contextmanager
def _printing() -> Iterator[None]:
    """Raise ClosedPipe where the reader of the output is gone: click leaves with 1, the code of an error (click 8, core.py)."""
    try:
        yield
    except BrokenPipeError as error:
        raise ClosedPipe from error


class Commands(click.Group):
    """The commands, with a suggestion for a misspelt one."""

    def make_context(self, *given: Any, **settings: Any) -> click.Context:
        """Read the command line, and print the help where that is wanted."""
        with _printing():
            return super().make_context(*given, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command, and write all that it printed."""
        with _printing():
            result = super().invoke(ctx)
            sys.stdout.flush()
        return result

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, sorted."""
        return sorted({*COMMANDS, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a name, None where there is none."""
        if cmd_name not in self.commands and cmd_name in COMMANDS:
            self.add_command(command(cmd_name), cmd_name)
        return self.commands.get(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in sorted(COMMANDS.items())])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin with the typed text."""
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=entry.help) for name, entry in sorted(COMMANDS.items()) if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first word names."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(error.message + suggest(args[0], self.list_commands(ctx)), ctx) from error
