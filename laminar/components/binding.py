"""Tie a layer instance to the split of an execution that it stands for, and read its artifacts from there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NoReturn

from laminar.components.class_values import changed, own_copy
from laminar.exceptions import LayerError, located
from laminar.program import recording, source_location

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.flow import Flow
    from laminar.components.layer import Layer
    from laminar.components.report_cards import Report
    from laminar.configurations.datastores import Accessor, Artifact, DataStore, Record
    from laminar.configurations.datastores.documents.error_context import Origin
    from laminar.configurations.layers import Configuration
    from laminar.graph import Node
    from laminar.history.log_buffer import LogBuffer

__all__ = ["MISSING", "RESERVED", "Binding", "Default", "State", "default_of", "origin_of"]

RESERVED = frozenset(
    {"configuration", "execution", "flow", "attempt", "index", "splits", "name", "state"}
    | {"artifacts", "dependencies", "hooks", "shard"}
)
KEPT = "a resumed execution keeps its parameters."
"""End of the advice for a missing parameter: a resumed execution would fail in the same way."""

MISSING: Any = object()


@dataclass(frozen=True)
class State:
    """Look up a layer's state at each access."""

    layer: Layer

    @property
    def finished(self) -> bool:
        """Whether all splits of the layer have finished; a skipped layer has not."""
        return self.layer.execution.status(self.layer.name) == "finished"

    @property
    def skipped(self) -> bool:
        """Whether the layer was skipped, by its own hook or below a skipped layer."""
        return self.layer.execution.status(self.layer.name) == "skipped"

    @property
    def running(self) -> bool:
        """Whether the execution is running in this process and the layer has not ended yet."""
        execution = self.layer.execution
        return execution.running and execution.status(self.layer.name) == "unfinished"


