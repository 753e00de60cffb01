"""Define DataStore: what every store offers, put together from a handful of operations on bytes that each store has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import time
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from laminar.configurations.datastores import key_layout
from laminar.configurations.datastores.documents import element_index, repository
from laminar.configurations.datastores.values import reader, writer
from laminar.configurations.datastores.values.accessor import Accessor
from laminar.configurations.datastores.values.artifact import Artifact, Part, Segment, count_of
from laminar.configurations.serde import Protocol, missing_methods
from laminar.exceptions import DatastoreError, LaminarError, OptionError

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.flow import Flow
    from laminar.components.layer import Layer
    from laminar.configurations.datastores.documents.record import Record
    from laminar.configurations.datastores.values.file_format import Buffer

__all__ = ["DataStore", "Entry"]

ProtocolT = TypeVar("ProtocolT", bound="Protocol | type[Protocol]")
StoreT = TypeVar("StoreT", bound="DataStore")


class Entry(NamedTuple):
    """A file as a listing shows it; ``modified`` is in seconds since 1970."""

    name: str
    size: int
    modified: float


class DataStore(ABC):
    """Store values under the address of their content, and documents that say which split left which values.

    Subclass it for another kind of storage: define ``get``, ``put``, ``names``, ``exists`` and ``delete`` on ``/``-separated
    keys, and ``get_many`` and ``renew`` where the storage can do better. ``url`` is what ``LAMINAR_DATASTORE`` takes;
    ``shared`` says whether other processes see what is stored.
    """

    shared: bool = True
    relative: bool = False
    """Whether the root was given relative to a folder, so that other machines cannot find it."""
    ahead: ClassVar[bool] = True
    """Whether fetching the next files while the last ones are in use saves time."""
    compresses: bool = False
    """Whether fewer bytes are worth the time that compressing takes: over a network, not on a disk."""
    large: ClassVar[int | None] = None
    """Bytes from which on a file is written by ``put_overlapped``; None where that gains nothing."""
    batch: ClassVar[int] = 1 << 20
    """Bytes of files that are fetched at once."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._protocols: dict[type, Protocol] = {}

    @property
    def url(self) -> str:
        """URL that opens the store in another process."""
        return self.root

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.root!r})"

    # what a store has to define

    @abstractmethod
    def get(self, key: str, start: int = 0, stop: int | None = None) -> Buffer:
        """Return the bytes of a file, or those from start to stop, fewer where it ends before.

        Raises FileNotFoundError where there is none.
        """

    @abstractmethod
    def put(self, key: str, chunks: Sequence[Buffer]) -> None:
        """Write a file, replacing what is there. Others see all of it or nothing, also if the process is killed."""

    @abstractmethod
    def names(self, folder: str) -> Iterable[str]:
        """Return the names of the files in a folder, and of the folders in it with a ``/`` at the end; none where it is absent."""

    @abstractmethod
    def exists(self, key: str) -> bool:
        """Say whether there is such a file."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove a file, or a folder with all in it, if it is there."""

    def get_many(self, keys: Sequence[str]) -> list[Buffer | None]:
        """Return the bytes of files, None where there is no such file."""
        return [self._get_or_none(key) for key in keys]

    def put_overlapped(self, layout: Callable[[], tuple[str, Sequence[Buffer]]], known: Sequence[tuple[int, Buffer]]) -> None:
        """Write a large file whose key is not known yet: the parts that are, at their offsets, while ``layout`` makes the rest.

        ``layout`` returns the key and the chunks of the whole file; an empty key says that it need not be written.
        """
        key, chunks = layout()
        if key:
            self.put(key, chunks)

    def put_many(self, files: Sequence[tuple[str, Sequence[Buffer]]]) -> None:
        """Write files, each whole or not at all; a store over a network writes them at the same time."""
        for key, chunks in files:
            self.put(key, chunks)

    def prefetch(self, keys: Sequence[str]) -> None:
        """Tell which files are about to be read, once each: a store over a network fetches them in one round."""

    def remember(self, record: Record, /) -> None:
        """Tell which document is about to be read, and what is in it: a store over a network need not ask for it."""

    def save_in_background(self, record: Record, /) -> Callable[[], None]:
        """Write a split's document, which can be read from now on in this process, and return what waits until it is there.

        A store over a network writes it meanwhile.
        """
        self.save(record)
        return lambda: None

    def renew(self, key: str, size: int) -> bool:
        """Give a file of this size the time of now, so that housekeeping spares it; False where it has to be written."""
        return False

    def entries(self, folder: str) -> Iterable[Entry]:
        """Return the files in a folder with their sizes and times, which housekeeping goes by; define it beside ``names``.

        Of a store that doesn't tell times all files are new, so that housekeeping removes none.
        """
        now = time()
        files = [name for name in self.names(folder) if not name.endswith("/")]
        found = zip(files, self.get_many([f"{folder}/{name}" for name in files]), strict=True)
        return [Entry(name, len(data), now) for name, data in found if data is not None]

    def walk(self, folder: str) -> Iterator[Entry]:
        """Give the files in a folder and in those below it, named from the folder on; an object store lists them all at once."""
        yield from self.entries(folder)
        for name in self.names(folder):
            if name.endswith("/"):
                yield from (entry._replace(name=name + entry.name) for entry in self.walk(f"{folder}/{name[:-1]}"))

    def expire(self, key: str, before: float) -> bool:
        """Remove a file unless it was written or renewed since a time; say whether it was removed."""
        folder, _, name = key.rpartition("/")
        for entry in self.entries(folder):
            if entry.name == name and entry.modified < before:
                self.delete(key)
                return True
        return False

    # other stores

    def with_root(self, url: str) -> DataStore:
        """Return a store at another URL, of the kind that it names, with the same protocols and, for the same kind, options."""
        from laminar.configurations.datastores.storage.open_url import open_store, scheme

        store = self.at(url) if scheme(url) == scheme(self.url) else open_store(url)
        store._protocols = dict(self._protocols)
        return store

    def at(self: StoreT, url: str) -> StoreT:
        """Return a store of this kind and with these options at another URL; override it where there are options."""
        return type(self)(url)

    def is_same(self, other: DataStore) -> bool:
        """Say whether what is in another store is in this one."""
        return other is self or (self.shared and other.shared and other.url == self.url)

    # protocols

    def protocol(self, *types: type) -> Callable[[ProtocolT], ProtocolT]:
        """Register a serde.Protocol, a class or an instance, for types and their subclasses; the nearest in the MRO wins.

        Raises OptionError for anything else, and for two protocols of one name: what is stored names its protocol.
        """
        for found in types:
            if not isinstance(found, type):
                raise OptionError(f"datastore.protocol takes types, not {found!r}.", fix="@datastore.protocol(MyType)")
        if not types:
            raise OptionError("datastore.protocol takes at least one type.", fix="@datastore.protocol(MyType)")

        def register(protocol: ProtocolT) -> ProtocolT:
            cls = protocol if isinstance(protocol, type) else type(protocol)
            if not issubclass(cls, Protocol):
                raise OptionError(f"{cls.__name__!r} is no serde.Protocol.", fix=f"class {cls.__name__}(serde.Protocol): ...")
            if missing := missing_methods(cls):
                raise OptionError(f"Protocol {cls.__name__!r} does not define {missing}.", fix="define what is missing.")
            instance = protocol() if isinstance(protocol, type) else protocol
            self._protocols.update(dict.fromkeys(types, self._named_alone(instance, types)))
            return protocol

        return register

    def _named_alone(self, protocol: Protocol, types: Sequence[type]) -> Protocol:
        """Return a protocol unless another one, for other types, has its name."""
        if not protocol.name or "\n" in protocol.name:
            raise OptionError(f"{protocol.name!r} cannot be the name of a protocol.", fix="set name to one line of text.")
        others = (other for of, other in self._protocols.items() if of not in types and other.name == protocol.name)
        for other in others:
            same = type(other).__module__ == type(protocol).__module__ and vars(other) == vars(protocol)
            if not same or type(other).__qualname__ != type(protocol).__qualname__:
                raise OptionError(
                    f"Two protocols of one datastore are called {protocol.name!r}.",
                    fix="give one of them another name: a class attribute name = '...'.",
                )
        return protocol

    def protocol_for(self, kind: type) -> Protocol | None:
        """Return the protocol that values of a type are stored by, None for pickle."""
        if self._protocols:
            for base in kind.__mro__:
                if base in self._protocols:
                    return self._protocols[base]
        return None

    def protocol_named(self, name: str) -> Protocol:
        """Return the protocol of a name.

        Raises DatastoreError where none is registered.
        """
        for protocol in self._protocols.values():
            if protocol.name == name:
                return protocol
        raise DatastoreError(
            f"A value was stored by protocol {name!r}, which is not registered on {self!r}.",
            fix=f"register it as the program that stored the value does: @datastore.protocol(...) class {name}.",
        )

    # values

    def write(self, value: Any, /) -> Artifact:
        """Store a value: inline in what is returned where it is small, else under the address of its content.

        An Accessor is stored by reference. Raises DatastoreError where a value cannot be pickled or written.
        """
        return writer.write(self, value)

    def shard(self, values: Iterable[Any], /) -> Artifact:
        """Store each element of an iterable by itself, as it comes, in flat memory."""
        return writer.shard(self, values)

    def read(self, artifact: Artifact, /, *, siblings: Iterable[Artifact] = ()) -> Any:
        """Return the value of an artifact; an Accessor where it is sharded.

        ``siblings`` are others that are likely to be read as well: a store over a network may fetch them along.
        Raises DatastoreError where it is missing or differs in a single bit from what was written.
        """
        return reader.read_value(self, artifact) if artifact.parts is None else Accessor(self, artifact.parts)

    def accessor(self, artifacts: Iterable[Artifact], /) -> Accessor[Any]:
        """Return one sequence of the elements of sharded artifacts and the values of others, in order."""
        parts: list[Part] = []
        for artifact in artifacts:
            parts.extend((artifact,) if artifact.parts is None else artifact.parts)
        return Accessor(self, parts)

    def element(self, artifact: Artifact, position: int, /) -> Any:
        """Return one element of a sharded artifact, reading little else; position 0 of any other is its value.

        Raises DatastoreError where there is no such element.
        """
        if position >= 0:
            offset = position
            for part in (artifact,) if artifact.parts is None else artifact.parts:
                if offset >= count_of(part):
                    offset -= count_of(part)
                elif isinstance(part, Segment):
                    return reader.read_element(self, part, offset)
                else:
                    return reader.read_value(self, part)
        raise DatastoreError(
            f"Artifact {artifact.name!r} has no element {position}: it has {artifact.length}.",
            fix="run the layer anew: it was split over other elements.",
        )

    @contextmanager
    def write_batch(self) -> Iterator[DataStore]:
        """Give a store to write several values to; their files are there when the block ends, and went out together."""
        yield self

    # documents

    def save(self, record: Record, /) -> None:
        """Write a split's document: from now on it is finished."""
        repository.save(self, record)

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
        """Write down that an attempt at a split failed by itself."""
        repository.record_failure(self, flow, execution, layer, index, attempt, message)

    def failures(self, flow: str, execution: str, layer: str, index: int) -> tuple[int, ...]:
        """Return which attempts at a split failed by themselves, in order."""
        return repository.failures(self, flow, execution, layer, index)

    def clear_failures(self, flow: str, execution: str, layer: str, index: int) -> None:
        """Forget the failures of a split."""
        repository.clear_failures(self, flow, execution, layer, index)

    def locate(self, flow: str, execution: str, layer: str, attribute: str, position: int, *, default: bool) -> tuple[int, int]:
        """Return the split of a finished fan-out, and the element of it, at a position of a flat attribute.

        ``default`` says whether a split that did not set the attribute contributes the class's value.
        Raises DatastoreError where splits are missing or there are not so many elements.
        """
        return element_index.locate(self, flow, execution, layer, attribute, position, default=default)

    def total(self, flow: str, execution: str, layer: str, attribute: str, *, default: bool) -> int:
        """Return how many elements a flat attribute of a finished fan-out has.

        Raises DatastoreError where splits are missing.
        """
        return element_index.total(self, flow, execution, layer, attribute, default=default)

    # what there is

    def executions(self, flow: str) -> tuple[str, ...]:
        """Return the ids of a flow's executions, oldest first."""
        return repository.executions(self, flow)

    def layers(self, flow: str, execution: str) -> tuple[str, ...]:
        """Return the names of the layers that left anything in an execution, sorted."""
        return tuple(repository.folders(self, key_layout.execution_folder(flow, execution)))

    def list_executions(self, *, flow: Flow) -> list[Execution]:
        """Return a flow's executions, oldest first, those without artifacts as well."""
        return [flow.execution(execution) for execution in self.executions(flow.name)]

    def list_layers(self, *, execution: Execution) -> list[Layer]:
        """Return the layers that left anything in an execution, by name; those that its flow has no more are left out."""
        layers: list[Layer] = []
        for name in self.layers(execution.flow.name, named(execution)):
            try:
                layers.append(execution.layer(name))
            except LaminarError:
                continue  # of an older version of the program
        return layers

    def list_artifacts(self, *, layer: Layer) -> list[Artifact]:
        """Return a layer's artifacts, by name; those of a fan-out are sharded, and hold what all its splits left."""
        execution = layer.execution
        records = self.records(execution.flow.name, named(execution), layer.name)
        names = sorted({name for record in records.values() for name in record.artifacts})
        found = {name: [record.artifacts[name] for record in records.values() if name in record.artifacts] for name in names}
        if len(records) == 1:
            return [found[name][0] for name in names]
        return [Artifact(name, parts=self.accessor(found[name]).artifact.parts) for name in names]

    def _get_or_none(self, key: str) -> Buffer | None:
        try:
            return self.get(key)
        except FileNotFoundError:
            return None


def named(execution: Execution) -> str:
    """Return the id of an execution.

    Raises DatastoreError where it has none yet.
    """
    if execution.id is None:
        raise DatastoreError(
            f"This execution of flow {execution.flow.name!r} has no id, so nothing is stored of it.",
            fix="name one: flow.execution('...'), or start it with flow(...).",
        )
    return execution.id
