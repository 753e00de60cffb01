"""Argo's example files: those that Argo accepts have no error, and slips in them are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from laminar.compiler.lint import Finding, Severity, validate
from laminar.compiler.lint.rules import RULES
from laminar.compiler.yaml.reader import read, read_text
from tests.support.mistakes import MISTAKES
from tests.support.slips import SLIPS

EXAMPLES = Path(__file__).parent.parent.parent / "data/argo/examples"
VERDICTS = dict(line.split("\t")[:2] for line in (EXAMPLES / "argo-lint.tsv").read_text().splitlines())
ACCEPTED = sorted(file for file, verdict in VERDICTS.items() if verdict == "0")
REFUSED = sorted(file for file, verdict in VERDICTS.items() if verdict != "0")


def errors(findings: list[Finding]) -> list[str]:
    return [str(finding) for finding in findings if finding.severity is Severity.ERROR]


def test_there_are_as_many_examples_as_argo_lint_judged():
    files = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*.yaml")}
    assert (len(ACCEPTED), len(REFUSED)) == (200, 17)
    assert {*ACCEPTED, *REFUSED} == files


@pytest.mark.parametrize("file", ACCEPTED)
def test_example_that_argo_accepts_has_no_error(file):
    assert errors(validate(read(EXAMPLES / file))) == []


@pytest.mark.parametrize("file", REFUSED)
def test_example_that_argo_lint_refuses_alone_is_understood(file):
    """It refers to a template in another file, or is no workflow: a note; one has a key twice, which Argo cannot read."""
    findings = validate(read(EXAMPLES / file))
    if file == "k8s-patch-json-workflow.yaml":
        assert [finding.code for finding in findings if finding.severity is Severity.ERROR] == ["Y101"]
    else:
        assert errors(findings) == []
        assert any("is not among these files" in each.what or "are not checked" in each.what for each in findings if each.unchecked)


def test_references_between_examples_are_followed():
    sources = [source for folder in ("workflow-template", "cluster-workflow-template") for source in _folder(folder)]
    sources += read(EXAMPLES / "dag-inline-cronworkflow.yaml") + read(EXAMPLES / "dag-inline-workflowtemplate.yaml")
    findings = validate(sources)
    assert errors(findings) == []
    assert [finding.what for finding in findings if "not among these files" in finding.what] == []


def _folder(name: str) -> list:
    return [source for path in sorted((EXAMPLES / name).glob("*.yaml")) for source in read(path)]


@pytest.mark.parametrize("name", SLIPS)
def test_slip_in_an_example_is_found(name):
    slip = SLIPS[name]
    text = (EXAMPLES / f"{slip.file}.yaml").read_text()
    assert slip.old in text
    before = {finding.what for finding in validate(read_text(text, "example.yaml"))} if slip.old != slip.new else set()
    found = validate(read_text(text.replace(slip.old, slip.new, 1), "example.yaml"))
    new = [finding for finding in found if finding.what not in before]
    assert slip.code in {finding.code for finding in new}, [str(finding) for finding in new]


@pytest.mark.parametrize("name", SLIPS)
def test_slip_brings_at_most_four_other_errors(name):
    slip = SLIPS[name]
    text = (EXAMPLES / f"{slip.file}.yaml").read_text().replace(slip.old, slip.new, 1)
    found = [finding for finding in validate(read_text(text, "example.yaml")) if finding.severity is Severity.ERROR]
    assert len(found) <= 5, [str(finding) for finding in found]


ELSEWHERE = {"Y104", "I104", "R112", "L101", "L102", "L103", "L104", "P105", "K101", "K102"}
"""Rules whose slips are in tests of their own."""


def test_every_rule_has_a_slip():
    found = {slip.code for slip in SLIPS.values()}
    assert set(RULES) - found - ELSEWHERE == set()
    assert len(SLIPS) + len(MISTAKES) > 150
