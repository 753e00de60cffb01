"""Run splits in threads of this process: for tests, and for layers that wait more than they compute."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any, ClassVar

from laminar.configurations.executors.base import Executor
from laminar.exceptions import FlowError
from laminar.local import thread_output
from laminar.program import source_location
from laminar.worker import split

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from laminar.components.execution import Execution
    from laminar.components.layer import Layer

__all__ = ["Thread"]


class Thread(Executor):
    """Run splits in threads; they share this process's memory and cannot be killed, so a timeout is refused."""

    isolated: ClassVar[bool] = False

    def __init__(self, *, concurrency: int | None = None, timeout: float | None = None) -> None:
        """Make an executor with this many threads.

        Raises FlowError for a timeout.
        """
        super().__init__(concurrency=concurrency, timeout=timeout)
        self._pool: ThreadPoolExecutor | None = None
        self._users = 0
        if timeout is not None:
            raise self._no_timeout("Executor Thread", source_location.caller())

    @staticmethod
    def _no_timeout(who: str, where: str) -> FlowError:
        return FlowError(
            f"{who} has a timeout, and a thread cannot be stopped.", where=where, fix="use executor=Process(), or drop the timeout."
        )

    def check(self, execution: Execution) -> None:
        for name, registration in execution.flow.registrations.items():
            if registration.configuration.container.timeout is not None:
                raise self._no_timeout(f"Layer {name!r}", registration.where)

    async def open(self, execution: Execution) -> None:
        from concurrent.futures import ThreadPoolExecutor

        thread_output.install()
        self._users += 1
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.concurrency, thread_name_prefix="laminar")

    async def close(self) -> None:
        if self._users == 0:
            return
        thread_output.uninstall()
        self._users -= 1
        if self._users == 0 and self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    async def submit(self, *, layer: Layer) -> Any:
        import asyncio

        if not layer._binding.gate and self.limit(layer) is not None:
            raise split.failure(layer, "a hook gives it a timeout, and a thread cannot be stopped")
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._pool, context.run, self._work, layer)

    def _work(self, layer: Layer) -> Any:
        with thread_output.captured(layer):
            return self.here(layer)
