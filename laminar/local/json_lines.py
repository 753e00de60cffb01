"""Report a run as JSON lines, for programs that collect logs: reports and the output of layers, an object a line."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from laminar.local.run_lines import Lines
from laminar.timestamps import now

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.layer import Layer

__all__ = ["JsonLines"]


class JsonLines(Lines):
    """Write an event a line. ``event`` is its kind; ``time`` is ISO 8601, UTC.

    Events are run started, layer started, split finished, attempt failed, layer ended, output, note, run ended, error.
    """

    def __init__(self) -> None:
        super().__init__()
        self.common: dict[str, Any] = {}
        self.rest: dict[tuple[str, int, str], bytes] = {}

    def write(self, event: str, stream: str = "stderr", **values: Any) -> None:
        """Write one event, without the values that are None or empty."""
        kept = {name: value for name, value in values.items() if value not in (None, "", {})}
        line = json.dumps({"time": now(), "event": event, **self.common, **kept}, ensure_ascii=False)
        with contextlib.suppress(OSError, ValueError, AttributeError):
            print(line.encode("utf-8", "backslashreplace").decode(), file=getattr(sys, stream), flush=True)

    def start(self, execution: Execution, before: Mapping[str, str] | None = None) -> None:
        self.common = {"flow": execution.flow.name, "execution": execution.id}
        self._count(execution, before)
        self.write("run started", layers=len(self.tally.layers), resumed=execution.retry or None)

    def begin(self, layer: str, splits: int, fan_out: bool) -> None:
        super().begin(layer, splits, fan_out)
        self.write("layer started", layer=layer, splits=splits if fan_out else None)

    def split(self, layer: str, reused: str = "", index: int = 0) -> None:
        super().split(layer, reused, index)
        self.write("split finished", layer=layer, index=index, reused=reused)

    def again(self, layer: Layer, reason: str, delay: float) -> None:
        of = {"layer": layer.name, "index": layer.index, "attempt": layer.attempt}
        self.write("attempt failed", "stderr", **of, reason=reason, again_in=round(delay, 3))

    def _end_line(self, layer: str, how: str) -> None:
        took = self._seconds(layer)
        self.write("layer ended", layer=layer, how=how, seconds=None if took is None else round(took, 3))

    def _summary(self, execution: Execution) -> None:
        for layer, index, stream in list(self.rest):
            self._line(layer, index, stream, self.rest.pop((layer, index, stream)))
        self.write("run ended", layers=self.tally.counts, seconds=round(self.tally.seconds, 3))

    def note(self, text: str) -> None:
        self.write("note", text=text)

    def output(self, layer: Layer, stream: str, data: bytes) -> None:
        """Write each whole line that a layer printed as an event, on the stream that it printed to."""
        key = (layer.name, layer.index, stream)
        *lines, rest = (self.rest.pop(key, b"") + data).split(b"\n")
        for line in lines:
            self._line(layer.name, layer.index, stream, line)
        if rest:
            self.rest[key] = rest

    def _line(self, layer: str, index: int, stream: str, line: bytes) -> None:
        shown = line.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2]
        self.write("output", stream, layer=layer, index=index, stream_name=stream, text=shown)

    def error(self, error: BaseException) -> None:
        """Write the error that ends the run."""
        fields = {name: str(getattr(error, name, "") or "") for name in ("what", "where", "fix", "layer")}
        self.write("error", kind=type(error).__name__, **fields)
