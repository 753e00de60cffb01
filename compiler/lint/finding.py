"""Describe an error in a part of a document, or a part that was not checked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from laminar.compiler.argo.documents import Document
from laminar.compiler.argo.parts import Part
from laminar.compiler.lint.rules import RULES, Rule, Severity
from laminar.compiler.yaml.reader import Source
from laminar.exceptions import LaminarError, suggest

__all__ = ["Finding", "meant", "not_checked", "unreadable"]


@dataclass(frozen=True)
class Finding:
    """A part, the code of the rule that it breaks, the error, and how to fix it."""

    part: Part
    code: str
    what: str
    fix: str = ""

    @property
    def rule(self) -> Rule:
        """The rule that it breaks."""
        return RULES[self.code]

    @property
    def severity(self) -> Severity:
        """Severity: that of laminar's own documents is higher."""
        own = Document(Part(self.part.source)).is_own
        return self.rule.own if own else self.rule.severity

    @property
    def document(self) -> str:
        """The kind and name of the document."""
        return self.part.document

    @property
    def template(self) -> str:
        """The name of the template, empty outside templates."""
        return self.part.template

    @property
    def task(self) -> str:
        """The name of the task or step, empty outside them."""
        return self.part.task

    @property
    def field(self) -> str:
        """The place inside the task, the template or the document."""
        return self.part.field

    @property
    def where(self) -> str:
        """The place in words."""
        return self.part.where

    @property
    def unchecked(self) -> bool:
        """Whether it reports only that a part was not checked."""
        return self.code == "K101"

    @property
    def line(self) -> int:
        """The line in the file, from 1."""
        return self.part.line

    def __str__(self) -> str:
        lines = [f"{self.part.source.file}:{self.line}: {self.severity.word}[{self.code}] {self.what}", f"  at: {self.where}"]
        return "\n".join([*lines, f"  fix: {self.fix}"] if self.fix else lines)


def not_checked(part: Part, what: str) -> Finding:
    """Return the note that a part was not checked."""
    return Finding(part, "K101", what)


def meant(name: str, known: Iterable[str]) -> str:
    """Return a question for the closest known name, or an empty text."""
    return suggest(name, sorted(known))


def unreadable(error: LaminarError, file: str) -> Finding:
    """Return the finding for a file that cannot be read as YAML."""
    line = re.search(r":([0-9]+)\Z", error.where)
    return Finding(Part(Source(file, 1, None, {(): int(line[1]) if line else 1})), "Y104", error.what, error.fix)
