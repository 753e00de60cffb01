"""Describe the place of a text, which decides what its tags may refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from laminar.compiler.argo.documents import Document, Library, Task, Template
from laminar.compiler.argo.parts import Part
from laminar.compiler.target import Limits

__all__ = ["Scope"]


@dataclass(frozen=True)
class Scope:
    """The place of a text.

    ``siblings`` are the tasks or steps of the template, ``ended`` those whose results are known. ``outer`` is the scope around
    an inline template, whose tags Argo replaces as well.
    """

    document: Document
    library: Library
    limits: Limits
    template: Template | None = None
    task: Task | None = None
    ended: frozenset[str] = frozenset()
    siblings: Mapping[str, Task] = field(default_factory=dict)
    outer: Scope | None = None

    def inside(self, template: Template, ancestors: Mapping[str, set[str]]) -> Scope:
        """Return the scope of a template's own fields, where all its tasks have ended."""
        siblings = {call.name: call for call in template.calls}
        ended = frozenset(name for name in siblings if name in ancestors)
        return replace(self, template=template, task=None, siblings=siblings, ended=ended, outer=self if self.task else None)

    def before(self, task: Task, ended: set[str]) -> Scope:
        """Return the scope of a task's fields, after the tasks that it waits for."""
        return replace(self, task=task, ended=frozenset(ended))

    def after(self) -> Scope:
        """Return the scope of the task's hooks, which can also refer to the task itself."""
        return replace(self, ended=self.ended | {self.task.name}) if self.task else self

    @property
    def is_step(self) -> bool:
        """Whether the template has steps, so that ``steps`` refers to them."""
        return self.template is not None and bool(self.template.steps)

    @property
    def works(self) -> list[str]:
        """The template's work."""
        return self.template.works if self.template else []

    def is_metric(self, part: Part) -> bool:
        """Return whether a part is of a metric, which can refer to the status of its node."""
        return "metrics" in part.place
