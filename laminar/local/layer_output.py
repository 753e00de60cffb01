"""Pass on the output of a layer: to the person who watches, and to its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laminar.local import display

if TYPE_CHECKING:
    from laminar.components.layer import Layer

__all__ = ["pass_on"]


def pass_on(layer: Layer, stream: str, data: bytes) -> None:
    """Show the output of an attempt, and keep it where logs are kept."""
    display.current().output(layer, stream, data)
    log = layer._binding.log
    if log is not None:
        log.add(stream, data)
