"""Read the history of runs from a datastore alone: their states, attempts, failures and logs.

The writers of history are here too: the session of a local run, and the stored output of splits. Nothing here executes a
program, schedules a layer or draws for people.

`find` returns the run of an address. Its layers, splits and attempts are plain values::

    run = history.find("Train", "latest", store)
    run.state, run.started, run.seconds
    for layer in run.layers: layer.name, layer.state, layer.splits, layer.wall, layer.work
    for attempt in run.failures: attempt.layer, attempt.index, attempt.how, attempt.message, attempt.traceback
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from laminar.history.address import find
    from laminar.history.attempts import Attempt
    from laminar.history.layers import LayerRun
    from laminar.history.stored_run import Run

__all__ = ["Attempt", "LayerRun", "Run", "find"]

PLACES = {"Attempt": "attempts", "LayerRun": "layers", "Run": "stored_run", "find": "address"}


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"laminar.history.{PLACES[name]}"), name)
