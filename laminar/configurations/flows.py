"""Configure a flow: where its data lives, what runs its splits, what decides when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from laminar.configurations.datastores import DataStore
    from laminar.configurations.executors import Executor
    from laminar.configurations.schedulers import Scheduler

__all__ = ["Configuration"]


@dataclass(frozen=True)
class Configuration:
    """Hold the settings that a flow was made with."""

    datastore: DataStore
    executor: Executor
    scheduler: Scheduler
