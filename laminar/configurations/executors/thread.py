"""Run splits in threads of this process: for tests, and for layers that wait more than they compute."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from laminar.configurations import option_values
from laminar.configurations.executors.base import Executor
from laminar.configurations.executors.lanes import End, Lane, SubmitLane
from laminar.exceptions import FlowError, LaminarError
from laminar.local import thread_output
from laminar.program import source_location
from laminar.worker import split

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from laminar.components.execution import Execution
    from laminar.components.layer import Layer
    from laminar.worker.layer_scope import LayerScope

__all__ = ["Thread"]


@option_values.explain_arguments
class Thread(Executor):
    """Run splits in threads; they share this process's memory and cannot be killed, so a timeout is rejected."""

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

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_semaphore"} | {"_pool": None, "_users": 0}

    @staticmethod
    def _no_timeout(who: str, where: str) -> FlowError:
        return FlowError(
            f"{who} has a timeout, and a thread cannot be stopped.", where=where, fix="use executor=Process(), or drop the timeout."
        )

    def check(self, execution: Execution) -> None:
        for name, registration in execution.flow.registrations.items():
            if registration.configuration.container.timeout is not None:
                raise self._no_timeout(f"Layer {name!r}", registration.where)

    def lane(self, execution: Execution) -> Lane:
        """Return a lane of threads, unless a subclass overrides ``submit``."""
        if type(self).submit is not Thread.submit:
            return SubmitLane(self, execution)
        return ThreadLane(self)

    def _open(self) -> None:
        from concurrent.futures import ThreadPoolExecutor

        thread_output.install()
        self._users += 1
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.concurrency, thread_name_prefix="laminar")

    def _close(self) -> None:
        if self._users == 0:
            return
        thread_output.uninstall()
        self._users -= 1
        if self._users == 0 and self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    async def open(self, execution: Execution) -> None:
        self._open()

    async def close(self) -> None:
        self._close()

    async def submit(self, *, layer: Layer) -> Any:
        import asyncio

        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._pool, context.run, self._work, layer)

    def _work(self, layer: Layer) -> Any:
        if not layer._binding.gate and self.limit(layer) is not None:
            raise split.failure(layer, "a hook gives it a timeout, and a thread cannot be stopped")
        with thread_output.captured(layer):
            return self.here(layer)


class ThreadLane(Lane):
    """Run splits in the threads of an executor; each end waits in a queue for the scheduler."""

    def __init__(self, executor: Thread) -> None:
        from queue import SimpleQueue

        self.executor = executor
        self.slots = 2 * executor.concurrency  # a thread that has finished a split gets the next one from the queue
        self.scopes: dict[str, LayerScope | None] = {}
        self.ended: SimpleQueue[tuple[End, int, Any]] = SimpleQueue()

    def open(self) -> None:
        """Start the threads."""
        self.executor._open()

    def begin(self, layers: Sequence[Layer], end: End) -> None:
        """Pass the splits to a thread."""
        assert self.executor._pool is not None
        if (scope := self._scope(layers[0])) is not None:
            for layer in layers:
                layer._binding.shared = scope
        self.executor._pool.submit(contextvars.copy_context().run, self._each, layers, end)

    def _scope(self, layer: Layer) -> LayerScope | None:
        """Return the common facts of a fan-out's splits; None where a split is to raise the error, or is the only one."""
        binding = layer._binding
        if binding.gate or binding.splits in (None, 1) or binding.tuned:
            return None
        if layer.name not in self.scopes:
            from laminar.worker.layer_scope import LayerScope

            self.scopes[layer.name] = None
            with contextlib.suppress(LaminarError):
                self.scopes[layer.name] = LayerScope.of(layer.execution, layer.name)
        return self.scopes[layer.name]

    def _each(self, layers: Sequence[Layer], end: End) -> None:
        for place, layer in enumerate(layers):
            try:
                result = self.executor._work(layer)
            except BaseException as error:  # the scheduler handles it
                result = error
            self.ended.put((end, place, result))

    def wait(self, timeout: float | None) -> None:
        """Wait for an end."""
        from queue import Empty

        try:
            end, place, result = self.ended.get(timeout=timeout)
            while True:
                end(place, result)
                end, place, result = self.ended.get_nowait()
        except Empty:
            return

    def close(self) -> None:
        """Wait for the threads, which cannot be stopped."""
        self.executor._close()
