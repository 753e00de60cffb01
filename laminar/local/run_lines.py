"""Report a run as plain lines, and pass on the output of layers, each line after the layer's name."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from laminar.local.run_summary import Tally, next_commands
from laminar.quantities import duration

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.layer import Layer

__all__ = ["Lines", "Quiet", "label"]

PIECES = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


def label(layer: Layer) -> str:
    """Return the name of a split that precedes its output: ``Fit``, or ``Fit[3]`` of a fan-out."""
    split = f"[{layer._binding.index}]" if layer._binding.is_fan_out(layer) else ""
    return f"{layer.name}{split}"


class Quiet:
    """Pass the layers' output through and report nothing else."""

    is_live: ClassVar[bool] = False
    away = False
    """Whether the datastore is away, so that commands that read it have to wait."""

    def __init__(self) -> None:
        self._unfinished: dict[str, tuple[str, bool]] = {}
        self._broken: set[str] = set()

    def start(self, execution: Execution, before: Mapping[str, str] | None = None) -> None:
        """Report that an execution starts; ``before`` has the ends of those layers that are not to run."""

    def begin(self, layer: str, splits: int, fan_out: bool) -> None:
        """Report that a layer starts."""

    def split(self, layer: str, reused: str = "", index: int = 0) -> None:
        """Report that a split has finished, or reused the result of the execution ``reused``."""

    def broken(self, layer: str) -> None:
        """Report that a split has failed for good."""

    def end(self, layer: str, how: str) -> None:
        """Report how a layer ended: finished, skipped or failed."""

    def again(self, layer: Layer, reason: str, delay: float) -> None:
        """Report that a split is retried."""

    def stop(self, execution: Execution, failed: int) -> None:
        """Report that an execution has ended."""

    def tick(self) -> None:
        """Draw a live display again, if it is time."""

    def note(self, text: str) -> None:
        """Report a note once."""
        with contextlib.suppress(OSError, ValueError):
            print(f"note: {text}", file=sys.stderr)

    def output(self, layer: Layer, stream: str, data: bytes) -> None:
        """Pass on the output of a layer, each line after the layer's name and split.

        A stream that cannot be written (closed by ``| head``, a full disk) is dropped with one note: the run continues.
        """
        if stream in self._broken:
            return
        try:
            self._write(stream, self._labelled(stream, label(layer), data))
        except (OSError, ValueError) as error:  # ValueError: the program closed it, or it has another encoding
            self._broken.add(stream)
            reason = getattr(error, "strerror", None) or error
            which = "output" if stream == "stdout" else "error"
            self.note(f"standard {which} cannot be written ({reason}): the output of layers there is not shown")

    def _labelled(self, stream: str, name: str, data: bytes) -> bytes:
        """Write a layer's name before each line, after the end of an unfinished line of another layer, such as a progress bar."""
        target = getattr(sys, stream)
        prefix = f"{name} | ".encode(getattr(target, "encoding", None) or "utf-8", "backslashreplace")
        owner, at_start = self._unfinished.get(stream, ("", True))
        if not owner and b"\r" not in data and data.endswith(b"\n"):
            return prefix + data[:-1].replace(b"\n", b"\n" + prefix) + b"\n"
        parts = []
        if owner and owner != name:
            parts.append(b"\n")
            owner, at_start = "", True
        for piece in PIECES.findall(data):
            is_empty = not piece.strip(b"\r\n")
            if at_start and (not is_empty or (piece != b"\r" and not owner)):
                parts.append(prefix)
            if owner or piece != b"\r":  # a carriage return at the start of a line moves nothing
                parts.append(piece)
            owner = "" if piece.endswith(b"\n") else name
            at_start = piece.endswith((b"\n", b"\r"))
        self._unfinished[stream] = (owner, at_start)
        return b"".join(parts)

    def _write(self, stream: str, data: bytes) -> None:
        """Write bytes as they are where the stream takes bytes, else their text."""
        target = getattr(sys, stream)
        if target is None:
            return
        if type(target) is io.TextIOWrapper:
            target.flush()
            target.buffer.write(data)
            target.buffer.flush()
            return
        encoding = getattr(target, "encoding", None) or "utf-8"
        text = data.decode(encoding, "replace")
        try:
            target.write(text)
        except UnicodeEncodeError:
            target.write(text.encode(encoding, "backslashreplace").decode(encoding))
        target.flush()


