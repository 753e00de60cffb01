"""``laminar init``: write a project that works."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import click

from laminar.exceptions import FlowError

__all__ = ["init"]

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
"""Names of distributions: packaging.python.org, specifications, "Names and normalization"."""
OWN = ("laminar", "laminar-argo")
"""Names of laminar itself: pip would replace the one by the other."""


@click.command(short_help="Write a project that works: a flow, tests, image, checks.")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the project, instead of the folder's.")
def init(folder: Path, name: str | None) -> None:
    """Write a project into DIR, by default the current folder.

    \b
    laminar init churn
    laminar init churn --name customer-churn

    The project has a flow, tests, settings in pyproject.toml, a Dockerfile, the rights of pods and people, and a workflow for CI
    that compiles, checks and rehearses the flow. Its README is the first page of the tutorial. No file is overwritten: where one
    is in the way, nothing is written.
    """
    from laminar.templates import project_scaffold

    place = Path(os.path.abspath(folder))
    texts = project_scaffold.files(_name(place, name))
    _check_free(place, folder, [*texts, project_scaffold.WORKFLOW])
    _write(place, texts)
    _compile(place, project_scaffold.PROGRAM, project_scaffold.WORKFLOW)
    click.echo(f"wrote {len(texts) + 1} files into {folder}")
    click.echo("next:")
    for step in (*([f"cd {folder}"] if str(folder) != "." else []), "laminar run train.py", "open README.md"):
        click.echo(f"  {step}")


def _name(place: Path, given: str | None) -> str:
    """Return the project's name: the given one, else the one that the folder's name allows.

    Raises FlowError for a name that no distribution can have.
    """
    name = place.name if given is None else given
    if NAME.fullmatch(name) and name.lower() not in OWN:
        return name
    possible = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._") or "my-project"
    if possible.lower() in OWN:
        possible = f"my-{possible}"
    reason = "is the name of laminar itself" if name.lower() in OWN else "is no name of a project"
    raise FlowError(
        f"{name!r} {reason}: {'it names' if given is not None else 'the folder names'} the distribution in pyproject.toml.",
        fix=f"pass --name {possible}; letters, digits, '-', '_' and '.' are allowed.",
    )


def _check_free(place: Path, shown: Path, paths: list[str]) -> None:
    """Raise FlowError, with all of them, for files in the places of the project's."""
    if place.exists() and not place.is_dir():
        raise FlowError(f"{str(shown)!r} is a file.", fix="name a folder, which may exist.")
    taken = [path for path in paths if os.path.lexists(place / path)]
    blocked = {str(parent) for path in paths for parent in Path(path).parents if (place / parent).is_file()}
    if found := [*taken, *sorted(blocked)]:
        count = "a file" if len(found) == 1 else f"{len(found)} files"
        raise FlowError(
            f"{str(shown)!r} has {count} that the project would have: {', '.join(found)}. Nothing was written.",
            fix="name another folder, or move these away.",
        )


def _write(place: Path, texts: Mapping[str, str]) -> None:
    try:
        for path, text in texts.items():
            target = place / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        raise FlowError(
            f"The project cannot be written: {error.strerror}.",
            where=str(error.filename or place),
            fix="name a folder that you may write to.",
        ) from error


def _compile(place: Path, program: str, workflow: str) -> None:
    """Write the workflow that the program compiles to, as `laminar compile --check` expects it."""
    from laminar.cli.compilation import compiled_text
    from laminar.cli.options.document import DocumentChoice
    from laminar.cli.options.program import ProgramChoice

    _write(place, {workflow: compiled_text(ProgramChoice(str(place / program)), DocumentChoice())})
