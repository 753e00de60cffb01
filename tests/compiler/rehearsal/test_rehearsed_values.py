"""What nodes are given and hand on: tags, parameters, outputs, patches."""

from __future__ import annotations

import json

import pytest

from laminar.compiler.rehearsal import Outcome, Refused
from laminar.compiler.rehearsal.refusal import NodeError
from laminar.compiler.rehearsal.tags import substitute
from tests.support.rehearsed import RETRYING, Script, dag, lines, loop, parameters, pod, run, task, workflow

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
    ],
)
def test_tags_are_replaced(text, expected):
    assert substitute(text, SCOPE) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{inputs.parameters.b}}", "failed to resolve {{inputs.parameters.b}}"),
        ("{{of a user}}", "failed to resolve {{of a user}}"),
        ("{{inputs", "Cannot find end tag"),
        ("{{=tasks.B.status ?? 'x'}}", "failed to resolve {{tasks.B.status}} in"),
        ("{{=tasks['J-gate'].outputs.parameters.y ?? 'x'}}", "failed to resolve {{tasks.J-gate.outputs.parameters.y}} in"),
        ("{{=int(inputs.parameters.a)}}", "is no text: put string(...) around it"),
        ("{{=string(}}", "is no expression, at character 8"),
        ("{{=fromJSON('[]')[0]}}", "There is no element 0 in a list of 0."),
        ('{"a": "{{=string("1")}}"}', "double quotes inside"),
    ],
)
def test_tags_that_cannot_be_replaced_are_errors(text, message):
    with pytest.raises(NodeError) as caught:
        substitute(text, SCOPE)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["workflow.creationTimestamp", "tasks.A.startedAt", "steps.A.status", "pod.name"])
def test_values_that_argo_has_and_the_rehearsal_does_not_are_refused(name):
    with pytest.raises(Refused, match="is not known to the rehearsal"):
        substitute("{{" + name + "}}", SCOPE)


def given(arg: str, **options: object) -> str:
    """Return what a pod gets as its argument."""
    container = {"args": ["{{inputs.parameters.name}}", "{{inputs.parameters.index}}", "{{inputs.parameters.arg}}"]}
    script = Script()
    document = workflow(
        dag("main", task("A", give={"arg": arg})), pod(container=container), arguments=parameters(n="3", text='"\\u007b\\u007bx}}"')
    )
    trace = run(document, script, uid="u-1", **options)
    return script.pods[0].args[2] if script.pods else trace.nodes[-1].message


@pytest.mark.parametrize(
    ("arg", "expected"),
    [
        ("{{workflow.name}} {{workflow.uid}}", "w u-1"),
        ("{{workflow.parameters.n}}", "3"),
        ("{{=string(fromJSON(workflow.parameters.n) + 1)}}", "4"),
        (
            "{{workflow.parameters.json}}",
            '[{"name":"n","value":"3"},{"name":"text","value":"\\"\\\\u007b\\\\u007bx}}\\""}]',
        ),
        ("{{workflow.parameters.text}}", '"\\u007b\\u007bx}}"'),
        ("{{workflow.parameters.missing}}", "failed to resolve {{workflow.parameters.missing}}"),
    ],
)
def test_workflow_parameters_arrive_in_the_pod(arg, expected):
    assert given(arg) == expected


def test_a_parameter_is_overridden():
    assert given("{{workflow.parameters.n}}", parameters={"n": "x y"}) == "x y"


def test_braces_in_an_overridden_parameter_are_argos_to_replace():
    assert given("{{workflow.parameters.n}}", parameters={"n": "{{of a user}}"}) == "failed to resolve {{of a user}}"


def test_a_parameter_that_does_not_exist_is_refused():
    with pytest.raises(Refused, match=r"no parameter 'txet'\. Did you mean 'text'"):
        given("x", parameters={"txet": "1"})


def test_a_parameter_called_json_replaces_the_list_of_all():
    container = {"args": ["{{inputs.parameters.name}}", "0", "{{workflow.parameters.json}}"]}
    script = Script()
    run(workflow(dag("main", task("A")), pod(container=container), arguments=parameters(json="1")), script)
    assert script.pods[0].args[2] == "1"


