"""Turn a picture into PNG."""

from __future__ import annotations

import re

from laminar.exceptions import FlowError

__all__ = ["LARGEST", "rendered"]

LARGEST = 16_000
"""Pixels of a side from which on a picture is drawn smaller: many viewers open no larger image."""

FONTS = "install one, such as fonts-dejavu-core (apt-get install fonts-dejavu-core); a browser draws .svg and .html without."

INSTALL = "pip install 'laminar-argo[pictures]', or write .svg or .html instead, which need nothing."


def rendered(svg: str) -> bytes:
    """Return a picture as PNG, two pixels per pixel of the SVG where that is not too large.

    Raises FlowError where the package that renders it, or any font, is not installed.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise FlowError("PNG needs the package resvg-py, which is not installed.", fix=INSTALL) from error
    drawn = [bytes(resvg_py.svg_to_bytes(svg_string=PROBE.format(text), font_family="sans-serif")) for text in ("A", "")]
    if drawn[0] == drawn[1]:
        raise FlowError("PNG needs a font, and this machine has none.", fix=FONTS)
    width, height = (float(number) for number in SIZE.findall(svg)[:2])
    zoom = min(2.0, LARGEST / max(width, height, 1.0))
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=round(width * zoom)))


SIZE = re.compile(r' (?:width|height)="([0-9.]+)"')

PROBE = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text font-family="sans-serif" y="16">{}</text></svg>'
"""A picture that is empty where no font is installed: the renderer leaves such texts out without an error."""
