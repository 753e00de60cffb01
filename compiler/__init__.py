"""Compile a recorded program to Argo's documents: record, plan, optimize, check, emit, dump."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from laminar.exceptions import FlowError

if TYPE_CHECKING:
    from laminar.compiler.optimizer import Pass
    from laminar.compiler.package.project_archive import Package
    from laminar.compiler.plan.planner import Settings
    from laminar.compiler.target import Target
    from laminar.components.execution import Execution
    from laminar.program.recording import Chain

__all__ = ["compile", "render"]


def compile(
    program: str | Path | Execution | Callable[[], object],
    target: Target | None = None,
    *,
    settings: Settings | None = None,
    args: Sequence[str] = (),
    code: str | None = None,
    upload: bool = False,
) -> str:
    """Return the YAML of a program's chains, a document each: of a Python file, a function that calls flows, or an Execution.

    The last two are how a notebook compiles its flows: ``compile(flow.execution().parameters(n=3), code=URL, upload=True)`` the
    one that an Execution, run or not, ends; ``compile(main, ...)`` all that a function calls, of which nothing is run.

    Pods run the program that their image holds or, with ``code``, the package that is kept below that URL; ``upload`` puts it
    there. A notebook's holds its flows by value, and the files of its folder; ``code`` and the datastore are then those of
    ``[tool.laminar]`` where none is given.

    Raises FlowError, with every problem at once, for a program that cannot be compiled, and DatastoreError where the package
    cannot be written.
    """
    from dataclasses import replace

    from laminar.compiler import project, recorder
    from laminar.compiler.package import notebook, project_archive
    from laminar.compiler.plan import planner
    from laminar.compiler.target import Target
    from laminar.components.execution import Execution

    settings = settings or planner.Settings()
    made: Package | None = None
    if isinstance(program, (str, Path)):
        chains = recorder.record(program, args).chains
        if code is not None:
            made = project_archive.package(Path(program), project.find(Path(program)))
    else:
        chains = [recorder.chain(program)] if isinstance(program, Execution) else recorder.call(program)
        found = project.find(Path.cwd() / "notebook")
        settings = replace(settings, datastore=settings.datastore or found.datastore)
        code = code if code is not None else found.code
        notebook.require_code(chains, code)
        if code is not None:
            made = notebook.package(chains, found, Path.cwd())
    if made is not None and code is not None:
        settings = replace(settings, code=made.at(project_archive.check_place(code)), program=made.program)
    elif upload:
        raise FlowError("There is no code package to upload.", fix="say where it goes: code='s3://bucket/code'.")
    text = render([(chain, replace(settings, chain=place)) for place, chain in enumerate(chains, 1)], target or Target())
    if upload and made is not None and code is not None:
        project_archive.upload(made, code)
    return text


def render(chains: Iterable[tuple[Chain, Settings]], target: Target, passes: Sequence[Pass] | None = None) -> str:
    """Return the YAML of recorded chains: plan, optimize, check, emit, dump. The passes are those that suit the target."""
    from dataclasses import replace

    from laminar.compiler import optimizer
    from laminar.compiler.check import checker
    from laminar.compiler.emit import emitter
    from laminar.compiler.plan import planner
    from laminar.compiler.yaml import writer

    passes = optimizer.passes_for(target) if passes is None else passes
    documents: list[dict[str, Any]] = []
    named: dict[str, int] = {}
    for chain, settings in chains:
        planned = planner.plan(chain, settings)
        suited = target.suited(planned)
        name = emitter.object_name(planned, suited)
        named[name] = named.get(name, 0) + 1
        if suited.document.stored and named[name] > 1:  # a second chain that begins with the same flow
            suited = replace(suited, name=f"{name}-{named[name]}")
        documents.extend(emitter.emit(checker.check(optimizer.optimize(planned, passes), suited), suited))
    text = writer.dump(tuple(documents))
    return f"{_rights()}---\n{text}" if target.rbac else text


def _rights() -> str:
    """Return the service account that pods run as, with its role."""
    from importlib import resources

    return resources.files("laminar.templates").joinpath("rbac.yaml").read_text(encoding="utf-8")
