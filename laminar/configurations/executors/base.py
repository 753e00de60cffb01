"""Define Executor, which runs one split when the scheduler starts it."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from laminar.configurations import option_values
from laminar.configurations.executors.lanes import Lane, SubmitLane
from laminar.worker import split
from laminar.worker.split import SplitFailed

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.layer import Layer

__all__ = ["Executor", "NotStarted", "SplitKilled", "cpus"]


class SplitKilled(SplitFailed):
    """An attempt was ended from outside (a signal, out of memory): it does not count as one."""

    blameless = True
    how = "killed"

    @classmethod
    def of(cls, failed: SplitFailed, *, how: str = "killed") -> SplitKilled:
        """Return a failure as one from outside."""
        names = ("execution", "flow", "layer", "index", "attempt")
        killed = cls(failed.what, **{name: getattr(failed, name) for name in names})
        killed.reason, killed.how = failed.reason, how
        return killed


class NotStarted(Exception):
    """A split of a batch was not begun: the process ended at an earlier one. It is begun again, and loses no attempt."""


def cpus() -> int:
    """Return how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@option_values.explain_arguments
class Executor(ABC):
    """Run splits, at most ``concurrency`` at once (default: the CPUs this process may use), each at most ``timeout`` seconds.

    To add one, subclass it and write ``submit``. ``isolated`` means that its splits cannot read this process's memory.
    """

    isolated: ClassVar[bool] = True

    def __init__(self, *, concurrency: int | None = None, timeout: float | None = None) -> None:
        """Make an executor with these limits.

        Raises OptionError for limits that are not positive numbers; ``timeout`` may be a duration such as "1h".
        """
        kind = type(self).__name__
        self.concurrency = cpus() if concurrency is None else option_values.count(kind, "concurrency", concurrency, least=1)
        self.timeout = None if timeout is None else option_values.seconds(kind, "timeout", timeout)

    @property
    def semaphore(self) -> Any:
        """Semaphore of as many slots as ``concurrency``, for executors that submit by themselves."""
        import asyncio

        made = self.__dict__.get("_semaphore")
        if made is None:
            made = self.__dict__["_semaphore"] = asyncio.Semaphore(self.concurrency)
        return made

    def lane(self, execution: Execution) -> Lane:
        """Return the lane that runs the attempts of an execution: by ``submit``, unless an executor has a faster way."""
        return SubmitLane(self, execution)

    @abstractmethod
    async def submit(self, *, layer: Layer) -> Any:
        """Run one attempt of the split that a layer stands for, and return when it has ended.

        Raises SplitFailed where it failed by its own error, SplitKilled where it was ended from outside. A layer whose binding is a
        gate is not run: its entry hooks are evaluated, and the answer returned.
        """

    def here(self, layer: Layer) -> Any:
        """Do an attempt's work in this thread, as ``submit`` may somewhere: run the split, or evaluate a gate's hooks.

        Raises SplitFailed where the layer fails. Elsewhere, start the program with `laminar.worker.Job`'s environment instead.
        """
        return split.evaluate(layer) if layer._binding.gate else split.run(layer, everywhere=False)

    def limit(self, layer: Layer) -> float | None:
        """Return how many seconds an attempt may take: the smaller of the layer's and the executor's own."""
        given = [seconds for seconds in (layer.configuration.container.timeout, self.timeout) if seconds is not None]
        return min(given, default=None)

    def check(self, execution: Execution) -> None:
        """Raise FlowError for settings of an execution that this executor does not support, before anything runs."""

    async def open(self, execution: Execution) -> None:
        """Prepare to run splits of an execution."""

    async def close(self) -> None:
        """Stop the running splits."""
