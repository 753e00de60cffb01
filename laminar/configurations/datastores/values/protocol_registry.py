"""Register serde protocols on a storage, and find the one for a value's type or a stored name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from laminar.configurations.datastores.byte_storage import ByteStorage
from laminar.configurations.datastores.values.open_segments import SegmentCache
from laminar.configurations.serde import Protocol, missing_methods
from laminar.exceptions import DatastoreError, OptionError

__all__ = ["TypedStorage"]

ProtocolT = TypeVar("ProtocolT", bound="Protocol | type[Protocol]")


class TypedStorage(ByteStorage):
    """A storage with the protocols that convert values of registered types to bytes."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self._protocols: dict[type, Protocol] = {}
        self._segments = SegmentCache()

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_segments": SegmentCache()}

    @property
    def segments(self) -> SegmentCache:
        """Segments that this process has opened."""
        return self._segments

    def adopt_protocols(self, other: TypedStorage) -> None:
        """Replace the protocols by those of another storage."""
        self._protocols = dict(other._protocols)

    def protocol(self, *types: type) -> Callable[[ProtocolT], ProtocolT]:
        """Register a serde.Protocol, a class or an instance, for types and their subclasses; the nearest in the MRO wins.

        Raises OptionError for anything else, and for two protocols of one name: stored data names its protocol.
        """
        for found in types:
            if not isinstance(found, type):
                raise OptionError(
                    f"datastore.protocol expects types, not a {type(found).__name__}.", fix="@datastore.protocol(MyType)"
                )
        if not types:
            raise OptionError("datastore.protocol expects at least one type.", fix="@datastore.protocol(MyType)")

        def register(protocol: ProtocolT) -> ProtocolT:
            cls = protocol if isinstance(protocol, type) else type(protocol)
            if not issubclass(cls, Protocol):
                raise OptionError(f"{cls.__name__!r} is no serde.Protocol.", fix=f"class {cls.__name__}(serde.Protocol): ...")
            if missing := missing_methods(cls):
                raise OptionError(f"Protocol {cls.__name__!r} does not define {missing}.", fix="define the missing methods.")
            instance = protocol() if isinstance(protocol, type) else protocol
            self._check_protocol_name(instance, types)
            self._protocols.update(dict.fromkeys(types, instance))
            return protocol

        return register

    def _check_protocol_name(self, protocol: Protocol, types: Sequence[type]) -> None:
        """Raise OptionError where a name is not one line of text, or another protocol for other types has it."""
        if not protocol.name or "\n" in protocol.name:
            raise OptionError(f"{protocol.name!r} cannot be the name of a protocol.", fix="set name to one line of text.")
        others = (other for of, other in self._protocols.items() if of not in types and other.name == protocol.name)
        for other in others:
            same = type(other).__module__ == type(protocol).__module__ and vars(other) == vars(protocol)
            if not same or type(other).__qualname__ != type(protocol).__qualname__:
                raise OptionError(
                    f"Two protocols of one datastore are called {protocol.name!r}.",
                    fix="rename one of them: a class attribute name = '...'.",
                )

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
