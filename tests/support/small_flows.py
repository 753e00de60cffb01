"""Small flows that tests run in this process: they list the layers that ran, and fail or skip the named ones."""

from __future__ import annotations

from typing import Any

from laminar import Flow, Layer
from laminar.configurations import hooks
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread

__all__ = ["BROKEN", "RAN", "Declined", "forget", "note", "run"]

RAN: list[str] = []
"""Names of the layers that ran, in order."""

BROKEN: set[str] = set()
"""Names of the layers that fail."""


class Declined(Layer):
    """A layer whose entry hook always skips it."""

    @hooks.entry
    def never(self) -> bool:
        return False


def note(layer: Layer) -> None:
    """Note that a layer runs. Raises ValueError for one of `BROKEN`."""
    RAN.append(layer.name)
    if layer.name in BROKEN:
        raise ValueError(layer.name)


def forget() -> None:
    """Forget what ran, and which layers fail."""
    RAN.clear()
    BROKEN.clear()


def run(flow: type[Flow], **parameters: Any) -> Any:
    """Run a flow in this thread, and return the execution."""
    return flow(datastore=Memory(), executor=Thread(concurrency=1))(**parameters)
