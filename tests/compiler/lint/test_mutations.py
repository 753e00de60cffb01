"""A mistake injected into a golden file is found, with its line and its place in the document."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from laminar.compiler.lint import Finding, validate
from laminar.compiler.yaml.reader import read_text
from tests.support.mistakes import MISTAKES

ROOT = Path(__file__).parent.parent.parent.parent
GOLDEN = ROOT / "tests/golden/compiler"


def findings(text: str) -> list[Finding]:
    return validate(read_text(text, "golden.yaml"))


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_found_with_its_place(name):
    mistake = MISTAKES[name]
    text = (GOLDEN / f"{mistake.golden}.yaml").read_text()
    assert mistake.old in text
    spoilt = text.replace(mistake.old, mistake.new, 1)
    found = [finding for finding in findings(spoilt) if mistake.message in finding.what and not finding.unchecked]
    assert found, [str(finding) for finding in findings(spoilt)]
    assert any(mistake.where in finding.where for finding in found), [str(finding) for finding in found]


ELSEWHERE = {
    "a backoff without limit",
    "a gate that is not waited for",
    "a key twice",
    "a missing command",
    "a missing image",
    "a missing service account",
    "a status of a task that is not waited for",
    "a template that nothing calls",
    "two tasks of one name",
}
"""Mistakes that show in another line than the one that was changed."""


@pytest.mark.parametrize("name", sorted(set(MISTAKES) - ELSEWHERE))
def test_mistake_is_found_on_its_line(name):
    mistake = MISTAKES[name]
    text = (GOLDEN / f"{mistake.golden}.yaml").read_text()
    line = text[: text.index(mistake.old)].count("\n") + 1
    assert line in {finding.line for finding in findings(text.replace(mistake.old, mistake.new, 1))}


def test_too_many_tasks_are_found():
    tasks = "".join(
        f"      - {{name: T{place}, template: layer, arguments: {{parameters: [{{name: layer, value: x}}]}}}}\n"
        for place in range(199)
    )
    text = (GOLDEN / "linear.yaml").read_text().replace("      tasks:\n", "      tasks:\n" + tasks, 1)
    (finding,) = findings(text)
    assert finding.what == "There are 202 tasks, and Argo allows 200."
    assert (finding.template, finding.field) == ("Train", "dag.tasks")


def test_too_many_parameters_are_found():
    parameters = ", ".join(f"{{name: p{place}, value: x}}" for place in range(501))
    text = (
        (GOLDEN / "linear.yaml")
        .read_text()
        .replace("  templates:\n", f"  arguments: {{parameters: [{parameters}]}}\n  templates:\n", 1)
    )
    assert [finding.what for finding in findings(text)] == ["There are 501 parameters, and Argo allows 500."]


def test_starter_of_a_template_gives_it_only_what_it_takes():
    text = (GOLDEN / "template_with_workflow.yaml").read_text()
    assert findings(text) == []
    wrong = text.rstrip() + "\n  arguments: {parameters: [{name: rows, value: x}]}\n"
    (finding,) = findings(wrong)
    assert "WorkflowTemplate 'train' has no parameter 'rows'" in finding.what
    assert finding.document == "Workflow train-"


def test_every_kind_of_mistake_is_another():
    assert len(MISTAKES) >= 60
    assert len({re.sub(r"'[^']*'|\d+", "", mistake.message) + mistake.where for mistake in MISTAKES.values()}) >= 45
