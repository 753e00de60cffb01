"""The YAML of each feature is as its golden file says, and holds nothing that Argo does not know."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from laminar.compiler import optimizer
from laminar.compiler.check import checker
from laminar.compiler.emit import emitter
from laminar.compiler.ir import Documents, Plan, from_json, to_json
from laminar.compiler.target import Target
from laminar.compiler.yaml import writer
from laminar.compiler.yaml.writer import Noted
from laminar.configurations.layers import Volume
from laminar.templates.expression import RESERVED
from tests.support.drawn_plans import plans
from tests.support.plans import BIG, FEATURES, TEMPLATE, WORKFLOW, chain, linear, over, plan, pod, task

GOLDEN = Path("tests/golden/compiler")


def compiled(made: Plan, target: Target = WORKFLOW) -> Documents:
    return emitter.emit(checker.check(optimizer.optimize(made), target), target)


def templates(made: Plan, target: Target = WORKFLOW) -> dict[str, Any]:
    (document,) = compiled(made, target)
    return {template["name"]: template for template in document["spec"]["templates"]}


def arguments(made: Plan, flow: str, name: str) -> dict[str, str]:
    found = next(task for task in templates(made)[flow]["dag"]["tasks"] if task["name"] == name)
    return {parameter["name"]: parameter["value"] for parameter in found["arguments"]["parameters"]}


def environment(template: dict[str, Any]) -> dict[str, str]:
    return {variable["name"]: variable.get("value") for variable in template["container"]["env"]}


@pytest.mark.parametrize("feature", FEATURES)
def test_feature_compiles_to_its_golden_yaml(feature, golden):
    text = writer.dump(compiled(*FEATURES[feature]))
    assert len([line for line in text.splitlines() if not line.lstrip().startswith("#")]) <= 60
    golden(text, GOLDEN / f"{feature}.yaml")


@pytest.mark.parametrize("feature", FEATURES)
def test_feature_survives_argos_models(feature):
    for document in compiled(*FEATURES[feature]):
        assert through_models(document) == document


@given(plans())
def test_drawn_plans_survive_argos_models(made):
    for document in compiled(made):
        assert through_models(document) == document


def through_models(document: dict[str, Any]) -> Any:
    """Load a document into Hera's models, which drop unknown fields, and dump it again."""
    from hera.workflows import models

    model = getattr(models, document["kind"]).model_validate(document)
    return json.loads(model.model_dump_json(by_alias=True, exclude_unset=True))


@given(plans())
def test_drawn_documents_hold_plain_values_and_no_null(made):
    for document in compiled(made):
        assert set(types(document)) <= {dict, Noted, list, str, int, bool}


def types(value: Any) -> list[type]:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [type(value), *(found for part in parts for found in types(part))]


@given(plans())
def test_every_task_names_a_template_and_gives_it_what_it_takes(made):
    known = templates(made)
    for template in known.values():
        for item in template.get("dag", {"tasks": []})["tasks"]:
            takes = {entry["name"]: entry.get("value") for entry in known[item["template"]].get("inputs", {}).get("parameters", [])}
            gives = {entry["name"] for entry in item.get("arguments", {}).get("parameters", [])}
            assert gives <= set(takes)
            assert {name for name, default in takes.items() if default is None} <= gives


@given(plans())
def test_every_task_waits_for_tasks_before_it_by_names_that_depends_takes(made):
    for template in templates(made).values():
        before: set[str] = set()
        for item in template.get("dag", {"tasks": []})["tasks"]:
            waits = [name.removesuffix(".Succeeded") for name in item["depends"].split(" && ")] if "depends" in item else []
            assert set(waits) <= before
            assert not before & {item["name"]}
            assert item["name"] not in RESERVED
            before.add(item["name"])


@given(plans())
@settings(max_examples=10)
def test_same_plan_gives_the_same_bytes(made):
    assert writer.dump(compiled(made)) == writer.dump(compiled(from_json(to_json(made))))


# budget


def minified(made: Plan) -> int:
    (document,) = compiled(made)
    return len(json.dumps(document, separators=(",", ":")))


def test_linear_flow_grows_by_at_most_200_bytes_a_layer():
    assert minified(linear(51)) - minified(linear(50)) <= 200


def test_150_layers_take_less_than_40_kilobytes_of_yaml():
    assert len(writer.dump(compiled(linear(150)))) < 40_000


def test_1000_fan_outs_would_still_be_below_a_megabyte():
    wide = plan(task("Load"), *(task(f"Fit{place}", "Load", fan_out=over(("Load", "rows"))) for place in range(150)))
    assert minified(wide) < 150 * 600


# what is said, and what is not


def test_one_pod_needs_one_template_however_many_layers_there_are():
    assert list(templates(linear(20))) == ["Train", "layer"]


def test_template_without_fan_outs_takes_only_the_layer():
    assert templates(linear(2))["layer"]["inputs"] == {"parameters": [{"name": "layer"}]}


def test_flow_is_a_constant_where_one_flow_uses_the_template():
    made = templates(chain(("A", [task("X")]), ("B", [task("Y", pod=BIG)])))
    assert made["layer"]["container"]["args"][:2] == ["--flow", "A"]
    assert made["layer-y"]["container"]["args"][:2] == ["--flow", "B"]


def test_tasks_of_a_second_flow_say_so_where_flows_share_a_template():
    made = chain(("A", [task("X")]), ("B", [task("Y")]))
    assert arguments(made, "A", "X") == {"layer": "X"}
    assert arguments(made, "B", "Y") == {"layer": "Y", "flow": "B"}


