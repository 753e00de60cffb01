"""``laminar lint``: check workflows before they are sent to a cluster."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from laminar.cli.compilation import compiled_text
from laminar.cli.options.document import VERSIONS, DocumentChoice
from laminar.cli.options.program import DOCUMENTS, ProgramChoice, ProgramCommand, program_options
from laminar.exceptions import FlowError

if TYPE_CHECKING:
    from laminar.compiler.lint import Finding
    from laminar.compiler.yaml.reader import Source

__all__ = ["lint"]

FORMATS = ("text", "json", "github", "sarif")
LEVELS = ("error", "warning", "note")
GROUP = b"argoproj.io"
"""Kinds and fields by which a file of a folder concerns Argo; other files are ignored."""


@click.command(cls=ProgramCommand, short_help="Check workflow files, or compiled programs.")
@program_options(metavar="PROGRAM|FILE|FOLDER...", several=True)
@click.option("--select", metavar="CODES", multiple=True, help="Report these rules only: codes or their beginnings, as in C,R104.")
@click.option("--ignore", metavar="CODES", multiple=True, help="Do not report these rules.")
@click.option("--fail-on", type=click.Choice(LEVELS), default="error", show_default=True, help="Exit with 1 from this severity on.")
@click.option("--format", "output", type=click.Choice(FORMATS), default="text", show_default=True, help="How findings are written.")
@click.option("--notes", is_flag=True, help="Show notes too: parts that were not checked, and mere advice.")
@click.option("--explain", metavar="CODE", help="Print the explanation of a rule, and exit.")
@click.option("--datastore", metavar="URL", help="Where a program's pods keep artifacts, as for compile.")
@click.option("--argo", type=click.Choice(VERSIONS), default="4.1", show_default=True, help="The Argo whose rules apply.")
def lint(
    chosen: tuple[ProgramChoice, ...], select: tuple[str, ...], ignore: tuple[str, ...], fail_on: str, output: str, notes: bool,
    explain: str | None, datastore: str | None, argo: str,
) -> None:  # fmt: skip
    """Check workflow files, or compiled programs, more strictly than argo lint; needs no cluster.

    \b
    laminar lint train.py
    laminar lint workflow.yaml templates/ 'flows/**/*.yaml'    they may refer to each other
    laminar compile train.py | laminar lint -
    laminar lint --format github --fail-on warning flows/

    A comment # laminar: ignore[C103] ignores a rule on its line, or alone on a line, on the line below. docs/reference/lint.md
    lists the rules. Where the argo command is installed, argo lint runs as well. Exits with 1 where there are errors.
    """
    if explain is not None:
        click.echo(_explained(explain))
        return
    if not chosen:
        raise click.UsageError("Missing argument 'PROGRAM|FILE|FOLDER...'.")
    found, texts = _findings(chosen, (select, ignore), datastore, argo)
    _print(found, len(texts), output, notes=notes)
    refused = _argo_lint(texts, err=output != "text")
    if refused or any(finding.severity.word in LEVELS[: LEVELS.index(fail_on) + 1] for finding in found):
        raise click.exceptions.Exit(1)


def _explained(code: str) -> str:
    from laminar.compiler.lint.rules import RULES
    from laminar.exceptions import suggest

    rule = RULES.get(code)
    if rule is None:
        raise FlowError(f"There is no rule {code!r}.{suggest(code, RULES)}", fix="use a code that a finding shows, such as C103.")
    own = f"; {rule.own.word} in documents that laminar wrote" if rule.own != rule.severity else ""
    others = f"Found by argo lint --offline: {rule.argo}. Found by the API server: {rule.server}."
    width = shutil.get_terminal_size().columns
    head = f"{rule.code}: {rule.title} ({rule.severity.word}{own})"
    return "\n\n".join(textwrap.fill(text, width, break_on_hyphens=False) for text in (head, rule.why, others))


def _findings(
    files: Sequence[ProgramChoice], codes: tuple[tuple[str, ...], tuple[str, ...]], datastore: str | None, argo: str
) -> tuple[list[Finding], dict[str, str | None]]:
    """Return the findings, and each file with its text where that is no file's."""
    from laminar.compiler.lint import validate
    from laminar.compiler.lint.selection import Selection, chosen
    from laminar.compiler.target import ARGO

    selection = Selection(*(tuple(code.strip() for given in each for code in given.split(",")) for each in codes))
    named = {choice.given: choice for choice in files}
    texts = {file: _text(named.get(file) or replace(files[0], given=file), datastore, argo) for file in _listed(named)}
    sources, broken = _sources(texts, set(named))
    return chosen([*broken, *validate(sources, ARGO[argo])], [*sources, *(each.part.source for each in broken)], selection), texts


def _print(found: Sequence[Finding], files: int, output: str, *, notes: bool) -> None:
    from laminar.compiler.lint.report import FORMATS, summary

    if output == "text":
        for finding in found:
            if notes or finding.severity.word != "note":
                click.echo(_styled(finding), color=False if os.environ.get("NO_COLOR") else None)
    elif written := FORMATS[output](found):
        click.echo(written)
    click.echo(summary(files, found, notes_shown=notes or output != "text"), err=True)


def _styled(finding: Finding) -> str:
    color = {"error": "red", "warning": "yellow", "note": "blue"}[finding.severity.word]
    label = f"{finding.severity.word}[{finding.code}]"
    lines = str(finding).splitlines()
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        lines = [textwrap.fill(line, width, subsequent_indent="      ", break_on_hyphens=False) for line in lines]
    return "\n".join(lines).replace(label, click.style(label, fg=color, bold=True), 1)


# the files to check


def _listed(files: Iterable[str]) -> list[str]:
    """Return the files that names, folders and patterns mean, each once.

    Raises FlowError for a folder or a pattern that means none.
    """
    found: dict[str, None] = {}
    for name in files:
        if Path(name).is_dir():
            listed = [str(path) for path in sorted(Path(name).rglob("*")) if _concerns_argo(path, Path(name))]
        elif glob.has_magic(name) and not Path(name).exists():
            listed = sorted(glob.glob(name, recursive=True))
        else:
            listed = [name]
        if not listed:
            raise FlowError(f"{name} holds no workflow file.", fix="name a folder or a pattern with .yaml, .yml or .json files.")
        found |= dict.fromkeys(listed)
    return list(found)


def _concerns_argo(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.suffix.lower() in DOCUMENTS and path.is_file() and GROUP in path.read_bytes()


def _text(choice: ProgramChoice, datastore: str | None, argo: str) -> str | None:
    """Return the documents that a program compiles to, or that come through a pipe, None for a file that holds some."""
    if choice.given == "-":
        try:
            return sys.stdin.buffer.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise FlowError("Standard input is not UTF-8 text.", fix="pass a YAML document.") from error
    return None if choice.is_document else compiled_text(choice, DocumentChoice(argo=argo), datastore)


def _sources(texts: dict[str, str | None], named: set[str]) -> tuple[list[Source], list[Finding]]:
    """Return the documents, and a finding for each file that is not YAML.

    Raises FlowError for a file that was named and holds no document.
    """
    from laminar.compiler.lint.finding import unreadable
    from laminar.compiler.yaml.reader import read, read_text

    sources: list[Source] = []
    broken: list[Finding] = []
    for file, text in texts.items():
        shown = "standard input" if file == "-" else file if text is None else f"{file} (compiled)"
        if text is None and not Path(file).is_file():
            read(file)  # raises the error
        try:
            found = read(file) if text is None else read_text(text, shown)
        except FlowError as error:
            broken.append(unreadable(error, shown))
            continue
        if not found and file in named:
            raise FlowError(f"{shown} holds no document.", fix="name a file that does.")
        sources += found
    return sources, broken


def _argo_lint(texts: dict[str, str | None], *, err: bool) -> bool:
    """Run ``argo lint --offline`` on all files together where it is installed; print its output and return whether it refuses."""
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
        click.echo(f"argo lint --offline refuses this:\n{(done.stdout + done.stderr).strip()}", err=err)
    return done.returncode != 0
