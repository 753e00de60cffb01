"""Run attempts for a scheduler that waits for the next one to end."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from laminar.local.stream_copy import copied

if TYPE_CHECKING:
    from laminar.components.layer import Layer

__all__ = ["End", "InlineLane", "Lane", "SubmitLane"]

End = Callable[[int, Any], None]
"""Function that is called with the place of a split among those begun together, and with its answer or its exception."""


class Lane(ABC):
    """Run attempts of one execution; only `wait` blocks.

    ``slots`` is the number that the scheduler may begin before others have ended.
    """

    slots: int = 1
    needs_loop: bool = False

    def open(self) -> None:
        """Prepare, before anything is begun."""

    @abstractmethod
    def begin(self, layers: Sequence[Layer], end: End) -> None:
        """Begin an attempt at each of some splits, one after the other; ``end`` is called for each, from `wait`."""

    @abstractmethod
    def wait(self, timeout: float | None) -> None:
        """Wait until something has ended, at most so many seconds, and call the ``end`` of all attempts that have ended."""

    def close(self) -> None:
        """Stop the running splits."""


class InlineLane(Lane):
    """Run splits one at a time in this process and thread, so that they can use the terminal for a debugger or a prompt.

    Their output is copied to their logs.
    """

    def __init__(self, executor: Any) -> None:
        self.executor = executor
        self.begun: list[tuple[Sequence[Layer], End]] = []

    def begin(self, layers: Sequence[Layer], end: End) -> None:
        """Keep the splits until `wait`."""
        self.begun.append((layers, end))

    def wait(self, timeout: float | None) -> None:
        """Run the splits that were begun; where there are none, wait for the time."""
        if not self.begun and timeout is not None:
            time.sleep(timeout)
        while self.begun:
            layers, end = self.begun.pop(0)
            for place, layer in enumerate(layers):
                log = layer._binding.log
                try:
                    with copied(log.add if log is not None else None):
                        result = self.executor.here(layer)
                except Exception as error:  # the scheduler handles it
                    result = error
                end(place, result)


class SubmitLane(Lane):
    """Run attempts by an executor's ``submit``, in a separate event loop."""

    needs_loop = True

    def __init__(self, executor: Any, execution: Any) -> None:
        self.executor = executor
        self.execution = execution
        self.slots = executor.concurrency
        self.tasks: dict[Any, tuple[int, End]] = {}

    def open(self) -> None:
        """Start the loop and prepare the executor."""
        import asyncio

        self.runner = asyncio.new_event_loop()
        self.runner.run_until_complete(self.executor.open(self.execution))

    def begin(self, layers: Sequence[Layer], end: End) -> None:
        """Submit each split."""
        self.runner.create_task(self._each(layers, end))
        self.pending = True

    async def _each(self, layers: Sequence[Layer], end: End) -> None:
        import asyncio

        for place, layer in enumerate(layers):
            task = asyncio.ensure_future(self.executor.submit(layer=layer))
            self.tasks[task] = (place, end)
            await asyncio.wait([task])

    def wait(self, timeout: float | None) -> None:
        """Run the loop until a split has ended."""
        import asyncio

        async def some() -> None:
            await asyncio.sleep(0)
            if self.tasks:
                await asyncio.wait(list(self.tasks), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            elif timeout is not None:
                await asyncio.sleep(timeout)

        self.runner.run_until_complete(some())
        for task in [task for task in self.tasks if task.done()]:
            place, end = self.tasks.pop(task)
            end(place, task.exception() or task.result())

    def close(self) -> None:
        """Cancel the running tasks, stop the executor, and end the loop."""
        import asyncio

        async def stop() -> None:
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await self.executor.close()

        try:
            self.runner.run_until_complete(stop())
            self.runner.run_until_complete(self.runner.shutdown_asyncgens())
            self.runner.run_until_complete(self.runner.shutdown_default_executor())
        finally:
            self.runner.close()
