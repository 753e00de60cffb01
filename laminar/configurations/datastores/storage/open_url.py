"""Open the store that a URL names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laminar.exceptions import DatastoreError

if TYPE_CHECKING:
    from laminar.configurations.datastores.base import DataStore

__all__ = ["open_store", "scheme"]


def open_store(url: str) -> DataStore:
    """Return the store at a URL: a path or ``file://`` path, ``s3://bucket/prefix``, ``memory:``, or any URL that fsspec knows.

    >>> open_store("/data"), open_store("file:///data"), open_store("s3://bucket/prefix")
    (Local('/data'), Local('/data'), AWS.S3('s3://bucket/prefix'))
    """
    from laminar.configurations.datastores.storage.fsspec_store import Remote
    from laminar.configurations.datastores.storage.local import Local
    from laminar.configurations.datastores.storage.memory import Memory
    from laminar.configurations.datastores.storage.s3 import AWS

    if not url:
        raise DatastoreError("The datastore's URL is empty.", fix="name a folder or a URL such as s3://bucket/prefix.")
    kind = scheme(url)
    if kind == "memory:":
        return Memory()
    if not kind:
        return Local(url)
    return AWS.S3(url) if kind == "s3" else Remote(url)


def scheme(url: str) -> str:
    """Return the kind of a URL: "" for a path of this machine, "memory:" for Memory, else what stands before ``://``.

    >>> scheme("s3://bucket"), scheme("/data"), scheme("file:///data")
    ('s3', '', '')
    """
    kind, found, _ = url.partition("://")
    if found:
        return "" if kind == "file" else kind
    return url if url == "memory:" else ""
