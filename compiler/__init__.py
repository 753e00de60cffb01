"""Compile a recorded program to Argo's documents: record, plan, optimize, check, emit, dump."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from laminar.exceptions import FlowError

if TYPE_CHECKING:
    from laminar.compiler.ir import Documents
    from laminar.compiler.optimizer import Pass
    from laminar.compiler.package.project_archive import Package
    from laminar.compiler.plan.planner import Settings
    from laminar.compiler.project import Project
    from laminar.compiler.target import Target
    from laminar.components.execution import Execution
    from laminar.program.recording import Chain

__all__ = ["Settings", "Target", "compile", "documents", "render", "rights_text", "text"]


def __getattr__(name: str) -> Any:
    """Import Settings and Target when they are first used: importing this package loads no stage of the compiler."""
    if name == "Settings":
        from laminar.compiler.plan.planner import Settings

        return Settings
    if name == "Target":
        from laminar.compiler.target import Target

        return Target
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def compile(
    program: str | Path | Execution | Callable[[], object],
    target: Target | None = None,
    *,
    settings: Settings | None = None,
    args: Sequence[str] = (),
    code: str | None = None,
    upload: bool = False,
) -> str:
    """Return the YAML of a program's chains, one document each: of a Python file, a function that calls flows, or an Execution.

    A notebook compiles a function or an Execution: ``compile(flow.execution().parameters(n=3), code=URL, upload=True)`` compiles
    the chain that the Execution ends, ``compile(main, ...)`` every chain that the function calls. Nothing of them is run.

    Datastore, base workflow and ``code`` are those of ``[tool.laminar]`` where the arguments name none, as for the command;
    a notebook's project is that of the working folder. Pods run the program in their image or, with ``code``, the package
    below that URL, which ``upload`` writes. A notebook's package holds its flows by value, and the files of its folder.

    Raises FlowError, with every problem at once, for a program that cannot be compiled, and DatastoreError where the package
    cannot be written.
    """
    from dataclasses import replace

    from laminar.compiler import project
    from laminar.compiler.emit import site_policy
    from laminar.compiler.package import project_archive
    from laminar.compiler.plan.planner import Settings
    from laminar.compiler.target import Target

    is_file = isinstance(program, (str, Path))
    found = project.find(Path(program) if isinstance(program, (str, Path)) else Path.cwd() / "notebook")
    settings = settings or Settings(root=str(found.root) if is_file else "")
    settings = replace(settings, datastore=settings.datastore or found.datastore, args=settings.args or tuple(args))
    settings = replace(settings, image=settings.image or found.image, logs=settings.logs and found.logs)
    if isinstance(program, (str, Path)):
        settings = replace(settings, own_program=settings.own_program or found.path_of(str(program)))
    target = target or Target()
    if target.base is None and found.base_file is not None:
        target = replace(target, base=site_policy.load(found.base_file))
    code = found.code if code is None else code
    chains, package = _recorded(program, args, found, code)
    if package is not None and code is not None:
        settings = replace(settings, code=package.at(project_archive.check_place(code)), program=package.program)
    elif upload:
        raise FlowError(
            "There is no code package to upload.", fix="pass the URL that packages are kept below: code='s3://bucket/code'."
        )
    made = render([(chain, replace(settings, chain=place)) for place, chain in enumerate(chains, 1)], target)
    if upload and package is not None and code is not None:
        project_archive.upload(package, code)
    return made


def _recorded(
    program: str | Path | Execution | Callable[[], object], args: Sequence[str], found: Project, code: str | None
) -> tuple[list[Chain], Package | None]:
    """Return a program's chains, and the package of its code where pods run one.

    Raises FlowError for a notebook whose pods would have no code to run.
    """
    from laminar.compiler import recorder
    from laminar.compiler.package import notebook, project_archive
    from laminar.components.execution import Execution

    if isinstance(program, (str, Path)):
        chains = recorder.record(program, args).chains
        return chains, None if code is None else project_archive.package(Path(program), found)
    chains = [recorder.chain(program)] if isinstance(program, Execution) else recorder.call(program)
    notebook.require_code(chains, code)
    return chains, None if code is None else notebook.package(chains, found, Path.cwd())


def render(chains: Iterable[tuple[Chain, Settings]], target: Target, passes: Sequence[Pass] | None = None) -> str:
    """Return the YAML of recorded chains; the rights of their pods are first where the target has them."""
    return text(documents(chains, target, passes), rights=target.rbac)


def documents(chains: Iterable[tuple[Chain, Settings]], target: Target, passes: Sequence[Pass] | None = None) -> Documents:
    """Return the documents of recorded chains: plan, optimize, check, emit. The passes are by default those of the target.

    Raises FlowError, with every problem of a chain at once.
    """
    from dataclasses import replace

    from laminar.compiler import optimizer
    from laminar.compiler.check import checker
    from laminar.compiler.emit import emitter
    from laminar.compiler.plan import planner

    passes = optimizer.passes_for(target) if passes is None else passes
    made: list[dict[str, Any]] = []
    named: dict[str, int] = {}
    for chain, settings in chains:
        planned = planner.plan(chain, settings)
        suited = target.suited(planned)
        name = emitter.object_name(planned, suited)
        named[name] = named.get(name, 0) + 1
        if suited.document.stored and named[name] > 1:  # another chain that begins with the same flow
            suited = replace(suited, name=f"{name}-{named[name]}")
        optimized = optimizer.optimize(planned, passes)
        checker.check_plan(optimized, suited)
        emitted = emitter.emit(optimized, suited)
        checker.check_documents(optimized, emitted, suited)
        made.extend(emitted)
    return tuple(made)


def text(documents: Documents, *, rights: bool = False, notes: bool = True) -> str:
    """Return documents as YAML; ``rights`` puts the service account of their pods, with its role, first.

    ``notes`` are the comments above tasks that name a layer's class and its line in the program.
    """
    from laminar.compiler.yaml import writer

    written = writer.dump(documents, notes=notes)
    return f"{rights_text()}---\n{written}" if rights else written


def rights_text() -> str:
    """Return the service account that pods run as, with its role."""
    from importlib import resources

    return resources.files("laminar.templates").joinpath("rbac.yaml").read_text(encoding="utf-8")
