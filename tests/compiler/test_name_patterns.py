"""Names are allowed as Argo and Kubernetes allow them."""

from __future__ import annotations

import re

import pytest

from laminar.compiler import name_patterns

RIGHT: dict[str, list[str]] = {
    "TEMPLATE": ["a", "A-1", "1a", "a" * 128],
    "PARAMETER": ["a", "_a", "-", "A_b-1"],
    "ARTIFACT": ["a", "a.b", "{{inputs.parameters.x}}"],
    "OBJECT": ["a", "a-b.c1", "1", "a" * 253],
    "LABEL": ["", "a", "A.b_c-1", "a" * 63],
    "KEY": ["a", "example.com/a", "A_b.c", "a" * 63, f"{'a' * 253}/b"],
}
WRONG: dict[str, list[str]] = {
    "TEMPLATE": ["", "-a", "a_b", "a.b", "a" * 129, "ä"],
    "PARAMETER": ["", "a.b", "a b", "{{x}}"],
    "ARTIFACT": ["", "a b", "a/b"],
    "OBJECT": ["", "A", "a_b", "-a", "a-", "a..b", ".a", "a" * 254],
    "LABEL": ["-a", "a-", "a b", "a" * 64, "a/b"],
    "KEY": ["", "/a", "a/", "a/b/c", "Example.com/a", "-/a", "a" * 64],
}


def cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in table.items() for text in texts]


def pattern(name: str) -> re.Pattern[str]:
    found: re.Pattern[str] = getattr(name_patterns, name)
    return found


def test_every_pattern_has_cases():
    assert set(RIGHT) == set(WRONG) == set(name_patterns.__all__)


@pytest.mark.parametrize(("name", "text"), cases(RIGHT))
def test_a_valid_name_matches(name, text):
    assert pattern(name).match(text)


@pytest.mark.parametrize(("name", "text"), cases(WRONG))
def test_an_invalid_name_does_not_match(name, text):
    assert pattern(name).match(text) is None


@pytest.mark.parametrize("name", RIGHT)
def test_a_line_break_after_a_name_is_part_of_it(name):
    assert pattern(name).match("a\n") is None
