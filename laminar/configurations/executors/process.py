"""Run splits in processes of this machine: one server per run loads the program once and forks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laminar.configurations.executors.base import Executor
from laminar.program import main_module
from laminar.worker.split_job import Job

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.flow import Flow
    from laminar.components.layer import Layer
    from laminar.local.fork_server.client import Server

__all__ = ["Process"]


class Process(Executor):
    """Run each split in a process of its own, forked from a server that loaded the program once.

    Children end with the run; a layer's processes are killed when it has ended or exceeds its timeout.
    """

    def __init__(self, *, concurrency: int | None = None, timeout: float | None = None) -> None:
        """Make an executor with at most ``concurrency`` processes at once."""
        super().__init__(concurrency=concurrency, timeout=timeout)
        self._server: Server | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_server": None}

    async def open(self, execution: Execution) -> None:
        await self._connect(execution.flow)

    async def _connect(self, flow: Flow) -> Server:
        import asyncio

        from laminar.local.fork_server import client

        program = main_module.current()
        server = client.serve(program) if program is not None and client.is_of(flow, program) else client.serve_flow(flow)
        await self._attach(server)
        if not server.knows(flow):  # its class stands behind a read, where recording ends: it travels by value
            asyncio.get_running_loop().remove_reader(server.connection.fileno())
            server = client.serve_flow(flow)
            await self._attach(server)
        self._server = server
        return server

    async def _attach(self, server: Server) -> None:
        """Listen to a server, and wait until it has loaded the program.

        Raises what the load raised.
        """
        import asyncio

        loop = asyncio.get_running_loop()
        loop.add_reader(server.connection.fileno(), self._hear, server)
        if server.summary is None and server.failed is None:
            if server.ready is None:
                server.ready = loop.create_future()
            await server.ready
        if server.failed is not None:
            raise server.failed

    def _hear(self, server: Server) -> None:
        import asyncio

        descriptor = server.connection.fileno()
        server.hear()
        if server.closed:
            asyncio.get_running_loop().remove_reader(descriptor)

    async def close(self) -> None:
        import asyncio

        server, self._server = self._server, None
        if server is None or server.closed:
            return
        asyncio.get_running_loop().remove_reader(server.connection.fileno())
        if server.waiting or server.is_of_one_run:
            server.close()

    async def submit(self, *, layer: Layer) -> Any:
        import asyncio

        from laminar.local.fork_server import client

        server = self._server
        if server is None or server.closed:
            server = await self._connect(layer.flow)
        job = Job.of(layer)
        ended: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

        def end(message: dict[str, Any]) -> None:
            if not ended.done():
                ended.set_result(message)

        number = server.run(job, layer, self.limit(layer), end)
        try:
            message = await ended
        except asyncio.CancelledError:
            server.cancel(number)
            raise
        return client.outcome(layer, message, self.limit(layer), gate=job.gate)
