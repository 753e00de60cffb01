"""Configure a flow: its datastore, its executor and its scheduler."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from laminar.configurations.datastores import DataStore

__all__ = ["Configuration", "FlowScheduler", "SplitExecutor"]


class SplitExecutor(Protocol):
    """Run splits of layers: the methods that a flow and a scheduler use of a `laminar.configurations.executors.Executor`.

    ``isolated`` means that splits cannot read this process's memory.
    """

    isolated: ClassVar[bool]
    concurrency: int
    timeout: float | None

    def lane(self, execution: Any) -> Any:
        """Return the runner of an execution's attempts."""

    def here(self, layer: Any) -> Any:
        """Do an attempt's work in this thread."""

    def check(self, execution: Any) -> None:
        """Raise FlowError for settings of an execution that the executor does not support."""

    def limit(self, layer: Any) -> float | None:
        """Return how many seconds an attempt may take."""

    async def open(self, execution: Any) -> None:
        """Prepare to run splits of an execution."""

    async def submit(self, *, layer: Any) -> Any:
        """Run one attempt of a split."""

    async def close(self) -> None:
        """Stop the running splits."""


class FlowScheduler(Protocol):
    """Run layers of an execution: the methods that a flow uses of a `laminar.configurations.schedulers.Scheduler`."""

    def run(self, execution: Any, dependencies: Mapping[str, Iterable[str]], *, anew: bool = False) -> None:
        """Run layers after those that they depend on."""


@dataclass(frozen=True)
class Configuration:
    """Hold the settings that a flow was made with."""

    datastore: DataStore
    executor: SplitExecutor
    scheduler: FlowScheduler
