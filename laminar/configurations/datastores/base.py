"""Define DataStore: values, documents and listings on top of a storage's operations on bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from laminar.configurations.datastores import key_layout
from laminar.configurations.datastores.documents import element_index, execution_listing, repository
from laminar.configurations.datastores.documents.record import Record
from laminar.configurations.datastores.values.artifact import Artifact
from laminar.configurations.datastores.values.value_store import ValueStore
from laminar.exceptions import DatastoreError, LaminarError

__all__ = ["DataStore"]

ExecutionT_co = TypeVar("ExecutionT_co", covariant=True)
ExecutionT = TypeVar("ExecutionT")
LayerT_co = TypeVar("LayerT_co", covariant=True)
LayerT = TypeVar("LayerT")


class Named(Protocol):
    """A flow, as far as listings need it."""

    @property
    def name(self) -> str:
        """Name of the flow's class."""


class ListedFlow(Named, Protocol[ExecutionT_co]):
    """A flow that returns executions by their ids."""

    def execution(self, id: str | None = None, /) -> ExecutionT_co:
        """Return the execution of an id."""


class StoredExecution(Protocol):
    """An execution, as far as listings need it."""

    @property
    def id(self) -> str | None:
        """Id of the execution, None where it has none yet."""

    @property
    def flow(self) -> Named:
        """Flow of the execution."""


class ListedExecution(StoredExecution, Protocol[LayerT_co]):
    """An execution that returns layers by their names."""

    def layer(self, layer: str, /) -> LayerT_co:
        """Return the layer of a name."""


class StoredLayer(Named, Protocol):
    """A layer of an execution, as far as listings need it."""

    @property
    def execution(self) -> StoredExecution:
        """Execution of the layer."""


class DataStore(ValueStore):
    """Store values under the address of their content, and documents that name the values of each split.

    Subclass it for another kind of storage: define ``get``, ``put``, ``names``, ``exists`` and ``delete`` on ``/``-separated
    keys, and ``get_many`` and ``renew`` where the storage can do better. ``url`` is a value for ``LAMINAR_DATASTORE``;
    ``shared`` is True if other processes can read the stored data.
    """

    # documents

    def save(self, record: Record, /) -> None:
        """Write a split's document: from now on the split is finished."""
        repository.save(self, record)

    def save_in_background(self, record: Record, /) -> Callable[[], None]:
        """Write a split's document, readable in this process at once, and return a function that waits until others see it.

        The function raises the exception of the write.
        """
        return repository.save_in_background(self, record)

    def load(self, flow: str, execution: str, layer: str, index: int) -> Record | None:
        """Return the record of a split, None where it has not ended."""
        return repository.load(self, flow, execution, layer, index)

    def records(self, flow: str, execution: str, layer: str) -> dict[int, Record]:
        """Return the records of all splits of a layer that have ended, by split, in order."""
        return repository.records(self, flow, execution, layer)

    def remove(self, flow: str, execution: str, layer: str) -> None:
        """Remove a layer's documents, failure markers and offsets; its artifacts stay."""
        repository.remove(self, flow, execution, layer)

    def record_failure(self, flow: str, execution: str, layer: str, index: int, attempt: int, message: str) -> None:
        """Write the marker of an attempt that failed by its own error."""
        repository.record_failure(self, flow, execution, layer, index, attempt, message)

    def failures(self, flow: str, execution: str, layer: str, index: int) -> tuple[int, ...]:
        """Return the attempts at a split that failed by their own errors, in order."""
        return repository.failures(self, flow, execution, layer, index)

    def clear_failures(self, flow: str, execution: str, layer: str, index: int) -> None:
        """Remove the failure markers of a split."""
        repository.clear_failures(self, flow, execution, layer, index)

    def locate(self, flow: str, execution: str, layer: str, attribute: str, position: int, *, default: bool) -> tuple[int, int]:
        """Return the split of a finished fan-out, and the element of it, at a position of a flat attribute.

        With ``default``, a split that did not set the attribute contributes the class's value.
        Raises DatastoreError where splits are missing or there are not so many elements.
        """
        return element_index.locate(self, flow, execution, layer, attribute, position, default=default)

    def total(self, flow: str, execution: str, layer: str, attribute: str, *, default: bool) -> int:
        """Return how many elements a flat attribute of a finished fan-out has.

        Raises DatastoreError where splits are missing.
        """
        return element_index.total(self, flow, execution, layer, attribute, default=default)

    def sums(self, flow: str, execution: str, layer: str, attribute: str, *, default: bool) -> Sequence[int]:
        """Return how many elements of a flat attribute each split of a finished fan-out, and those before it, contribute.

        Raises DatastoreError where splits are missing.
        """
        return element_index.stored_sums(self, flow, execution, layer, attribute, default=default)

    # listings

    def executions(self, flow: str) -> tuple[str, ...]:
        """Return the ids of a flow's executions, oldest first."""
        return execution_listing.executions(self, flow)

    def layers(self, flow: str, execution: str) -> tuple[str, ...]:
        """Return the names of the layers that have documents in an execution, sorted."""
        return tuple(repository.folders(self, key_layout.execution_folder(flow, execution)))

    def list_executions(self, *, flow: ListedFlow[ExecutionT]) -> list[ExecutionT]:
        """Return a flow's executions, oldest first, those without artifacts as well."""
        return [flow.execution(execution) for execution in self.executions(flow.name)]

    def list_layers(self, *, execution: ListedExecution[LayerT]) -> list[LayerT]:
        """Return the layers that have documents in an execution, by name, except those that its flow no longer has."""
        layers: list[LayerT] = []
        for name in self.layers(execution.flow.name, id_of(execution)):
            try:
                layers.append(execution.layer(name))
            except LaminarError:
                continue  # of an older version of the program
        return layers

    def list_artifacts(self, *, layer: StoredLayer) -> list[Artifact]:
        """Return a layer's artifacts, by name; those of a fan-out are sharded, and hold the values of all its splits."""
        execution = layer.execution
        records = self.records(execution.flow.name, id_of(execution), layer.name)
        names = sorted({name for record in records.values() for name in record.artifacts if not name.startswith("_")})
        found = {name: [record.artifacts[name] for record in records.values() if name in record.artifacts] for name in names}
        if len(records) == 1:
            return [found[name][0] for name in names]
        return [Artifact(name, parts=self.accessor(found[name]).artifact.parts) for name in names]


def id_of(execution: StoredExecution) -> str:
    """Return the id of an execution.

    Raises DatastoreError where it has none yet.
    """
    if execution.id is None:
        raise DatastoreError(
            f"This execution of flow {execution.flow.name!r} has no id, so no data of it is stored.",
            fix="name one: flow.execution('...'), or start it with flow(...).",
        )
    return execution.id
