"""Report to the person who started a run: a live tree on a terminal and in a notebook, plain lines elsewhere, else nothing."""

from __future__ import annotations

import os
import sys

from laminar.local.run_lines import Lines, Quiet, label

__all__ = ["Lines", "Quiet", "choose", "current", "is_notebook", "label", "use"]

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
    if not _is_fixed and type(_current) is not (kind := _suitable(live)):
        _current = kind()
    return _current


def is_notebook() -> bool:
    """Return whether a notebook's kernel runs this process. Nothing is imported for it: a kernel has imported IPython."""
    shell = getattr(sys.modules.get("IPython.core.interactiveshell"), "InteractiveShell", None)
    return shell is not None and shell.initialized() and type(shell.instance()).__name__ == "ZMQInteractiveShell"


def _suitable(live: bool) -> type[Quiet]:
    """Return a reporter for a notebook, a terminal, or another output. rich and IPython are imported for the first two only."""
    if is_notebook():
        from laminar.local.notebook_tree import NotebookTree

        return NotebookTree
    if live and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb" and _shows_branches():
        from laminar.local.live_tree import Tree

        return Tree
    return Lines


def _shows_branches() -> bool:
    """Return whether standard error can show the lines of a tree: its encoding has them."""
    return str(getattr(sys.stderr, "encoding", None) or "utf-8").lower().replace("-", "").startswith("utf")
