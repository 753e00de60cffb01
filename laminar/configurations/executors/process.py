"""Run splits in processes of this machine, which a server forks: itself a fork of the process that called the flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from laminar.configurations import option_values
from laminar.configurations.executors.base import Executor
from laminar.configurations.executors.lanes import End, Lane, SubmitLane

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.layer import Layer
    from laminar.local.fork_server.client import Client

__all__ = ["Process"]


@option_values.explain_arguments
class Process(Executor):
    """Run each split (or batch of splits) in its own process, forked from this one in its state at the flow's call.

    Where a fork is not safe, each worker is a new process that loads the program.
    Children end with the run; a layer's processes are killed
    when it has ended or exceeds its timeout.
    """

    def __init__(self, *, concurrency: int | None = None, timeout: float | None = None) -> None:
        """Make an executor with at most ``concurrency`` processes at once."""
        super().__init__(concurrency=concurrency, timeout=timeout)
        self._client: Client | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_semaphore"} | {"_client": None}

    def lane(self, execution: Execution) -> Lane:
        """Return a lane that sends splits to a fork server, unless a subclass overrides ``submit``."""
        if type(self).submit is not Process.submit:
            return SubmitLane(self, execution)
        return ServerLane(self, execution)

    # for subclasses that override submit

    async def open(self, execution: Execution) -> None:
        self._connected(execution)

    def _connected(self, execution: Execution) -> Client:
        from laminar.local.fork_server import client

        if self._client is None or self._client.closed:
            self._client = client.connect(execution.flow, self.concurrency)
        return self._client

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None and (client.running or client.loads is None):
            client.close()

    async def submit(self, *, layer: Layer) -> Any:
        import asyncio

        loop = asyncio.get_running_loop()
        client = self._connected(layer.execution)
        ended: asyncio.Future[Any] = loop.create_future()
        descriptor = client.channel.fileno()

        def hear() -> None:
            client.exchange()
            if client.closed:
                loop.remove_reader(descriptor)

        def end(place: int, result: Any) -> None:
            if not ended.done():
                ended.set_result(result)

        loop.add_reader(descriptor, hear)
        number = client.run([layer], self.limit(layer), end)
        try:
            result = await ended
        except asyncio.CancelledError:
            client.cancel(number)
            raise
        finally:
            if not client.running:
                loop.remove_reader(descriptor)
        if isinstance(result, BaseException):
            raise result
        return result


class ServerLane(Lane):
    """Send splits to a fork server, some more than run at once, so that the next one starts as soon as one ends."""

    def __init__(self, executor: Process, execution: Execution) -> None:
        self.executor = executor
        self.execution = execution
        self.client: Client | None = None

    @property
    def slots(self) -> int:  # type: ignore[override]
        """Number of requests that the server may have: twice the number that runs."""
        return 2 * self.executor.concurrency

    def open(self) -> None:
        """Start the server."""
        from laminar.local.fork_server import client

        self.client = client.connect(self.execution.flow, self.executor.concurrency)

    def begin(self, layers: Sequence[Layer], end: End) -> None:
        """Request the splits; a server that was lost is replaced."""
        if self.client is None or self.client.closed:
            self.open()
        assert self.client is not None
        self.client.run(layers, self.executor.limit(layers[0]), end)

    def wait(self, timeout: float | None) -> None:
        """Wait for the server."""
        if self.client is not None:
            self.client.wait(timeout)

    def close(self) -> None:
        """Release the server, unless it loaded the program for further runs and is idle."""
        if self.client is not None and (self.client.running or self.client.loads is None or self.client.loads.program is None):
            self.client.close()
