"""Connect components with the packages above them: a call of a flow starts a scheduler, a worker starts the runner.

Everything is imported when it is first needed, so that `import laminar` is fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from laminar.components.runtime import ClusterRun
    from laminar.configurations.flows import FlowScheduler, SplitExecutor
    from laminar.program.recording import Step

__all__ = ["LocalRuntime"]

CLUSTER = "laminar.compiler.cluster.flow_launch"
"""The module that submits flows. It is loaded by name: laminar may not depend on the compiler, and a pod never loads it."""


class LocalRuntime:
    """Run flows on this machine, and those with a remote scheduler on a cluster."""

    def __init__(self) -> None:
        """Create a runtime without runs; ``chains`` counts the chains that the program has called."""
        self.chains = 0

    def executor(self) -> SplitExecutor:
        """Return an executor that runs each split in its own process."""
        from laminar.configurations.executors import Process

        return Process()

    def scheduler(self) -> FlowScheduler:
        """Return the scheduler of this machine."""
        from laminar.configurations.schedulers import Scheduler

        return Scheduler()

    def start(self, step: Step) -> Any:
        """Run a flow that was called, and return its execution."""
        from laminar.local import launch
        from laminar.program import call_log

        self.chains += 1
        with call_log.noted(step.execution):
            return _cluster().start(step, self.chains) if _is_remote(step.flow) else launch.start(step)

    def follow(self, before: Any, step: Step) -> Any:
        """Run the next flow of a chain, and return its execution."""
        from laminar.local import launch
        from laminar.program import call_log

        with call_log.noted(step.execution):
            if _is_remote(step.flow):
                return _cluster().follow(before, step, self.chains)
            if before.remote is not None:
                before.wait()
            return launch.follow(before, step)

    def act(self, step: Step) -> Any:
        """Resume, schedule or execute, by the action of a step, and return its execution."""
        from laminar.local import launch
        from laminar.program import call_log

        self.chains += 1
        with call_log.noted(step.execution):
            if step.action != "execute" and _is_remote(step.flow):
                return _cluster().act(step, self.chains)
            return launch.act(step)

    def save_parameters(self, execution: Any, artifacts: dict[str, Any]) -> None:
        """Store the Parameters' document of an execution."""
        from laminar.worker import parameters_document

        parameters_document.save_parameters(execution, artifacts)

    def settle(self, flow: Any) -> None:
        """Move the data of a flow that runs on a cluster to where its pods keep it."""
        if _is_remote(flow):
            _cluster().settle(flow)

    def is_remote(self, flow: Any) -> bool:
        """Return whether calls of a flow are submitted to a cluster."""
        return _is_remote(flow)

    def id_on_cluster(self, flow: Any, words: str) -> str | None:
        """Return the id of the execution that a flow's workflow runs, by its name or as the newest; None where there is none."""
        found: str | None = _cluster().find_id(flow, words) if _is_remote(flow) else None
        return found

    def cluster_run(self, execution: Any) -> ClusterRun | None:
        """Return the workflow that runs an execution, None where the cluster has none."""
        found: ClusterRun | None = _cluster().find_run(execution) if _is_remote(execution.flow) else None
        return found

    def html(self, shown: Any) -> str | None:
        """Return a flow, an execution or a layer as a notebook shows it, None where that is not possible."""
        from laminar.components import Execution, Flow
        from laminar.reports import notebook_view

        try:
            if isinstance(shown, Flow):
                return notebook_view.of_flow(shown)
            return notebook_view.of_execution(shown) if isinstance(shown, Execution) else notebook_view.of_layer(shown)
        except Exception:  # a notebook shows the repr in its place; a damaged store is reported when its data is read
            return None

    def take_over(self) -> NoReturn:
        """Run the split that the environment names, and end the process."""
        from laminar import runner

        runner.take_over()


def _is_remote(flow: Any) -> bool:
    """Return whether calls of a flow are submitted: in a program that runs by itself, not below ``laminar run`` nor in a worker."""
    from laminar.program import process_state, recording

    remote = getattr(flow.configuration.scheduler, "remote", False)
    return bool(remote) and process_state.current is None and recording.active() is None and not process_state.is_worker()


def _cluster() -> Any:
    """Return the module that submits flows."""
    import importlib

    return importlib.import_module(CLUSTER)
