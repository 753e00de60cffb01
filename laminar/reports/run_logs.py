"""Read the last lines that attempts printed: of those that failed, and of layers that are no fan-out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from laminar.exceptions import LaminarError
from laminar.history.log_line import Selection
from laminar.history.log_reader import layers_with_logs, read

if TYPE_CHECKING:
    from laminar.history import Run
    from laminar.history.log_line import LogLine

__all__ = ["last_lines"]

TAIL, ATTEMPTS = 100, 200
"""Lines of an attempt that are kept, and attempts."""


def last_lines(run: Run) -> dict[tuple[str, int, int], str]:
    """Return the last lines of attempts by layer, split and attempt. Logs that cannot be read are left out."""
    found: dict[tuple[str, int, int], list[str]] = {}
    try:
        for line in _lines(run):
            key = (line.layer, line.index or 0, line.attempt)
            if key in found or len(found) < ATTEMPTS:
                found.setdefault(key, []).append(line.text)
    except LaminarError:
        pass
    return {key: "\n".join(lines[-TAIL:]) for key, lines in found.items()}


def _lines(run: Run) -> Iterator[LogLine]:
    kept = set(layers_with_logs(run))
    single = [layer.name for layer in run.layers if not layer.fan_out and layer.name in kept]
    parts = [read(run, Selection(layer=name, tail=TAIL)) for name in single]
    wide = [layer.name for layer in run.layers if layer.fan_out and layer.failures and layer.name in kept]
    parts += [read(run, Selection(layer=name, failed=True, tail=TAIL)) for name in wide]
    return chain.from_iterable(parts)
