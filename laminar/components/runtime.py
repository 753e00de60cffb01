"""Declare the services that components need of the layers of code above them, and hold the one that `laminar` installs.

Components import no worker, scheduler or runner: a call of a flow reaches these through the `Runtime`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from laminar.exceptions import InternalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from laminar.configurations.flows import FlowScheduler, SplitExecutor
    from laminar.program.recording import Step

__all__ = ["ClusterRun", "Runtime", "current", "install"]


class ClusterRun(Protocol):
    """A workflow on a cluster, which runs an execution: the methods that an Execution uses."""

    name: str

    @property
    def state(self) -> str:
        """State: ``pending``, ``running``, ``suspended``, ``finished``, ``failed``, or ``deleted``."""

    @property
    def running(self) -> bool:
        """Whether it has not ended."""

    def wait(self, timeout: float | None = None) -> Any:
        """Wait until it has ended; raise ExecutionError where a layer failed."""

    def logs(self, layer: str | None = None, *, index: int | None = None, failed: bool = False) -> Iterator[str]:
        """Yield the lines that layers have written."""

    def stop(self) -> None:
        """End it."""


class Runtime(Protocol):
    """Run the flows that a program calls."""

    def executor(self) -> SplitExecutor:
        """Return the executor of a flow that names none."""

    def scheduler(self) -> FlowScheduler:
        """Return the scheduler of a flow that names none."""

    def start(self, step: Step) -> Any:
        """Run a flow that was called, and return its execution."""

    def follow(self, before: Any, step: Step) -> Any:
        """Run the next flow of a chain, and return its execution."""

    def act(self, step: Step) -> Any:
        """Resume, schedule or execute, by the action of a step, and return its execution."""

    def save_parameters(self, execution: Any, artifacts: dict[str, Any]) -> None:
        """Store the Parameters' document of an execution."""

    def settle(self, flow: Any) -> None:
        """Move the data of a flow that runs on a cluster to where its pods keep it."""

    def is_remote(self, flow: Any) -> bool:
        """Return whether calls of a flow are submitted to a cluster."""

    def id_on_cluster(self, flow: Any, words: str) -> str | None:
        """Return the id of the execution that a flow's workflow runs, by its name or as the newest; None where there is none."""

    def cluster_run(self, execution: Any) -> ClusterRun | None:
        """Return the workflow that runs an execution, None where the cluster has none."""

    def html(self, shown: Any) -> str | None:
        """Return a flow, an execution or a layer as a notebook shows it, None where that is not possible."""

    def take_over(self) -> NoReturn:
        """Run the split that the environment names, and end the process."""


_installed: Runtime | None = None


def install(runtime: Runtime) -> None:
    """Use this runtime from now on."""
    global _installed
    _installed = runtime


def current() -> Runtime:
    """Return the runtime in use.

    Raises InternalError where none is installed: `laminar` does it when it is imported.
    """
    if _installed is None:
        raise InternalError("No runtime is installed.")
    return _installed
