"""References and wrong calls of an expression are found without evaluating it."""

from __future__ import annotations

import pytest

from laminar.compiler.argo.expressions import parse, problems, references


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("tasks.A.outputs.parameters.lengths", ["tasks.A.outputs.parameters.lengths"]),
        ("fromJSON(inputs.parameters['A-lengths']).foo ?? 0", ["inputs.parameters.A-lengths"]),
        ("let p = fromJSON(workflow.parameters.n); p.x + q", ["workflow.parameters.n", "q"]),
        ("fromJSON(a.b).patches[int(item)]", ["a.b", "item"]),
        ("a.b[c.d].e", ["a.b", "c.d"]),
        ("sprig.b64dec(a) + string(b)", ["a", "b"]),
        ("map(xs, {#.foo + y})", ["xs", "y"]),
        ("a ? b : c", ["a", "b", "c"]),
    ],
)
def test_references_are_the_chains_of_names_that_are_read(text, paths):
    assert [str(found) for found in references(parse(text))] == paths


def test_references_tell_what_has_a_fallback():
    found = references(parse("(tasks.S.status ?? 'none') + tasks.T.status + a?.b"))
    assert [(str(one), one.fallback) for one in found] == [("tasks.S.status", True), ("tasks.T.status", False), ("a.b", True)]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("string(1)", []),
        ("sprig.nobodyKnows(1)", ["There is no function 'sprig.nobodyKnows'."]),
        ("sprig.toStrin(1)", ["There is no function 'sprig.toStrin'. Did you mean 'toString'?"]),
        ('sprig.dig("a", 1, b)', []),
        ("fromJson(x)", ["There is no function 'fromJson'."]),
        ("len()", ["len takes 1 argument, not 0."]),
        ("string(1, 2)", ["string takes 1 argument, not 2."]),
        ("sprig.trunc(1)", ["trunc takes 2 arguments, not 1."]),
        ("max()", ["max takes at least 1 argument, not 0."]),
        ("x.y(1)", []),
    ],
)
def test_calls_that_cannot_be_right_are_problems(text, messages):
    assert [problem.message for problem in problems(parse(text))] == messages
