"""A task repeats over one list or sequence that can be made."""

from __future__ import annotations

import pytest

from tests.support.small_workflows import of_task


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ("withItems: [a, 1, true, {k: v}]", []),
        ("withParam: '[1, 2]'", []),
        ('withParam: "{{workflow.parameters}}"', []),
        ("withSequence: {count: 3}", []),
        ('withSequence: {count: "3", start: "5"}', []),
        ('withSequence: {start: "5", end: "0"}', []),
        ('withSequence: {count: "{{=1 + 2}}"}', []),
        ('withSequence: {count: "{{=string(3)}}"}', []),
        ("withSequence: {start: 1}", ["I102"]),
        ("withSequence: {count: 1, end: 2}", ["I102"]),
        ("withSequence: {count: many}", ["I103"]),
        ("withSequence: {count: 1.5}", ["F102"]),
        ('withSequence: {count: "{{=-1}}"}', ["I103"]),
        ("withSequence: {count: -1}", ["F108"]),
        ("withParam: abc", ["I103"]),
        ("withParam: '{}'", ["I103"]),
        ("withItems: [a], withParam: '[]'", ["I101"]),
        ("withItems: [a], withSequence: {count: 1}", ["I101"]),
    ],
)
def test_loop_of_a_task(fields, codes):
    assert of_task(fields) == codes
