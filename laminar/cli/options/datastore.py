"""Declare how a command names a datastore without executing a program: by a program's file, a flow's name, or --datastore."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from laminar.cli.datastore_choice import DatastoreChoice, is_flow_name
from laminar.cli.options import completions
from laminar.cli.options.program import module_file

__all__ = ["datastore_options"]


def datastore_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add a program or flow, -m and --datastore to a command, and pass them as one value: ``chosen``."""

    @functools.wraps(command)
    def collect(program: str | None, module: str | None, datastore: str | None, flow: str | None, **given: Any) -> Any:
        if module is not None and program is not None:
            raise click.UsageError("PROGRAM and -m MODULE each name a program. Pass one of them.")
        if module is not None:
            program = module_file(module)
        if program is not None and is_flow_name(program):
            if flow is not None:
                raise click.UsageError(f"{program!r} and --flow {flow} each name a flow. Pass one of them.")
            program, flow = None, program
        return command(chosen=DatastoreChoice(program, flow, datastore), **given)

    for option in (
        click.option("--datastore", metavar="URL", help="Datastore to read, instead of the program's or the folder's."),
        click.option("--flow", metavar="NAME", shell_complete=completions.flow_names, help="Select one flow by name."),
        click.option("-m", "module", metavar="MODULE", help="Name a program by its module, as for laminar run."),
        click.argument("program", metavar="[PROGRAM|FLOW]", required=False, shell_complete=completions.programs_and_flows),
    ):
        collect = option(collect)
    return collect
