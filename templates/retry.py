"""Try a pod again by the cause of its failure."""

from __future__ import annotations

from laminar.templates.block import Block

__all__ = ["WORTH_ANOTHER", "retry"]

WORTH_ANOTHER = (
    "asInt(lastRetry.exitCode) == 75 || (!(lastRetry.message contains 'specified deadline')"
    " && (lastRetry.status == 'Error' || asInt(lastRetry.exitCode) in [-1, 128, 137, 143]))"
)
"""The runner asks for another attempt (75), or the pod was lost; a passed deadline is final."""


def retry(*, limit: int, delay: float, backoff: float) -> Block:
    """Return a template's retry strategy; Argo waits whole seconds and multiplies by whole numbers only.

    ::

        limit: "2"
        retryPolicy: Always
        expression: asInt(lastRetry.exitCode) == 75 || ...
        backoff: {duration: 1s, factor: 2}
    """
    return {
        "limit": str(limit),
        "retryPolicy": "Always",
        "expression": WORTH_ANOTHER,
        "backoff": {"duration": f"{max(1, round(delay))}s", "factor": max(1, round(backoff))},
    }
