"""Run splits: in threads, in processes, in containers of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laminar.configurations.executors.base import Executor
from laminar.configurations.executors.process import Process

if TYPE_CHECKING:
    from laminar.configurations.executors.docker import Docker
    from laminar.configurations.executors.thread import Thread

__all__ = ["Docker", "Executor", "Process", "Thread"]


def __getattr__(name: str) -> Any:
    if name == "Docker":
        from laminar.configurations.executors.docker import Docker

        return Docker
    if name == "Thread":
        from laminar.configurations.executors.thread import Thread

        return Thread
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