def test_a_reference_to_a_task_that_is_no_ancestor_is_an_error_before_the_pod():
    tasks = [task("A"), task("B", give={"arg": "{{tasks.A.outputs.parameters.x}}"})]
    trace = run(workflow(dag("main", *tasks), pod()))
    assert lines(trace)[1] == "B Skipped Error: failed to resolve {{tasks.A.outputs.parameters.x}}"


def test_a_reference_to_an_ancestor_further_up_is_none():
    tasks = [task("A"), task("B", depends="A"), task("C", depends="B", give={"arg": "{{tasks.A.outputs.parameters.x}}"})]
    assert run(workflow(dag("main", *tasks), pod())).succeeded


def test_a_reference_to_an_output_that_does_not_exist_is_an_error():
    tasks = [task("A"), task("B", depends="A", give={"arg": "{{=tasks.A.outputs.parameters.y ?? 'x'}}"})]
    assert run(workflow(dag("main", *tasks), pod())).node("B").phase == "Error"


@pytest.mark.parametrize("skip", [{"when": "false"}, {"withSequence": {"count": "0"}}])
def test_an_output_of_a_skipped_task_reads_as_its_default(skip):
    tasks = [task("S", **skip), task("B", depends="S", give={"index": "{{=string(len(tasks.S.outputs.parameters.x))}}"})]
    script = Script()
    run(workflow(dag("main", *tasks), pod()), script)
    assert script.ran == ["B2"]


def test_an_output_of_a_skipped_task_without_default_is_absent():
    template = pod(outputs={"parameters": [{"name": "x", "valueFrom": {"path": "/tmp/x"}}]})
    tasks = [task("S", when="false"), task("B", depends="S", give={"arg": "{{tasks.S.outputs.parameters.x}}"})]
    assert run(workflow(dag("main", *tasks), template)).node("B").phase == "Error"


def test_an_output_loses_its_last_line_end():
    assert run(workflow(dag("main", task("A")), pod()), Script(outputs={"A": "a\n\n"})).node("A").outputs == {"x": "a\n"}


def test_a_file_that_is_not_there_is_the_default_and_without_one_an_error():
    assert run(workflow(dag("main", task("A")), pod())).node("A").outputs == {"x": "{}"}
    template = pod(outputs={"parameters": [{"name": "x", "valueFrom": {"path": "/tmp/x"}}]})
    trace = run(workflow(dag("main", task("A")), template))
    assert lines(trace) == ["A Pod Error: failed to read output 'x': /tmp/x does not exist"]


def made(source: dict[str, str], **options: object) -> str:
    """Return what a task gets of a nested dag's output made from a source."""
    inner = dag(
        "inner",
        task("A"),
        loop("L", "2"),
        task("S", when="false"),
        outputs={"parameters": [{"name": "y", "valueFrom": source}]},
    )
    container = {"args": ["{{inputs.parameters.name}}", "{{inputs.parameters.index}}", "{{inputs.parameters.arg}}"]}
    script = Script(outputs={"A": "a", "L": "[1]"})
    tasks = [task("N", "inner"), task("B", depends="N", give={"arg": "{{tasks.N.outputs.parameters.y}}"})]
    trace = run(workflow(dag("main", *tasks), inner, pod(container=container)), script)
    return script.pods[-1].args[2] if script.pods[-1].args[0] == "B" else trace.node("N").message


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"parameter": "{{tasks.A.outputs.parameters.x}}"}, "a"),
        ({"parameter": "{{tasks.L.outputs.parameters.x}}"}, "[[1],[1]]"),
        ({"parameter": "{{tasks.S.outputs.parameters.x}}"}, "{}"),
        ({"parameter": "{{tasks.A.outputs.parameters.z}}", "default": "d"}, "d"),
        ({"parameter": "{{tasks.A.outputs.parameters.z}}"}, "output 'y': failed to resolve {{tasks.A.outputs.parameters.z}}"),
        ({"expression": "tasks.S.status ?? 'none'", "default": "d"}, "Skipped"),
        ({"expression": "tasks.X.status", "default": "d"}, "d"),
        ({"expression": "string(sum(fromJSON(tasks.L.outputs.parameters.x)[0]))"}, "1"),
    ],
)
def test_a_nested_dag_hands_out_what_its_tasks_do(source, expected):
    assert made(source) == expected


