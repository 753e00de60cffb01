"""Read the logs of an execution from its datastore, attempt by attempt, or as they come while it runs."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from laminar.configurations.datastores import key_layout
from laminar.configurations.datastores.documents.log_pieces import Piece, load_pieces
from laminar.configurations.datastores.documents.repository import folders
from laminar.exceptions import FlowError, suggest
from laminar.history.log_line import LogLine

if TYPE_CHECKING:
    from laminar.configurations.datastores import DataStore, Record
    from laminar.configurations.datastores.documents.execution_record import ExecutionRecord
    from laminar.history.attempts import Attempt
    from laminar.history.log_line import Selection

__all__ = ["LoggedRun", "follow", "layers_with_logs", "read"]

POLL = 1.0
"""Seconds between two reads of a datastore whose logs are followed."""

Key = tuple[str, int, int]
"""An attempt whose output is read: its session or pod, split, attempt."""


class LoggedRun(Protocol):
    """A run, as far as its logs need it: `laminar.history.stored_run.Run`."""

    flow: str
    id: str
    store: DataStore

    @property
    def short(self) -> str:
        """Shown part of the id."""

    @property
    def state(self) -> str:
        """State of the execution."""

    @property
    def record(self) -> ExecutionRecord | None:
        """The execution's own record."""

    @property
    def records(self) -> Mapping[str, Mapping[int, Record]]:
        """Documents of the splits that have ended."""

    @property
    def attempts(self) -> Sequence[Attempt]:
        """All attempts of all layers."""


@dataclass
class Output:
    """The pieces of one attempt that were not given yet; ``given`` is the end of those that were.

    ``open`` maps streams to pieces whose last line continues in a later piece, with the beginning of that line.
    """

    pieces: list[Piece] = field(default_factory=list)
    given: int = 0
    open: dict[str, tuple[Piece, str]] = field(default_factory=dict)


def layers_with_logs(run: LoggedRun) -> list[str]:
    """Return the names of the layers whose output was stored."""
    return folders(run.store, key_layout.logs_folder(run.flow, run.id))


def read(run: LoggedRun, selection: Selection) -> Iterator[LogLine]:
    """Yield the selected lines, one attempt after the other in the order in which they began to print, layer by layer.

    Raises FlowError for a layer that the execution does not have.
    """
    bad = _bad(run) if selection.failed else None
    for layer in _layers(run, selection):
        outputs: dict[Key, Output] = {}
        _collect(outputs, load_pieces(run.store, run.flow, run.id, layer), layer, selection, bad)
        for output in sorted(outputs.values(), key=lambda one: one.pieces[0].time if one.pieces else ""):
            yield from _tail(_lines(run, layer, output, selection, last=True), selection.tail)


def follow(run: Callable[[], LoggedRun], selection: Selection, *, pause: Callable[[float], None] = time.sleep) -> Iterator[LogLine]:
    """Yield the selected lines as they are stored, until the execution has ended; ``run`` returns its present state.

    Raises FlowError for a layer that the execution does not have.
    """
    known: dict[str, dict[str, int]] = {}
    outputs: dict[str, dict[Key, Output]] = {}
    tail = selection.tail
    while True:
        now = run()
        ended = now.state != "running"
        bad = _bad(now) if selection.failed else None
        for layer in _layers(now, selection):
            pieces = load_pieces(now.store, now.flow, now.id, layer, known=known.setdefault(layer, {}))
            _collect(outputs.setdefault(layer, {}), pieces, layer, selection, bad)
            for output in outputs[layer].values():
                yield from _tail(_lines(now, layer, output, selection, last=ended), tail)
        if ended:
            return
        tail = None
        pause(POLL)


def _tail(lines: Iterable[LogLine], count: int | None) -> Iterable[LogLine]:
    return lines if count is None else deque(lines, maxlen=count)


def _bad(run: LoggedRun) -> set[tuple[str, int, int]]:
    return {(one.layer, one.index, one.number) for one in run.attempts if one.is_bad}


def _layers(run: LoggedRun, selection: Selection) -> list[str]:
    """Return the layers to read, in the order of the flow."""
    kept = layers_with_logs(run)
    described = [shape.name for shape in run.record.layers] if run.record is not None else []
    known = list(dict.fromkeys([*described, *kept, *(run.records if not described else ())]))
    if selection.layer is None:
        return [name for name in known if name in kept]
    if selection.layer not in known:
        raise FlowError(
            f"Execution {run.short} of flow {run.flow!r} has no layer {selection.layer!r}." + suggest(selection.layer, known),
            fix=f"its layers are: {', '.join(known) or 'none yet'}.",
        )
    return [selection.layer] if selection.layer in kept else []


def _collect(
    outputs: dict[Key, Output],
    pieces: Iterable[Piece],
    layer: str,
    selection: Selection,
    bad: set[tuple[str, int, int]] | None,
) -> None:
    """Add the selected pieces to the outputs that they are of."""
    for piece in pieces:
        if selection.index not in (None, piece.index) or selection.attempt not in (None, piece.attempt):
            continue
        if bad is not None and (layer, piece.index, piece.attempt) not in bad:
            continue
        output = outputs.setdefault((piece.run, piece.index, piece.attempt), Output())
        if piece.offset >= output.given:
            output.pieces.append(piece)


def _lines(run: LoggedRun, layer: str, output: Output, selection: Selection, *, last: bool) -> Iterator[LogLine]:
    """Yield the lines of the pieces that were not given yet; of those at one place the last one is the newest.

    A long line that continues in another piece waits for its end, unless these are the ``last`` pieces.
    """
    index = _index(run, layer)

    def line(piece: Piece, text: str, *, note: bool = False) -> LogLine:
        split = piece.index if index else None
        shown = text.rstrip("\r").rpartition("\r")[2]
        return LogLine(layer, split, piece.attempt, piece.run, piece.time, piece.stream, shown, note)

    by_place = {piece.offset: piece for piece in output.pieces}
    output.pieces = []
    for offset, piece in sorted(by_place.items()):
        output.given = max(output.given, offset + 1)
        if piece.time < selection.since:
            continue
        if piece.dropped:
            yield from _open_lines(output, line)
            yield line(piece, f"... {piece.dropped:,} bytes are left out here ...", note=True)
        _, beginning = output.open.pop(piece.stream, (piece, ""))
        *lines, rest = (beginning + piece.text).split("\n")
        yield from (line(piece, text) for text in lines)
        if piece.more:
            output.open[piece.stream] = piece, rest
        elif rest:
            yield line(piece, rest)
    if last:
        yield from _open_lines(output, line)


def _open_lines(output: Output, line: Callable[[Piece, str], LogLine]) -> Iterator[LogLine]:
    """Yield the beginnings of lines whose ends were left out, or never came."""
    for piece, text in output.open.values():
        yield line(piece, text)
    output.open = {}


def _index(run: LoggedRun, layer: str) -> bool:
    """Return whether a layer is a fan-out, so that its lines name the split."""
    described = {shape.name: shape.fan_out for shape in (run.record.layers if run.record is not None else ())}
    if layer in described:
        return described[layer]
    return any(record.splits != 1 for record in run.records.get(layer, {}).values())
