"""Write and read small JSON documents with a schema number, the last member of which is a digest of all before it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from laminar.configurations.datastores.values.artifact import encode
from laminar.configurations.datastores.values.digests import sha256
from laminar.exceptions import DatastoreError
from laminar.graph import PARAMETERS

__all__ = ["SCHEMA", "add_checksum", "malformed", "parse", "written"]

SCHEMA = 1
CHECKSUM = ',"sum":"'


def add_checksum(text: str) -> str:
    """Return the text of a JSON object with a digest of it as its last member.

    >>> add_checksum('{"schema":1}')
    '{"schema":1,"sum":"67d6291b301412df"}'
    """
    return f'{text[:-1]}{CHECKSUM}{checksum(text.encode())}"}}'


def written(values: Mapping[str, Any]) -> bytes:
    """Return the document of some values, with schema and checksum; lone surrogates, which UTF-8 cannot encode, become "?".

    >>> parse(written({"name": "a" + chr(0xDCFF)}), "")["name"]
    'a?'
    """
    text = encode({**values, "schema": SCHEMA}).encode(errors="replace").decode()
    return add_checksum(text).encode()


def parse(text: str | bytes, key: str) -> dict[str, Any]:
    """Return the object of a document with this schema and a right checksum.

    Raises DatastoreError, naming ``key``, for anything else.
    """
    try:
        data = text.encode() if isinstance(text, str) else text
        found: dict[str, Any] = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise malformed(key, str(error)) from error
    schema = found.get("schema") if isinstance(found, dict) else None
    if type(schema) is not int:
        raise malformed(key, "it has no schema")
    if schema != SCHEMA:
        raise DatastoreError(
            f"Document {key or 'given'} has schema {schema}, which this laminar does not know.",
            fix="read it with the version of laminar that wrote it, or a newer one.",
        )
    body, _, rest = data.rpartition(CHECKSUM.encode())
    if rest.rstrip(b"\n") != f'{checksum(body + b"}")}"}}'.encode():
        raise malformed(key, "its content has changed")
    return found


def checksum(data: bytes) -> str:
    """Return the first 64 bits of the SHA-256 of bytes, in hexadecimal: enough to detect accidental damage."""
    return sha256(data).hex()[:16]


def malformed(key: str, what: str) -> DatastoreError:
    """Return the error for a damaged document."""
    fix = "delete it and resume the execution, so that its split runs again."
    if key.split("/")[-2:-1] == [PARAMETERS]:  # the caller of the flow passed them: resuming does not compute them again
        fix = "restore it from a copy, or start a new execution with these parameters."
    return DatastoreError(f"Document {key or 'given'} is damaged: {what}.", fix=fix)
