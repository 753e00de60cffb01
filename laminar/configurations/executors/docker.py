"""Run each split in a container of this machine's Docker, in the layer's own image."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from typing import TYPE_CHECKING, Any

from laminar.configurations import option_values
from laminar.configurations.executors.base import Executor, SplitKilled
from laminar.configurations.executors.container_guard import ContainerGuard
from laminar.exceptions import FlowError, SchedulerError
from laminar.local.layer_output import pass_on
from laminar.local.line_buffer import LineBuffer
from laminar.worker import attempt_report, container_command, split, split_job
from laminar.worker.attempt_report import ReportReader
from laminar.worker.job import signal_name
from laminar.worker.split_job import Job

if TYPE_CHECKING:
    from asyncio import StreamReader

    from laminar.components.execution import Execution
    from laminar.components.layer import Layer
    from laminar.configurations.datastores.documents.attempt_record import Attempt

__all__ = ["Docker", "arguments", "container_name"]

KILLED = (137, 143)
"""Exit codes of a container that was ended by SIGKILL or SIGTERM: 128 and the number of the signal."""

LONGEST_LINE = 4096
"""Bytes of a container's last line that an error shows."""

CHUNK = 65536

WORDS = ("laminar: ", "docker: ")
"""How a line begins that states why a container ended."""

NOT_STARTED = 125
"""Exit code of the client where Docker itself failed."""


def container_name(job: Job) -> str:
    """Return a container's name for an attempt: readable, and distinct for all ids.

    >>> container_name(Job("Train", "my run", "Fit", 2))
    'laminar-Train-Fit-2-1-0cf7b75f'
    """
    digest = hashlib.sha256(repr((job.flow, job.execution, job.layer, job.index, job.attempt)).encode()).hexdigest()[:8]
    readable = re.sub(r"[^a-zA-Z0-9_.-]+", "-", f"{job.flow}-{job.layer}-{job.index}-{job.attempt}")[:200]
    return f"laminar-{readable}-{digest}"


def arguments(layer: Layer, job: Job, docker: str, label: str = "") -> list[str]:
    """Return the words of ``docker run`` for an attempt; no shell reads them. ``label`` is that of its run."""
    container, datastore = layer.configuration.container, layer.flow.configuration.datastore
    root = datastore.root
    own = {"LAMINAR_DATASTORE": datastore.url, "LAMINAR_HISTORY": "false", attempt_report.VARIABLE: attempt_report.STDERR}
    variables = {**job.environment(), **own, **container.env}
    words = [docker, "run", "--rm", "--name", container_name(job), "--workdir", container.workdir]
    words += ["--label", label] if label else []
    words += ["--cpus", f"{container.cpu:g}", "--memory", f"{container.memory * 1_000_000}"]
    words += ["--user", f"{os.getuid()}:{os.getgid()}"]
    if container.gpu:
        words += ["--gpus", str(container.gpu)]
    if os.path.isabs(root):
        words += ["--volume", f"{root}:{root}"]
    for volume in container.volumes:
        if volume.host_path is not None:
            source = os.path.join(volume.host_path, volume.sub_path or "").rstrip("/") or "/"
            words += ["--volume", f"{source}:{volume.mount}" + (":ro" if volume.read_only else "")]
        elif volume.empty_dir is not None:
            words += ["--tmpfs", volume.mount + (f":size={volume.empty_dir * 1_000_000}" if volume.empty_dir else "")]
    for name, value in variables.items():
        words += ["--env", f"{name}={value}"]
    command = container_command.runner_command(
        container.command, flow=job.flow, layer=job.layer, index=job.index, splits=job.splits or 0
    )
    return [*words, "--entrypoint", command[0], container.image, *command[1:]]


