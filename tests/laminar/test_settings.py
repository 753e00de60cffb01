"""The running split, as threads and the process see it."""

from __future__ import annotations

import threading

import pytest

from laminar.settings import CurrentExecution, CurrentFlow, CurrentLayer, Snapshot, current, running


def snapshot(name: str) -> Snapshot:
    return Snapshot(CurrentExecution(name, True), CurrentFlow(f"{name} flow"), CurrentLayer(f"{name} layer", 1, 3, 2))


def seen() -> tuple[object, ...]:
    return current.execution, current.flow, current.layer


def seen_by_a_thread() -> tuple[object, ...]:
    found: list[tuple[object, ...]] = []
    thread = threading.Thread(target=lambda: found.append(seen()))
    thread.start()
    thread.join()
    return found[0]


NOTHING = (CurrentExecution(None, False), CurrentFlow(None), CurrentLayer(None, None, None, None))


def parts(of: Snapshot) -> tuple[object, ...]:
    return of.execution, of.flow, of.layer


def test_outside_of_a_split_all_is_none():
    assert seen() == seen_by_a_thread() == NOTHING


@pytest.mark.parametrize("everywhere", [True, False])
def test_threads_of_the_layer_see_its_split_where_the_process_runs_nothing_else(everywhere):
    one = snapshot("one")
    with running(one, everywhere=everywhere):
        assert seen() == parts(one)
        assert seen_by_a_thread() == (parts(one) if everywhere else NOTHING)
    assert seen() == seen_by_a_thread() == NOTHING


def test_a_split_that_fails_leaves_what_was_running_before():
    outer, inner = snapshot("outer"), snapshot("inner")
    with running(outer, everywhere=True):
        with pytest.raises(ValueError, match="failed"), running(inner, everywhere=True):
            raise ValueError("failed")
        assert seen() == seen_by_a_thread() == parts(outer)
