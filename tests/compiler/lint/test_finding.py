"""A finding names its rule, its place, and is as bad as the document that it is in."""

from __future__ import annotations

import pytest

from laminar.compiler.argo.parts import Part
from laminar.compiler.lint.finding import Finding, meant, not_checked, unreadable
from laminar.compiler.lint.rules import Severity
from laminar.compiler.yaml.reader import read_text
from laminar.exceptions import FlowError


@pytest.mark.parametrize(("label", "severity"), [("team", Severity.WARNING), ("laminar/flow", Severity.ERROR)])
def test_severity_is_stricter_in_laminars_own_documents(label, severity):
    (source,) = read_text(f"kind: Workflow\nmetadata: {{name: a, labels: {{{label}: x}}}}\n", "a.yaml")
    assert Finding(Part(source), "P105", "x").severity is severity


def test_what_is_not_checked_is_a_note():
    (source,) = read_text("kind: Workflow\n", "a.yaml")
    finding = not_checked(Part(source), "x")
    assert (finding.unchecked, finding.severity) == (True, Severity.NOTE)


@pytest.mark.parametrize(("where", "line"), [("a.yaml:12", 12), ("a.yaml", 1), ("", 1)])
def test_file_that_cannot_be_read_is_a_finding_on_its_line(where, line):
    finding = unreadable(FlowError("a.yaml is not valid YAML.", where=where, fix="correct the file."), "a.yaml")
    assert (finding.code, finding.line, finding.severity) == ("Y104", line, Severity.ERROR)


def test_question_names_what_may_have_been_meant():
    assert meant("lod", {"load", "fit"}) == " Did you mean 'load'?"
    assert meant("zzz", {"load"}) == ""
