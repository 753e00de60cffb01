"""Count the splits of a fan-out and find the elements of each, from the documents of its sources."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from laminar import graph
from laminar.components.binding import default_of, origin_of
from laminar.configurations.datastores.documents import element_index
from laminar.exceptions import DatastoreError, LaminarError
from laminar.graph import PARAMETERS, Axis
from laminar.worker.job import ExecutionScope

if TYPE_CHECKING:
    from laminar.configurations.datastores import Artifact, Record
    from laminar.configurations.datastores.documents.error_context import Origin

__all__ = ["Scope", "count", "element_digests", "elements", "ends", "length", "prepare", "published"]

Scope = ExecutionScope


def count(scope: Scope, layer: str) -> int:
    """Return how many splits a layer has, its sources having finished.

    Raises DatastoreError where a source's documents are missing.
    """
    grid = scope.nodes[layer].grid
    return 1 if grid is None else graph.size(length(scope, axis) for axis in grid)


def elements(scope: Scope, layer: str, index: int, lengths: Sequence[int] | None = None) -> dict[str, dict[str, Callable[[], Any]]]:
    """Return, by source layer and attribute, a function that loads the element of a split.

    ``lengths`` are those of the grid's axes, where they are known.
    """
    found: dict[str, dict[str, Callable[[], Any]]] = {}
    for axis, position in _positions(scope, layer, index, lengths):
        found.setdefault(axis.layer, {})[axis.attribute] = partial(_element, scope, axis, position)
    return found


def element_digests(scope: Scope, layer: str, index: int) -> dict[str, dict[str, str]]:
    """Return, by source layer and attribute, text that is equal for equal elements of a split; that of a JSON value begins so.

    Raises NotComparable for an element of a parameter that cannot be compared.
    """
    found: dict[str, dict[str, str]] = {}
    for axis, position in _positions(scope, layer, index):
        found.setdefault(axis.layer, {})[axis.attribute] = _element_digest(scope, axis, position)
    return found


def _positions(scope: Scope, layer: str, index: int, lengths: Sequence[int] | None = None) -> list[tuple[Axis, int]]:
    """Return the axes of a layer's grid with the place of a split on each."""
    grid = scope.nodes[layer].grid
    if grid is None:
        return []
    if lengths is None:
        lengths = [1 if place == 0 else length(scope, axis) for place, axis in enumerate(grid)]
    rest = graph.size(lengths[1:])
    positions = (index // rest, *graph.coordinates(index % rest, lengths[1:])) if rest else (0,) * len(grid)
    return list(zip(grid, positions, strict=True))


def published(scope: Scope, record: Record, attributes: Iterable[str] | None = None) -> dict[str, int]:
    """Return the lengths of those attributes of a finished split that some ForEach iterates over."""
    if attributes is None:
        axes = (axis for node in scope.nodes.values() for axis in node.grid or ())
        attributes = graph.published(axes).get(record.layer, ())
    return {attribute: _contributed(scope, attribute, record) for attribute in attributes}


def length(scope: Scope, axis: Axis) -> int:
    """Return how many elements a fan-out has on one axis, its source having finished; 0 where that was skipped.

    Raises DatastoreError where the source's documents are missing.
    """
    if axis.layer != PARAMETERS and scope.status(axis.layer) == "skipped":
        return 0
    if axis.fan_out and axis.index is None:
        default = _has_default(scope, axis.layer, axis.attribute)
        return scope.store.total(scope.flow, scope.execution, axis.layer, axis.attribute, default=default)
    return _contributed(scope, axis.attribute, _record(scope, axis.layer, axis.index or 0))


def ends(scope: Scope, axis: Axis) -> Sequence[int]:
    """Return how many elements each split of a fan-out that is iterated over whole, and those before it, contribute.

    Raises DatastoreError where splits are missing.
    """
    default = _has_default(scope, axis.layer, axis.attribute)
    return scope.store.sums(scope.flow, scope.execution, axis.layer, axis.attribute, default=default)


def _located(scope: Scope, axis: Axis, position: int) -> tuple[int, int]:
    """Return the split, and the element of it, at a position of a fan-out that is iterated over whole."""
    names = scope.flow, scope.execution, axis.layer, axis.attribute
    known = scope.ends.get((axis.layer, axis.attribute))
    if known is not None:
        return element_index.place(known, *names, position)
    return scope.store.locate(*names, position, default=_has_default(scope, axis.layer, axis.attribute))


def _record(scope: Scope, layer: str, index: int) -> Record:
    record = scope.document(layer, index)
    if record is None or index >= max(record.splits, 1):
        raise DatastoreError(
            f"Split {index} of layer {layer!r} is not finished (flow {scope.flow!r}, execution {scope.execution!r}).",
            fix=f"run {layer} first, or name a split that it has.",
        )
    return record


def _has_default(scope: Scope, layer: str, attribute: str) -> bool:
    return default_of(scope.registrations[layer].layer, attribute) is not None


def _contributed(scope: Scope, attribute: str, record: Record) -> int:
    """Return how many elements one document contributes: those of a shard or of a list parameter, else one or none."""
    if record.status == "skipped" or record.splits == 0:
        return 0
    artifact = record.artifacts.get(attribute)
    if artifact is None:
        return 1 if _has_default(scope, record.layer, attribute) else 0
    if record.layer == PARAMETERS and not artifact.sharded:
        with _origin(scope, attribute, record, artifact).explaining(scope.store):
            return graph.parameter_length(scope.store.read(artifact))
    return artifact.length


def _origin(scope: Scope, attribute: str, record: Record, artifact: Artifact) -> Origin:
    """Return the name of an element in read errors: the split that it is of."""
    return origin_of(scope.nodes, scope.flow, scope.execution, record.layer, attribute, record.splits, {record.index: artifact})


def prepare(scope: Scope, layer: str, index: int, lengths: Sequence[int]) -> None:
    """Read the tables of segments, which a process that is forked next needs to find its elements."""
    for axis, position in zip(scope.nodes[layer].grid or (), graph.coordinates(index, lengths), strict=True):
        record = scope.known.get((axis.layer, axis.index or 0))
        artifact = None if record is None else record.artifacts.get(axis.attribute)
        if artifact is not None and artifact.sharded:
            scope.store.open_segment(artifact, position)


def _holding(scope: Scope, axis: Axis, position: int) -> tuple[Record, int]:
    """Return the document that an element is of, and its place among the elements that this contributes."""
    split = axis.index or 0
    if axis.fan_out and axis.index is None:
        split, position = _located(scope, axis, position)
    return _record(scope, axis.layer, split), position


def _element_digest(scope: Scope, axis: Axis, position: int) -> str:
    record, position = _holding(scope, axis, position)
    artifact = record.artifacts.get(axis.attribute)
    if artifact is None:
        return "default"  # it is part of the class
    with _origin(scope, axis.attribute, record, artifact).explaining(scope.store):
        if axis.layer != PARAMETERS or artifact.sharded:
            return scope.store.element_digest(artifact, position)
        value = scope.store.read(artifact)
    element = value[position] if isinstance(value, list) else value
    if artifact.json is not None:
        return f'{{"json":{json.dumps(element, sort_keys=True)}}}'
    from laminar.program.code_digest import Walk

    walk = Walk()
    walk.value(element)
    return walk.digest


def _element(scope: Scope, axis: Axis, position: int) -> Any:
    store = scope.store
    record, position = _holding(scope, axis, position)
    artifact = record.artifacts.get(axis.attribute)
    if artifact is None:
        default_value = default_of(scope.registrations[axis.layer].layer, axis.attribute)
        if default_value is not None:
            return default_value.value
        raise DatastoreError(
            f"{axis.layer}.{axis.attribute} was never set, so it has no element {position}"
            f" (flow {scope.flow!r}, execution {scope.execution!r}).",
            fix="pass --splits with as many as there are elements.",
        )
    try:
        if axis.layer == PARAMETERS and not artifact.sharded:
            value = store.read(artifact)
            return value[position] if isinstance(value, list) else value
        return store.element(artifact, position)
    except LaminarError as error:
        _origin(scope, axis.attribute, record, artifact).explain(error, store)
        raise
