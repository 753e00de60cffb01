"""``laminar lint``: check workflows before a cluster sees them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from laminar.cli.kinds import VERSIONS, Chosen
from laminar.exceptions import FlowError

if TYPE_CHECKING:
    from laminar.compiler.yaml.reader import Source

__all__ = ["lint"]

DOCUMENTS = (".yaml", ".yml", ".json")


@click.command()
@click.argument("files", metavar="PROGRAM|FILE...", nargs=-1, required=True, type=click.Path())
@click.option("--datastore", metavar="URL", help="Where a program's pods keep artifacts, as for compile.")
@click.option("--argo", type=click.Choice(VERSIONS), default="4.1", show_default=True, help="The Argo whose rules hold.")
def lint(files: tuple[str, ...], datastore: str | None, argo: str) -> None:
    """Check workflow files, or what programs compile to, more strictly than argo lint; needs no cluster.

    \b
    laminar lint train.py
    laminar lint workflow.yaml template.yaml              files may refer to each other
    laminar compile train.py | laminar lint -

    Expressions are read and what they refer to is looked up; so are depends, names, limits, fields, commands, outputs and
    schedules. What is not known here is said to be not checked. Where the argo command is installed, argo lint runs as well.
    Exits with 1 where something is wrong.
    """
    from laminar.compiler.lint import validate
    from laminar.compiler.target import ARGO

    texts = {file: _text(file, datastore, argo) for file in files}
    found = validate(_sources(texts), ARGO[argo])
    wrong = [finding for finding in found if not finding.unchecked]
    for note in dict.fromkeys(f"{finding.part.source.file}: {finding.what}" for finding in found if finding.unchecked):
        click.echo(f"not checked: {note}", err=True)
    for finding in wrong:
        click.echo(str(finding))
    refused = _argo_lint(texts)
    click.echo(f"{_counted(len(files), 'file')}: {_counted(len(wrong), 'finding') if wrong else 'nothing found'}", err=True)
    if wrong or refused:
        raise click.exceptions.Exit(1)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _text(file: str, datastore: str | None, argo: str) -> str | None:
    """Return the documents that a program compiles to, or that come through a pipe, None for a file that holds some."""
    if file == "-":
        try:
            return sys.stdin.buffer.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise FlowError("What came through standard input is not UTF-8 text.", fix="pass a YAML document.") from error
    if Path(file).suffix.lower() in DOCUMENTS:
        return None
    from laminar.compiler import compile, project
    from laminar.compiler.plan.planner import Settings

    settled = project.find(Path(file))
    settings = Settings(datastore=datastore or settled.datastore, root=str(settled.root))
    return compile(file, Chosen(argo=argo).target(settled), settings=settings)


def _sources(texts: dict[str, str | None]) -> list[Source]:
    from laminar.compiler.yaml.reader import read, read_text

    named = {file: "standard input" if file == "-" else f"{file} (compiled)" for file in texts}
    listed = (read(file) if text is None else read_text(text, named[file]) for file, text in texts.items())
    read_in = dict(zip(texts, listed, strict=True))
    for file, sources in read_in.items():
        if not sources:
            raise FlowError(
                f"{named[file] if texts[file] is not None else file!r} holds no document.", fix="name a file that does."
            )
    return [source for sources in read_in.values() for source in sources]


def _argo_lint(texts: dict[str, str | None]) -> bool:
    """Run ``argo lint --offline`` on all files together where it is installed; print what it says and return whether it refuses."""
    argo = shutil.which("argo")
    if argo is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, (file, text) in enumerate(texts.items(), 1):
            path = Path(file)
            if text is not None:
                path = Path(folder) / f"{number}-{path.stem}.yaml"
                path.write_text(text, encoding="utf-8")
            paths.append(str(path))
        done = subprocess.run([argo, "lint", "--offline", "--no-color", *paths], capture_output=True, text=True, check=False)
    if done.returncode:
        click.echo(f"argo lint --offline refuses this:\n{(done.stdout + done.stderr).strip()}")
    return done.returncode != 0
