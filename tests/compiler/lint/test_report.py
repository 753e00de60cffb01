"""Findings are written as people and programs read them."""

from __future__ import annotations

import json

import pytest

from laminar.compiler.argo.parts import Part
from laminar.compiler.lint.finding import Finding
from laminar.compiler.lint.report import FORMATS, summary
from laminar.compiler.yaml.reader import Source

PART = Part(Source("a b,c.yaml", 1, {"kind": "Workflow"}, {(): 7}))
ERROR, WARNING, NOTE = (Finding(PART, code, "50% of\nit: wrong, here", "fix it.") for code in ("C103", "P105", "K101"))
ALL = [ERROR, WARNING, NOTE]


def test_text_begins_with_file_and_line_and_ends_with_the_fix():
    first, *_, last = FORMATS["text"]([ERROR]).splitlines()
    assert first.startswith("a b,c.yaml:7: error[C103] 50% of")
    assert last == "  fix: fix it."


def test_github_has_its_own_words_and_escapes():
    lines = FORMATS["github"](ALL).splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::warning", "::notice"]
    assert lines[0] == "::error file=a b%2Cc.yaml,line=7,title=C103::50%25 of%0Ait: wrong, here fix: fix it."


def test_json_keeps_findings_and_counts_apart():
    told = json.loads(FORMATS["json"](ALL))
    assert told["counts"] == {"error": 1, "warning": 1, "note": 1}
    assert [finding["severity"] for finding in told["findings"]] == ["error", "warning", "note"]


def test_sarif_indexes_point_at_the_rules():
    (run,) = json.loads(FORMATS["sarif"]([*ALL, ERROR]))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["C103", "K101", "P105"]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "a%20b,c.yaml"}


@pytest.mark.parametrize("name", FORMATS)
def test_no_findings_are_written_without_a_failure(name):
    written = FORMATS[name]([])
    assert json.loads(written) if name in ("json", "sarif") else written == ""


@pytest.mark.parametrize(
    ("findings", "notes", "text"),
    [
        ([], False, "2 files: nothing found"),
        ([ERROR, ERROR, WARNING], False, "2 files: 2 errors, 1 warning"),
        (ALL, False, "2 files: 1 error, 1 warning (1 note, shown by --notes)"),
        (ALL, True, "2 files: 1 error, 1 warning, 1 note"),
        ([NOTE], False, "2 files: nothing found (1 note, shown by --notes)"),
    ],
)
def test_summary_counts_by_severity(findings, notes, text):
    assert summary(2, findings, notes_shown=notes) == text
