"""Read what a project says about its programs: ``[tool.laminar]`` in the nearest ``pyproject.toml`` above them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from laminar.exceptions import FlowError
from laminar.places import shorten

__all__ = ["Project", "find"]

KNOWN = {"datastore": str}


@dataclass(frozen=True)
class Project:
    """A project's folder and its settings."""

    root: Path
    datastore: str | None = None


def find(program: Path) -> Project:
    """Return the project that a program belongs to; without a ``pyproject.toml`` that is its folder.

    Raises FlowError for a file that is no TOML, and for settings that do not exist or are of a wrong type.
    """
    folder = program.resolve().parent
    for parent in (folder, *folder.parents):
        file = parent / "pyproject.toml"
        if file.is_file():
            return Project(parent, **_settings(file))
    return Project(folder)


def _settings(file: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    shown = shorten(str(file))
    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("laminar", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FlowError(f"{shown} is not valid TOML: {error}.", where=shown, fix="mend the file.") from error
    for name, value in settings.items():
        if name not in KNOWN:
            raise FlowError(f"[tool.laminar] has no setting {name!r}.", where=shown, fix=f"its settings are {', '.join(KNOWN)}.")
        if not isinstance(value, KNOWN[name]):
            raise FlowError(f"[tool.laminar] {name} must be text, not {value!r}.", where=shown, fix="put it in quotes.")
    return dict(settings)
