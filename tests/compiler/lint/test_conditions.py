"""A ``when`` is read as govaluate reads it, after its tags are replaced."""

from __future__ import annotations

import pytest

from laminar.compiler.argo.parts import Part
from laminar.compiler.lint.conditions import wrong_condition
from laminar.compiler.yaml.reader import Source


def codes(text: str) -> list[str]:
    return [finding.code for finding in wrong_condition(Part(Source("a.yaml", 1, text, {})), "The when")]


@pytest.mark.parametrize(
    "text",
    [
        "{{steps.a.outputs.result}} == heads",
        "'{{item.k}}' == '=2'",
        "{{item.k}} =~ '^a|b'",
        "!({{item.k}} >= 2) && x in (a, b)",
        "{{=item.k != '2'}}",
        "{{tasks.A.status}} == Succeeded",
        "Failed != '{{workflow.status}}'",
        "{{tasks.A.status}} == {{tasks.B.status}}",
        "true",
        "( {{a}} == heads && {{b}} == tails ) || ( {{c}} == heads )",
    ],
)
def test_condition_is_one(text):
    assert codes(text) == []


@pytest.mark.parametrize("text", ["{{a}} = 2", "{{a}} ==", "&& x", "({{a}} == 2", "", "a | b", "a & b", "{{a}} == 2 ||"])
def test_other_condition_is_none(text):
    assert codes(text) == ["X109"]


@pytest.mark.parametrize(
    "text",
    [
        "{{tasks.A.status}} == Succeded",
        "'{{steps.a-b.status}}' == 'Success'",
        "Done != {{workflow.status}}",
        "{{status}} == Errored",
        "{{tasks.A.status}} != Failed && {{tasks.B.status}} == Fialed",
    ],
)
def test_status_that_no_node_has_is_found(text):
    assert codes(text) == ["X107"]
