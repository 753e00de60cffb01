"""A CronWorkflow has times at which it starts."""

# ruff: noqa: E501

from __future__ import annotations

import pytest

from tests.support.small_workflows import errors

TEXT = """\
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: a}
spec: {FIELDS, workflowSpec: {entrypoint: main, templates: [{name: main, suspend: {}}]}}
"""


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ("schedules: ['0 4 * * mon-fri', '@daily', '@every 1h']", []),
        ("schedules: ['* * * * *'], timezone: Europe/Berlin, concurrencyPolicy: Forbid, suspend: true", []),
        ("schedules: ['* * * * *'], when: \"{{= cronworkflow.lastScheduledTime == nil || (now() - cronworkflow.x).Seconds() > 30 }}\"", []),
        ("schedules: ['* * * * *'], stopStrategy: {expression: cronworkflow.failed > 1}", []),
        ("schedules: []", ["S101"]),
        ("suspend: true", ["F111", "S101"]),
        ("schedules: ['* * * *']", ["S102"]),
        ("schedules: ['99 * * * *', '* * * * *']", ["S102"]),
        ("schedules: ['* * * * *'], timezone: Europe/Bern", ["S103"]),
        ("schedules: ['* * * * *'], concurrencyPolicy: Never", ["F104"]),
        ("schedules: ['* * * * *'], startingDeadlineSeconds: -1", ["F108"]),
        ("schedules: ['* * * * *'], failedJobsHistoryLimit: '1'", ["F102"]),
        ("schedules: ['* * * * *'], when: \"{{= cronworkflow. }}\"", ["X101"]),
    ],
)  # fmt: skip
def test_times_of_a_cron_workflow(fields, codes):
    assert errors(TEXT.replace("FIELDS", fields)) == codes
