"""The options of a document become the target and the schedule of a compile."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from laminar.cli.options.document import KINDS, VERSIONS, DocumentChoice, document_options
from laminar.compiler import target
from laminar.compiler.project import Project
from laminar.exceptions import FlowError

BASE = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {serviceAccountName: %s}\n"


def chosen(*arguments: str) -> tuple[DocumentChoice, str]:
    found: list[DocumentChoice] = []

    @click.command()
    @document_options
    def command(document: DocumentChoice) -> None:
        found.append(document)

    ended = CliRunner().invoke(command, arguments)
    return (found[0] if found else DocumentChoice()), ended.output


def test_the_choices_are_those_of_the_compiler():
    assert (target.AUTO, *target.KINDS) == KINDS
    assert tuple(target.ARGO) == VERSIONS


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ([], "auto"),
        (["--kind", "workflow"], "workflow"),
        (["--with-workflow"], "template"),
        (["--with-workflow", "--kind", "cluster-template"], "cluster-template"),
        (["--schedule", "@daily"], "cron"),
    ],
)
def test_options_decide_the_kind_where_it_is_open(arguments, kind, tmp_path):
    assert chosen(*arguments)[0].target(Project(tmp_path)).kind == kind


def test_only_given_options_are_settings_of_the_schedule():
    assert chosen()[0].schedule_settings() == {}
    made, _ = chosen("--schedule", "0 4 * * *", "--schedule", "@daily", "--concurrency", "Forbid", "--suspend")
    assert made.schedule_settings() == {"schedules": ("0 4 * * *", "@daily"), "concurrency_policy": "Forbid", "suspend": True}


@pytest.mark.parametrize("option", [["--schedule", "@daily"], ["--timezone", "UTC"], ["--concurrency", "Allow"], ["--suspend"]])
@pytest.mark.parametrize("kind", ["workflow", "template", "cluster-template"])
def test_a_kind_without_a_schedule_rejects_its_options(kind, option):
    assert f"--kind {kind} has no schedule" in chosen("--kind", kind, *option)[1]
    assert chosen("--kind", "cron", *option)[1] == ""


def test_the_options_base_comes_before_the_projects(tmp_path):
    for name in ("option", "project"):
        (tmp_path / f"{name}.yaml").write_text(BASE % name)
    project = Project(tmp_path, base="project.yaml")
    for choice, account in ((DocumentChoice(), "project"), (DocumentChoice(base=str(tmp_path / "option.yaml")), "option")):
        base = choice.target(project).base
        assert base is not None
        assert base.spec["serviceAccountName"] == account
    assert DocumentChoice().target(Project(tmp_path)).base is None


def test_a_base_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(FlowError):
        DocumentChoice(base=str(tmp_path / "none.yaml")).target(Project(tmp_path))
