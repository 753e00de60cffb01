"""Make the documents that a command sends to a cluster: of a program, as compile makes them, or of a file."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from laminar.cli import package
from laminar.cli.compilation import record_chains
from laminar.cli.options.document import DocumentChoice
from laminar.cli.options.program import ProgramChoice, choose_chain
from laminar.exceptions import DatastoreError, FlowError

if TYPE_CHECKING:
    from laminar.compiler.cluster.transport import Object
    from laminar.compiler.plan.planner import Settings
    from laminar.program.recording import Chain

__all__ = ["Compiled", "check", "escaped", "of_file", "of_program"]


@dataclass(frozen=True)
class Compiled:
    """Documents as Argo reads them, their text, and the code package that their pods run, if any."""

    documents: tuple[Object, ...]
    text: str
    shown: str
    upload: Any = None

    def send_code(self) -> None:
        """Upload the code package, where there is one."""
        if self.upload is not None:
            package.upload(*self.upload)


def of_file(path: str) -> Compiled:
    """Return the documents of a file, or of standard input for ``-``.

    Raises FlowError for a file that cannot be read.
    """
    from laminar.compiler import rehearsal

    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise FlowError(f"{path!r} does not exist.", fix="name a program or a YAML file.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise FlowError(f"{path!r} cannot be read: {error}.", fix="name a program or a YAML file.") from error
    shown = "standard input" if path == "-" else path
    return Compiled(tuple(rehearsal.read(text, shown=shown)), text, shown)


def of_program(
    chosen: ProgramChoice,
    *,
    target: DocumentChoice | None = None,
    datastore: str | None = None,
    code: str | None = None,
    execution: str | None = None,
    all_chains: bool = False,
) -> Compiled:
    """Return the documents that a program compiles to; ``execution`` is the id of one that is resumed.

    Raises FlowError for a program that cannot be compiled, and where it calls several flows and one is needed.
    """
    from laminar import compiler
    from laminar.compiler import rehearsal

    url = package.place(chosen.path, code)
    made = package.make(chosen) if url is not None else None
    code_url, program = (made.at(url), made.program) if made is not None and url is not None else (None, None)
    chains, suited = record_chains(chosen, target or DocumentChoice(), datastore, code=code_url, program=program)
    if not all_chains and len(chains) > 1:
        choose_chain([[step.flow.name for step in chain.steps] for chain, _ in chains], chosen.flow, need=True)
    if execution is not None:
        chains = [_resumed(chain, settings, execution) for chain, settings in chains]
    text = compiler.text(compiler.documents(chains, suited))
    upload = (made, url) if made is not None and url is not None else None
    return Compiled(tuple(rehearsal.read(text, shown=chosen.given)), text, chosen.given, upload)


def _resumed(chain: Chain, settings: Settings, execution: str) -> tuple[Chain, Settings]:
    """Return a chain with the unfinished layers of an execution; its pods look them up where the datastore cannot be read here."""
    from laminar.compiler.cluster.resumption import remainder

    first = chain.steps[0]
    try:
        left = remainder(chain, execution, settings.datastore)
    except DatastoreError as error:
        click.echo(f"warning: {error.what} Layers that have finished get a pod too, which ends at once.", err=True)
        left = None
    else:
        if left is None:  # no pod has written a document: the parameters are the workflow's
            chain.steps[0] = replace(first, execution=first.flow.execution(execution))
            return chain, settings
    chain.steps[0] = replace(first, execution=first.flow.execution(execution, retry=True), action="resume")
    return chain, replace(settings, remainder=left)


def check(made: Compiled) -> None:
    """Lint documents before they are sent: a cluster drops unknown fields, and a wrong expression fails when the workflow runs.

    Raises FlowError with all findings.
    """
    from laminar.compiler.cluster.submission import check_text

    check_text(made.text, made.shown, fix="correct it, or pass --no-lint.")


def escaped(text: str, *, json_only: bool) -> str:
    """Return the value of a workflow's parameter as it is sent: `{{` is Argo's, so JSON has it in an escaped form.

    ``json_only`` is true for workflows that laminar compiled: their values are JSON, and any other text is a string.

    >>> escaped('{"a": "{{x}}"}', json_only=True), escaped("plain", json_only=True), escaped("plain", json_only=False)
    ('{"a": "\\\\u007b\\\\u007bx}}"}', '"plain"', 'plain')
    """
    try:
        json.loads(text)
    except ValueError:
        if not json_only:
            return text
        text = json.dumps(text)
    return text.replace("{{", "\\u007b\\u007b")
