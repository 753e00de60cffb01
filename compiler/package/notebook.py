"""Put the chains of a notebook, and the files that they import, into a code package."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

from laminar.compiler.package import project_archive
from laminar.exceptions import FlowError
from laminar.program import pickle_by_value, source_location
from laminar.program.code_package import minor
from laminar.program.notebook_replay import PICKLE, PROGRAM, SOURCE, is_of_notebook

if TYPE_CHECKING:
    from laminar.compiler.package.project_archive import Package
    from laminar.compiler.project import Project
    from laminar.components.flow import Flow
    from laminar.program.recording import Chain

__all__ = ["package", "require_code"]


def require_code(chains: Sequence[Chain], code: str | None) -> None:
    """Raise FlowError for flows of a notebook without a place for their code: no image holds it."""
    step = next((step for chain in chains for step in chain.steps if is_of_notebook(step.flow)), None)
    if code is None and step is not None:
        raise FlowError(
            f"Flow {step.flow.name!r} is defined in a notebook, which no pod can read.",
            where=step.where,
            fix="set the place of its code: compile(execution, code='s3://bucket/code', upload=True), or move it to a file.",
        )


def package(chains: Sequence[Chain], project: Project, folder: Path) -> Package:
    """Return the package of chains: their flows by value, with the files of the project, less notebooks.

    ``folder`` is the notebook's, of the project. The same cells give the same bytes, by a new kernel too. Pods need the Python
    that pickled them. Raises FlowError for a value that cannot be pickled, naming it and its layer, and for a project that
    cannot be packaged.
    """
    files = {path: found for path, found in project_archive.contents(project).items() if not path.endswith(".ipynb")}
    inside = os.path.relpath(folder.resolve(), project.root.resolve()).replace(os.sep, "/")
    program, pickled = (name if inside == "." else f"{inside}/{name}" for name in (PROGRAM, PICKLE))
    for name in (program, pickled):
        if name in files:
            raise FlowError(f"A file called {name!r} is in the way of the notebook's own.", fix="rename it.")
    own = {program: SOURCE.format(path=_path(project.root, folder, files)).encode(), pickled: _pickled(chains)}
    files.update((name, (data, False)) for name, data in own.items())
    project_archive.check_size(project.root, {path: len(data) for path, (data, _) in files.items()})
    return project_archive.archive(files, program=program, python=minor())


def _path(root: Path, folder: Path, files: Collection[str]) -> list[str]:
    """Return the folders that the notebook imports modules from, relative to its own, where their files are in the package."""
    found: list[str] = []
    for entry in map(os.path.realpath, sys.path):
        inside = os.path.relpath(entry, root.resolve()).replace(os.sep, "/")
        relative = os.path.relpath(entry, folder.resolve()).replace(os.sep, "/")
        holds = inside == "." or any(path.startswith(f"{inside}/") for path in files)
        if holds and relative != "." and relative not in found:
            found.append(relative)
    return found


def _pickled(chains: Sequence[Chain]) -> bytes:
    try:
        return pickle_by_value.stable(list(chains))
    except Exception as error:
        raise _refused(chains, error) from error


def _refused(chains: Sequence[Chain], error: Exception) -> FlowError:
    """Return the error for chains that cannot be pickled, with the value to blame where it can be found."""
    fix = "make values that cannot be pickled (connections, locks, open files) inside __call__."
    for layer, where, name, value in (used for chain in chains for step in chain.steps for used in _used(step.flow)):
        try:
            pickle_by_value.dumps(value)
        except Exception as found:
            return FlowError(f"Layer {layer!r} uses {name!r}, which cannot be pickled: {found}.", where=where, fix=fix)
    first = chains[0].first
    return FlowError(f"Flow {first.flow.name!r} cannot be pickled: {type(error).__name__}: {error}.", where=first.where, fix=fix)


def _used(flow: Flow) -> Iterator[tuple[str, str, str, Any]]:
    """Yield the references of layers' functions: layer, the function's place, the name and its value."""
    for name, layer in flow.registry.items():
        for function in vars(layer).values():
            if isinstance(function, FunctionType):
                for word in function.__code__.co_names:
                    if word in function.__globals__:
                        yield name, source_location.of_function(function), word, function.__globals__[word]
