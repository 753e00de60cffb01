"""Run each split in a container of this machine's Docker, in the layer's own image."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from typing import TYPE_CHECKING, Any

from laminar.configurations import option_values
from laminar.configurations.executors.base import Executor, SplitKilled
from laminar.exceptions import FlowError, SchedulerError
from laminar.local.layer_output import pass_on
from laminar.local.line_buffer import LineBuffer
from laminar.worker import container_command, split, split_job
from laminar.worker.split_job import Job

if TYPE_CHECKING:
    from asyncio import StreamReader

    from laminar.components.execution import Execution
    from laminar.components.layer import Layer

__all__ = ["Docker", "arguments", "container_name"]

KILLED = (137, 143)
"""Exit codes of a container that was killed from outside, or because it exceeded its memory."""

LONGEST_LINE = 4096
"""Bytes of a container's last line that an error shows."""

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


def arguments(layer: Layer, job: Job, docker: str) -> list[str]:
    """Return the words of ``docker run`` for an attempt; no shell reads them."""
    container, datastore = layer.configuration.container, layer.flow.configuration.datastore
    root = datastore.root
    variables = {**job.environment(), "LAMINAR_DATASTORE": datastore.url, "LAMINAR_HISTORY": "false", **container.env}
    words = [docker, "run", "--rm", "--name", container_name(job), "--workdir", container.workdir]
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


class Docker(Executor):
    """Run splits in containers: the layer's image, command, CPUs, memory, environment and host volumes.

    A local datastore is mounted at its own path. Secrets, claims and other objects of a cluster are left out.
    """

    def __init__(self, *, concurrency: int | None = None, timeout: float | None = None, docker: str = "docker") -> None:
        """Make an executor that starts containers with this client."""
        super().__init__(concurrency=concurrency, timeout=timeout)
        self.docker = option_values.text("Docker", "docker", docker, example='docker="podman"')

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
            *arguments(layer, job, self.docker),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdout is not None and process.stderr is not None
        streams = asyncio.gather(_pass(process.stdout, layer, "stdout"), _pass(process.stderr, layer, "stderr"))
        limit = self.limit(layer)
        try:
            _, last = await asyncio.wait_for(streams, limit)
            code = await process.wait()
        except asyncio.TimeoutError:
            await self._remove(job, process)
            raise split.failed_outside(layer, f"it took longer than its timeout of {limit:g} s", how="timed out") from None
        except asyncio.CancelledError:
            await asyncio.shield(self._remove(job, process))
            raise
        return _outcome(layer, code, last)

    async def _remove(self, job: Job, process: Any) -> None:
        """Remove a container, also a running one."""
        import asyncio

        removal = await asyncio.create_subprocess_exec(
            self.docker,
            "rm",
            "--force",
            container_name(job),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await removal.wait()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _pass(stream: StreamReader, layer: Layer, name: str) -> str:
    """Pass a container's output on and return its last line, or the last line of laminar or Docker."""
    buffer, last, said, rest = LineBuffer(), "", "", b""
    while data := await stream.read(65536):
        if shown := buffer.feed(data):
            pass_on(layer, name, shown)
        *lines, rest = (rest + data).split(b"\n")
        rest = rest[-LONGEST_LINE:]
        for line in (line.decode(errors="replace").rstrip("\r") for line in lines):
            last = line
            said = line if line.startswith(("laminar: ", "docker: ")) else said
    if shown := buffer.close():
        pass_on(layer, name, shown)
    last = rest.decode(errors="replace") or last
    return last if last.startswith(("laminar: ", "docker: ")) else said or last


def _outcome(layer: Layer, code: int, last: str) -> bool:
    """Return True, or raise the error for a container's exit code."""
    if code == split_job.DONE:
        return True
    if code in (split_job.RETRY, split_job.FAILED):
        failed = split.failure(layer, last.removeprefix("laminar: ") or f"exit code {code}")
        failed.retryable = code == split_job.RETRY
        raise failed
    if code in KILLED:
        raise SplitKilled.of(
            split.failure(layer, f"its container was killed (exit code {code}), perhaps because it exceeded its memory")
        )
    if code == split_job.CANNOT:  # it cannot be run, so another attempt would end in the same way
        raise split.failure(layer, last.removeprefix("laminar: ") or f"exit code {code}")
    if code == NOT_STARTED:
        image = layer.configuration.container.image
        raise split.failed_outside(layer, f"Docker could not start image {image!r}: {last.removeprefix('docker: ')}")
    raise split.failed_outside(layer, f"its container ended with exit code {code}: {last}")
