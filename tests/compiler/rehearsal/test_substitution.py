"""Inputs and outputs of nodes: tags, parameters, outputs, patches."""

from __future__ import annotations

import pytest

from laminar.compiler.rehearsal import Refused
from laminar.compiler.rehearsal.refusal import NodeError
from laminar.compiler.rehearsal.substitution import Strictness, replace

SCOPE = {"inputs.parameters.a": "1", "tasks.J-gate.outputs.parameters.x": '{"k":true}', "tasks.A.status": "Skipped"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a={{inputs.parameters.a}}.", "a=1."),
        ("{{ inputs.parameters.a }}", "1"),
        ("{{=string(fromJSON(tasks['J-gate'].outputs.parameters.x).k)}}", "true"),
        ("{{tasks.A.status}} == Succeeded", "Skipped == Succeeded"),
        ("{{=string(len(map([1], {#})))}}", "1"),
        ("}} {x}", "}} {x}"),
        ("{{of a user}} {{inputs.parameters.b}}", "{{of a user}} {{inputs.parameters.b}}"),
        ("{{=item + 1}} {{=unknown(1)}} {{= nothing }}", "{{=item + 1}} {{=unknown(1)}} {{= nothing }}"),
        ("{{=int(inputs.parameters.a) + 1}}", "2"),
        ("{{=[1, 2.5, 'a', true]}}", '[1,2.5,"a",true]'),
        ("{{=inputs.parameters.a == '1'}}", "true"),
        ("{{=''}}", ""),
        ("{{=nil}}", "{{=nil}}"),
        ("{{=fromJSON('[]')[0]}}", "{{=fromJSON('[]')[0]}}"),
        ("{{=let p = [1]; p[5]}} {{=let p = [1]; p[0]}}", "{{=let p = [1]; p[5]}} 1"),
    ],
)
def test_tags_are_replaced(text, expected):
    assert replace(text, SCOPE) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{tasks.B.status}}", "failed to resolve {{tasks.B.status}}"),
        ("{{inputs", "Cannot find end tag"),
        ("{{=tasks.B.status ?? 'x'}}", "failed to evaluate expression: tasks.B.status is missing"),
        ("{{=tasks['J-gate'].outputs.parameters.y ?? 'x'}}", "tasks.J-gate.outputs.parameters.y is missing"),
        ("{{=string(}}", "failed to evaluate expression"),
        ("{{=fromJSON('[]')[0]}}", "There is no element 0 in a list of 0."),
        ("{{=nil}}", 'failed to evaluate expression "nil"'),
        ('{"a": "{{=string("1")}}"}', "double quotes inside"),
        ("{{absent}}", "unable to substitute {{absent}}: output is an absent optional"),
        ("{{bell}}", "the result was invalid JSON"),
    ],
)
def test_tags_that_cannot_be_replaced_are_errors_of_a_task(text, message):
    with pytest.raises(NodeError) as caught:
        replace(text, {**SCOPE, "absent": None, "bell": "\a"}, Strictness.TASKS)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{of a user}}", "failed to resolve {{of a user}}"),
        ("{{=int(item) + of}}", "failed to evaluate expression: item is missing"),
        ("{{=let p = [1]; p[0]}}", "failed to evaluate expression: p is missing"),
    ],
)
def test_every_tag_of_a_loops_item_must_have_a_value(text, message):
    assert replace(text, SCOPE, Strictness.TASKS).startswith(("{{", "1"))
    with pytest.raises(NodeError) as caught:
        replace(text, SCOPE, Strictness.ALL)
    assert message in str(caught.value)


def test_a_tag_whose_equals_sign_is_not_its_first_character_is_a_path():
    assert replace("{{ =1 + 1}}", SCOPE) == "{{ =1 + 1}}"


@pytest.mark.parametrize("name", ["workflow.creationTimestamp", "tasks.A.startedAt", "steps.A.status", "pod.name"])
def test_values_that_argo_has_and_the_rehearsal_does_not_are_refused(name):
    with pytest.raises(Refused, match="is not known to the rehearsal"):
        replace("{{" + name + "}}", SCOPE)