def test_link_runs_as_a_part_of_the_flow_before_it():
    made = chain(("A", [task("X")]), ("B", [task("Y")]), ("C", [task("Z")]))
    assert arguments(made, "main", "link-2") == {"layer": "link-2"}
    assert arguments(made, "main", "link-3") == {"layer": "link-3", "flow": "B"}


def test_flow_run_again_has_the_suffix_in_its_execution_id():
    made = chain(("A", [task("X")]), ("A", [task("X")]))
    assert environment(templates(made)["layer"])["LAMINAR_EXECUTION_ID"] == "{{workflow.uid}}{{inputs.parameters.suffix}}"
    assert arguments(made, "A-2", "X") == {"layer": "X", "suffix": "-2"}


def test_link_behind_a_flow_run_again_reads_that_occurrence():
    made = chain(("A", [task("X")]), ("A", [task("X")]), ("B", [task("Y")]))
    assert arguments(made, "main", "link-3") == {"layer": "link-3", "suffix": "-2"}


def test_execution_id_of_the_program_is_said_literally():
    made = templates(plan(task("Fit"), execution="nightly"))
    assert environment(made["layer"])["LAMINAR_EXECUTION_ID"] == "nightly"


def test_parameters_are_passed_only_where_there_are_any():
    assert "LAMINAR_PARAMETERS" not in environment(templates(plan(task("Fit")))["layer"])
    assert "LAMINAR_PARAMETERS" in environment(templates(plan(task("Fit"), parameters={"n": "1"}))["layer"])


def test_chain_is_named_only_where_it_is_not_the_first():
    assert "LAMINAR_CHAIN" not in environment(templates(plan(task("Fit")))["layer"])
    assert environment(templates(plan(task("Fit"), chain=2))["layer"])["LAMINAR_CHAIN"] == "2"


def test_lengths_are_an_output_only_of_templates_that_publish_them():
    made = templates(plan(task("Load", pod=BIG), task("Fit", "Load", fan_out=over(("Load", "rows")))))
    default = [{"name": "lengths", "valueFrom": {"path": "/tmp/laminar/lengths", "default": "{}"}}]
    assert made["layer"]["outputs"] == {"parameters": default}
    assert "outputs" not in made["layer-fit"]
    assert "LAMINAR_OUTPUTS" not in environment(made["layer-fit"])


def test_link_publishes_lengths_for_a_flow_over_its_parameters():
    made = chain(("A", [task("X")]), ("B", [task("Y", pod=BIG, fan_out=over(("Parameters", "rows")))]))
    assert "outputs" in templates(made)["layer"]
    assert templates(made)["B"]["inputs"] == {"parameters": [{"name": "lengths"}]}


def test_volumes_of_claims_belong_to_the_pods_group():
    (document,) = compiled(plan(task("Fit", pod=pod(volumes=[Volume("/data", claim="data")]))))
    assert document["spec"]["securityContext"]["fsGroup"] == 1000
    assert "fsGroup" not in compiled(plan(task("Fit")))[0]["spec"]["securityContext"]


def test_own_empty_directory_at_tmp_takes_the_scratch_folders_place():
    made = templates(plan(task("Fit", pod=pod(volumes=[Volume("/tmp", empty_dir=500)]))))
    assert made["layer"]["volumes"] == [{"name": "scratch", "emptyDir": {"sizeLimit": "500M"}}]


def test_template_has_a_fixed_name_and_labels_its_workflows():
    (document,) = compiled(plan(task("Fit"), flow="TrainModel"), TEMPLATE)
    assert document["kind"] == "WorkflowTemplate"
    assert document["metadata"]["name"] == "train-model"
    assert document["spec"]["workflowMetadata"] == {"labels": {"laminar/flow": "TrainModel"}}


def test_name_can_be_chosen():
    assert compiled(plan(task("Fit")), Target(name="nightly"))[0]["metadata"]["generateName"] == "nightly-"
    assert compiled(plan(task("Fit")), Target(kind="template", name="nightly"))[0]["metadata"]["name"] == "nightly"


def test_layer_whose_name_cannot_be_a_label_has_a_label_of_its_own_and_an_annotation():
    made = plan(task("_Fit"), task("Save", "_Fit"))
    metadata = templates(made)["layer"]["metadata"]
    assert metadata["labels"] == {"laminar/layer": "{{inputs.parameters.label}}"}
    assert metadata["annotations"] == {"laminar/layer-name": "{{inputs.parameters.layer}}"}
    assert arguments(made, "Train", "Save")["label"] == "Save"
    assert arguments(made, "Train", "Fit") == {"layer": "_Fit", "label": "Fit-cf352eb2"}


# loops


def expressions(value: object) -> list[str]:
    """Return the texts of all expressions inside a value."""
    if isinstance(value, str):
        return re.findall(r"\{\{=(.*?)\}\}", value)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in expressions(part)]


@given(plans())
@settings(max_examples=20)
def test_no_expression_has_both_let_and_item_which_argo_rejects(made):
    assert [text for text in expressions(list(compiled(made))) if "let " in text and re.search(r"\bitem\b", text)] == []


def test_no_golden_document_has_an_expression_with_both_let_and_item():
    found = [text for path in GOLDEN.glob("*.yaml") for text in expressions(path.read_text(encoding="utf-8"))]
    assert any("item" in text for text in found) and any("let " in text for text in found)
    assert [text for text in found if "let " in text and re.search(r"\bitem\b", text)] == []
