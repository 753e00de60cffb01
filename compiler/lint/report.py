"""Write findings as people and programs read them: text, JSON, GitHub's annotations, SARIF."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from laminar.compiler.lint.finding import Finding
from laminar.compiler.lint.rules import RULES, Severity

__all__ = ["FORMATS", "summary"]

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
"""GitHub's words (docs.github.com, Workflow commands); in SARIF it is note."""


def text(findings: Sequence[Finding]) -> str:
    """Return findings as lines that begin with ``file:line:``."""
    return "\n".join(map(str, findings))


def as_json(findings: Sequence[Finding]) -> str:
    """Return a JSON object with a list of findings and their counts."""
    counts = Counter(finding.severity.word for finding in findings)
    listed = {
        "findings": [_plain(finding) for finding in findings],
        "counts": {level.word: counts[level.word] for level in Severity},
    }
    return json.dumps(listed, indent=2, ensure_ascii=False)


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "file": finding.part.source.file, "line": finding.line, "code": finding.code, "severity": finding.severity.word,
        "message": finding.what, "fix": finding.fix, "document": finding.document, "template": finding.template,
        "task": finding.task, "field": finding.field,
    }  # fmt: skip


def github(findings: Sequence[Finding]) -> str:
    """Return findings as workflow commands, which GitHub shows beside the lines of a pull request."""
    return "\n".join(
        f"::{LEVELS[finding.severity]} file={_escaped(finding.part.source.file, properties=True)},line={finding.line},"
        f"title={finding.code}::{_escaped(finding.what + (f' fix: {finding.fix}' if finding.fix else ''))}"
        for finding in findings
    )


def _escaped(text: str, *, properties: bool = False) -> str:
    for letter, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), *(((":", "%3A"), (",", "%2C")) if properties else ())):
        text = text.replace(letter, code)
    return text


def sarif(findings: Sequence[Finding]) -> str:
    """Return findings as a SARIF 2.1.0 log, which code scanners read."""
    from laminar import __version__

    codes = sorted({finding.code for finding in findings})
    driver = {"name": "laminar", "version": __version__, "rules": [_sarif_rule(code) for code in codes]}
    results = [_sarif_result(finding, codes) for finding in findings]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def _sarif_rule(code: str) -> dict[str, Any]:
    rule = RULES[code]
    return {
        "id": code, "shortDescription": {"text": rule.title}, "fullDescription": {"text": rule.why},
        "defaultConfiguration": {"level": rule.severity.word},
    }  # fmt: skip


def _sarif_result(finding: Finding, codes: Sequence[str]) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": finding.part.source.file.replace(" ", "%20")}, "region": {"startLine": finding.line}}
    message = finding.what + (f" Fix: {finding.fix}" if finding.fix else "")
    return {
        "ruleId": finding.code, "ruleIndex": codes.index(finding.code), "level": finding.severity.word,
        "message": {"text": message}, "locations": [{"physicalLocation": place}],
    }  # fmt: skip


FORMATS: Mapping[str, Callable[[Sequence[Finding]], str]] = {"text": text, "json": as_json, "github": github, "sarif": sarif}
"""The formats by their names."""


def summary(files: int, findings: Sequence[Finding], *, notes_shown: bool) -> str:
    """Return one line that counts files and findings."""
    counts = Counter(finding.severity for finding in findings)
    shown = [_counted(counts[level], level.word) for level in (Severity.ERROR, Severity.WARNING) if counts[level]]
    notes = _counted(counts[Severity.NOTE], "note") if counts[Severity.NOTE] else ""
    if notes and notes_shown:
        shown.append(notes)
    hidden = f" ({notes}, shown by --notes)" if notes and not notes_shown else ""
    return f"{_counted(files, 'file')}: {', '.join(shown) or 'nothing found'}{hidden}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"
