"""Compile a chain of the program that this process executes, in a file or a notebook, so that pods find it again."""

from __future__ import annotations

import os
import sysconfig
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from laminar.compiler import documents, project, text
from laminar.compiler.cluster.submission import check_text
from laminar.compiler.plan.planner import Settings
from laminar.compiler.target import Target
from laminar.exceptions import FlowError
from laminar.program import main_module

if TYPE_CHECKING:
    from laminar.compiler.cluster.transport import Object
    from laminar.compiler.package.project_archive import Package
    from laminar.compiler.plan.partial_execution import Remainder
    from laminar.compiler.project import Project
    from laminar.program.main_module import Program
    from laminar.program.recording import Chain

__all__ = ["CalledProgram"]


@dataclass(frozen=True)
class CalledProgram:
    """The program of this process, None for a notebook or a REPL, and its project."""

    program: Program | None
    project: Project

    @classmethod
    def current(cls) -> CalledProgram:
        """Return the program that this process executes."""
        program = main_module.current()
        if program is not None and _is_installed(program.path):  # pytest, or another program that calls the user's modules
            program = None
        return cls(program, project.find(Path(program.path) if program is not None else Path.cwd() / "notebook"))

    def document(self, chain: Chain, place: int, remainder: Remainder | None = None) -> Object:
        """Return the workflow of a chain, number ``place`` of the program; its code package is uploaded if there is one.

        ``remainder`` has the unfinished layers of a resumed execution.

        Raises FlowError for a chain that no pod could run.
        """
        from laminar.compiler import rehearsal
        from laminar.compiler.emit import site_policy
        from laminar.compiler.package import project_archive

        found, package = self.project, self._package(chain)
        settings = Settings(datastore=found.datastore, image=found.image, remainder=remainder)  # a notebook's package has one chain
        if self.program is not None:
            own = found.path_of(self.program.path)
            settings = replace(settings, root=str(found.root), own_program=own, args=self.program.args, chain=place)
        if package is not None and found.code is not None:
            code = package.at(project_archive.check_place(found.code))
            settings = replace(settings, code=code, program=package.program)
        base = site_policy.load(found.base_file) if found.base_file is not None else None
        made = text(documents([(chain, settings)], Target(kind="workflow", base=base)))
        shown = self.program.shown if self.program is not None else "the notebook"
        check_text(made, shown)
        if package is not None and found.code is not None:
            project_archive.upload(package, found.code)
        workflows = [one for one in rehearsal.read(made, shown=shown) if one.get("kind") == "Workflow"]
        return workflows[0]

    def _package(self, chain: Chain) -> Package | None:
        from laminar.compiler.package import notebook, project_archive

        found = self.project
        if self.program is not None:
            return None if found.code is None else project_archive.package(Path(self.program.path), found)
        if found.code is None:
            raise FlowError(
                f"Flow {chain.first.flow.name!r} is called in a notebook or a REPL, which no pod can read.",
                where=chain.first.where,
                fix='set its place, code = "s3://bucket/code" in [tool.laminar] of pyproject.toml, or move it to a file.',
            )
        return notebook.package([chain], found, Path.cwd())


def _is_installed(path: str) -> bool:
    """Return whether a program is part of an installed package."""
    places = sysconfig.get_paths()
    return any(path.startswith(places[name] + os.sep) for name in ("purelib", "platlib", "stdlib"))
