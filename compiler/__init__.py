"""Compile a recorded program to Argo's documents: record, plan, optimize, check, emit, dump."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from laminar.compiler.optimizer import Pass
    from laminar.compiler.planner import Settings
    from laminar.compiler.target import Target
    from laminar.components.execution import Execution
    from laminar.recording import Chain

__all__ = ["compile", "render"]


def compile(
    program: str | Path | Execution, target: Target | None = None, *, settings: Settings | None = None, args: Sequence[str] = ()
) -> str:
    """Return the YAML of a program's chains, a document each; or of one Execution, with those before it in its chain.

    An Execution of a notebook may have run or not: ``compile(flow.execution().parameters(n=3))``. Pods run the command of its
    layers' containers, so the flow has to be in their image's program too.

    Raises FlowError, with every problem at once, for a program that cannot be compiled.
    """
    from dataclasses import replace

    from laminar.compiler import planner, recorder
    from laminar.compiler.target import Target
    from laminar.components.execution import Execution

    settings = settings or planner.Settings()
    chains = [recorder.chain(program)] if isinstance(program, Execution) else recorder.record(program, args).chains
    return render([(chain, replace(settings, chain=place)) for place, chain in enumerate(chains, 1)], target or Target())


def render(chains: Iterable[tuple[Chain, Settings]], target: Target, passes: Sequence[Pass] | None = None) -> str:
    """Return the YAML of recorded chains: plan, optimize, check, emit, dump. The passes are those that suit the target."""
    from dataclasses import replace

    from laminar.compiler import checker, dumper, emitter, optimizer, planner

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
    text = dumper.dump(tuple(documents))
    return f"{_rights()}---\n{text}" if target.rbac else text


def _rights() -> str:
    """Return the service account that pods run as, with its role."""
    from importlib import resources

    return resources.files("laminar.templates").joinpath("rbac.yaml").read_text(encoding="utf-8")
