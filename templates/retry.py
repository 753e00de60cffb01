"""Build a retry strategy that decides by the cause of a failure."""

from __future__ import annotations

from laminar.templates.block import Block

__all__ = ["WORTH_ANOTHER", "retry"]

WORTH_ANOTHER = (
    "asInt(lastRetry.exitCode) == 75 || (!(lastRetry.message contains 'specified deadline')"
    " && (lastRetry.status == 'Error' || asInt(lastRetry.exitCode) in [-1, 128, 137, 143]))"
)
"""The runner requests another attempt (75), or the pod was lost; a passed deadline is final.

Seen on a real Argo 4.1.2: exit code -1 is unknown, 128 a container that could not start, 137 a kill or out of memory, 143 a signal
to end; a pod that was deleted or evicted is Error, and a passed deadline is Failed with a message.
"""


def retry(*, limit: int, delay: float, backoff: float) -> Block:
    """Return a template's retry strategy.

    Argo's backoff has whole seconds and whole factors, and holds only with a limit (seen on Argo 4.1.2).

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