class Default:
    """Stand for a class value of a layer: read where the layer finished without setting the attribute."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: Any) -> None:
        self.name = name
        self.value = value

    def __get__(self, layer: Layer | None, owner: type) -> Any:
        if layer is None:
            return self.value
        binding = layer._binding
        found = binding.lookup(layer, self.name)
        if found is not MISSING:
            return found
        if binding.is_elsewhere:
            if layer.execution.status(layer.name) == "unfinished":
                binding.absent(layer, self.name)
            return self.value
        return binding.copied(layer, self.name, self.value)


@dataclass
class Binding:
    """Hold the place of a layer instance: ``index`` None means all splits of the layer.

    ``phase`` is ``"call"`` while ``__call__`` runs: attributes set then are artifacts (``values``, once it has ended). ``own``
    marks the layer that is running itself; ``reader`` names the layer that this one was passed to as a dependency.
    ``elements`` gives, by attribute, the element that this split reads in place of the whole. ``copies`` are the class values as
    they were when the layer got its own copy. ``cached`` is True if an earlier result may be reused.

    ``tuned`` is True after the submission and retry hooks were applied, ``blame``
    names the hook that an error is of. ``shared`` holds the common facts of all splits (`laminar.worker.layer_scope`), if known.
    """

    execution: Execution | None = None
    flow: Flow | None = None
    index: int | None = None
    splits: int | None = None
    attempt: int = 1
    configuration: Configuration | None = None
    phase: str = ""
    own: bool = False
    written: dict[str, None] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    copies: dict[str, Any] = field(default_factory=dict)
    reader: str = ""
    shards: dict[str, Artifact] = field(default_factory=dict)
    elements: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    gate: bool = False
    cached: bool = True
    tuned: bool = False
    blame: tuple[BaseException, str] | None = None
    shared: Any = None
    found: dict[int, Record] | None = None
    report: Report | None = None
    log: LogBuffer | None = None

    # settings

    def configured(self, layer: Layer) -> Configuration:
        """Return the configuration of this instance: a copy of the registered one."""
        if self.configuration is None:
            from laminar.configurations.layers import Configuration, MutableContainer

            if self.flow is None:  # a test may call a hook that changes the container
                self.configuration = Configuration(container=MutableContainer.of(Configuration().container))
            else:
                self.configuration = replace(self.flow.registered(layer).configuration)
        return self.configuration

    def is_fan_out(self, layer: Layer) -> bool:
        """Return whether the layer's flow registers it with a ForEach."""
        return self.flow is not None and self.flow.registered(layer).configuration.foreach is not None

    # writing

    def refuse(self, layer: Layer, name: str) -> NoReturn:
        """Raise the error for setting a name that every layer uses itself."""
        raise LayerError(
            f"Layer {layer.name!r} sets {name!r}, a name that every layer uses itself.",
            where=source_location.caller(),
            fix=f"give the attribute another name; reserved are {', '.join(sorted(RESERVED))}.",
        )

    def check(self, layer: Layer, name: str, values: object = ()) -> None:
        """Raise LayerError for an attribute that cannot be sharded or is already, and for values whose elements are ambiguous."""
        if name in RESERVED:
            self.refuse(layer, name)
        if name.startswith("_"):
            raise LayerError(
                f"Layer {layer.name!r} shards {name!r}: an attribute with a leading underscore is not stored.",
                where=source_location.caller(),
                fix=f"give the attribute another name: self.shard({name.lstrip('_') or 'rows'}=...).",
            )
        if problem := shard_problem(values):
            raise LayerError(
                f"Layer {layer.name!r} shards {name!r}, {problem[0]}.",
                where=source_location.caller(),
                fix=f"write self.shard({name}={problem[1]}).",
            )
        if name in self.shards or name in self.written:
            how = "shards" if name in self.shards else "sets and shards"
            raise LayerError(
                f"Layer {layer.name!r} {how} {name!r} {'twice' if how == 'shards' else 'both'}.",
                where=source_location.caller(),
                fix="an attribute is either set or sharded, and sharded once; use two names.",
            )

    def setting(self, layer: Layer, name: str) -> None:
        """Note that an attribute is set.

        Raises LayerError for an attribute of a dependency: no other layer would see it.
        """
        if self.reader and not name.startswith("_"):
            raise LayerError(
                f"Layer {self.reader!r} sets {name!r} on {layer.name!r}, which it only reads: no other layer would see it.",
                where=source_location.caller(),
                fix=f"keep it on the layer itself: self.{name} = ..., which others read from {self.reader}.",
            )
        if self.phase == "call" and not name.startswith("_"):
            if name in self.shards:
                self.check(layer, name)
            self.written[name] = None

    def copied(self, layer: Layer, name: str, value: Any) -> Any:
        """Return the layer's own copy of a mutable class value, so that a change of it in place can be seen."""
        own = own_copy(value)
        if own is not value:
            self.copies[name] = value
            object.__setattr__(layer, name, own)
        return own

    def changed(self, layer: Layer) -> list[str]:
        """Return the attributes whose class values the layer changed in place."""
        mine = vars(layer)
        return [name for name, value in self.copies.items() if name in mine and changed(value, mine[name])]

    def shard(self, layer: Layer, name: str, values: Iterable[Any]) -> None:
        """Store elements as they come, and let the attribute read as their Accessor."""
        if self.phase != "call" or self.execution is None:  # called directly, in a test, or in a hook
            object.__setattr__(layer, name, list(values))
            return
        with located(f"{layer.name}.{name}"):
            artifact = self.datastore.shard(values)
        self.shards[name] = artifact
        origin = self.origin(layer, name, self.splits or 1, {self.index or 0: artifact})
        object.__setattr__(layer, name, self.datastore.read(artifact).with_origin(origin))

    # reading

    @property
    def is_elsewhere(self) -> bool:
        """Whether the layer stands for one whose results are stored, rather than for itself."""
        return self.execution is not None and self.execution.id is not None and not self.own

    @property
    def datastore(self) -> DataStore:
        """Datastore of the layer's flow."""
        assert self.flow is not None
        return self.flow.configuration.datastore

    def lookup(self, layer: Layer, name: str) -> Any:
        """Return the stored value of an attribute, or MISSING where the layer has no stored one or never set it."""
        if self.execution is None:
            return MISSING
        recording.read(f"{layer.name}.{name}")
        if self.own or self.execution.id is None:
            return MISSING
        value = self.elements[name]() if name in self.elements else self.stored(layer, name)
        if value is not MISSING:
            object.__setattr__(layer, name, value)
        return value

    def read(self, layer: Layer, name: str) -> Any:
        """Return the stored value of an attribute that has no class value.

        Raises ArtifactError, with the reason, where there is nothing to read.
        """
        if name == "report" and not self.is_elsewhere and not any("report" in vars_of(cls) for cls in type(layer).__mro__):
            return self.cards(layer)
        value = self.lookup(layer, name)
        return self.absent(layer, name) if value is MISSING else value

    def absent(self, layer: Layer, name: str) -> NoReturn:
        """Raise the error with the reason why an attribute cannot be read."""
        from laminar.components.absence import explained

        raise explained(self, layer, name)

    def cards(self, layer: Layer) -> Report:
        """Return the collector of the cards of the layer's report, unless the program has an attribute of that name itself."""
        if self.report is None:
            from laminar.components.report_cards import Report

            self.report = Report(layer.name)
        return self.report

    def stored(self, layer: Layer, name: str) -> Any:
        """Return an attribute's value from the layer's documents, or MISSING."""
        where = f"{layer.name}.{name} of flow {layer.flow.name!r}, execution {layer.execution.id!r}"
        with located(where):
            if self.index is None and self.is_fan_out(layer):
                return self.flat(layer, name)
            record = self.record(layer, self.index or 0)
            artifact = record.artifacts.get(name) if record is not None else None
            if record is None or artifact is None:
                return MISSING
            origin = self.origin(layer, name, record.splits, {self.index or 0: artifact})
            with origin.explaining(self.datastore):
                value = self.datastore.read(artifact, siblings=record.artifacts.values())
            return value.with_origin(origin) if artifact.sharded else value

    def origin(self, layer: Layer, name: str, splits: int, artifacts: Mapping[int, Artifact]) -> Origin:
        """Return the name of an attribute in errors of reading it, by the splits that its artifacts are of."""
        execution = self.execution
        assert execution is not None and execution.id is not None
        flow = execution.flow
        return origin_of(flow.nodes, flow.name, execution.id, layer.name, name, splits, artifacts)

    def flat(self, layer: Layer, name: str) -> Accessor[Any] | Any:
        """Return the Accessor over all splits of a finished fan-out: a split that never set the attribute contributes nothing."""
        from laminar.configurations.datastores.documents.repository import is_complete

        records = self.records(layer)
        if not is_complete(records) or any(record.status == "skipped" for record in records.values()):
            return MISSING
        default = vars_of(type(layer)).get(name)
        artifacts = {index: records[index].artifacts[name] for index in sorted(records) if name in records[index].artifacts}
        unset = [index for index in records if index not in artifacts and records[index].splits]
        if isinstance(default, Default) and unset:
            value = self.datastore.inline(default.value)  # reading writes nothing
            artifacts = dict(sorted({**artifacts, **dict.fromkeys(unset, value)}.items()))
        if records[0].splits and not artifacts:
            return MISSING
        origin = self.origin(layer, name, records[0].splits, artifacts)
        return self.datastore.accessor(artifacts.values()).with_origin(origin)

    def record(self, layer: Layer, index: int) -> Record | None:
        """Return the document of a split, None where it has not ended; looked up once."""
        execution = self.execution
        assert execution is not None and execution.id is not None
        if self.found is None:
            self.found = {}
        if index not in self.found:
            record = self.datastore.load(execution.flow.name, execution.id, layer.name, index)
            if record is None:
                return None
            self.found[index] = record
        return self.found[index]

    def records(self, layer: Layer) -> dict[int, Record]:
        """Return the documents of all splits that have ended; looked up until they are complete."""
        from laminar.configurations.datastores.documents.repository import is_complete

        execution = self.execution
        assert execution is not None and execution.id is not None
        if self.found is None or not is_complete(self.found):
            self.found = self.datastore.records(execution.flow.name, execution.id, layer.name)
        return self.found

    def count(self, layer: Layer) -> int:
        """Return how many splits the layer has."""
        if self.splits is not None:
            return self.splits
        if self.execution is None or not self.is_fan_out(layer):
            return 1
        recording.read(f"{layer.name}.splits")
        record = self.record(layer, 0)
        return 1 if record is None else record.splits

    def names(self, layer: Layer) -> tuple[str, ...]:
        """Return the names of the layer's artifacts."""
        if self.execution is None:  # called directly: a flow would keep the attributes that were set
            unchanged = set(self.copies).difference(self.changed(layer))
            return tuple(name for name in vars(layer) if not name.startswith("_") and name not in unchanged)
        if self.own:
            return tuple(dict.fromkeys([*self.written, *self.shards, *self.changed(layer)]))
        recording.read(f"{layer.name}.artifacts")
        records = self.records(layer) if self.index is None else {}
        if self.index is not None and (record := self.record(layer, self.index)):
            records = {self.index: record}
        return tuple(sorted({name for record in records.values() for name in record.artifacts if not name.startswith("_")}))


