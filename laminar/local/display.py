"""Tell the person who started a run how it goes: a live display on a terminal, plain lines elsewhere, nothing by default."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.layer import Layer

__all__ = ["Lines", "Live", "Quiet", "choose", "current", "use"]


class Quiet:
    """Pass the layers' output through and say nothing else."""

    def start(self, execution: Execution) -> None:
        """Tell that an execution starts."""

    def begin(self, layer: str, splits: int, fan_out: bool) -> None:
        """Tell that a layer starts."""

    def split(self, layer: str) -> None:
        """Tell that a split has finished."""

    def end(self, layer: str, how: str) -> None:
        """Tell how a layer ended: finished, skipped or failed."""

    def again(self, layer: Layer, reason: str, delay: float) -> None:
        """Tell that a split is tried again."""

    def stop(self, execution: Execution, failed: int) -> None:
        """Tell that an execution has ended."""

    def note(self, text: str) -> None:
        """Tell something once."""
        print(f"note: {text}", file=sys.stderr)

    def output(self, layer: Layer, stream: str, lines: list[str]) -> None:
        """Pass lines of a layer on, each behind the layer's name and split."""
        split = f"[{layer._binding.index}]" if layer._binding.is_fan_out(layer) else ""
        text = "".join(f"{layer.name}{split} | {line}\n" for line in lines)
        target = sys.stdout if stream == "stdout" else sys.stderr
        target.write(text)
        target.flush()


class Lines(Quiet):
    """Say each layer's end on a line of standard error."""

    def __init__(self) -> None:
        self.started: dict[str, float] = {}
        self.splits: dict[str, int] = {}

    def _say(self, text: str) -> None:
        sys.stdout.flush()
        print(text, file=sys.stderr, flush=True)

    def start(self, execution: Execution) -> None:
        self._say(f"{execution.flow.name}: execution {execution.id}{' (resumed)' if execution.retry else ''}")

    def begin(self, layer: str, splits: int, fan_out: bool) -> None:
        self.started[layer] = time.monotonic()
        self.splits[layer] = splits if fan_out else -1

    def end(self, layer: str, how: str) -> None:
        self._say("  " + self._ended(layer, how))

    def _ended(self, layer: str, how: str) -> str:
        splits = self.splits.get(layer, -1)
        took = f" in {time.monotonic() - self.started[layer]:.1f} s" if layer in self.started and how != "skipped" else ""
        count = f" ({splits} split{'' if splits == 1 else 's'})" if splits >= 0 and how == "finished" else ""
        return f"{layer} {how}{took}{count}"

    def again(self, layer: Layer, reason: str, delay: float) -> None:
        split = f"[{layer._binding.index}]" if layer._binding.is_fan_out(layer) else ""
        self._say(f"  {layer.name}{split} failed at attempt {layer.attempt}: {reason}; again in {delay:.1f} s")

    def note(self, text: str) -> None:
        self._say(f"note: {text}")


class Live(Lines):
    """Show the layers that run as moving bars, on a terminal."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self.console = Console(stderr=True, highlight=False)
        columns: tuple[Any, ...] = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self.bars = Progress(*columns, console=self.console, transient=True)
        self.tasks: dict[str, Any] = {}

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)

    def start(self, execution: Execution) -> None:
        super().start(execution)
        self.bars.start()

    def begin(self, layer: str, splits: int, fan_out: bool) -> None:
        super().begin(layer, splits, fan_out)
        self.tasks[layer] = self.bars.add_task(layer, total=max(splits, 1))

    def split(self, layer: str) -> None:
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


_current: Quiet = Quiet()
_chosen = False


def current() -> Quiet:
    """Return the reporter in use."""
    return _current


def use(reporter: Quiet) -> None:
    """Use this reporter from now on."""
    global _current, _chosen
    _current, _chosen = reporter, True


def choose() -> Quiet:
    """Use a reporter that suits standard error, unless one was chosen before."""
    if not _chosen:
        terminal = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        use(Live() if terminal else Lines())
    return _current
