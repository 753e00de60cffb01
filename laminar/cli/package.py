"""``laminar package``: upload a program's files for pods whose image lacks them."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from laminar.cli.options.program import ProgramChoice, ProgramCommand, program_options
from laminar.exceptions import FlowError

if TYPE_CHECKING:
    from laminar.compiler.package.project_archive import Package

__all__ = ["code_option", "make", "package_command", "place", "upload"]

code_option = click.option(
    "--code", metavar="URL", help="Folder of code packages. Pods run the project's files from there, not those of their image."
)


@click.command("package", cls=ProgramCommand, short_help="Upload a project's files as a code package.")
@program_options()
@code_option
@click.option("--list", "listed", is_flag=True, help="Print the files of the package, and upload nothing.")
def package_command(chosen: ProgramChoice, code: str | None, listed: bool) -> None:
    """Upload the files of PROGRAM's project as a code package, and print the value of LAMINAR_CODE.

    \b
    laminar package train.py --code s3://bucket/code
    laminar package train.py --list                     which files are in the package?

    The package holds the files of the folder with pyproject.toml. It leaves out files in .gitignore and [tool.laminar] exclude,
    and files that usually hold secrets. [tool.laminar] include adds files again. A damaged package is replaced. The folder
    of packages is that of --code, else of [tool.laminar] code. The program itself is not executed.
    """
    from laminar.program import main_module

    main_module.source(chosen.path)
    if listed:
        for path in make(chosen).files:
            click.echo(path)
        return
    url = place(chosen.path, code)
    if url is None:
        raise FlowError("No folder of code packages is set.", fix="pass --code URL, or set code in [tool.laminar].")
    made = make(chosen)
    upload(made, url)
    click.echo(made.at(url))


def place(program: str, code: str | None) -> str | None:
    """Return the URL of the folder of code packages: the one given, else the project's, None where neither is set.

    Raises FlowError for one that pods cannot reach.
    """
    from laminar.compiler import project

    url = code if code is not None else project.find(Path(program)).code
    if url is None:
        return None
    from laminar.compiler.package import project_archive

    return project_archive.check_place(url)


def make(chosen: ProgramChoice, *, without: Collection[str] = ()) -> Package:
    """Return the package of a program's project, without the files named and the one that standard output is redirected to.

    Print a note where no pyproject.toml marks the project's folder.
    """
    from laminar.compiler import project
    from laminar.compiler.package import project_archive

    found = project.find(Path(chosen.path))
    left_out = [Path(path) for path in without]
    if (output := _output_within(found.root)) is not None:
        left_out.append(output)
    made = project_archive.package(Path(chosen.path), found, without=left_out)
    if not project_archive.is_declared(found.root):
        click.echo(
            f"No pyproject.toml is above {chosen.given}, so its package holds all of {found.root}: {len(made.files)} files. "
            "A pyproject.toml marks the project's folder, and its [tool.laminar] exclude leaves files out.",
            err=True,
        )
    return made


def _output_within(root: Path) -> Path | None:
    """Return the file in a folder that the shell redirected standard output to: it is still empty, and will hold the document."""
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
    """Return whether an entry of a folder is this file."""
    try:
        return os.path.samestat(entry.stat(), file)
    except OSError:  # removed meanwhile, or not readable
        return False


def upload(made: Package, url: str) -> None:
    """Upload a package, and print whether that was needed."""
    from laminar.compiler.package import project_archive

    done = project_archive.upload(made, url)
    size = f"{len(made.files)} files, {len(made.data) / 1e6:.1f} MB"
    click.echo(f"{done}: {made.digest[:12]} ({size}) at {url}", err=True)
