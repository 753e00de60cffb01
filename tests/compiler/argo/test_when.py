"""Conditions of tasks, after their tags are replaced."""

from __future__ import annotations

import pytest

from laminar.compiler.argo.when import WhenError, holds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("true", True),
        ("false || Succeeded == Succeeded", True),
        ("Skipped == Succeeded", False),
        ("'a b' == \"a b\" && 2 > 1.5", True),
        ("!(a == b) && a != b", True),
        ("1 == 1.0", True),
        ("1 == '1'", False),
        ("-1 < 0", True),
        ("a < b", True),
        ("größe == größe", True),
    ],
)
def test_a_when_compares_words_texts_and_numbers(text, expected):
    assert holds(text) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1", "Expected boolean evaluation for '1'. Got 1"),
        ("a", "Expected boolean evaluation for 'a'. Got a"),
        ("a ==", "Invalid 'when' expression 'a ==': ends where a value belongs"),
        ("(true", "Invalid 'when' expression '(true': has a '(' that is not closed"),
        ("1 < a", "it is not a number"),
        ("{{=let p = 1; p}} == 1", "Invalid token: '{{=' (hint: try wrapping the affected expression in quotes (\"))"),
        ("a-b == c", "Invalid token: '-'"),
    ],
)
def test_a_when_that_argo_cannot_evaluate_is_an_error(text, message):
    with pytest.raises(WhenError) as caught:
        holds(text)
    assert message in str(caught.value)
