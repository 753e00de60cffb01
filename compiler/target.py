"""Say what is compiled for: the kind of document, Argo's version, and the limits that hold there, as data."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from laminar.exceptions import FlowError

__all__ = ["ARGO", "KINDS", "Kind", "Limits", "Target"]


@dataclass(frozen=True)
class Limits:
    """What Argo and Kubernetes take at most; sizes are bytes."""

    templates: int = 200
    tasks: int = 200
    parameters: int = 500
    parameter_bytes: int = 48 * 1024
    name: int = 63
    text_bytes: int = 127 * 1024  # Linux takes 128 KiB for an argument or a variable with its name
    document_bytes: int = 1024 * 1024


@dataclass(frozen=True)
class Kind:
    """A kind of document: ``stored`` is kept and started many times, and has a fixed name; others are given one when they start."""

    kind: str
    stored: bool = False


KINDS = {
    "workflow": Kind("Workflow"),
    "template": Kind("WorkflowTemplate", stored=True),
}
"""The kinds by the name that the command line has for them."""

ARGO = {"4.1": Limits()}
"""The supported versions of Argo, each with its limits."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a program is compiled for; ``name`` replaces the name that is made of the first flow's.

    Raises FlowError for a kind or a version that is not known.
    """

    kind: str = "workflow"
    name: str | None = None
    argo: str = "4.1"

    def __post_init__(self) -> None:
        _known("kind of document", self.kind, tuple(KINDS))
        _known("version of Argo", self.argo, tuple(ARGO))

    @property
    def document(self) -> Kind:
        """Return what is true of the kind of document."""
        return KINDS[self.kind]

    @property
    def limits(self) -> Limits:
        """Return what this version of Argo takes at most."""
        return ARGO[self.argo]


def _known(what: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        close = difflib.get_close_matches(given, known, n=1)
        meant = f" Did you mean {close[0]!r}?" if close else ""
        raise FlowError(f"There is no {what} {given!r}.{meant}", fix=f"take one of: {', '.join(known)}.")
