"""Submit from Python and follow the run: in a program, in a notebook, in a test of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from laminar.compiler.cluster.progress import FAILED, Progress, progress
from laminar.compiler.cluster.transport import Transport
from laminar.exceptions import ClusterError, ExecutionError, FlowError
from laminar.program import uncaught_error

if TYPE_CHECKING:
    from laminar.compiler.plan.planner import Settings
    from laminar.compiler.target import Target
    from laminar.components.execution import Execution
    from laminar.components.flow import Flow

__all__ = ["RemoteRun", "submit"]


STATES = {"Pending": "pending", "Running": "running", "Succeeded": "finished", "Failed": "failed", "Error": "failed"}


class RemoteRun:
    """A workflow on a cluster. Its properties send a request each time that they are read."""

    def __init__(self, transport: Transport, name: str, execution: str) -> None:
        self.transport = transport
        self.name = name
        self.id = execution

    def __repr__(self) -> str:
        return f"RemoteRun(name={self.name!r}, id={self.id!r})"

    @property
    def progress(self) -> Progress:
        """Present layers, splits, attempts and causes."""
        return progress(self.transport.get("Workflow", self.name))

    @property
    def phase(self) -> str:
        """Argo's phase: Pending, Running, Succeeded, Failed or Error."""
        return self.progress.phase

    @property
    def state(self) -> str:
        """State: ``pending``, ``running``, ``suspended``, ``finished``, ``failed``, or ``deleted``."""
        try:
            now = self.progress
        except ClusterError as error:
            if error.status == 404:
                return "deleted"
            raise
        return "suspended" if now.suspended and not now.ended else STATES[now.phase]

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.state in ("pending", "running", "suspended")

    @property
    def finished(self) -> bool:
        """Whether every layer has finished or was skipped."""
        return self.state == "finished"

    def wait(self, timeout: float | None = None) -> RemoteRun:
        """Wait until it has ended, and return it.

        Raises ExecutionError for the first layer that failed, TimedOut (a ClusterError) after ``timeout`` seconds.
        """
        from laminar.compiler.cluster.follower import follow

        last: Mapping[str, Any] = {}
        try:
            for workflow in follow(self.transport, self.name, seconds=timeout):
                last = workflow
        except KeyboardInterrupt as interrupt:
            uncaught_error.add_note(interrupt, f"detached: {self.name} continues (laminar watch {self.name} follows it)")
            raise
        end = progress(last)
        if end.phase in FAILED:
            raise _failure(end)
        return self

    def logs(self, layer: str | None = None, *, index: int | None = None, failed: bool = False) -> Iterator[str]:
        """Yield the lines that layers have written so far, each after its layer: ``Fit[3] | ...``."""
        from laminar.compiler.cluster.log_reader import read_logs
        from laminar.history.log_line import Selection

        for line in read_logs(self.transport, self.progress, Selection(layer, index, failed=failed)):
            if not line.note:
                yield f"{line.label} | {line.text}"

    def stop(self) -> None:
        """End it: running pods get SIGTERM, no further ones start."""
        self.transport.act("stop", self.name)

    def execution(self, flow: Flow) -> Execution:
        """Return the execution of a flow, whose results its datastore has: ``run.execution(flow).layer(Fit).score``."""
        return flow.execution(self.id)


def submit(
    program: str | Path | Execution | Callable[[], object],
    transport: Transport | None = None,
    *,
    target: Target | None = None,
    settings: Settings | None = None,
    code: str | None = None,
    name: str | None = None,
    labels: Mapping[str, str] | None = None,
    key: str | None = None,
) -> RemoteRun:
    """Compile a program, a function that calls flows, or an Execution, and start it; the arguments are those of `compile`.

    The cluster is that of ARGO_SERVER, of ``[tool.laminar]``, or the kubeconfig's, unless a transport is given. Code packages are
    uploaded if ``code``, or the project, names a place. ``key`` starts one workflow only, however often it is submitted.

    Raises FlowError for a program that cannot be compiled or calls several flows, ClusterError where the cluster rejects it.
    """
    from laminar.compiler import compile, project, rehearsal
    from laminar.compiler.cluster import submission
    from laminar.compiler.cluster.connection import Choice, connect
    from laminar.compiler.cluster.progress import execution_of
    from laminar.compiler.target import Target

    found = project.find(Path(program) if isinstance(program, (str, Path)) else Path.cwd() / "notebook")
    code = found.code if code is None else code
    text = compile(program, target or Target(kind="workflow"), settings=settings, code=code, upload=code is not None)
    documents = [one for one in rehearsal.read(text) if one.get("kind") == "Workflow"]
    if len(documents) != 1:
        raise FlowError(f"The program becomes {len(documents)} workflows, and one is submitted at a time.", fix="call one flow.")
    transport = transport or connect(Choice(), found)
    made = submission.submit(transport, submission.named(documents[0], name=name, labels=labels), key=key).workflow
    return RemoteRun(transport, str(made["metadata"]["name"]), execution_of(made))


def _failure(run: Progress) -> ExecutionError:
    """Return the error for the first layer that failed, with its cause."""
    for layer in run.layers:
        for split in layer.splits:
            if split.phase in FAILED:
                where = layer.name if split.index is None else f"{layer.name}[{split.index}]"
                return ExecutionError(
                    f"Workflow {run.name} failed: {where}, attempt {len(split.attempts)}: {split.cause or 'no reason given'}.",
                    fix=f"laminar logs {run.name} {layer.name} --failed shows why; laminar retry {run.name} runs it again.",
                    execution=run.execution,
                    flow=layer.flow,
                    layer=layer.name,
                    index=split.index,
                    attempt=len(split.attempts),
                )
    return ExecutionError(f"Workflow {run.name} ended as {run.phase}: {run.message or 'no reason given'}.", execution=run.execution)
