"""Report to the person who started a run how it goes: a live display on a terminal, plain lines elsewhere, nothing by default."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import time
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.layer import Layer

__all__ = ["Lines", "Live", "Quiet", "choose", "current", "label", "use"]

PIECES = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


def label(layer: Layer) -> str:
    """Return the name of a split that precedes what it prints: ``Fit``, or ``Fit[3]`` of a fan-out."""
    split = f"[{layer._binding.index}]" if layer._binding.is_fan_out(layer) else ""
    return f"{layer.name}{split}"


class Quiet:
    """Pass the layers' output through and report nothing else."""

    is_live: ClassVar[bool] = False

    def __init__(self) -> None:
        self._unfinished: dict[str, tuple[str, bool]] = {}
        self._broken: set[str] = set()

    def start(self, execution: Execution) -> None:
        """Report that an execution starts."""

    def begin(self, layer: str, splits: int, fan_out: bool) -> None:
        """Report that a layer starts."""

    def split(self, layer: str, reused: str = "") -> None:
        """Report that a split has finished, or took over the result of the execution ``reused``."""

    def end(self, layer: str, how: str) -> None:
        """Report how a layer ended: finished, skipped or failed."""

    def again(self, layer: Layer, reason: str, delay: float) -> None:
        """Report that a split is tried again."""

    def stop(self, execution: Execution, failed: int) -> None:
        """Report that an execution has ended."""

    def tick(self) -> None:
        """Draw a live display again, if it is time."""

    def note(self, text: str) -> None:
        """Report something once."""
        with contextlib.suppress(OSError, ValueError):
            print(f"note: {text}", file=sys.stderr)

    def output(self, layer: Layer, stream: str, data: bytes) -> None:
        """Pass on what a layer printed, each line after the layer's name and split.

        A stream that cannot be written (closed by ``| head``, a full disk) is given up with one note: the run goes on.
        """
        if stream in self._broken:
            return
        try:
            self._write(stream, self._labelled(stream, label(layer), data))
        except (OSError, ValueError) as error:  # ValueError: the program closed it, or it has another encoding
            self._broken.add(stream)
            reason = getattr(error, "strerror", None) or error
            which = "output" if stream == "stdout" else "error"
            self.note(f"standard {which} cannot be written ({reason}): what layers print there is not shown")

    def _labelled(self, stream: str, name: str, data: bytes) -> bytes:
        """Put a layer's name before each line; end first a line that another layer left unfinished, as a progress bar does."""
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
    """Report each layer's end on a line of standard error."""

    def __init__(self) -> None:
        super().__init__()
        self.started: dict[str, float] = {}
        self.splits: dict[str, int] = {}
        self.reused: dict[str, list[str]] = {}

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
        with contextlib.suppress(OSError, ValueError):
            print(text, file=sys.stderr, flush=True)

    def start(self, execution: Execution) -> None:
        self._say(f"{execution.flow.name}: execution {execution.id}{' (resumed)' if execution.retry else ''}")

    def begin(self, layer: str, splits: int, fan_out: bool) -> None:
        self.started[layer] = time.monotonic()
        self.splits[layer] = splits if fan_out else -1

    def split(self, layer: str, reused: str = "") -> None:
        if reused:
            self.reused.setdefault(layer, []).append(reused)

    def end(self, layer: str, how: str) -> None:
        self._say("  " + self._ended(layer, how))

    def _ended(self, layer: str, how: str) -> str:
        splits = self.splits.get(layer, -1)
        took = f" in {time.monotonic() - self.started[layer]:.1f} s" if layer in self.started and how != "skipped" else ""
        notes = [f"{splits} split{'' if splits == 1 else 's'}"] if splits >= 0 and how == "finished" else []
        if reused := self.reused.pop(layer, []):
            some = "" if len(reused) >= splits else f"{len(reused)} "
            origins = list(dict.fromkeys(reused))
            of = f"execution {origins[0]}" if len(origins) == 1 else f"{len(origins)} executions"
            notes.append(f"{some}reused from {of}")
        return f"{layer} {how}{took}" + (f" ({', '.join(notes)})" if notes else "")

    def again(self, layer: Layer, reason: str, delay: float) -> None:
        self._say(f"  {label(layer)} failed at attempt {layer.attempt}: {reason}; again in {delay:.1f} s")

    def note(self, text: str) -> None:
        self._say(f"note: {text}")


class Live(Lines):
    """Show the layers that run as moving bars, on a terminal.

    The scheduler draws them, by `tick`: a thread that did would make a fork of this process unsafe.
    """

    is_live: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self.console = Console(stderr=True, highlight=False)
        columns: tuple[Any, ...] = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self.bars = Progress(
            *columns, console=self.console, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )
        self.tasks: dict[str, Any] = {}
        self.unfinished: dict[tuple[str, str], str] = {}
        self.drawn = 0.0

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)

    def start(self, execution: Execution) -> None:
        super().start(execution)
        self.bars.start()

    def begin(self, layer: str, splits: int, fan_out: bool) -> None:
        super().begin(layer, splits, fan_out)
        self.tasks[layer] = self.bars.add_task(layer, total=max(splits, 1))

    def output(self, layer: Layer, stream: str, data: bytes) -> None:
        """Pass on lines above the bars; a line that is not finished, as a progress bar is, appears in the layer's own bar."""
        target = getattr(sys, stream)
        if not _is_terminal(target):
            super().output(layer, stream, data)
            return
        name = label(layer)
        text = self.unfinished.pop((name, stream), "") + data.decode(getattr(target, "encoding", None) or "utf-8", "replace")
        *lines, rest = text.split("\n")
        if lines:
            from rich.text import Text

            shown = "\n".join(f"{name} | {_rewritten(line)}" for line in lines)
            self.console.print(Text.from_ansi(shown), soft_wrap=True)
        if rest:
            self.unfinished[name, stream] = rest[-4096:]
            self.describe(layer.name, f"{name} | {_rewritten(rest)[-60:]}")
        elif lines:
            self.describe(layer.name, layer.name)

    def describe(self, layer: str, text: str) -> None:
        """Write a text on a layer's bar."""
        if layer in self.tasks:
            self.bars.update(self.tasks[layer], description=text)
            self.tick()

    def tick(self) -> None:
        if (moment := time.monotonic()) - self.drawn >= 0.1:
            self.drawn = moment
            self.bars.refresh()

    def split(self, layer: str, reused: str = "") -> None:
        super().split(layer, reused)
        if layer in self.tasks:
            self.bars.advance(self.tasks[layer])

    def end(self, layer: str, how: str) -> None:
        super().end(layer, how)
        if layer in self.tasks:
            self.bars.remove_task(self.tasks.pop(layer))

    def stop(self, execution: Execution, failed: int) -> None:
        for task in self.tasks.values():
            self.bars.remove_task(task)
        self.tasks.clear()
        self.bars.stop()


def _rewritten(line: str) -> str:
    """Return what a terminal shows of a line: what follows the last carriage return."""
    return line.rstrip("\r").rpartition("\r")[2]


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


_current: Quiet = Quiet()
_is_fixed = False


def current() -> Quiet:
    """Return the reporter in use."""
    return _current


def use(reporter: Quiet) -> None:
    """Use this reporter from now on."""
    global _current, _is_fixed
    _current, _is_fixed = reporter, True


def choose(*, live: bool = True) -> Quiet:
    """Use a reporter that suits standard error, unless `use` set one; without ``live`` none that draws over a layer's prompt."""
    global _current
    if not _is_fixed:
        terminal = live and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        kind = Live if terminal else Lines
        if type(_current) is not kind:
            _current = kind()
    return _current
