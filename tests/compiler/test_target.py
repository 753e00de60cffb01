"""A target holds a known kind and version, and options that fit each other."""

from __future__ import annotations

import pytest

from laminar.compiler.emit.site_policy import load
from laminar.compiler.target import ARGO, KINDS, Target
from laminar.exceptions import FlowError
from tests.support.plans import plan, task


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "crom"}, "There is no kind of document 'crom'."),
        ({"argo": "4.2"}, "There is no version of Argo '4.2'."),
        ({"start": True}, "Only a template can have a Workflow that starts it."),
        ({"start": True, "kind": "cron"}, "Only a template can have a Workflow that starts it."),
    ],
)
def test_options_that_do_not_fit_are_rejected(options, words):
    with pytest.raises(FlowError) as caught:
        Target(**options)
    assert caught.value.what.startswith(words)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_name_that_leaves_room_for_what_argo_adds(kind):
    document = Target(kind=kind).document
    # A CronWorkflow's workflows have its name and 11 characters more (Kubernetes' labels have at most 63).
    assert document.longest == (52 if document.kind == "CronWorkflow" else 63)
    assert document.stored == (document.kind != "Workflow")
    assert document.cluster == document.kind.startswith("Cluster")


@pytest.mark.parametrize("kind", ["template", "cluster-template"])
def test_a_template_can_have_a_workflow_that_starts_it(kind):
    assert Target(kind=kind, start=True).start


def test_the_kind_that_fits_depends_on_the_schedule():
    plain = plan(task("A"))
    assert Target().suited(plain).kind == "workflow"
    assert Target().suited(plain.but(schedule={"schedules": ["@daily"]})).kind == "cron"
    assert Target(kind="template").suited(plain).kind == "template"
    assert Target().document == KINDS["workflow"]


@pytest.mark.parametrize("version", ARGO)
def test_only_a_version_before_4_reads_the_fields_that_4_removed(version):
    assert Target(argo=version).limits.old_fields == version.startswith("3.")


def test_rights_are_made_for_the_account_that_pods_run_as(tmp_path):
    file = tmp_path / "base.yaml"
    file.write_text("apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {serviceAccountName: other}\n")
    base = load(file)
    assert Target(base=base).rbac is False
    with pytest.raises(FlowError, match="the base file has pods run as 'other'"):
        Target(base=base, rbac=True)
