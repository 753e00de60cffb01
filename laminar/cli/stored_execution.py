"""Read an execution from its documents and the outline of its flow, without the flow itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from laminar.configurations.datastores.documents.repository import is_complete
from laminar.configurations.datastores.key_layout import document_key
from laminar.exceptions import DatastoreError, ExecutionError
from laminar.graph import PARAMETERS

if TYPE_CHECKING:
    from laminar.cli.datastore_choice import StoredFlow
    from laminar.configurations.datastores import Artifact, Record
    from laminar.configurations.datastores.documents.error_context import Origin
    from laminar.program.outline import LayerOutline

__all__ = ["StoredExecution", "newest_first"]

AT_ONCE = 1000
"""Documents that are fetched together."""


@dataclass(eq=False)
class StoredExecution:
    """An execution of a flow, known from its datastore and from the program's source."""

    flow: StoredFlow
    id: str
    _first: dict[str, Record | None] = field(default_factory=dict, repr=False)
    _all: dict[str, dict[int, Record]] = field(default_factory=dict, repr=False)

    @cached_property
    def _outlined(self) -> dict[str, LayerOutline]:
        return self.flow.outline.layers if self.flow.outline is not None else {}

    @cached_property
    def is_complete(self) -> bool:
        """Whether all layers of the flow are known."""
        return self.flow.outline is not None and self.flow.outline.complete

    def layers(self) -> list[str]:
        """Return the names of the layers: those of the source, then others of the datastore if the source does not list all."""
        stored = () if self.is_complete else self.flow.store.layers(self.flow.name, self.id)
        return list(dict.fromkeys([PARAMETERS, *self._outlined, *stored]))

    def record(self, layer: str) -> Record | None:
        """Return the record of a layer's first split, None where it has not ended."""
        if layer not in self._first:
            self._first[layer] = self.flow.store.load(self.flow.name, self.id, layer, 0)
        return self._first[layer]

    def records(self, layer: str) -> dict[int, Record]:
        """Return the records of the splits of a layer that have ended."""
        if layer not in self._all:
            self._all[layer] = self.flow.store.records(self.flow.name, self.id, layer)
        return self._all[layer]

    def is_fan_out(self, layer: str) -> bool:
        """Return whether a layer has splits: by its source, else by its first document."""
        if layer in self._outlined:
            return self._outlined[layer].fan_out
        record = self.record(layer)
        return record is not None and record.splits != 1

    def statuses(self) -> dict[str, str]:
        """Return whether each layer is ``finished``, ``skipped`` or ``unfinished``."""
        known: dict[str, str] = {}
        for name in self.layers():
            self._status(name, known)
        return {name: known[name] for name in self.layers()}

    def _status(self, name: str, known: dict[str, str]) -> str:
        """Return a layer's state. One without an entry hook is skipped if any layer that it needs is."""
        if name not in known:
            known[name] = self._stored_status(name)
            outline = self._outlined.get(name)
            if known[name] == "unfinished" and outline is not None and not outline.entry:
                needs = [need for need in outline.needs if need in self._outlined]
                if any(self._status(need, known) == "skipped" for need in needs):
                    known[name] = "skipped"
        return known[name]

    def _stored_status(self, name: str) -> str:
        first = self.record(name)
        if first is None:
            return "unfinished"
        if first.status == "skipped":
            return "skipped"
        return "finished" if first.splits <= 1 or is_complete(self.records(name)) else "unfinished"

    def summary(self) -> tuple[str, str, str]:
        """Return the state of the execution, its number of finished layers, and when it started.

        An execution that has not finished is running, failed or interrupted, as far as its history has it.
        """
        states = {name: state for name, state in self.statuses().items() if name != PARAMETERS}
        done = sum(state != "unfinished" for state in states.values())
        first = self.record(PARAMETERS)
        started = first.started if first is not None else "-"
        if not self.is_complete:
            return self._recorded() or "-", str(done), started
        return "finished" if done == len(states) else self._recorded() or "unfinished", f"{done}/{len(states)}", started

    def _recorded(self) -> str:
        """Return the state in the history of an execution, "" where an older laminar wrote none."""
        from laminar.history import Run
        from laminar.history.state import UNKNOWN

        try:
            found = Run(self.flow.name, self.id, self.flow.store).state
        except DatastoreError:  # its record is damaged: its layers are shown nevertheless
            return ""
        return found if found != UNKNOWN else ""

    def splits(self, layer: str, status: str) -> str:
        """Return the number of splits of a fan-out; of an unfinished one the finished ones too."""
        if not self.is_fan_out(layer):
            return "-"
        records = self.records(layer)
        if not records:
            return "-"
        whole = next(iter(records.values())).splits
        return str(whole) if status != "unfinished" else f"{len(records)}/{whole}"

    def names(self, layer: str) -> list[str]:
        """Return the names of a layer's artifacts, sorted."""
        first = self.record(layer)
        records = self.records(layer).values() if self.is_fan_out(layer) else [] if first is None else [first]
        return sorted({name for record in records for name in record.artifacts if not name.startswith("_")})

    def artifacts(self, layer: str, index: int | None) -> dict[str, Artifact]:
        """Return a layer's artifacts by name: of one split, or of all splits of a fan-out as one flat sequence.

        Raises ExecutionError for a split that the layer does not have.
        """
        records = self.records(layer)
        if index is not None:
            self._check_index(layer, index, records)
            return _of_users(records[index]) if index in records else {}
        if not self.is_fan_out(layer):
            return _of_users(records[0]) if 0 in records else {}
        parts = {name: [one.artifacts[name] for one in records.values() if name in one.artifacts] for name in self.names(layer)}
        return {name: self.flow.store.accessor(found).artifact for name, found in parts.items()}

    def _check_index(self, layer: str, index: int, records: dict[int, Record]) -> None:
        """Raise ExecutionError for a split that a layer does not have."""
        is_one = not self.is_fan_out(layer)
        splits = 1 if is_one else next((record.splits for record in records.values()), None)
        if index in records or splits is None or index < splits:
            return
        has = f"it has splits 0 to {splits - 1}" if splits > 1 else "it has split 0 only" if splits else "it has none"
        raise ExecutionError(
            f"Layer {layer!r} has no split {index}: {'it is no fan-out, ' if is_one else ''}{has}.",
            fix="pass one of its splits, or omit --index.",
        )

    def origin(self, layer: str, attribute: str, index: int | None) -> Origin:
        """Return the name of an attribute in error messages, by the splits that it belongs to."""
        from laminar.configurations.datastores.documents.error_context import Origin

        records = self.records(layer)
        chosen = [index] if index is not None else list(records) if self.is_fan_out(layer) else [0]
        found = {one: records[one].artifacts[attribute] for one in chosen if attribute in records[one].artifacts}
        outline = self._outlined.get(layer)
        return Origin(
            flow=self.flow.name,
            execution=self.id,
            layer=layer,
            attribute=attribute,
            splits=records[chosen[0]].splits if self.is_fan_out(layer) else None,
            indexes=tuple(found),
            ends=tuple(accumulate(1 if artifact.parts is None else len(artifact.parts) for artifact in found.values())),
            passed=any(artifact.sharded for artifact in found.values()) and bool(outline is None or outline.needs),
        )

    def read(self, artifact: Artifact, origin: Origin | None = None) -> Any:
        """Return the value of an artifact; an origin explains errors of reading it.

        Raises DatastoreError where it is missing, damaged, or of a class that the program itself defines.
        """
        if origin is not None:
            with origin.explaining(self.flow.store):
                value = self.read(artifact)
            return value.with_origin(origin) if artifact.sharded else value
        try:
            return self.flow.store.read(artifact)
        except DatastoreError as error:
            if isinstance(error.__cause__, AttributeError) and "__main__" in str(error.__cause__):
                raise DatastoreError(
                    f"The value is an object of a class that the program defines ({error.__cause__}), and this command executes "
                    "no program.",
                    fix="read it in the program, or import the class in a Python session and read it there: "
                    f"flow.execution({self.id!r}).layer(...)",
                ) from error
            raise


def newest_first(flow: StoredFlow) -> Iterator[StoredExecution]:
    """Yield the executions of a flow, the newest first. Their documents are fetched many at a time."""
    ids = flow.store.executions(flow.name)[::-1]
    outlined = list(flow.outline.layers) if flow.outline is not None else []
    names = [PARAMETERS, *outlined]
    some = max(1, AT_ONCE // len(names))
    for start in range(0, len(ids), some):
        chunk = ids[start : start + some]
        flow.store.prefetch([document_key(flow.name, id, name, 0) for id in chunk for name in names])
        yield from (StoredExecution(flow, id) for id in chunk)


def _of_users(record: Record) -> dict[str, Artifact]:
    """Return the artifacts of a split that are attributes, by name, without the cards of the report."""
    return {name: artifact for name, artifact in sorted(record.artifacts.items()) if not name.startswith("_")}
