"""Count the splits of a fan-out and find what each of them goes over, from the documents of its sources."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from laminar import graph
from laminar.components.binding import Default, vars_of
from laminar.exceptions import DatastoreError
from laminar.graph import PARAMETERS, Axis

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.configurations.datastores import Artifact, Record
    from laminar.configurations.datastores.documents.error_context import Origin

__all__ = ["count", "elements", "length", "published"]


def count(execution: Execution, layer: str) -> int:
    """Return how many splits a layer has, its sources having finished.

    Raises DatastoreError where a source's documents are missing.
    """
    grid = execution.flow.nodes[layer].grid
    return 1 if grid is None else graph.size(length(execution, axis) for axis in grid)


def elements(execution: Execution, layer: str, index: int) -> dict[str, dict[str, Callable[[], Any]]]:
    """Return, by source layer and attribute, a function that loads the element which a split goes over."""
    grid = execution.flow.nodes[layer].grid
    found: dict[str, dict[str, Callable[[], Any]]] = {}
    if grid is None:
        return found
    lengths = [1 if place == 0 else length(execution, axis) for place, axis in enumerate(grid)]
    rest = graph.size(lengths[1:])
    positions = (index // rest, *graph.coordinates(index % rest, lengths[1:])) if rest else (0,) * len(grid)
    for axis, position in zip(grid, positions, strict=True):
        found.setdefault(axis.layer, {})[axis.attribute] = partial(_element, execution, axis, position)
    return found


def published(execution: Execution, layer: str, record: Record) -> dict[str, int]:
    """Return the lengths of those attributes of a finished split that some ForEach goes over."""
    axes = (axis for node in execution.flow.nodes.values() for axis in node.grid or ())
    attributes = graph.published(axes).get(layer, ())
    return {attribute: _elements_of(execution, layer, attribute, record) for attribute in attributes}


def length(execution: Execution, axis: Axis) -> int:
    """Return how many elements a fan-out goes over on one axis, its source having finished; none where that was skipped.

    Raises DatastoreError where the source's documents are missing.
    """
    assert execution.id is not None
    datastore, flow = execution.flow.configuration.datastore, execution.flow.name
    if axis.layer != PARAMETERS and execution.status(axis.layer) == "skipped":
        return 0
    if axis.fan_out and axis.index is None:
        return datastore.total(
            flow, execution.id, axis.layer, axis.attribute, default=_has_default(execution, axis.layer, axis.attribute)
        )
    return _elements_of(execution, axis.layer, axis.attribute, _record(execution, axis.layer, axis.index or 0))


def _record(execution: Execution, layer: str, index: int) -> Record:
    assert execution.id is not None
    record = execution.flow.configuration.datastore.load(execution.flow.name, execution.id, layer, index)
    if record is None or index >= max(record.splits, 1):
        raise DatastoreError(
            f"Split {index} of layer {layer!r} is not finished (flow {execution.flow.name!r}, execution {execution.id!r}).",
            fix=f"run {layer} first, or name a split that it has.",
        )
    return record


def _has_default(execution: Execution, layer: str, attribute: str) -> bool:
    return isinstance(vars_of(execution.flow.registrations[layer].layer).get(attribute), Default)


def _elements_of(execution: Execution, layer: str, attribute: str, record: Record) -> int:
    """Return how many elements one document contributes: those of a shard or of a list parameter, else one or none."""
    if record.status == "skipped" or record.splits == 0:
        return 0
    artifact = record.artifacts.get(attribute)
    if artifact is None:
        return 1 if _has_default(execution, layer, attribute) else 0
    if layer == PARAMETERS and not artifact.sharded:
        datastore = execution.flow.configuration.datastore
        with _origin(execution, layer, attribute, record, artifact).reading(datastore):
            value = datastore.read(artifact)
        return len(value) if isinstance(value, list) else 1
    return artifact.length


def _origin(execution: Execution, layer: str, attribute: str, record: Record, artifact: Artifact) -> Origin:
    """Return what errors of reading an element say of the split that it is of."""
    made = execution.layer(layer)
    return made._binding.origin(made, attribute, record.splits, {record.index: artifact})


def _element(execution: Execution, axis: Axis, position: int) -> Any:
    assert execution.id is not None
    datastore, flow = execution.flow.configuration.datastore, execution.flow.name
    split = axis.index or 0
    if axis.fan_out and axis.index is None:
        default = _has_default(execution, axis.layer, axis.attribute)
        split, position = datastore.locate(flow, execution.id, axis.layer, axis.attribute, position, default=default)
    record = _record(execution, axis.layer, split)
    artifact = record.artifacts.get(axis.attribute)
    if artifact is None and not _has_default(execution, axis.layer, axis.attribute):
        raise DatastoreError(
            f"{axis.layer}.{axis.attribute} was never set, so it has no element {position}"
            f" (flow {flow!r}, execution {execution.id!r}).",
            fix="let --splits be as many as there are elements.",
        )
    if artifact is None:
        return vars_of(execution.flow.registrations[axis.layer].layer)[axis.attribute].value
    with _origin(execution, axis.layer, axis.attribute, record, artifact).reading(datastore):
        return _pick(datastore, axis.layer, artifact, position)


def _pick(datastore: Any, layer: str, artifact: Artifact, position: int) -> Any:
    if layer == PARAMETERS and not artifact.sharded:
        value = datastore.read(artifact)
        return value[position] if isinstance(value, list) else value
    return datastore.element(artifact, position)
