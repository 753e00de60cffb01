"""Execute whole programs in a separate folder, under a time limit, and return their output."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["HEAD", "LIMIT", "run", "variables", "write"]

LIMIT = 60.0
"""Seconds that a program may take: generous, as none may hang."""

HEAD = """\
import os, sys, time
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import ForEach, Parameter

class Train(Flow): ...

"""
"""First lines of a program that has one flow, ``Train``."""


def write(folder: Path, source: str, name: str = "prog.py") -> Path:
    """Write a program."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")
    return path


def variables(**changed: str) -> dict[str, str]:
    """Return an environment without a display, and with some variables changed."""
    return {**os.environ, "NO_COLOR": "1", "TERM": "dumb", **changed}


def run(folder: Path, *words: str, stdin: str | None = None, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``python WORDS`` in a folder."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        env=variables() if env is None else env,
        check=False,
        timeout=LIMIT,
    )
