"""Follow a workflow to its end, through broken streams, expired versions and servers that are unreachable for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from laminar.compiler.cluster.progress import ENDED
from laminar.compiler.cluster.transport import Object, Transport
from laminar.exceptions import ClusterError

__all__ = ["TimedOut", "follow"]

PATIENCE = 300.0
"""Seconds that a server may be unreachable before following gives up: an upgrade of the control plane takes a few minutes."""

PAUSES = (0.2, 1.0, 2.0, 5.0, 10.0)
"""Seconds between attempts while the server does not answer, or ends its streams at once."""


class TimedOut(ClusterError):
    """The time limit of following has passed; the workflow continues. The exit code is that of timeout(1)."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(
            f"Workflow {name} has not ended after {seconds:g} s; it continues.", fix=f"follow it: laminar watch {name}", code=124
        )


class _Limit:
    """The time that a workflow may take from now on."""

    def __init__(self, name: str, seconds: float | None) -> None:
        self.name = name
        self.seconds = seconds
        self.began = time.monotonic()

    def remaining(self) -> float | None:
        """Return the seconds that are left, None without a limit. Raises TimedOut where none are left."""
        if self.seconds is None:
            return None
        left = self.seconds - (time.monotonic() - self.began)
        if left <= 0:
            raise TimedOut(self.name, self.seconds)
        return left


def follow(
    transport: Transport, name: str, *, seconds: float | None = None, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Object]:
    """Yield a workflow each time that it has changed: first its present state, last its final one.

    Raises TimedOut after ``seconds``, ClusterError where the workflow is deleted or the server is unreachable for too long.
    """
    limit, last = _Limit(name, seconds), time.monotonic()
    pause, seen = 0, ""
    while True:
        left = limit.remaining()
        try:
            workflow = transport.get("Workflow", name)
            last = time.monotonic()
            version = workflow["metadata"].get("resourceVersion", "")
            if version != seen:
                seen, pause = version, 0
                yield workflow
            if _ended(workflow):
                return
            for event in transport.watch(name, version, left):
                last, pause = time.monotonic(), 0
                if event.type == "DELETED":
                    raise ClusterError(f"Workflow {name} was deleted.", fix="its results stay in the datastore.", code=1)
                if event.type in ("ADDED", "MODIFIED"):
                    seen = event.object["metadata"].get("resourceVersion", "")
                    yield event.object
                    if _ended(event.object):
                        return
                left = limit.remaining()
        except ClusterError as error:
            passing = error.exit_code == 69 or error.status == 410
            if not passing or time.monotonic() - last > PATIENCE:
                raise
        limit.remaining()
        sleep(PAUSES[min(pause, len(PAUSES) - 1)])
        pause += 1


def _ended(workflow: Object) -> bool:
    return (workflow.get("status") or {}).get("phase") in ENDED
