"""Declare how a command names one run: by a program or a flow, where there are several, and the words of its address."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from laminar.cli.datastore_choice import DatastoreChoice, is_flow_name
from laminar.cli.options.program import module_file
from laminar.exceptions import LaminarError

if TYPE_CHECKING:
    from laminar.history.stored_run import Run

__all__ = ["RunChoice", "run_words"]


@dataclass(frozen=True)
class RunChoice:
    """The words of the command line about one run: its program or flow, its address, and the words after that."""

    datastore: DatastoreChoice
    address: str = "latest"
    rest: tuple[str, ...] = ()

    @property
    def program(self) -> str | None:
        """The program's file as it was given, None without one."""
        return self.datastore.program

    def runs(self) -> list[Run]:
        """Return the runs: one, or those of the flows of a chain.

        Raises ExecutionError where nothing, or several, fit, and the errors of `DatastoreChoice.flows`.
        """
        from laminar.cli.workflow_name import executions_of
        from laminar.history import address

        flows = self.datastore.flows()
        program = os.path.abspath(self.program) if self.program is not None else None
        return address.search(flows, self.address, program=program, elsewhere=lambda: executions_of(flows, self.address))

    def words(self, run: Run) -> str:
        """Return the words that name a run on a command line, with its program where one was given."""
        from laminar.program.source_location import shorten

        program = shorten(os.path.abspath(self.program)) if self.program is not None else None
        return f"{program} {run.short}" if program else run.short


def run_words(*, most: int, metavar: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the words that name a run, -m, --flow and --datastore to a command, and pass them as one value: ``chosen``.

    ``most`` is how many words may follow the address.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def collect(words: tuple[str, ...], module: str | None, flow: str | None, datastore: str | None, **given: Any) -> Any:
            program = module_file(module) if module is not None else None
            left = list(words)
            if program is None and left and is_program(left[0]):
                program = left.pop(0)
            elif program is None and flow is None and left and is_stored_flow(left[0], datastore):
                flow = left.pop(0)
            if not left and program is None and flow is None:
                raise click.UsageError("Name a run: an execution's id, a workflow's name, a beginning of either, or latest.")
            if len(left) > 1 + most:
                raise click.UsageError(f"Got unexpected extra words ({' '.join(left[1 + most :])}).")
            chosen = RunChoice(DatastoreChoice(program, flow, datastore), left[0] if left else "latest", tuple(left[1:]))
            return command(chosen=chosen, **given)

        for option in (
            click.option("--datastore", metavar="URL", help="Datastore to read, instead of the program's or the folder's."),
            click.option("--flow", metavar="NAME", help="Use the runs of this flow only."),
            click.option("-m", "module", metavar="MODULE", help="Name a program by its module, as for laminar run."),
            click.argument("words", metavar=metavar, nargs=-1, shell_complete=completed),
        ):
            collect = option(collect)
        return collect

    return decorate


def completed(context: click.Context, parameter: click.Parameter, typed: str) -> list[Any]:
    """Return the words that may follow: a program or flow, then an execution, then a layer."""
    from laminar.cli.options import completions

    words: tuple[str, ...] = context.params.get("words") or ()
    named = bool(words) and (is_program(words[0]) or is_stored_flow(words[0], context.params.get("datastore")))
    context.params["program"] = words[0] if named else None
    rest = words[1:] if named else words
    if not rest:
        found = completions.executions(context, parameter, typed)
        return found if named else [*completions.programs_and_flows(context, parameter, typed), *found]
    context.params["execution"] = rest[0]
    return completions.layers(context, parameter, typed)


def is_program(word: str) -> bool:
    """Return whether a word names a program's file rather than a run: it has the form of such a path, existing or not."""
    return word.endswith(".py") or (os.sep in word and os.path.isfile(word))


def is_stored_flow(word: str, datastore: str | None) -> bool:
    """Return whether a word names a flow that the datastore holds executions of."""
    if not is_flow_name(word):
        return False
    try:
        return any(flow.name == word for flow in DatastoreChoice(datastore=datastore).flows())
    except LaminarError:
        return False
