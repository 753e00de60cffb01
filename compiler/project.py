"""Read a project's settings for its programs: ``[tool.laminar]`` in the nearest ``pyproject.toml`` above them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from laminar.exceptions import FlowError
from laminar.program.source_location import shorten

__all__ = ["Project", "find"]

KNOWN = {
    **dict.fromkeys(("datastore", "base", "code", "image", "server", "context", "namespace"), str),
    **dict.fromkeys(("include", "exclude"), list),
    "logs": bool,
}
"""The settings and their types; a list holds git's patterns of files."""


@dataclass(frozen=True)
class Project:
    """A project's folder and its settings: ``datastore`` and ``code`` are URLs, ``base`` is the base workflow's file.

    ``include`` and ``exclude`` are git's patterns of the files that a code package holds and leaves out. Layers that name no
    image run in ``image``. The output of layers is kept unless ``logs`` is false. Workflows run in ``namespace``, on the cluster of
    the Argo ``server`` or of the kubeconfig's ``context``.
    """

    root: Path
    datastore: str | None = None
    base: str | None = None
    code: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    image: str | None = None
    server: str | None = None
    context: str | None = None
    namespace: str | None = None
    logs: bool = True

    @property
    def base_file(self) -> Path | None:
        """Return the path of the base workflow, None where the project names none."""
        return None if self.base is None else self.root / self.base

    def path_of(self, program: str) -> str:
        """Return a program's path in the project, as in an image that holds the project's folder."""
        return Path(program).resolve().relative_to(self.root.resolve()).as_posix()


def find(program: Path) -> Project:
    """Return the project of a program; without a ``pyproject.toml`` it is the program's folder, or the one of its package.

    Raises FlowError for a file that cannot be read or is no TOML, and for a setting that does not exist or has a wrong type.
    """
    folder = program.resolve().parent
    for parent in (folder, *folder.parents):
        file = parent / "pyproject.toml"
        if file.is_file():
            return Project(parent, **_settings(file))
    while (folder / "__init__.py").is_file():  # the program runs as a module of the package, in a pod too
        folder = folder.parent
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
        raise FlowError(f"{shown} is not valid TOML: {error}.", where=shown, fix="correct the file.") from error
    except OSError as error:
        raise FlowError(f"{shown} cannot be read: {error.strerror or error}.", fix="correct its permissions.") from error
    for name, value in settings.items():
        if name not in KNOWN:
            raise FlowError(f"[tool.laminar] has no setting {name!r}.", where=shown, fix=f"its settings are {', '.join(KNOWN)}.")
        if KNOWN[name] is str and not isinstance(value, str):
            raise FlowError(f"[tool.laminar] {name} must be text, not {value!r}.", where=shown, fix="put it in quotes.")
        if KNOWN[name] is bool and not isinstance(value, bool):
            raise FlowError(f"[tool.laminar] {name} must be true or false, not {value!r}.", where=shown, fix=f"{name} = false")
        if KNOWN[name] is list and not (isinstance(value, list) and all(isinstance(part, str) for part in value)):
            raise FlowError(
                f"[tool.laminar] {name} must be a list of patterns, not {value!r}.", where=shown, fix=f'{name} = ["data/", "*.csv"]'
            )
    return {name: tuple(value) if KNOWN[name] is list else value for name, value in settings.items()}
