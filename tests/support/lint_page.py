"""Make the part of docs/reference/lint.md that lists the rules; ``python -m tests.support.lint_page`` rewrites it."""

from __future__ import annotations

from pathlib import Path

from laminar.compiler.lint.rules import GROUPS, RULES, Rule

__all__ = ["PAGE", "generated", "rewritten"]

PAGE = Path(__file__).parent.parent.parent / "docs/reference/lint.md"
START, END = "<!-- rules: made from compiler/lint/catalogue.py -->\n", "<!-- end of rules -->\n"


def generated() -> str:
    """Return the list of rules as Markdown: a table for each group, and the reason of each rule."""
    return "".join(_group(letter, title) for letter, title in GROUPS.items())


def _group(letter: str, title: str) -> str:
    rules = [rule for rule in RULES.values() if rule.code[0] == letter]
    head = "| code | mistake | severity | `argo lint --offline` | API server |\n|---|---|---|---|---|\n"
    rows = "".join(f"| {rule.code} | {rule.title} | {_severity(rule)} | {rule.argo} | {rule.server} |\n" for rule in rules)
    reasons = "".join(f"- **{rule.code}** {rule.why}\n" for rule in rules)
    return f"\n### {letter}: {title}\n\n{head}{rows}\n{reasons}"


def _severity(rule: Rule) -> str:
    return rule.severity.word if rule.own == rule.severity else f"{rule.severity.word} ({rule.own.word})"


def rewritten(page: str) -> str:
    """Return a page with the rules as they are now."""
    before, _, rest = page.partition(START)
    return before + START + generated() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text()))
