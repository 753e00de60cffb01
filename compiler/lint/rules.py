"""List the linter's rules: each with a code, a severity, a reason, and other tools that find such a mistake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from laminar.compiler.lint.catalogue import CATALOGUE

__all__ = ["GROUPS", "RULES", "Rule", "Severity"]


class Severity(IntEnum):
    """Severity of a finding; a larger number is worse."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """Its name in output."""
        return self.name.lower()


@dataclass(frozen=True)
class Rule:
    """One rule.

    ``own`` is the severity in documents that laminar wrote, which have to be correct. ``argo`` and ``server`` state
    whether ``argo lint --offline`` and the Kubernetes API server find such a mistake: yes, no, partly, unknown.
    """

    code: str
    title: str
    severity: Severity
    own: Severity
    argo: str
    server: str
    why: str


GROUPS = {
    "Y": "YAML",
    "D": "Documents",
    "F": "Fields and their values",
    "N": "Names",
    "L": "Limits",
    "C": "Calls of templates",
    "W": "What waits for what",
    "I": "Loops",
    "X": "Expressions and conditions",
    "R": "References",
    "P": "Pods",
    "O": "Outputs",
    "S": "Schedules",
    "K": "What is not checked",
}
"""Meaning of the first letter of a code."""


def _read(line: str) -> Rule:
    code, levels, argo, server, title, why = (field.strip() for field in line.split("|", 5))
    severity, _, own = levels.partition("/")
    return Rule(code, title, Severity[severity.upper()], Severity[(own or severity).upper()], argo, server, why)


RULES: Mapping[str, Rule] = {rule.code: rule for rule in map(_read, CATALOGUE.strip().splitlines())}
"""The rules by code."""
