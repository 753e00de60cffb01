"""docs/reference/lint.md lists the rules that there are, and its commands and comments are those of the code."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from laminar.cli.main import cli
from laminar.compiler.lint.rules import GROUPS, RULES
from tests.support.lint_page import PAGE, rewritten

TEXT = PAGE.read_text()


def test_page_lists_the_rules_as_they_are():
    """Where this fails: python -m tests.support.lint_page, then read the diff."""
    assert rewritten(TEXT) == TEXT


def test_every_rule_has_a_group_a_reason_and_a_known_verdict():
    for rule in RULES.values():
        assert rule.code[0] in GROUPS
        assert rule.why.endswith(".")
        assert {rule.argo, rule.server} <= {"yes", "no", "partly", "unknown"}
        assert rule.own >= rule.severity


@pytest.mark.parametrize("option", sorted(set(re.findall(r"`(?:laminar lint )?(--[a-z-]+)", TEXT)) - {"--offline"}))
def test_option_that_the_page_names_exists(option):
    assert option in CliRunner().invoke(cli, ["lint", "--help"]).output
