"""Declare the options of starting a workflow: its name and labels, how its program is compiled, how it is followed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import click

from laminar.cli import package
from laminar.cli.options.cluster import timeout_option
from laminar.cli.options.document import DocumentChoice
from laminar.cli.options.program import Assignment

__all__ = ["Compiling", "Following", "Naming", "compiling_options", "following_options", "naming_options"]


@dataclass(frozen=True)
class Naming:
    """A workflow's name, labels and priority; ``key`` is an id that starts one workflow only."""

    name: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    priority: int | None = None
    key: str | None = None


@dataclass(frozen=True)
class Compiling:
    """How a program becomes a workflow."""

    datastore: str | None = None
    code: str | None = None
    image: str | None = None
    fuse: bool = False
    base: str | None = None
    no_lint: bool = False

    @property
    def target(self) -> DocumentChoice:
        """Return the document that a workflow is compiled to."""
        return DocumentChoice(kind="workflow", image=self.image, fuse=self.fuse, base=self.base)


@dataclass(frozen=True)
class Following:
    """Whether, how and how long a workflow is followed."""

    watch: bool = False
    logs: bool = False
    wait: bool = False
    seconds: float | None = None

    def __bool__(self) -> bool:
        return self.watch or self.logs or self.wait


NAMING = (
    click.option("--name", metavar="NAME", help="Name the workflow."),
    click.option("--label", "labels", type=Assignment(), multiple=True, help="Add a label. Repeatable."),
    click.option("--priority", type=int, help="Start before workflows of a lower priority."),
    click.option(
        "--key", metavar="ID", help="Start one workflow only for this id, such as a CI job's, however often it is submitted."
    ),
)

COMPILING = (
    click.option("--datastore", metavar="URL", help="Where pods keep artifacts, as for compile."),
    package.code_option,
    click.option("--image", metavar="IMAGE", help="Image of the layers that name none, as for compile."),
    click.option("--fuse", is_flag=True, help="Run layers in a row in one pod, as for compile."),
    click.option("--base", type=click.Path(dir_okay=False), metavar="FILE", help="Merge this workflow under it, as for compile."),
    click.option("--no-lint", is_flag=True, help="Submit without checking first."),
)

FOLLOWING = (
    click.option("--watch", is_flag=True, help="Follow it to its end."),
    click.option("--logs", is_flag=True, help="Follow it and print the output of layers."),
    click.option("--wait", is_flag=True, help="Wait for its end, and print nothing meanwhile."),
    timeout_option,
)

Command = Callable[..., Any]


def naming_options(command: Command) -> Command:
    """Add the options to a command, and pass them as one value: ``naming``."""
    return _gathered(command, NAMING, "naming", Naming, Naming.__dataclass_fields__)


def compiling_options(command: Command) -> Command:
    """Add the options to a command, and pass them as one value: ``compiling``."""
    return _gathered(command, COMPILING, "compiling", Compiling, Compiling.__dataclass_fields__)


def following_options(command: Command) -> Command:
    """Add the options to a command, and pass them as one value: ``following``."""

    def checked(**given: Any) -> Following:
        following = Following(**given)
        if sum((following.watch, following.logs, following.wait)) > 1:
            raise click.UsageError("--watch, --logs and --wait follow the workflow in three ways: pass one of them.")
        if following.seconds is not None and not following:
            raise click.UsageError("--timeout is how long to follow the workflow: pass --watch, --logs or --wait too.")
        return following

    return _gathered(command, FOLLOWING, "following", checked, Following.__dataclass_fields__)


def _gathered(command: Command, options: tuple[Any, ...], name: str, make: Callable[..., Any], fields: Iterable[str]) -> Command:
    """Return a command with options whose values it receives as one."""

    @functools.wraps(command)
    def collect(**given: Any) -> Any:
        made = make(**{field: given.pop(field) for field in fields})
        return command(**{name: made}, **given)

    for option in reversed(options):
        collect = option(collect)
    return collect
