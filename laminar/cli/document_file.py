"""Write the files of a compiled program, and compare files with a new compile."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from laminar.exceptions import FlowError

if TYPE_CHECKING:
    from laminar.cli.compilation import Chains
    from laminar.compiler.ir import Documents
    from laminar.compiler.target import Target

__all__ = ["DocumentFile", "compare", "files_of", "print_commands", "write"]


@dataclass(frozen=True)
class DocumentFile:
    """One file of a compile: its documents, whether the rights of their pods come first, and the kubectl command for it."""

    path: str
    documents: Documents
    rights: bool
    command: str

    @cached_property
    def text(self) -> str:
        """Return the file's text."""
        return self._text(notes=True)

    @cached_property
    def bare(self) -> str:
        """Return the file's text without the comments that name lines of the program."""
        return self._text(notes=False)

    def _text(self, *, notes: bool) -> str:
        from laminar import compiler

        if not self.documents:
            return compiler.rights_text()
        return compiler.text(self.documents, rights=self.rights, notes=notes)


def files_of(chains: Chains, target: Target, path: str | None) -> list[DocumentFile]:
    """Return the files of a compile. Where the output is a file, documents for another command of kubectl are in a second one.

    These are the Workflow that starts the templates of the first file, and the rights of the pods of a Workflow without a name:
    `kubectl apply` rejects a file with a generateName, `kubectl create` one whose objects exist (seen with kubectl 1.34).

    Raises FlowError for such rights on a stream: no command could take them with the Workflow a second time.
    """
    from laminar import compiler

    made = compiler.documents(chains, target)
    starters = tuple(document for document in made if "generateName" in document["metadata"]) if path and target.start else ()
    kept = tuple(document for document in made if not any(document is starter for starter in starters))
    command = "create" if any("generateName" in document["metadata"] for document in kept) else "apply"
    apart = target.rbac and all("generateName" in document["metadata"] for document in kept)
    if apart and path is None:
        raise FlowError(
            "A Workflow is created for each run, and the objects of --rbac once: kubectl rejects a file of both the second time.",
            fix="pass -o FILE, which writes the rights to a second file, or --kind template.",
        )
    files = [DocumentFile(path or "-", kept, target.rbac and not apart, command)]
    if path and apart:
        files.insert(0, DocumentFile(_second(path, "rbac"), (), True, "apply"))
    if path and starters:
        files.append(DocumentFile(_second(path, "start"), starters, False, "create"))
    return files


def _second(path: str, name: str) -> str:
    """Return the path of a second file.

    >>> _second("out/train.yaml", "start")
    'out/train.start.yaml'
    """
    return str(Path(path).with_suffix(f".{name}{Path(path).suffix}"))


def print_commands(files: list[DocumentFile]) -> None:
    """Print the kubectl command for each file, where there are several."""
    for file in files if len(files) > 1 else ():
        click.echo(f"wrote {file.path}: kubectl {file.command} -f {file.path}", err=True)


def compare(made: DocumentFile, command: str) -> None:
    """Compare a file with the document of a program. ``command`` writes the file.

    Raises FlowError, after a unified diff is printed, if they differ in more than the lines of the program.
    """
    from laminar.compiler.yaml.comparison import is_current

    file = made.path
    try:
        known = Path(file).read_bytes().decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError as error:
        raise FlowError(f"{file!r} does not exist.", fix=f"write it: {command}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise FlowError(f"{file!r} cannot be read: {error}.", fix="pass the YAML file to compare with.") from error
    if is_current(known, made.text, made.bare):
        return
    import difflib  # only here: few compiles print a diff

    lines = difflib.unified_diff(known.splitlines(True), made.text.splitlines(True), file, command)
    click.echo("".join(lines), nl=False)
    raise FlowError(f"{file!r} is stale.", fix=f"write it again: {command}")


def write(content: str | bytes, file: str) -> None:
    """Write a file whole or not at all; a device or a pipe, such as /dev/stdout, is written to and not replaced.

    Raises FlowError where it cannot be written.
    """
    path = Path(file).resolve()
    data = content if isinstance(content, bytes) else content.encode("utf-8")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(data)
            return
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise FlowError(f"{file!r} cannot be written: {error.strerror}.", fix="pass a file in a folder that exists.") from error
