"""Print notes about unexpected effects of a layer's code, once per layer, to the layer's output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from laminar.graph import Axis
from laminar.program import source_location

if TYPE_CHECKING:
    from laminar.components.layer import Layer
    from laminar.worker.job import SplitJob

__all__ = ["dropped_return", "not_cached", "reused", "unsplit_values"]


def dropped_return(layer: Layer, value: object) -> None:
    """Print a note that the value returned by ``__call__`` is dropped."""
    if layer.index == 0 and layer.attempt == 1:
        _print(
            f"{layer.name}.__call__ returned a value of type {type(value).__name__!r}, which is dropped:"
            f" set it on the layer, as self.{_name_for(layer)} = ... ({source_location.of_function(type(layer).__call__)})."
        )


def not_cached(layer: Layer, reason: str) -> None:
    """Print a note that a layer that is registered with a cache runs each time, and why."""
    if layer.index == 0 and layer.attempt == 1:
        _print(f"{layer.name} is not cached: {reason} (docs/howto/caching.md).")


def reused(job: SplitJob, execution: str) -> None:
    """Print a note in a pod's log that the split did not run; on this machine the display reports it."""
    if "LAMINAR_OUTPUTS" in os.environ or "LAMINAR_PARAMETERS" in os.environ:
        _print(f"{job.layer} has the result of execution {execution}: its code and its inputs are the same.")


def unsplit_values(layer: Layer, job: SplitJob) -> None:
    """Print a note for each attribute that was set to a collection of elements, over which a ForEach runs once."""
    if job.index != 0 or job.attempt != 1:
        return
    for reader, axis in _readers(job):
        value = layer._binding.values.get(axis.attribute)
        count = _count(value)
        if axis.attribute not in layer._binding.shards and count not in (None, 1):
            _print(
                f"{reader} runs once over {job.layer}.{axis.attribute}, which was set to a {type(value).__name__} of {count}:"
                f" to give each element a split, write self.shard({axis.attribute}=...) in {job.layer}.__call__"
                f" ({job.registration.where})."
            )


def _readers(job: SplitJob) -> Iterator[tuple[str, Axis]]:
    """Yield the first fan-out over each attribute of a job's layer."""
    seen: set[str] = set()
    for node in job.nodes.values():
        for axis in node.grid or ():
            if axis.layer == job.layer and axis.attribute not in seen:
                seen.add(axis.attribute)
                yield node.name, axis


def _count(value: Any) -> int | None:
    """Return how many elements a collection has whose elements the author may expect to be split; None for anything else."""
    if isinstance(value, (list, tuple, range, set, frozenset)):
        return len(value)
    if getattr(value, "ndim", None) == 1 and hasattr(value, "__len__"):  # an array, or a column of a table
        return len(value)
    return None


def _name_for(layer: Layer) -> str:
    """Return a name for the attribute in the advice: one that the class announces, if it does."""
    return next((name for name in vars(type(layer)).get("__annotations__", ()) if not name.startswith("_")), "result")


def _print(text: str) -> None:
    print(f"laminar: note: {text}", file=sys.stderr, flush=True)
