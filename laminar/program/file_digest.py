"""Compute the digest of a program's file."""

from __future__ import annotations

import hashlib

__all__ = ["digest_of"]


def digest_of(path: str) -> str:
    """Return the SHA-256 of a file, "" where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return ""
