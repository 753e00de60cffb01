"""Show a run below a notebook's cell: the tree of its layers, redrawn as they change."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from laminar.local.live_tree import Tree
from laminar.local.run_lines import Lines

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.layer import Layer

__all__ = ["NotebookTree"]

PAUSE = 0.5
"""Seconds between two drawings: each is a message to the browser."""

ROWS = 40
"""Layers that are shown at once; the others are counted."""


class NotebookTree(Tree):
    """Draw the layers of a run as text in an output of the cell. The output of layers is printed as usual."""

    def __init__(self) -> None:
        Lines.__init__(self)
        self.rows = {}
        self.drawn = 0.0
        self.handle: Any = None

    def _say(self, text: str) -> None:
        Lines._say(self, text)

    def start(self, execution: Execution, before: Mapping[str, str] | None = None) -> None:
        Lines.start(self, execution, before)
        self.handle = None
        self._set_rows(execution)
        self._draw()

    def output(self, layer: Layer, stream: str, data: bytes) -> None:
        """Pass on a layer's output, each line after the layer's name."""
        Lines.output(self, layer, stream, data)

    def tick(self) -> None:
        if time.monotonic() - self.drawn >= PAUSE:
            self._draw()

    def _draw(self) -> None:
        self.drawn = time.monotonic()
        with contextlib.suppress(Exception):  # a kernel that shows no output does not end the run
            from importlib import import_module

            ipython: Any = import_module("IPython.display")  # untyped, and there in a kernel only
            shown = ipython.HTML(f'<pre style="line-height:1.35">{escape(str(self._tree(ROWS)))}</pre>')
            if self.handle is None:
                self.handle = ipython.display(shown, display_id=True)
            else:
                self.handle.update(shown)

    def stop(self, execution: Execution, failed: int) -> None:
        self._draw()
        Lines.stop(self, execution, failed)
