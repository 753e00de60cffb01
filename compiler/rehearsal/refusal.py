"""Name what ends a rehearsal, or a node of it."""

from __future__ import annotations

from laminar.exceptions import LaminarError

__all__ = ["NodeError", "Refused"]


class Refused(LaminarError):
    """The document says something of which the rehearsal does not know what Argo does, or that Argo itself would refuse."""


class NodeError(Exception):
    """A node cannot go on: Argo gives it the phase Error and this message."""
