"""Describe a line of a log, and the lines that are selected: the same for a datastore's logs and a cluster's."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LogLine", "Selection"]


@dataclass(frozen=True)
class Selection:
    """The attempts whose logs are selected, and which of their lines: those since a time (ISO 8601), the last ones of each."""

    layer: str | None = None
    index: int | None = None
    attempt: int | None = None
    failed: bool = False
    since: str = ""
    tail: int | None = None


@dataclass(frozen=True)
class LogLine:
    """One line of an attempt, whose process is ``run``: a session's id or a pod's name.

    ``index`` is None for a layer that is no fan-out, ``note`` means that laminar wrote the line. A cluster does not separate the
    streams: ``stream`` is "" there.
    """

    layer: str
    index: int | None
    attempt: int
    run: str
    time: str
    stream: str
    text: str
    note: bool = False

    @property
    def label(self) -> str:
        """The layer with its split, as a run shows it."""
        return self.layer if self.index is None else f"{self.layer}[{self.index}]"