def origin_of(
    nodes: Mapping[str, Node],
    flow: str,
    execution: str,
    layer: str,
    attribute: str,
    splits: int,
    artifacts: Mapping[int, Artifact],
) -> Origin:
    """Return the name of an attribute in errors of reading it, by the splits that its artifacts are of."""
    from laminar.configurations.datastores.documents.error_context import Origin

    node = nodes[layer]
    counts = (1 if artifact.parts is None else len(artifact.parts) for artifact in artifacts.values())
    return Origin(
        flow=flow,
        execution=execution,
        layer=layer,
        attribute=attribute,
        splits=splits if node.grid is not None else None,
        indexes=tuple(artifacts),
        ends=tuple(accumulate(counts)),
        passed=any(artifact.sharded for artifact in artifacts.values()) and bool(node.needs),
    )


def shard_problem(values: Any) -> tuple[str, str] | None:
    """Return why the elements of a value are ambiguous, and the line to write instead; None where they are unambiguous."""
    if isinstance(values, (bytes, bytearray)):  # a str has characters, and programs do shard them
        return f"a {type(values).__name__}, whose elements would be numbers", "[...], a list of elements"
    if isinstance(values, Mapping):
        return "a mapping, whose elements would be its keys alone", "mapping.items()"
    if hasattr(values, "itertuples"):  # a DataFrame of pandas iterates over the names of its columns
        return f"a {type(values).__name__}, whose elements would be the names of its columns", "table.to_dict('records')"
    if not isinstance(values, Iterable):
        return f"a {type(values).__name__}, which has no elements", "[...], a list of elements"
    return None


def default_of(layer: type[Layer], attribute: str) -> Default | None:
    """Return the class value of a layer's attribute, None where it has none."""
    found = vars_of(layer).get(attribute)
    return found if isinstance(found, Default) else None


def vars_of(cls: type) -> dict[str, Any]:
    """Return the raw class attributes along the MRO, nearest first, descriptors as they are."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        found.update(vars(base))
    return found
