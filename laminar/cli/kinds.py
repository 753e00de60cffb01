"""Read what kind of document is meant: the options that `compile` and its relatives share."""

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

__all__ = ["Chosen", "target_options"]

KINDS = ("auto", "workflow", "template", "cluster-template", "cron")
VERSIONS = ("3.7", "4.0", "4.1")
POLICIES = ("Allow", "Forbid", "Replace")


@dataclass(frozen=True)
class Chosen:
    """What the command line says about the document."""

    kind: str = "auto"
    name: str | None = None
    with_workflow: bool = False
    rbac: bool = False
    fuse: bool = False
    base: str | None = None
    argo: str = "4.1"
    schedule: tuple[str, ...] = ()
    timezone: str | None = None
    concurrency: str | None = None
    suspend: bool = False

    def target(self, project: Project) -> Target:
        """Return what is compiled for; the base file is the option's, else the project's.

        Raises FlowError for a base that is none.
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
        """Return the schedule's settings that the command line says."""
        said = {
            "schedules": self.schedule,
            "timezone": self.timezone,
            "concurrency_policy": self.concurrency,
            "suspend": self.suspend,
        }
        return {name: value for name, value in said.items() if value}


OPTIONS = (
    click.option(
        "--kind",
        type=click.Choice(KINDS),
        default="auto",
        show_default="cron for a flow with a schedule, else workflow",
        help="What to emit.",
    ),
    click.option("--name", metavar="NAME", help="Call it this, instead of by the flow's name."),
    click.option(
        "--with-workflow",
        is_flag=True,
        help="Add a Workflow that starts the template; with -o it is a file of its own, NAME.start.yaml.",
    ),
    click.option("--schedule", metavar="CRON", multiple=True, help='Start it at these times, such as "0 4 * * *". Repeatable.'),
    click.option("--timezone", metavar="ZONE", help="The schedule's time zone, such as Europe/Berlin."),
    click.option("--concurrency", type=click.Choice(POLICIES), help="What a start does while the one before still runs."),
    click.option("--suspend", is_flag=True, help="Keep the schedule off until it is resumed."),
    click.option("--rbac", is_flag=True, help="Put the service account that pods need, with its rights, first."),
    click.option("--fuse", is_flag=True, help="Run layers in a row in one pod, where one container suits them all."),
    click.option("--base", type=click.Path(dir_okay=False), metavar="FILE", help="Merge this workflow under what is emitted."),
    click.option("--argo", type=click.Choice(VERSIONS), default="4.1", show_default="suits all", help="The oldest Argo to run on."),
)


def target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options, and hand them over as one value: ``target``."""

    @functools.wraps(command)
    def collecting(**given: Any) -> Any:
        chosen = Chosen(**{name: given.pop(name) for name in Chosen.__dataclass_fields__})
        if chosen.kind not in ("auto", "cron") and (chosen.schedule or chosen.timezone or chosen.concurrency or chosen.suspend):
            raise click.UsageError(f"--kind {chosen.kind} has no schedule: drop --schedule and its relatives, or say --kind cron.")
        return command(target=chosen, **given)

    for option in reversed(OPTIONS):
        collecting = option(collecting)
    return collecting
