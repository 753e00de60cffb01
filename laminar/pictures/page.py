"""Write self-contained HTML pages: their styles and scripts are in them, and nothing that they show is executed or loaded."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from importlib import resources
from typing import Any

from laminar.pictures import palette
from laminar.pictures.diagram import clean

__all__ = ["asset", "data", "page", "text"]


def text(value: object) -> str:
    """Return a text as HTML shows it, in an element or a quoted attribute.

    >>> text('<a href="x">')
    '&lt;a href=&quot;x&quot;&gt;'
    """
    return escape(clean(str(value)))


def data(value: Any, kind: str) -> str:
    """Return values as a JSON element that a script reads; its end tag cannot occur in the values."""
    written = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for char in "<>&":
        written = written.replace(char, f"\\u{ord(char):04x}")
    return f'<script type="application/json" class="{text(kind)}">{written}</script>'


@lru_cache(maxsize=8)
def asset(name: str, package: str = "laminar.pictures") -> str:
    """Return a file of a package of laminar: a stylesheet or a script."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def page(title: str, body: str, *, scripts: Sequence[str] = (), styles: Sequence[str] = (), theme: str = "auto") -> str:
    """Return a page. ``body`` is HTML whose values went through `text`; ``scripts`` and ``styles`` are texts of laminar.

    The page's policy (https://www.w3.org/TR/CSP3/) permits these scripts by their digests and no other, no handler in an
    attribute, and no request: a browser enforces the guarantees of `text` and `data`.
    """
    digests = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in scripts)
    policy = f"default-src 'none'; script-src {digests or repr('none')}; style-src 'unsafe-inline'; img-src data:"
    sheet = _colours() + palette.rules() + asset("page.css") + "".join(styles)
    chosen = f' data-theme="{theme}"' if theme in ("light", "dark") else ""
    return (
        f'<!doctype html>\n<html lang="en"{chosen}>\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}; base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        f'<link rel="icon" href="data:,">\n<title>{text(title)}</title>\n<style>{sheet}</style>\n</head>\n<body>\n{body}\n'
        + "".join(f"<script>{one}</script>\n" for one in scripts)
        + "</body>\n</html>\n"
    )


def _colours() -> str:
    """Return the colours as variables: the reader's setting decides, and a page's own setting wins."""
    light, dark = palette.variables(0), palette.variables(1)
    return (
        f":root{{color-scheme:light;{light}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}"
    )
