"""Compute digests of stored bytes: SHA-256, and BLAKE3 for large content, which one core digests several times faster."""

from __future__ import annotations

from collections.abc import Callable

from laminar.configurations.datastores.byte_storage import Buffer

__all__ = ["SIZE", "Digest", "blake3", "sha256"]

SIZE = 32
"""Bytes of either digest."""

Digest = Callable[[Buffer], bytes]


def sha256(data: Buffer) -> bytes:
    """Return the SHA-256 of bytes.

    >>> sha256(b"")[:4].hex()
    'e3b0c442'
    """
    import hashlib

    return hashlib.sha256(data).digest()


def blake3(data: Buffer) -> bytes:
    """Return the BLAKE3 of bytes, computed by this thread alone: threads of a library do not survive a fork.

    >>> blake3(b"")[:4].hex()
    'af1349b9'
    """
    from blake3 import blake3 as hasher

    return hasher(data, max_threads=1).digest()
