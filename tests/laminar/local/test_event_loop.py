"""A run beside an event loop ends as one without it."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from laminar.local import event_loop


def test_a_loop_is_seen_from_inside_only():
    async def inside() -> bool:
        return event_loop.is_running()

    assert asyncio.run(inside()) and not event_loop.is_running()


def test_a_function_runs_in_another_thread_without_a_loop_and_its_error_is_raised():
    seen: list[object] = []

    def run() -> None:
        seen.extend((threading.current_thread().name, event_loop.is_running()))
        raise SystemExit(3)

    async def main() -> None:
        event_loop.run_beside(run, lambda: None)

    with pytest.raises(SystemExit):
        asyncio.run(main())
    assert seen == ["laminar-run", False]


def test_an_interrupt_stops_the_run_and_waits_for_its_end(monkeypatch):
    stopped, ended = threading.Event(), threading.Event()
    joins = threading.Thread.join

    def interrupted(thread: threading.Thread, timeout: float | None = None) -> None:
        joins(thread, timeout)
        if timeout is not None:
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "join", interrupted)

    def run() -> None:
        stopped.wait(20)
        time.sleep(0.05)
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        event_loop.run_beside(run, stopped.set)
    assert ended.is_set()