def test_inputs_have_defaults_and_are_given_by_tasks():
    inner = dag("inner", task("A", give={"index": "{{inputs.parameters.i}}"}), inputs=parameters(i="5"))
    tasks = [task("N", "inner"), task("M", "inner", give={"i": "7"}, depends="N")]
    script = Script()
    run(workflow(dag("main", *tasks), inner, pod()), script)
    assert script.ran == ["A5", "A7"]


def patched(*, below: str = "", above: str = "", **fields: object) -> tuple[Script, object]:
    script = Script()
    template = pod(**({"podSpecPatch": above} if above else {}), **fields)
    trace = run(workflow(dag("main", task("A")), template, **({"podSpecPatch": below} if below else {})), script)
    return script, trace.node("A")


def test_patches_of_workflow_and_template_are_merged_in_that_order():
    below = {"nodeSelector": {"a": "1"}, "containers": [{"name": "main", "resources": {"limits": {"cpu": "1", "memory": "1M"}}}]}
    above = {"containers": [{"name": "main", "resources": {"limits": {"memory": "2M"}}}, {"name": "wait", "env": []}]}
    _, node = patched(below=json.dumps(below), above=json.dumps(above))
    assert node.patch == {  # type: ignore[attr-defined]
        "nodeSelector": {"a": "1"},
        "containers": [
            {"name": "main", "resources": {"limits": {"cpu": "1", "memory": "2M"}}},
            {"name": "wait", "env": []},
        ],
    }


def test_a_patch_changes_what_main_runs():
    above = {"containers": [{"name": "main", "image": "j", "env": [{"name": "B", "value": "2"}, {"name": "C", "value": "3"}]}]}
    script, _ = patched(above=json.dumps(above), container={"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]})
    assert script.pods[0].environment == {"A": "1", "B": "2", "C": "3"}
    assert script.pods[0].image == "j"


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "is no object"),
        ('{"containrs": []}', "fields that are not known: containrs"),
        ('{"containers": [{"name": "man"}]}', "for a container 'man', which an Argo pod does not have"),
        ('{"containers": [{"name": "main", "resource": {}}]}', "fields that are not known: resource"),
    ],
)
def test_a_patch_that_is_wrong_is_an_error(patch, message):
    _, node = patched(above=patch)
    assert message in node.message  # type: ignore[attr-defined]


def test_kubernetes_replaces_its_variables_in_arguments():
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)2 $$(A)"}]
    args = ["{{inputs.parameters.name}}", "0", "$(B) $(missing) $HOME $$$$"]
    script, _ = patched(container={"env": env, "args": args})
    assert script.pods[0].args[2] == "12 $(A) $(missing) $HOME $$"


def test_a_container_without_command_is_an_error():
    _, node = patched(container={"command": []})
    assert "container has no command" in node.message  # type: ignore[attr-defined]


def test_an_expression_of_a_pod_that_mixes_inputs_with_retries_is_refused():
    container = {"args": ["{{inputs.parameters.name}}", "0", "{{=inputs.parameters.arg + retries}}"]}
    with pytest.raises(Refused, match="reads inputs and retries"):
        run(workflow(dag("main", task("A")), pod(container=container, retryStrategy=RETRYING)))


def test_arguments_of_a_skipped_task_that_cannot_be_made_are_refused():
    tasks = [task("A"), task("B", depends="A", when="false", give={"arg": "{{=fromJSON(tasks.A.outputs.parameters.x).a.b}}"})]
    with pytest.raises(Refused, match="Task 'B' is skipped, but its arguments cannot be made"):
        run(workflow(dag("main", *tasks), pod()))


def test_the_log_and_outcome_of_a_pod_are_kept_in_its_node():
    trace = run(workflow(dag("main", task("A")), pod()), Script({"A": [Outcome(0, {"x": "1"}, log="said\n")]}))
    assert (trace.node("A").log, trace.node("A").outputs) == ("said\n", {"x": "1"})
