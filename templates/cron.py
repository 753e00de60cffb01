"""Build a CronWorkflow."""

from __future__ import annotations

from collections.abc import Sequence

from laminar.templates.block import Block, given

__all__ = ["scheduled"]


def scheduled(
    workflow: Block,
    *,
    schedules: Sequence[str],
    timezone: str | None = None,
    concurrency_policy: str | None = None,
    suspend: bool = False,
    starting_deadline: int | None = None,
    successful_history: int | None = None,
    failed_history: int | None = None,
) -> Block:
    """Return the CronWorkflow that starts a workflow; for a setting that is None Argo's default applies.

    ::

        apiVersion: argoproj.io/v1alpha1
        kind: CronWorkflow
        metadata: {name: train}
        spec:
          schedules: ["0 4 * * *"]
          timezone: Europe/Berlin
          concurrencyPolicy: Forbid
          workflowMetadata: {labels: {laminar/flow: Train}}
          workflowSpec:
            entrypoint: Train
            templates: [...]
    """
    spec = dict(workflow["spec"])
    metadata = spec.pop("workflowMetadata", None)
    return {
        **workflow,
        "kind": "CronWorkflow",
        "spec": given(
            schedules=list(schedules),
            timezone=timezone,
            concurrencyPolicy=concurrency_policy,
            suspend=suspend or None,
            startingDeadlineSeconds=starting_deadline,
            successfulJobsHistoryLimit=successful_history,
            failedJobsHistoryLimit=failed_history,
            workflowMetadata=metadata,
            workflowSpec=spec,
        ),
    }
