"""Show a run on a terminal: one tree of its layers with bars, times and failures, redrawn as they change."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from laminar.local.run_lines import Lines, label
from laminar.pictures import text_tree
from laminar.pictures.diagram import Box
from laminar.quantities import duration

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.layer import Layer

__all__ = ["Tree"]

BAR = 20
"""Characters of a bar."""

SPARE = 6
"""Lines of the terminal that are left for the output of layers."""

MARKS = {
    "waiting": ("\N{MIDDLE DOT}", "dim"),
    "finished": ("\N{CHECK MARK}", "green"),
    "reused": ("=", "cyan"),
    "before": ("=", "cyan"),
    "failed": ("\N{MULTIPLICATION X}", "red"),
    "skipped": ("-", "dim"),
}
"""Mark before a layer, by its state, and its style."""

SPINNER = "\u280b\u2819\u2839\u2838\u283c\u2834\u2826\u2827\u2807\u280f"
"""Pictures of a spinner, one after the other."""


class Row:
    """Known facts about one layer."""

    def __init__(self, stem: str, name: str, state: str = "waiting") -> None:
        self.stem = stem
        self.name = name
        self.state = state
        self.splits: int | None = None
        self.done = 0
        self.failed = 0
        self.began = 0.0
        self.took: float | None = None
        self.said = ""
        self.retried = 0


class Tree(Lines):
    """Draw the layers of a run as a tree that changes in place.

    The scheduler draws it, by `tick`: a thread that did would make a fork of this process unsafe.
    """

    is_live: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.live import Live

        self.console = Console(stderr=True, highlight=False)
        self.live = Live(console=self.console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False)
        self.rows: dict[str, Row] = {}
        self.unfinished: dict[tuple[str, str], str] = {}
        self.drawn = 0.0

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)

    def start(self, execution: Execution, before: Mapping[str, str] | None = None) -> None:
        super().start(execution, before)
        self._set_rows(execution)
        self.live.start()
        self._draw()

    def _set_rows(self, execution: Execution) -> None:
        boxes = [Box(name=node.name, needs=node.needs) for node in execution.flow.nodes.values() if node.name in self.tally.layers]
        self.rows = {
            box.name: Row(stem, box.name, "before" if box.name in self.tally.before else "waiting")
            for stem, box in text_tree.rows(boxes)
        }

    def begin(self, layer: str, splits: int, fan_out: bool) -> None:
        super().begin(layer, splits, fan_out)
        row = self.rows[layer]
        row.state, row.splits, row.began = "running", splits if fan_out else None, time.monotonic()
        self.tick()

    def split(self, layer: str, reused: str = "", index: int = 0) -> None:
        super().split(layer, reused, index)
        self.rows[layer].done += 1

    def broken(self, layer: str) -> None:
        self.rows[layer].failed += 1

    def again(self, layer: Layer, reason: str, delay: float) -> None:
        super().again(layer, reason, delay)
        self.rows[layer.name].retried += 1

    def _end_line(self, layer: str, how: str) -> None:
        row = self.rows[layer]
        row.state = "reused" if layer in self.tally.reused else how
        row.took = time.monotonic() - row.began if row.began else None
        row.said = ""

    def output(self, layer: Layer, stream: str, data: bytes) -> None:
        """Pass on lines above the tree; a line that is not finished, as a progress bar is, appears beside the layer."""
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
        if layer.name in self.rows:
            self.rows[layer.name].said = _rewritten(rest)[-60:]
        self.tick()

    def tick(self) -> None:
        if time.monotonic() - self.drawn >= 0.1:
            self._draw()

    def _draw(self) -> None:
        self.drawn = time.monotonic()
        self.live.update(self._tree(self.console.height - SPARE), refresh=True)

    def stop(self, execution: Execution, failed: int) -> None:
        self.live.stop()
        self.console.print(self._tree(None), no_wrap=True, overflow="ellipsis")
        super().stop(execution, failed)

    # the tree

    def _tree(self, height: int | None) -> Any:
        """Return the rows that fit on the terminal as one text."""
        from rich.text import Text

        rows, hidden = self._shown(height)
        broad = min(max((len(row.stem) + len(row.name) for row in rows), default=0), 48)
        lines = [self._line(row, broad) for row in rows]
        if hidden:
            states = [row.state for row in hidden]
            counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
            lines.append(Text(f"  and {counts}", style="dim"))
        whole = Text("\n").join(lines)
        whole.no_wrap, whole.overflow = True, "ellipsis"  # a line that is too long for the terminal is cut
        return whole

    def _shown(self, height: int | None) -> tuple[list[Row], list[Row]]:
        """Return the rows to show and those to count, the less interesting ones first, where the terminal has too few lines."""
        rows = list(self.rows.values())
        if height is None or len(rows) <= height:
            return rows, []
        order = {state: place for place, state in enumerate(("failed", "running", "waiting", "finished"))}
        ranked = sorted(range(len(rows)), key=lambda place: (order.get(rows[place].state, 4), place))
        kept = set(ranked[: max(height - 1, 1)])
        return [row for place, row in enumerate(rows) if place in kept], [
            row for place, row in enumerate(rows) if place not in kept
        ]

    def _line(self, row: Row, broad: int) -> Any:
        from rich.text import Text

        if row.state == "running":
            mark, style = SPINNER[int(time.monotonic() * 10) % len(SPINNER)], "bold"
        else:
            mark, style = MARKS.get(row.state, ("?", ""))
        line = Text(f"{row.stem}", style="dim")
        line.append(mark, style="blue" if row.state == "running" else style)
        line.append(f" {row.name:<{broad - len(row.stem)}}", style="dim" if row.state in ("waiting", "skipped") else "")
        for words, look in self._facts(row):
            line.append(f"  {words}", style=look)
        return line

    def _facts(self, row: Row) -> Iterator[tuple[str, str]]:
        """Yield the texts after a layer's name, each with a style."""
        if row.splits is not None:
            if row.state == "running":
                full = BAR * (row.done + row.failed) // max(row.splits, 1)
                yield f"{'━' * full}{'─' * (BAR - full)}", "blue"
            yield f"{row.done}/{row.splits}", ""
        if row.failed and row.splits is not None:
            yield f"{row.failed} failed", "red"
        if row.retried:
            yield f"{row.retried} tried again", "yellow"
        if row.state == "running":
            yield duration(time.monotonic() - row.began), "dim"
        elif row.took is not None and row.state != "skipped":
            yield duration(row.took), "dim"
        if row.state in ("skipped", "reused"):
            yield row.state, "dim"
        if row.state == "before":
            yield "finished before", "dim"
        if row.said:
            yield row.said, "dim"


def _rewritten(line: str) -> str:
    """Return the visible part of a line: the text after the last carriage return."""
    return line.rstrip("\r").rpartition("\r")[2]


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False
