"""Define the errors that end a rehearsal, or a node of it."""

from __future__ import annotations

from laminar.exceptions import LaminarError

__all__ = ["NodeError", "Refused"]


class Refused(LaminarError):
    """The document holds something whose effect in Argo is not known to the rehearsal, or that Argo itself rejects."""


class NodeError(Exception):
    """A node cannot go on: its phase is Error with this message; ``detail`` is not shown by Argo."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail
