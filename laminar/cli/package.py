"""``laminar package``: upload a program's files for pods whose image does not hold them."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from laminar.cli.values import program_argument
from laminar.exceptions import FlowError

if TYPE_CHECKING:
    from laminar.compiler.package.project_archive import Package

__all__ = ["code_option", "make", "package_command", "place", "upload"]

code_option = click.option(
    "--code", metavar="URL", help="Where code packages are kept: pods run the project's files from there, not those of their image."
)


@click.command("package")
@program_argument
@code_option
@click.option("--list", "listed", is_flag=True, help="Print the files that the package takes, and upload nothing.")
def package_command(program: str, code: str | None, listed: bool) -> None:
    """Upload the files of PROGRAM's project as a code package, and print what LAMINAR_CODE says of it.

    \b
    laminar package train.py --code s3://bucket/code
    laminar package train.py --list                     which files are taken?

    Files are those of the folder with pyproject.toml, less what .gitignore and [tool.laminar] exclude leave out, and what holds
    secrets as a rule; [tool.laminar] include brings files back. A damaged package is replaced. The URL is --code's, else
    [tool.laminar] code.
    """
    from laminar.program import main_module

    main_module.source(os.path.abspath(program))
    if listed:
        for path in make(program).files:
            click.echo(path)
        return
    url = place(program, code)
    if url is None:
        raise FlowError("It is not said where code packages are kept.", fix="say --code URL, or set code in [tool.laminar].")
    made = make(program)
    upload(made, url)
    click.echo(made.at(url))


def place(program: str, code: str | None) -> str | None:
    """Return the URL that a program's packages are kept below: the one that is given, else the project's, None where neither is.

    Raises FlowError for one that pods cannot reach.
    """
    from laminar.compiler import project

    url = code if code is not None else project.find(Path(program)).code
    if url is None:
        return None
    from laminar.compiler.package import project_archive

    return project_archive.check_place(url)


def make(program: str, *, without: Collection[str] = ()) -> Package:
    """Return the package of a program's project, less the files named and the one that standard output goes to.

    Says which folder it takes where no project does.
    """
    from laminar.compiler import project
    from laminar.compiler.package import project_archive

    found = project.find(Path(program))
    left_out = [Path(path) for path in without]
    if (output := _output_within(found.root)) is not None:
        left_out.append(output)
    made = project_archive.package(Path(program), found, without=left_out)
    if not project_archive.is_declared(found.root):
        click.echo(
            f"no pyproject.toml stands above {program}: its package takes {found.root} whole, {len(made.files)} files "
            "(a pyproject.toml says where the project begins, its [tool.laminar] exclude what to leave out)",
            err=True,
        )
    return made


def _output_within(root: Path) -> Path | None:
    """Return the file below a folder that standard output was sent to by the shell: it is still empty, and will be a document."""
    import stat

    try:
        output = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return None
    if not stat.S_ISREG(output.st_mode):
        return None
    for folder in dict.fromkeys((Path.cwd(), root)):
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if _is_same(entry, output):
                    return Path(entry.path)
    return None


def _is_same(entry: os.DirEntry[str], file: os.stat_result) -> bool:
    """Say whether an entry of a folder is this file."""
    try:
        return os.path.samestat(entry.stat(), file)
    except OSError:  # gone, or not ours to look at
        return False


def upload(made: Package, url: str) -> None:
    """Upload a package and say whether that was needed."""
    from laminar.compiler.package import project_archive

    done = project_archive.upload(made, url)
    size = f"{len(made.files)} files, {len(made.data) / 1e6:.1f} MB"
    click.echo(f"{done}: {made.digest[:12]} ({size}) at {url}", err=True)
