"""A flow becomes a CronWorkflow, a template, a Workflow that starts one; its name and docstring show in Argo's lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from laminar.compiler import optimizer
from laminar.compiler.check import checker
from laminar.compiler.emit import emitter
from laminar.compiler.ir import Documents, Plan
from laminar.compiler.target import Target
from laminar.compiler.yaml import writer
from laminar.configurations.schedulers import Schedule
from laminar.exceptions import FlowError
from tests.support.plans import plan, task

GOLDEN = Path("tests/golden/compiler")
NIGHTLY = Schedule(
    schedules=("0 4 * * mon-fri", "@weekly"),
    timezone="Europe/Berlin",
    concurrency_policy="Forbid",
    suspend=True,
    starting_deadline=60,
    successful_history=3,
    failed_history=0,
)
CRON = plan(task("Fit"), title="Train", description="Fit a model.\n\nDetails follow.", schedule=NIGHTLY)


def compiled(made: Plan, target: Target) -> Documents:
    target = target.suited(made)
    return emitter.emit(checker.check(optimizer.optimize(made), target), target)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("cron", Target()),
        ("cluster_template", Target(kind="cluster-template")),
        ("template_with_workflow", Target(kind="template", start=True)),
    ],
)
def test_kind_compiles_to_its_golden_yaml(name, target, golden):
    golden(writer.dump(compiled(CRON, target)), GOLDEN / f"{name}.yaml")


def test_every_setting_of_a_schedule_is_in_the_cron_workflow():
    (document,) = compiled(CRON, Target())
    spec = {name: value for name, value in document["spec"].items() if name not in ("workflowSpec", "workflowMetadata")}
    assert spec == {
        "schedules": ["0 4 * * mon-fri", "@weekly"],
        "timezone": "Europe/Berlin",
        "concurrencyPolicy": "Forbid",
        "suspend": True,
        "startingDeadlineSeconds": 60,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 0,
    }


def test_settings_that_nobody_gave_are_left_to_argo():
    (document,) = compiled(CRON.but(schedule=Schedule(schedules=("@daily",))), Target())
    assert set(document["spec"]) == {"schedules", "workflowMetadata", "workflowSpec"}


def test_flow_without_a_schedule_is_a_workflow():
    (document,) = compiled(plan(task("Fit")), Target())
    assert document["kind"] == "Workflow"


def test_scheduled_flow_is_a_workflow_where_that_is_asked_for():
    (document,) = compiled(CRON, Target(kind="workflow"))
    assert document["kind"] == "Workflow"
    assert "schedules" not in document["spec"]


def test_starter_names_its_template_and_repeats_nothing():
    template, starter = compiled(CRON, Target(kind="template", start=True))
    assert starter["spec"] == {"workflowTemplateRef": {"name": template["metadata"]["name"]}}
    assert starter["metadata"] == {"generateName": "train-"}


def test_starter_of_a_cluster_template_says_that_it_is_one():
    _, starter = compiled(CRON, Target(kind="cluster-template", start=True))
    assert starter["spec"] == {"workflowTemplateRef": {"name": "train", "clusterScope": True}}


def test_only_a_template_can_have_a_starter():
    with pytest.raises(FlowError, match="Only a template can have a Workflow that starts it"):
        Target(kind="cron", start=True)


def test_title_is_the_flows_name_and_description_its_docstrings_first_paragraph():
    (document,) = compiled(CRON, Target())
    assert document["metadata"]["annotations"] == {
        "workflows.argoproj.io/title": "Train",
        "workflows.argoproj.io/description": "Fit a model.",
    }


@pytest.mark.parametrize("kind", ["cron", "template", "cluster-template"])
def test_execution_id_of_the_program_is_an_error_for_what_is_started_often(kind):
    with pytest.raises(FlowError, match=r"has the execution id 'one', and a .* is started often"):
        compiled(CRON.but(execution="one"), Target(kind=kind))


@pytest.mark.parametrize(("kind", "longest"), [("cron", 52), ("template", 63), ("cluster-template", 63), ("workflow", 252)])
def test_name_is_as_long_as_kubernetes_and_argo_take_it(kind, longest):
    assert compiled(CRON, Target(kind=kind, name="a" * longest))
    with pytest.raises(FlowError, match=f"cannot have a name of {longest + 1} characters"):
        compiled(CRON, Target(kind=kind, name="a" * (longest + 1)))


WRONG: dict[str, dict[str, Any]] = {
    "'0 4 \\* \\*' of flow 'Train' is wrong: it has 4 fields": {"schedules": ("0 4 * *",)},
    "'60 4 \\* \\* \\*' .* its minute '60' is not within 0 and 59": {"schedules": ("60 4 * * *",)},
    "'0 4 \\* \\* 7' .* its day of the week '7' is not within 0 and 6": {"schedules": ("0 4 * * 7",)},
    "'0 4 \\* \\* funday' .* its day of the week 'funday' is no number": {"schedules": ("0 4 * * funday",)},
    "its minute '\\*/0' has the step '0'": {"schedules": ("*/0 * * * *",)},
    "its hour '9-5' ends before it begins": {"schedules": ("0 9-5 * * *",)},
    "no month that it names has such a day": {"schedules": ("0 0 31 4,6 *",)},
    "'@dayly' is none of @yearly": {"schedules": ("@dayly",)},
    "the time zone is a separate setting": {"schedules": ("TZ=UTC 0 4 * * *",)},
    "there is no time zone 'Europe/Berlim'. Did you mean 'Europe/Berlin'?": {"timezone": "Europe/Berlim"},
    "has the concurrency policy 'forbid'. Did you mean 'Forbid'?": {"concurrency_policy": "forbid"},
    "has starting_deadline=-1": {"starting_deadline": -1},
    "needs a schedule, and flow 'Train' has none": {"schedules": ()},
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_schedule_is_refused(message):
    schedule = Schedule(**{"schedules": ("@daily",), **WRONG[message]})
    with pytest.raises(FlowError, match=message):
        compiled(CRON.but(schedule=schedule), Target(kind="cron"))


def test_kinds_survive_argos_models():
    import json

    from hera.workflows import models

    for target in (Target(), Target(kind="cluster-template", start=True)):
        for document in compiled(CRON, target):
            model = getattr(models, document["kind"]).model_validate(document)
            assert json.loads(model.model_dump_json(by_alias=True, exclude_unset=True)) == document


# the command line


def test_command_line_offers_what_the_target_knows():
    from laminar.cli.options import document
    from laminar.compiler.check import checker
    from laminar.compiler.target import ARGO, AUTO, KINDS

    assert (AUTO, *KINDS) == document.KINDS
    assert tuple(ARGO) == document.VERSIONS
    assert checker.POLICIES == document.POLICIES


PROGRAM = '''
from laminar import Flow, Layer
from laminar.configurations.schedulers import Argo

class Nightly(Flow):
    """Tidy up."""

@Nightly.register()
class Sweep(Layer):
    def __call__(self) -> None: ...

if flow := Nightly({}):
    flow()
'''


def documents(tmp_path: Path, scheduler: str, *options: str) -> list[dict[str, Any]]:
    from click.testing import CliRunner

    from laminar.cli.main import cli

    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(scheduler))
    done = CliRunner().invoke(cli, ["compile", str(program), "--datastore", "s3://bucket/store", *options])
    assert done.exit_code == 0, done.output
    return list(yaml.safe_load_all(done.stdout))


def test_schedule_of_the_program_makes_a_cron_workflow(tmp_path):
    scheduler = "scheduler=Argo('0 4 * * *', timezone='UTC', failed_history=2)"
    (document,) = documents(tmp_path, scheduler)
    assert document["kind"] == "CronWorkflow"
    assert document["spec"]["schedules"] == ["0 4 * * *"]
    assert document["spec"]["failedJobsHistoryLimit"] == 2


def test_command_line_goes_over_the_programs_schedule(tmp_path):
    scheduler = "scheduler=Argo('0 4 * * *', timezone='UTC', failed_history=2)"
    options = ["--schedule", "@daily", "--schedule", "@hourly", "--timezone", "Asia/Tokyo", "--concurrency", "Replace"]
    (document,) = documents(tmp_path, scheduler, *options)
    assert document["spec"]["schedules"] == ["@daily", "@hourly"]
    assert document["spec"]["timezone"] == "Asia/Tokyo"
    assert document["spec"]["concurrencyPolicy"] == "Replace"
    assert document["spec"]["failedJobsHistoryLimit"] == 2


@pytest.mark.parametrize("wrong", ["starting_deadline=1.5", "suspend='maybe'", "schedule=[4]", "timezone=3"])
def test_setting_of_a_wrong_type_is_an_error_that_names_it(tmp_path, wrong):
    from click.testing import CliRunner

    from laminar.cli.main import cli

    program = tmp_path / "program.py"
    settings = wrong if wrong.startswith("schedule") else f"schedule='@daily', {wrong}"
    program.write_text(PROGRAM.format(f"scheduler=Argo({settings})"))
    done = CliRunner().invoke(cli, ["compile", str(program), "--datastore", "s3://bucket/store"])
    assert isinstance(done.exception, FlowError)
    name, _, value = wrong.partition("=")
    assert f"Argo {name} must be" in done.exception.what and f"not {value}" in done.exception.what
    assert done.exception.where.endswith("program.py:12")


def test_rights_stand_first_in_the_same_file(tmp_path):
    made = documents(tmp_path, "", "--kind", "template", "--with-workflow", "--rbac")
    assert [document["kind"] for document in made] == ["ServiceAccount", "Role", "RoleBinding", "WorkflowTemplate", "Workflow"]
    assert made[0]["metadata"]["name"] == made[3]["spec"]["serviceAccountName"]


@pytest.mark.parametrize("version", ["3.7", "4.0", "4.1"])
def test_the_same_document_suits_every_version(tmp_path, version):
    assert documents(tmp_path, "", "--argo", version) == documents(tmp_path, "")
