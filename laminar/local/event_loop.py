"""Run beside an event loop that runs already, as in a notebook."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["is_running", "run_beside"]


def is_running() -> bool:
    """Return whether this thread runs an event loop."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def run_beside(run: Callable[[], None], stop: Callable[[], None]) -> None:
    """Call a function in a new thread, and wait for its end; an interrupt calls ``stop`` first.

    Raises what the function raises.
    """
    raised: list[BaseException] = []

    def call() -> None:
        try:
            run()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=call, name="laminar-run")
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.2)
    except KeyboardInterrupt:
        stop()
        thread.join()
        raise
    if raised:
        raise raised[0]
