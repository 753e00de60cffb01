"""Decide which history of a run is kept: logs by LAMINAR_LOGS, else by ``logs`` of ``[tool.laminar]`` in the program's project.

LAMINAR_HISTORY=false is for a runner whose history another process keeps: the container that executor Docker starts.
"""

from __future__ import annotations

import os
import sys

__all__ = ["are_logs_kept", "is_kept"]

OFF = ("false", "0", "no", "off")


def is_kept() -> bool:
    """Return whether the runner keeps history itself."""
    return os.environ.get("LAMINAR_HISTORY", "").lower() not in OFF


def are_logs_kept(program: str | None = None) -> bool:
    """Return whether the output of splits is kept, for a program's file or in the working folder.

    A file that cannot be read, or is no TOML, turns nothing off: the commands that read its other settings report it.
    """
    if said := os.environ.get("LAMINAR_LOGS"):
        return said.lower() not in OFF
    try:
        folder = os.path.dirname(os.path.realpath(program)) if program else os.getcwd()
    except OSError:  # it was deleted
        return True
    while not os.path.isfile(file := os.path.join(folder, "pyproject.toml")):
        if os.path.dirname(folder) == folder:
            return True
        folder = os.path.dirname(folder)
    return _setting(file)


def _setting(file: str) -> bool:
    try:
        with open(file, encoding="utf-8") as opened:
            text = opened.read()
        if "logs" not in text or "laminar" not in text:  # importing the parser of TOML takes longer than a layer's start
            return True
        if sys.version_info >= (3, 11):
            import tomllib
        else:
            import tomli as tomllib
        found = tomllib.loads(text).get("tool", {}).get("laminar", {}).get("logs", True)
    except (OSError, ValueError):
        return True
    return found is not False
