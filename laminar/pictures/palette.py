"""Define the colours of pictures and pages, for light and dark backgrounds, and the rules that apply them."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["COLOURS", "FONT", "rules", "stylesheet", "variables"]

FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'DejaVu Sans', Arial, sans-serif"

COLOURS: Mapping[str, tuple[str, str]] = {
    "page": ("#ffffff", "#0f1419"),
    "panel": ("#f6f8fa", "#161c24"),
    "frame": ("#f6f8fa", "#161c24"),
    "frame-line": ("#d5dbe3", "#2d3743"),
    "card": ("#ffffff", "#1f2731"),
    "card-line": ("#aab4c0", "#4a5766"),
    "text": ("#1b232d", "#e7ecf2"),
    "quiet": ("#55606e", "#a3afbd"),
    "edge": ("#77838f", "#8391a0"),
    "accent": ("#2563c9", "#6ea8fe"),
    "parameters": ("#7a4bc2", "#b794f4"),
    "finished": ("#1a7f45", "#4ac27e"),
    "failed": ("#c62f3b", "#ff7b7f"),
    "running": ("#2563c9", "#6ea8fe"),
    "skipped": ("#8a94a0", "#77828f"),
    "reused": ("#0f7f8c", "#4fc3d0"),
    "interrupted": ("#9a6700", "#e3b341"),
    "waiting": ("#c3cad2", "#3c4753"),
}
"""Each colour on a light and on a dark background. Texts have a contrast of 4.5 to 1 at least (WCAG 2.2, 1.4.3)."""

RULES: tuple[tuple[str, Mapping[str, str]], ...] = (
    (".page", {"fill": "page"}),
    (".frame", {"fill": "frame", "stroke": "frame-line"}),
    (".card", {"fill": "card", "stroke": "card-line"}),
    (".block", {"fill": "page", "stroke": "frame-line"}),
    (".mark", {"fill": "accent"}),
    (".parameters .mark", {"fill": "parameters"}),
    (".flow-name, .name", {"fill": "text"}),
    (".fact", {"fill": "quiet"}),
    (".edge", {"stroke": "edge"}),
    (".edge.parameters", {"stroke": "parameters"}),
    (".head", {"fill": "edge"}),
    *((f".box.{state} .mark, .box.{state} .share", {"fill": state}) for state in ("finished", "failed", "running", "skipped")),
    *((f".box.{state} .mark, .box.{state} .share", {"fill": state}) for state in ("reused", "waiting", "interrupted")),
    (".box.not-run .mark", {"fill": "waiting"}),
    (".box.failed .card", {"stroke": "failed"}),
)
"""Which colour each mark has."""

SHAPES = (
    ".flow-name{font-size:16px;font-weight:600}.name{font-size:14px;font-weight:600}.fact{font-size:12px}"
    ".edge{fill:none;stroke-width:1.4}.edge.parameters{stroke-dasharray:2 3}.edge.link{stroke-width:2}"
    ".may-skip .card{stroke-dasharray:5 3}"
)


def variables(place: int) -> str:
    """Return the colours of a light (0) or dark (1) background as CSS variables."""
    return "".join(f"--{name}:{pair[place]};" for name, pair in COLOURS.items())


def rules() -> str:
    """Return the rules of pictures with CSS variables for colours, as pages use them."""
    coloured = "".join(
        f"{which}{{{';'.join(f'{name}:var(--{colour})' for name, colour in set_.items())}}}" for which, set_ in RULES
    )
    return SHAPES + coloured


def stylesheet(theme: str) -> str:
    """Return the rules of a picture in a separate file: literal colours, as converters to PNG know no variables."""
    light, dark = (_literal(place) for place in (0, 1))
    if theme == "auto":
        return f"{SHAPES}{light}@media (prefers-color-scheme:dark){{{dark}}}"
    return SHAPES + (dark if theme == "dark" else light)


def _literal(place: int) -> str:
    return "".join(
        f"{which}{{{';'.join(f'{name}:{COLOURS[colour][place]}' for name, colour in set_.items())}}}" for which, set_ in RULES
    )
