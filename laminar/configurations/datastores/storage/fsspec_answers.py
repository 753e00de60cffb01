"""Interpret the results and exceptions of fsspec file systems, which differ between kinds of storage."""

from __future__ import annotations

import time
from typing import Any

from laminar.configurations.datastores.byte_storage import Entry
from laminar.configurations.datastores.storage.retrying_filesystem import is_transient
from laminar.exceptions import DatastoreError

__all__ = ["entry_of", "failed_request", "has_time", "is_empty_file", "is_missing_bucket", "modified"]

TIMES = ("LastModified", "last_modified", "mtime", "updated", "modified", "created")
"""Keys under which file systems return when a file was written (s3fs, adlfs, local and sftp, gcsfs, ...)."""


def failed_request(what: str, error: Exception) -> DatastoreError:
    """Return the error for a request that a storage rejected, or that failed as long as it was retried."""
    fix = "check the datastore's URL, the credentials in the environment and the connection."
    if isinstance(error, PermissionError):
        fix = "let these credentials list, read and write there (docs/howto/s3.md lists the permissions), or use others."
    transient = is_transient(error)
    if transient:
        fix = "check the connection and whether the storage is up, then resume the execution."
    found = DatastoreError(
        f"Cannot {what}{', after several attempts' if transient else ''}: {type(error).__name__}: {error}", fix=fix
    )
    found.transient = transient
    return found


def is_empty_file(found: Any) -> bool:
    """Return whether an error is S3's response to a range request on an empty file: 416 InvalidRange (RFC 9110, 15.5.17)."""
    text = str(found).lower() if isinstance(found, OSError) else ""
    return "invalidrange" in text or ("range" in text and "not satisfiable" in text)


def is_missing_bucket(error: OSError) -> bool:
    """Return whether S3 reported a missing bucket: s3fs raises FileNotFoundError for that, too (s3fs 2026.9, errors.py)."""
    response = getattr(error.__cause__, "response", None)
    return isinstance(response, dict) and response.get("Error", {}).get("Code") == "NoSuchBucket"


def entry_of(found: dict[str, Any], name: str) -> Entry:
    """Return a file of a listing under a name."""
    return Entry(name, int(found.get("size") or 0), modified(found))


def has_time(found: dict[str, Any]) -> bool:
    """Return whether a storage reports when a file was written."""
    return any(name in found for name in TIMES)


def modified(found: dict[str, Any]) -> float:
    """Return when a file was written, in seconds since 1970; now where the storage does not report it."""
    value = next((found[name] for name in TIMES if found.get(name) is not None), None)
    if isinstance(value, str):
        from datetime import datetime

        return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    if isinstance(value, (int, float)):
        return float(value)
    return time.time() if value is None else float(value.timestamp())
