"""Test which protocol is found for a type or a name; the contract of all stores has more."""

from __future__ import annotations

import pytest

from laminar.configurations import serde
from laminar.configurations.datastores import Memory
from laminar.exceptions import DatastoreError, OptionError


class Bytes(serde.Protocol):
    def dumps(self, value: object) -> bytes:
        return repr(value).encode()

    def loads(self, data: bytes) -> object:
        return data


class Base: ...


class Middle(Base): ...


class Leaf(Middle): ...


def test_the_nearest_class_in_the_mro_decides() -> None:
    store = Memory()
    far, near = Bytes(), Bytes()
    near.name = "near"
    store.protocol(Base)(far)
    store.protocol(Middle)(near)
    assert [store.protocol_for(kind) for kind in (Base, Middle, Leaf, int)] == [far, near, near, None]
    assert (store.protocol_named("Bytes"), store.protocol_named("near")) == (far, near)
    with pytest.raises(DatastoreError, match="protocol 'other', which is not registered on Memory"):
        store.protocol_named("other")


@pytest.mark.parametrize("name", ["", "two\nlines"])
def test_a_name_is_one_line_of_text(name: str) -> None:
    protocol = Bytes()
    protocol.name = name
    with pytest.raises(OptionError, match="cannot be the name of a protocol"):
        Memory().protocol(int)(protocol)


def test_one_protocol_may_be_registered_again_and_for_other_types() -> None:
    store = Memory()
    store.protocol(int)(Bytes)
    store.protocol(str)(Bytes)
    store.protocol(int)(Bytes)
    other = Bytes()
    other.path = "x"  # type: ignore[attr-defined]
    with pytest.raises(OptionError, match="Two protocols of one datastore are called 'Bytes'"):
        store.protocol(float)(other)


def test_protocols_are_copied_to_another_store() -> None:
    store, other = Memory(), Memory()
    store.protocol(int)(Bytes)
    other.adopt_protocols(store)
    store.protocol(str)(Bytes)
    assert other.protocol_for(int) is not None
    assert other.protocol_for(str) is None