class Lines(Quiet):
    """Report each layer's end on a line of standard error, and at the end of the run the number of layers by state.

    With ``detailed`` also the start of each layer, and the end of each split.
    """

    def __init__(self, *, detailed: bool = False) -> None:
        super().__init__()
        self.detailed = detailed
        self.started: dict[str, float] = {}
        self.splits: dict[str, int] = {}
        self.reused: dict[str, list[str]] = {}
        self.tally = Tally()

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
        with contextlib.suppress(OSError, ValueError):
            print(text, file=sys.stderr, flush=True)

    def start(self, execution: Execution, before: Mapping[str, str] | None = None) -> None:
        self._count(execution, before)
        self._say(f"{execution.flow.name}: execution {execution.id}{' (resumed)' if execution.retry else ''}")

    def _count(self, execution: Execution, before: Mapping[str, str] | None) -> None:
        self.tally = Tally.of(execution, before or {})
        self.started, self.splits, self.reused = {}, {}, {}

    def begin(self, layer: str, splits: int, fan_out: bool) -> None:
        self.started[layer] = time.monotonic()
        self.splits[layer] = splits if fan_out else -1
        self.tally.begun.add(layer)
        if self.detailed:
            self._say(f"  {layer} starts" + (f" ({splits} split{'' if splits == 1 else 's'})" if fan_out else ""))

    def split(self, layer: str, reused: str = "", index: int = 0) -> None:
        if reused:
            self.reused.setdefault(layer, []).append(reused)
        if self.detailed and self.splits.get(layer, -1) >= 0:
            self._say(f"  {layer}[{index}] finished" + (f" (reused from execution {reused})" if reused else ""))

    def end(self, layer: str, how: str) -> None:
        self.tally.ended[layer] = how
        reused = self.reused.get(layer, [])
        if how == "finished" and reused and len(reused) >= self.splits.get(layer, -1):
            self.tally.reused.add(layer)
        self._end_line(layer, how)

    def _end_line(self, layer: str, how: str) -> None:
        self._say("  " + self._ended(layer, how))

    def _seconds(self, layer: str) -> float | None:
        """Return how long a layer took so far, None where it has not started."""
        return time.monotonic() - self.started[layer] if layer in self.started else None

    def _ended(self, layer: str, how: str) -> str:
        splits = self.splits.get(layer, -1)
        seconds = self._seconds(layer)
        took = f" in {duration(seconds)}" if seconds is not None and how != "skipped" else ""
        notes = [f"{splits} split{'' if splits == 1 else 's'}"] if splits >= 0 and how == "finished" else []
        if reused := self.reused.pop(layer, []):
            some = "" if len(reused) >= splits else f"{len(reused)} "
            origins = list(dict.fromkeys(reused))
            of = f"execution {origins[0]}" if len(origins) == 1 else f"{len(origins)} executions"
            notes.append(f"{some}reused from {of}")
        return f"{layer} {how}{took}" + (f" ({', '.join(notes)})" if notes else "")

    def again(self, layer: Layer, reason: str, delay: float) -> None:
        self._say(f"  {label(layer)} failed at attempt {layer.attempt}: {reason}; again in {duration(delay)}")

    def stop(self, execution: Execution, failed: int) -> None:
        self._summary(execution)

    def _summary(self, execution: Execution) -> None:
        self._say(self.tally.text(execution.flow.name))
        for command in next_commands(execution, failed="failed" in self.tally.counts):
            self._say(f"  see it{', when the datastore is back' if self.away else ''}: {command}")

    def note(self, text: str) -> None:
        self._say(f"note: {text}")
