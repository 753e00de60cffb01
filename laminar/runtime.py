"""Wire components to the floors above them: a call of a flow starts the local scheduler, a worker becomes the runner.

Everything is imported when it is first needed: `import laminar` pays for none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from laminar.configurations.flows import FlowScheduler, SplitExecutor
    from laminar.program.recording import Step

__all__ = ["LocalRuntime"]


class LocalRuntime:
    """Run flows on this machine."""

    def executor(self) -> SplitExecutor:
        """Return an executor that runs each split in a process of its own."""
        from laminar.configurations.executors import Process

        return Process()

    def scheduler(self) -> FlowScheduler:
        """Return the scheduler of this machine."""
        from laminar.configurations.schedulers import Scheduler

        return Scheduler()

    def start(self, step: Step) -> Any:
        """Run a flow that was called, and return its execution."""
        from laminar.local import launch

        return launch.start(step)

    def follow(self, before: Any, step: Step) -> Any:
        """Run the next flow of a chain, and return its execution."""
        from laminar.local import launch

        return launch.follow(before, step)

    def act(self, step: Step) -> Any:
        """Resume, schedule or execute, as a step says, and return its execution."""
        from laminar.local import launch

        return launch.act(step)

    def save_parameters(self, execution: Any, artifacts: dict[str, Any]) -> None:
        """Store the Parameters' document of an execution."""
        from laminar.worker import parameters_document

        parameters_document.save_parameters(execution, artifacts)

    def take_over(self) -> NoReturn:
        """Run the split that the environment names, and end the process."""
        from laminar import runner

        runner.take_over()
