"""Find the document of a split by the key of its result, in any execution of a store.

A file for each key names the split that wrote its document last, and the split whose result this one reused. The document itself
holds the key: a file whose document was removed, or replaced by that of other inputs, finds nothing. So the two files need no
common removal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from laminar.configurations.datastores import key_layout
from laminar.configurations.datastores.byte_storage import ByteStorage
from laminar.configurations.datastores.documents import json_document, repository
from laminar.configurations.datastores.values.artifact import encode
from laminar.exceptions import DatastoreError

if TYPE_CHECKING:
    from laminar.configurations.datastores.documents.record import Record
    from laminar.configurations.datastores.values.artifact import Artifact

__all__ = ["add", "find"]


def add(storage: ByteStorage, record: Record, *others: Record) -> None:
    """Write the place of a finished split's document, so that its key finds it from now on; ``others`` are found without it."""
    places = [[one.flow, one.execution, one.layer, one.index] for one in (record, *others)]
    text = json_document.add_checksum(encode({"places": places, "schema": 1}))
    storage.put(key_layout.cache_key(record.key), (text.encode(),))


def find(storage: ByteStorage, key: str) -> Record | None:
    """Return a finished split's document with this key, all of whose artifacts are there; None where there is none.

    The times of the artifacts are set to now, so that garbage collection keeps them for the document that will refer to them.
    """
    name = key_layout.cache_key(key)
    data = storage.get_if_present(name)
    if data is None:
        return None
    try:
        places = json_document.parse(bytes(data), name)["places"]
    except (DatastoreError, KeyError):
        return None  # damaged: running the split repairs it
    return next((record for place in places if (record := _found(storage, key, *place)) is not None), None)


def _found(storage: ByteStorage, key: str, flow: str, execution: str, layer: str, index: int) -> Record | None:
    """Return a split's document, if it has a key and all of its artifacts are there."""
    try:
        record = repository.load(storage, flow, execution, layer, index)
    except DatastoreError as error:
        if error.transient:
            raise
        return None
    if record is None or record.key != key or record.status != "finished":
        return None
    return record if all(_renewed(storage, address, size) for address, size in _files(record.artifacts.values()).items()) else None


def _files(artifacts: Iterable[Artifact]) -> dict[str, int]:
    """Return the files that artifacts refer to, with their sizes."""
    found: dict[str, int] = {}
    for artifact in artifacts:
        for part in (artifact,) if artifact.parts is None else artifact.parts:
            if part.address is not None:
                found[part.address] = part.size
    return found


def _renewed(storage: ByteStorage, address: str, size: int) -> bool:
    key = key_layout.artifact_key(address)
    return storage.renew(key, size) or storage.exists(key)
