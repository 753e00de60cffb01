"""The table of rules is complete, and severities are ordered."""

from __future__ import annotations

import re
from pathlib import Path

from laminar.compiler.lint import Severity
from laminar.compiler.lint.rules import RULES

LINT = Path(__file__).parent.parent.parent.parent / "compiler/lint"


def test_every_code_in_the_source_is_a_rule_and_every_rule_is_used():
    used = {
        code
        for path in LINT.glob("*.py")
        if path.name != "catalogue.py"
        for code in re.findall(r'"([A-Z]\d{3})"', path.read_text())
    }
    assert used == set(RULES)


def test_severities_are_ordered_by_how_bad_they_are():
    assert Severity.NOTE < Severity.WARNING < Severity.ERROR
    assert [level.word for level in Severity] == ["note", "warning", "error"]


def test_titles_are_distinct():
    assert len({rule.title for rule in RULES.values()}) == len(RULES)