@option_values.explain_arguments
class Docker(Executor):
    """Run splits in containers: the layer's image, command, CPUs, memory, environment and host volumes.

    A local datastore is mounted at its own path. Secrets, claims and other objects of a cluster are left out.
    """

    def __init__(self, *, concurrency: int | None = None, timeout: float | None = None, docker: str = "docker") -> None:
        """Make an executor that starts containers with this client."""
        super().__init__(concurrency=concurrency, timeout=timeout)
        self.docker = option_values.text("Docker", "docker", docker, example='docker="podman"')
        self._guard: ContainerGuard | None = None
        self._users = 0
        self._left = False

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_semaphore"} | {"_guard": None, "_users": 0}

    def check(self, execution: Execution) -> None:
        """Reject settings that need a cluster.

        Raises FlowError for a layer that needs secrets or volumes of a cluster, SchedulerError where there is no client.
        """
        import shutil

        if shutil.which(self.docker) is None:
            raise SchedulerError(f"There is no command {self.docker!r} on this machine.", fix="install Docker, or use Process().")
        for name, registration in execution.flow.registrations.items():
            container = registration.configuration.container
            cluster = [volume for volume in container.volumes if volume.claim or volume.secret or volume.config_map]
            if container.secrets or cluster:
                raise FlowError(
                    f"Layer {name!r} needs secrets or volumes of a cluster, which Docker on this machine does not have.",
                    where=registration.where,
                    fix="use Process(), or give it env and host_path volumes here.",
                )

    async def submit(self, *, layer: Layer) -> Any:
        """Run one attempt in a new container."""
        import asyncio

        if layer._binding.gate:
            return await asyncio.to_thread(self.here, layer)
        job = Job.of(layer)
        if os.path.isabs(root := layer.flow.configuration.datastore.root):
            os.makedirs(root, exist_ok=True)  # else Docker creates it, owned by root
        process = await asyncio.create_subprocess_exec(
            *arguments(layer, job, self.docker, self._guard.label if self._guard is not None else ""),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdout is not None and process.stderr is not None
        out, errors = Output(layer, "stdout"), Output(layer, "stderr")
        limit = self.limit(layer)
        try:
            await asyncio.wait_for(asyncio.gather(out.pass_on(process.stdout), errors.pass_on(process.stderr)), limit)
            code = await process.wait()
        except asyncio.TimeoutError:
            await self._remove(job, process)
            raise split.failed_outside(layer, f"it took longer than its timeout of {limit:g} s", how="timed out") from None
        except asyncio.CancelledError:
            self._left = True
            await asyncio.shield(self._remove(job, process))
            raise
        return _outcome(layer, code, errors)

    async def open(self, execution: Execution) -> None:
        """Start the process that removes the containers if this one is killed."""
        if self._guard is None:
            self._guard, self._left = ContainerGuard(self.docker), False
        self._users += 1

    async def close(self) -> None:
        """End that process, and remove what a client was starting when it was stopped."""
        self._users -= 1
        if self._users == 0 and self._guard is not None:
            guard, self._guard = self._guard, None
            guard.close(remove=self._left)

    async def _remove(self, job: Job, process: Any) -> None:
        """Remove a container, also a running one."""
        import asyncio

        with contextlib.suppress(ProcessLookupError):
            process.kill()  # first: it may be about to start the container
        await process.wait()
        removal = await asyncio.create_subprocess_exec(
            self.docker,
            "rm",
            "--force",
            container_name(job),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await removal.wait()


class Output:
    """Pass on one stream of a container's output; keep its reports, and its last line or the last one of laminar or Docker."""

    def __init__(self, layer: Layer, name: str) -> None:
        self.layer = layer
        self.name = name
        self.reports = ReportReader()
        self.last = self.said = ""
        self.rest = b""

    @property
    def report(self) -> Attempt | None:
        """The record of the failure, None where the container did not report any."""
        return self.reports.records[-1] if self.reports.records else None

    @property
    def reason(self) -> str:
        """Return the reason in the container's last line."""
        last = self.rest.decode(errors="replace") or self.last
        return last if last.startswith(WORDS) else self.said or last

    async def pass_on(self, stream: StreamReader) -> None:
        """Pass the output on until it ends."""
        buffer = LineBuffer()
        try:
            while data := await stream.read(CHUNK):
                self._add(buffer, self.reports.feed(data))
        finally:  # also where the attempt is stopped
            self._add(buffer, self.reports.close())
            if shown := buffer.close():
                pass_on(self.layer, self.name, shown)

    def _add(self, buffer: LineBuffer, data: bytes) -> None:
        if shown := buffer.feed(data):
            pass_on(self.layer, self.name, shown)
        *lines, rest = (self.rest + data).split(b"\n")
        self.rest = rest[-LONGEST_LINE:]
        for line in (line.decode(errors="replace").rstrip("\r") for line in lines):
            self.last = line
            self.said = line if line.startswith(WORDS) else self.said


def _outcome(layer: Layer, code: int, errors: Output) -> bool:
    """Return True, or raise the error for a container's exit code."""
    if code == split_job.DONE:
        return True
    if code in (split_job.RETRY, split_job.FAILED, split_job.CANNOT):  # after the last, another attempt would end in the same way
        failed = _reported(layer, errors) or split.failure(layer, errors.reason.removeprefix("laminar: ") or f"exit code {code}")
        failed.retryable = code == split_job.RETRY
        raise failed
    if code in KILLED:
        failed = _reported(layer, errors) or split.failure(layer, f"its container was killed by {signal_name(code - 128)}")
        how = failed.how if failed.how == "out of memory" else "killed"
        killed = SplitKilled.of(failed, how=how)
        killed.fix = failed.fix
        raise killed
    if code == NOT_STARTED:
        image = layer.configuration.container.image
        raise split.failed_outside(layer, f"Docker could not start image {image!r}: {errors.reason.removeprefix('docker: ')}")
    raise split.failed_outside(layer, f"its container ended with exit code {code}: {errors.reason}")


def _reported(layer: Layer, errors: Output) -> split.SplitFailed | None:
    """Return the failure that a container reported."""
    report = errors.report
    if report is None:
        return None
    failed = split.failure(layer, report.message.removesuffix("."), where=report.where)
    failed.how, failed.fix, failed.remote, failed.started = report.how, report.fix, report.traceback, report.started
    return failed
