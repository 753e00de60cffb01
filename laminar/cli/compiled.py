"""Make the documents that a command sends to a cluster: of a program, as compile makes them, or of a file."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from laminar.cli import package
from laminar.cli.kinds import Chosen
from laminar.exceptions import FlowError, raise_all

if TYPE_CHECKING:
    from laminar.compiler.cluster.transport import Object
    from laminar.program.recording import Chain

__all__ = ["Compiled", "check", "escaped", "is_document", "of_file", "of_program"]

DOCUMENTS = (".yaml", ".yml", ".json")


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


def is_document(path: str) -> bool:
    """Say whether a path is of a YAML or JSON file, and not of a program."""
    return Path(path).suffix.lower() in DOCUMENTS or path == "-"


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
    program: str,
    args: tuple[str, ...] = (),
    *,
    parameters: dict[str, Any] | None = None,
    flow: str | None = None,
    target: Chosen | None = None,
    datastore: str | None = None,
    code: str | None = None,
    execution: str | None = None,
    all_chains: bool = False,
) -> Compiled:
    """Return the documents that a program compiles to; ``execution`` is the id of one that is resumed.

    Raises FlowError for a program that cannot be compiled, and where it calls several flows and one is needed.
    """
    from laminar import compiler
    from laminar.cli.compile import _chains
    from laminar.cli.values import choose
    from laminar.compiler import rehearsal

    url = package.place(program, code)
    made = package.make(program) if url is not None else None
    packaged = {"code": made.at(url), "program": made.program} if made is not None and url is not None else {}
    chosen = target or Chosen()
    chains, suited = _chains(program, args, parameters or {}, flow, chosen, datastore, False, packaged)
    if not all_chains and len(chains) > 1:
        choose([[step.flow.name for step in chain.steps] for chain, _ in chains], flow, need=True)
    if execution is not None:
        chains = [(_resumed(chain, execution), settings) for chain, settings in chains]
    text = compiler.text(compiler.documents(chains, suited))
    upload = (made, url) if made is not None and url is not None else None
    return Compiled(tuple(rehearsal.read(text, shown=program)), text, program, upload)


def _resumed(chain: Chain, execution: str) -> Chain:
    """Return a chain that finishes an execution: its pods leave alone what has finished."""
    first = chain.steps[0]
    chain.steps[0] = replace(first, execution=first.flow.execution(execution, retry=True), action="resume")
    return chain


def check(made: Compiled) -> None:
    """Lint documents before a cluster sees them: it drops unknown fields, and an expression fails when the workflow runs.

    Raises FlowError with all findings.
    """
    from laminar.compiler.lint import validate
    from laminar.compiler.yaml.reader import read_text

    found = [finding for finding in validate(read_text(made.text, made.shown)) if not finding.unchecked]
    raise_all(FlowError(str(finding), fix="correct it, or pass --no-lint.") for finding in found)


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
