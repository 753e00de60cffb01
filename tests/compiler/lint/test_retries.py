"""Retry strategies are those that Argo can follow."""

from __future__ import annotations

import pytest

from tests.support.small_workflows import of_spec, of_template


@pytest.mark.parametrize(
    ("retry", "codes"),
    [
        ("{limit: 3}", []),
        ('{limit: "3", retryPolicy: Always, backoff: {duration: "5", factor: "2", maxDuration: 1h}}', []),
        ('{limit: "{{=1 + 1}}"}', []),
        ("{limit: ten}", ["P108"]),
        ("{limit: -1}", ["F108"]),
        ('{limit: "1.5"}', ["P108"]),
        ("{backoff: {duration: 5s}}", ["P109"]),
        ('{limit: 1, backoff: {duration: 5s, factor: "1.5"}}', ["P108"]),
        ('{limit: 1, backoff: {duration: "10 s"}}', ["F107"]),
        ("{limit: 1, retryPolicy: OnFail}", ["F104"]),
        ('{limit: 1, expression: "lastRetry.exitCode > 1"}', ["X104"]),
        ("{limit: 1, expression: \"lastRetry.status == 'Succeded'\"}", ["X107"]),
    ],
)
def test_retry_strategy_of_a_template_and_of_the_defaults(retry, codes):
    assert of_template(f"retryStrategy: {retry}") == codes
    assert of_spec(f"templateDefaults: {{retryStrategy: {retry}}}") == codes
