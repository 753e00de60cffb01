"""Report to the person who started a run how it goes: a live tree on a terminal, plain lines elsewhere, nothing by default."""

from __future__ import annotations

import os
import sys

from laminar.local.run_lines import Lines, Quiet, label

__all__ = ["Lines", "Quiet", "choose", "current", "label", "use"]

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
        terminal = live and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb" and _shows_branches()
        if terminal and not _current.is_live:
            from laminar.local.live_tree import Tree

            _current = Tree()
        elif not terminal and type(_current) is not Lines:
            _current = Lines()
    return _current


def _shows_branches() -> bool:
    """Return whether standard error can show the lines of a tree: its encoding has them."""
    return str(getattr(sys.stderr, "encoding", None) or "utf-8").lower().replace("-", "").startswith("utf")
