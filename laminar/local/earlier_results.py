"""Move the documents of layers into the history while these run again, so that a failure loses no result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from laminar import graph
from laminar.configurations.datastores import key_layout
from laminar.graph import PARAMETERS
from laminar.ksuid import ksuid

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.configurations.datastores import DataStore, Record

__all__ = ["EarlierResults"]


@dataclass(frozen=True)
class EarlierResults:
    """The documents that layers had before they run again, by layer. A copy of each is in the execution's history."""

    execution: Execution
    folder: str
    documents: dict[str, dict[int, Record]]

    @classmethod
    def set_aside(cls, execution: Execution, layers: Iterable[str]) -> EarlierResults:
        """Copy the documents of layers into the execution's history, and remove them from their places."""
        assert execution.id is not None
        flow, store = execution.flow.name, execution.flow.configuration.datastore
        folder = key_layout.aside_folder(flow, execution.id, ksuid())
        documents = {name: store.records(flow, execution.id, name) for name in layers}
        store.put_many(
            [
                (f"{folder}/{name}/{index}.json", (record.to_json().encode(),))
                for name, records in documents.items()
                for index, record in records.items()
            ]
        )
        for name, records in documents.items():
            if records and name != PARAMETERS:
                store.remove(flow, execution.id, name)
        return cls(execution, folder, documents)

    @property
    def store(self) -> DataStore:
        """Datastore of the execution."""
        return self.execution.flow.configuration.datastore

    def settle(self) -> tuple[str, ...]:
        """Restore the layers whose run changed nothing; drop all if everything has run; return the layers that were not restored.

        A layer is restored if neither it nor any layer above it has finished again: else its old result would be beside inputs
        that it was not computed from.
        """
        flow = self.execution.flow
        edges = {name: node.needs for name, node in flow.nodes.items()}
        new = {name for name in self.documents if name == PARAMETERS or self.execution.status(name) != "unfinished"}
        if new.issuperset(self.documents):
            self.store.delete(self.folder)
            return ()
        lost = []
        for name, records in self.documents.items():
            if name in new or not records:
                continue
            if new & (graph.ancestors(name, edges) - {PARAMETERS}) or self.store.records(flow.name, self.execution.id or "", name):
                lost.append(name)
                continue
            for record in records.values():
                self.store.save(record)
        if not lost and not new - {PARAMETERS}:
            self.store.delete(self.folder)
        return tuple(lost)
