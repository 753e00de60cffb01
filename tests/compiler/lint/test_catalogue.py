"""The table of rules is complete: each line is a rule, and each rule is broken by some check."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

import pytest

from laminar.compiler.lint.catalogue import CATALOGUE

LINES = [line.split("|", 5) for line in CATALOGUE.strip().splitlines()]
SOURCES = "".join(file.read_text() for file in Path("compiler").rglob("*.py") if file.name not in ("catalogue.py", "rules.py"))


def test_each_letters_codes_stand_together_and_are_numbered_without_a_gap():
    groups = [(letter, list(codes)) for letter, codes in groupby((line[0] for line in LINES), key=lambda code: code[0])]
    assert len(groups) == len(dict(groups))
    for letter, codes in groups:
        assert codes == [f"{letter}{101 + place}" for place in range(len(codes))]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[0])
def test_each_line_has_known_values_and_sentences(line):
    code, severities, argo, server, title, reason = line
    assert re.fullmatch("[A-Z][0-9]{3}", code)
    assert set(severities.split("/")) <= {"note", "warning", "error"}
    assert {argo, server} <= {"yes", "no", "partly", "unknown"}
    assert title
    assert not title.endswith(".")
    assert reason.endswith(".")


@pytest.mark.parametrize("code", [line[0] for line in LINES])
def test_each_code_is_named_by_a_check(code):
    assert f'"{code}"' in SOURCES
