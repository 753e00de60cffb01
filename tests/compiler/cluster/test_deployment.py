"""Create or update the objects that a program owns, and none of another program."""

from __future__ import annotations

from pathlib import Path

import pytest

from laminar.compiler.cluster.deployment import apply, owned, owner_of, plan_deployment, stale
from laminar.exceptions import ClusterError
from tests.compiler.cluster.conftest import workflow


def template(name="train", image="train:1"):
    spec = workflow()["spec"]
    spec["templates"][1]["container"]["image"] = image
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate", "metadata": {"name": name}, "spec": spec}


def deploy(transport, owner, *documents, **given):
    steps = plan_deployment(transport, documents, owner, **given)
    for step in steps:
        apply(transport, step, **given)
    return steps


def test_an_owner_is_the_programs_path_after_its_projects_folder():
    assert owner_of("/srv/churn/flows/train.py", Path("/srv/churn")) == "churn/flows/train.py"
    assert owner_of("/tmp/train.py", Path("/srv/churn")) == "churn/train.py"


@pytest.mark.parametrize("owner", ["churn/flows/train.py", "a b/ü.py", "x" * 200])
def test_an_owner_is_a_label_that_kubernetes_accepts_and_whole_in_an_annotation(owner):
    metadata = owned(template(), owner)["metadata"]
    assert len(metadata["labels"]["laminar/owner"]) <= 63 and metadata["annotations"]["laminar/owner"] == owner


def test_an_object_is_created_found_unchanged_and_updated(transport):
    assert deploy(transport, "a/train.py", template())[0].deployed is None
    assert deploy(transport, "a/train.py", template())[0].changes == ()
    [step] = deploy(transport, "a/train.py", template(image="train:2"))
    assert step.changes and step.shown == "template/train"


def test_what_another_program_owns_is_left_alone_unless_it_is_forced(transport):
    deploy(transport, "a/train.py", template())
    with pytest.raises(ClusterError, match=r"template/train is deployed, and a/train.py owns it"):
        deploy(transport, "b/train.py", template())
    deploy(transport, "b/train.py", template(), force=True)
    assert transport.get("WorkflowTemplate", "train")["metadata"]["annotations"]["laminar/owner"] == "b/train.py"


def test_what_a_program_no_longer_has_is_found(transport):
    deploy(transport, "a/train.py", template("one"), template("two"))
    deploy(transport, "b/other.py", template("three"))
    assert stale(transport, [template("one")], "a/train.py") == [("WorkflowTemplate", "two")]
