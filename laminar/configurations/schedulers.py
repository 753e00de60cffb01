"""Decide where a flow runs: on this machine (`Scheduler`), or as a workflow of a cluster (`Argo`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from laminar.configurations import option_values as values

if TYPE_CHECKING:
    from laminar.components.execution import Execution

__all__ = ["Argo", "Schedule", "Scheduler"]

CRON = 'schedule="0 4 * * *"'
FORBID = 'concurrency_policy="Forbid"'
POLICIES = ("Allow", "Forbid", "Replace")
"""Policies of Argo: pkg/apis/workflow/v1alpha1/cron_workflow_types.go, ConcurrencyPolicy, 4.1.2."""


class Scheduler:
    """Run a flow's layers on this machine, by its executor.

    With ``remote``, a call of the flow is submitted to a cluster instead.
    """

    remote: ClassVar[bool] = False

    def run(self, execution: Execution, dependencies: Mapping[str, Iterable[str]], *, anew: bool = False) -> None:
        """Run these layers after those that they depend on; ``anew`` also those that had finished.

        Raises ExecutionError, after all layers that could run, for the first one that failed.
        """
        from laminar.local import scheduler

        scheduler.drive(execution, dependencies, anew=anew)


@dataclass(frozen=True)
class Schedule:
    """When a CronWorkflow starts workflows: cron expressions, and settings for which None means Argo's default."""

    schedules: tuple[str, ...] = ()
    timezone: str | None = None
    concurrency_policy: str | None = None
    suspend: bool = False
    starting_deadline: int | None = None
    successful_history: int | None = None
    failed_history: int | None = None


@values.explain_arguments
class Argo(Scheduler):
    """Run a flow as a workflow on a cluster: a call submits it, and returns an Execution that follows it.

    The cluster, the image and the datastore are those of ``[tool.laminar]`` and of the environment, as for ``laminar submit``.
    ``laminar run`` runs the flow on this machine nevertheless.

    ``schedule`` (one cron expression or several), timezone, concurrency policy, ``starting_deadline`` in seconds and history limits
    are settings of the CronWorkflow that ``laminar deploy`` creates: a call starts one workflow now.
    """

    remote: ClassVar[bool] = True

    def __init__(
        self,
        schedule: str | Sequence[str] | None = None,
        *,
        timezone: str | None = None,
        concurrency_policy: str | None = None,
        suspend: bool = False,
        starting_deadline: int | None = None,
        successful_history: int | None = None,
        failed_history: int | None = None,
    ) -> None:
        """Make the settings of a flow's CronWorkflow.

        Raises OptionError for a value of a wrong type or shape.
        """
        given = () if schedule is None else values.sequence("Argo", "schedule", schedule, str, example=CRON)
        limits = {
            "starting_deadline": starting_deadline,
            "successful_history": successful_history,
            "failed_history": failed_history,
        }
        if concurrency_policy is not None and not (isinstance(concurrency_policy, str) and concurrency_policy in POLICIES):
            raise values.rejected("Argo", "concurrency_policy", concurrency_policy, f"one of {', '.join(POLICIES)}", FORBID)
        self.settings = Schedule(
            tuple(values.text("Argo", "schedule", one, example=CRON) for one in given),
            values.optional("Argo", "timezone", timezone, example='timezone="Europe/Berlin"'),
            concurrency_policy,
            values.boolean("Argo", "suspend", suspend),
            **{name: None if value is None else values.count("Argo", name, value) for name, value in limits.items()},
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "settings":
            raise AttributeError(name)
        return getattr(self.settings, name)
