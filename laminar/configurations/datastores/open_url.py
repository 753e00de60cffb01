"""Open the store that a URL names."""

from __future__ import annotations

import os

from laminar.configurations.datastores.base import DataStore
from laminar.configurations.datastores.stores import AWS, Local, Memory, Remote
from laminar.exceptions import DatastoreError, nearest

__all__ = ["open_like", "open_store", "scheme"]

COMMON = ("file", "s3", "gs", "abfs")
"""Schemes that an error lists; fsspec knows about 60."""


def open_store(url: str | os.PathLike[str]) -> DataStore:
    """Return the store at a URL: a path or ``file://`` path, ``s3://bucket/prefix``, ``memory:``, or any URL that fsspec knows.

    Raises DatastoreError for an empty URL and for an unknown scheme.

    >>> open_store("/data"), open_store("file:///data"), open_store("s3://bucket/prefix")
    (Local('/data'), Local('/data'), AWS.S3('s3://bucket/prefix'))
    """
    found = os.fspath(url) if isinstance(url, (str, os.PathLike)) else None
    if not isinstance(found, str):
        raise DatastoreError(
            f"The URL of a datastore is a text, not a {type(url).__name__}.", fix="name one such as s3://bucket/prefix."
        )
    url = found
    if not url:
        raise DatastoreError("The datastore's URL is empty.", fix="name a folder or a URL such as s3://bucket/prefix.")
    kind = scheme(url)
    if kind == "memory:":
        return Memory()
    if not kind:
        _check_path(url)
        return Local(url)
    if kind == "s3":
        return AWS.S3(url)
    check_scheme(kind, url)
    return Remote(url)


def open_like(store: DataStore, url: str) -> DataStore:
    """Return the store at another URL, with the protocols of a store and, where both are of one kind, its options."""
    opened = store.at(url) if scheme(url) == scheme(store.url) else open_store(url)
    opened.adopt_protocols(store)
    return opened


def scheme(url: str) -> str:
    """Return the kind of a URL: "" for a path of this machine, "memory:" for Memory, else the part before ``://``.

    >>> scheme("s3://bucket"), scheme("/data"), scheme("file:///data")
    ('s3', '', '')
    """
    kind, found, _ = url.partition("://")
    if found:
        return "" if kind == "file" else kind
    return url if url == "memory:" else ""


def _check_path(url: str) -> None:
    """Raise DatastoreError for a URL that lacks a slash, such as s3:/bucket: it would be a folder of this machine."""
    kind, colon, rest = url.partition(":")
    if colon and kind in COMMON and not rest.startswith("//"):
        raise DatastoreError(
            f"Datastore {url!r} is no URL: it lacks '//'.", fix=f"write {kind}://{rest if kind == 'file' else rest.lstrip('/')}"
        )


def check_scheme(kind: str, url: str) -> None:
    """Raise DatastoreError for a scheme that fsspec does not know, with the nearest one that it knows."""
    from fsspec.registry import known_implementations, registry

    known = {*known_implementations, *registry}
    if kind not in known:
        near = nearest(kind, [*COMMON, *sorted(known)], cutoff=0.5)
        also = f"; the nearest scheme is {near}://" if near else ""
        raise DatastoreError(
            f"Datastore {url!r} has the unknown scheme {kind}://{also}.",
            fix=f"name a folder, or a URL such as {', '.join(f'{name}://' for name in COMMON[1:])} or another of fsspec's.",
        )
