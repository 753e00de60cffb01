"""Record the program that a command names, and select the chains that are compiled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from laminar.cli.options.document import DocumentChoice
from laminar.cli.options.program import ProgramChoice, choose_chain
from laminar.exceptions import FlowError

if TYPE_CHECKING:
    from laminar.compiler.plan.planner import Settings
    from laminar.compiler.target import Target
    from laminar.program.recording import Chain

    Chains = list[tuple[Chain, Settings]]

__all__ = ["compiled_text", "record_chains"]


def record_chains(
    chosen: ProgramChoice,
    document: DocumentChoice,
    datastore: str | None = None,
    *,
    strict: bool = False,
    code: str | None = None,
    program: str | None = None,
) -> tuple[Chains, Target]:
    """Return the selected chains of a program with their settings, and the target to compile for.

    ``code`` is the URL of a code package, and ``program`` the program's path in it.

    Raises FlowError for a program that cannot be recorded, and for a flow or a parameter that it does not have.
    """
    from laminar.compiler import project, recorder
    from laminar.compiler.plan.planner import Settings

    recorded = recorder.record(chosen.program())
    _warn_of_later_calls(recorded.ended, strict)
    if recorded.side_effects:
        shown = ", ".join(recorded.side_effects)
        click.echo(f"warning: compiling executed lines after a flow's call that are no call or read of a flow: {shown}", err=True)
    settled = project.find(Path(chosen.path))
    names = [[step.flow.name for step in chain.steps] for chain in recorded.chains]
    place = choose_chain(names, chosen.flow, need=bool(chosen.assignments))
    plans = [
        (
            recorded.chains[one],
            Settings(
                datastore=datastore or settled.datastore,
                parameters=chosen.values,
                schedule=document.schedule_settings(),
                chain=one + 1,
                root=str(settled.root),
                args=chosen.args,
                code=code,
                program=program,
                image=document.image or settled.image,
                own_program=settled.path_of(chosen.path),
                cached=not document.no_cache,
                logs=settled.logs,
            ),
        )
        for one in (range(len(recorded.chains)) if place is None else (place,))
    ]
    return plans, document.target(settled)


def compiled_text(chosen: ProgramChoice, document: DocumentChoice, datastore: str | None = None) -> str:
    """Return the YAML of a program's selected chains."""
    from laminar.compiler import render

    return render(*record_chains(chosen, document, datastore))


def _warn_of_later_calls(ended: tuple[str, str] | None, strict: bool) -> None:
    """Warn that the program calls flows after it reads a result, where recording ends. With ``strict``, raise FlowError."""
    from laminar.program import call_sites

    if ended is None:
        return
    what, where = ended
    later = call_sites.call_after(where)
    if later is None:
        return
    if strict:
        raise FlowError(
            f"The program reads {what}, so flows called after that line are not part of the document.",
            where=f"{where}, and a flow is called at {later}",
            fix="call all flows first, or chain them with .next(...).",
        )
    click.echo(f"warning: {where} reads {what}; the flow called at {later} is not part of the document", err=True)
