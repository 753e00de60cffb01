"""Declare the options of the document that a program compiles to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from laminar.compiler.project import Project
    from laminar.compiler.target import Target

__all__ = ["VERSIONS", "DocumentChoice", "document_options"]

KINDS = ("auto", "workflow", "template", "cluster-template", "cron")
VERSIONS = ("3.7", "4.0", "4.1")
POLICIES = ("Allow", "Forbid", "Replace")


@dataclass(frozen=True)
class DocumentChoice:
    """The document that the command line describes."""

    kind: str = "auto"
    name: str | None = None
    image: str | None = None
    with_workflow: bool = False
    rbac: bool = False
    fuse: bool = False
    base: str | None = None
    argo: str = "4.1"
    schedule: tuple[str, ...] = ()
    timezone: str | None = None
    concurrency: str | None = None
    suspend: bool = False
    no_cache: bool = False

    def target(self, project: Project) -> Target:
        """Return the target of the compilation. The base file is the option's, else the project's.

        Raises FlowError for a base that cannot be read.
        """
        from laminar.compiler.emit import site_policy
        from laminar.compiler.target import Target

        kind = "template" if self.with_workflow and self.kind == "auto" else "cron" if self.schedule else self.kind
        file = Path(self.base) if self.base is not None else project.base_file
        loaded = None if file is None else site_policy.load(file)
        return Target(
            kind=kind, name=self.name, argo=self.argo, base=loaded, start=self.with_workflow, rbac=self.rbac, fuse=self.fuse
        )

    def schedule_settings(self) -> dict[str, Any]:
        """Return the settings of the schedule that the command line sets."""
        given = {
            "schedules": self.schedule,
            "timezone": self.timezone,
            "concurrency_policy": self.concurrency,
            "suspend": self.suspend,
        }
        return {name: value for name, value in given.items() if value}


OPTIONS = (
    click.option(
        "--kind",
        type=click.Choice(KINDS),
        default="auto",
        show_default="cron for a flow with a schedule, else workflow",
        help="Kind of document.",
    ),
    click.option(
        "--image",
        metavar="IMAGE",
        help="Image of the layers that name none.  [default: [tool.laminar] image]",
    ),
    click.option("--name", metavar="NAME", help="Name of the object, instead of the flow's name."),
    click.option(
        "--with-workflow",
        is_flag=True,
        help="Add a Workflow that starts the template, with -o in a file NAME.start.yaml.",
    ),
    click.option("--schedule", metavar="CRON", multiple=True, help='Times to start it at, such as "0 4 * * *". Repeatable.'),
    click.option("--timezone", metavar="ZONE", help="Time zone of the schedule, such as Europe/Berlin."),
    click.option("--concurrency", type=click.Choice(POLICIES), help="How a start treats an earlier run that is active."),
    click.option("--suspend", is_flag=True, help="Create the schedule suspended."),
    click.option("--rbac", is_flag=True, help="Write the service account and role of the pods too."),
    click.option("--fuse", is_flag=True, help="Run a chain of layers with one container in one pod."),
    click.option("--no-cache", is_flag=True, help="Run all layers, also those whose results the datastore has."),
    click.option("--base", type=click.Path(dir_okay=False), metavar="FILE", help="Merge the document over this workflow."),
    click.option(
        "--argo", type=click.Choice(VERSIONS), default="4.1", show_default="suits all", help="Oldest version of Argo to support."
    ),
)


def document_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, and pass them as one value: ``document``."""

    @functools.wraps(command)
    def collect(**given: Any) -> Any:
        chosen = DocumentChoice(**{name: given.pop(name) for name in DocumentChoice.__dataclass_fields__})
        scheduled = chosen.schedule or chosen.timezone or chosen.concurrency or chosen.suspend
        if chosen.kind not in ("auto", "cron") and scheduled:
            raise click.UsageError(f"--kind {chosen.kind} has no schedule. Drop the options of the schedule, or pass --kind cron.")
        return command(document=chosen, **given)

    for option in reversed(OPTIONS):
        collect = option(collect)
    return collect
