"""A retry, a resume and a resubmission as the Argo server makes them: workflow/util/util.go, 4.1.2."""

from __future__ import annotations

import pytest

from laminar.compiler.cluster.workflow_reset import has_suspended_node, resubmitted, resumed, retried
from laminar.exceptions import ClusterError


def node(name, type="Pod", phase="Succeeded", children=(), boundary="w", **fields):
    id = name.removeprefix("w.") if name != "w" else "w"
    found = {"id": id, "name": name, "type": type, "phase": phase, "startedAt": "1970-01-01T00:00:00Z", **fields}
    if name != "w":
        found["boundaryID"] = boundary
    return found | ({"children": list(children)} if children else {})


def workflow(*nodes, phase="Failed", **spec):
    listed = {one["id"]: one for one in nodes}
    metadata = {"name": "w", "labels": {"workflows.argoproj.io/completed": "true", "team": "a"}}
    status = {"phase": phase, "message": "x", "finishedAt": "1970-01-01T00:00:09Z", "nodes": listed}
    return {"metadata": metadata, "spec": spec, "status": status}


def again(*nodes, **spec):
    made, pods = retried(workflow(*nodes, **spec), 60.0)
    return {id: one["phase"] for id, one in made["status"]["nodes"].items()}, [pod.rpartition("w-")[2] for pod in pods]


RETRIED = {"nodeFlag": {"retried": True}}


def test_failed_pods_and_what_is_below_them_go_and_the_groups_above_run():
    phases, pods = again(
        node("w", "DAG", "Failed", ["A"]),
        node("w.A", "Pod", "Succeeded", ["B"]),
        node("w.B", "Retry", "Failed", ["B(0)", "B(1)"]),
        node("w.B(0)", phase="Failed", **RETRIED),
        node("w.B(1)", phase="Failed", children=["C"], **RETRIED),
        node("w.C", "Skipped", "Omitted"),
    )
    assert phases == {"w": "Running", "A": "Succeeded", "B": "Running"}
    assert pods == ["B(0)", "B(1)"]


def test_of_a_loop_only_the_failed_iterations_go():
    phases, pods = again(
        node("w", "DAG", "Failed", ["F"]),
        node("w.F", "TaskGroup", "Failed", ["F(0:0)", "F(1:1)"]),
        node("w.F(0:0)"),
        node("w.F(1:1)", "Retry", "Failed", ["F(1:1)(0)"]),
        node("w.F(1:1)(0)", phase="Error", **RETRIED),
    )
    assert phases == {"w": "Running", "F": "Running", "F(0:0)": "Succeeded", "F(1:1)": "Running"} and len(pods) == 1


def test_an_attempt_that_failed_before_another_succeeded_stays():
    phases, pods = again(
        node("w", "DAG", "Failed", ["A", "B"]),
        node("w.A", "Retry", "Succeeded", ["A(0)", "A(1)"]),
        node("w.A(0)", phase="Failed", **RETRIED),
        node("w.A(1)", **RETRIED),
        node("w.B", phase="Failed"),
    )
    assert phases == {"w": "Running", "A": "Succeeded", "A(0)": "Failed", "A(1)": "Succeeded"} and len(pods) == 1


def test_a_failed_node_below_which_one_has_succeeded_stays_as_it_is():
    phases, pods = again(
        node("w", "DAG", "Failed", ["A"]),
        node("w.A", phase="Failed", children=["C"]),
        node("w.C"),
    )
    assert phases == {"w": "Failed", "A": "Failed", "C": "Succeeded"} and pods == []


def test_a_part_that_had_succeeded_although_a_pod_in_it_failed_runs_again():
    phases, _ = again(
        node("w", "DAG", "Failed", ["P"]),
        node("w.P", "DAG", "Succeeded", ["P.A"]),
        node("w.P.A", phase="Failed", boundary="P"),
    )
    assert phases == {"w": "Running", "P": "Running"}


def test_what_failed_without_a_pod_runs_again_and_the_exit_handler_too():
    phases, pods = again(
        node("w", "DAG", "Failed", ["A"]),
        node("w.A", "Skipped", "Error"),
        node("w.onExit", "Pod", "Succeeded", boundary=""),
    )
    assert phases == {"w": "Running"} and pods == ["onExit"]


def test_steps_run_again_from_the_group_of_the_failed_one():
    phases, _ = again(
        node("w", "Steps", "Failed", ["[0]"]),
        node("w[0]", "StepGroup", "Failed", ["[0].a"]) | {"id": "[0]"},
        node("w[0].a", phase="Failed") | {"id": "[0].a"},
    )
    assert phases == {"w": "Running", "[0]": "Running"}


def test_the_workflow_is_under_way_again_and_keeps_what_is_not_of_its_end():
    made, _ = retried(workflow(node("w", "DAG", "Failed"), shutdown="Stop", suspend=True, activeDeadlineSeconds=0), 60.0)
    assert made["spec"] == {"suspend": True} and made["metadata"]["labels"] == {"team": "a"}
    assert {"phase", "message", "finishedAt"} & set(made["status"]) == set()
    assert made["status"]["startedAt"] == "1970-01-01T00:01:00Z"
    assert made["status"]["conditions"] == [{"type": "Completed", "status": "False"}]


@pytest.mark.parametrize(("phase", "what"), [("Succeeded", "has succeeded"), ("Running", "it is running"), (None, "is pending")])
def test_only_a_failed_workflow_is_retried(phase, what):
    with pytest.raises(ClusterError, match=what):
        retried(workflow(node("w", "DAG"), phase=phase), 0.0)


def test_a_node_that_waits_ends_when_the_workflow_is_resumed():
    waiting = workflow(node("w", "DAG", "Running"), node("w.S", "Suspend", "Running"), phase="Running", suspend=True)
    assert has_suspended_node(waiting)
    made = resumed(waiting, 60.0)
    assert made["spec"] == {} and made["status"]["nodes"]["S"]["phase"] == "Succeeded" and not has_suspended_node(made)


def test_a_resubmission_is_new_but_for_labels_that_people_gave_and_the_title():
    before = workflow(node("w", "DAG"), shutdown="Stop", entrypoint="a")
    before["metadata"]["annotations"] = {"workflows.argoproj.io/title": "T", "workflows.argoproj.io/pod-name-format": "v2"}
    made = resubmitted(before)
    assert made["spec"] == {"entrypoint": "a"} and "status" not in made
    assert made["metadata"] == {
        "generateName": "w-",
        "labels": {"team": "a", "workflows.argoproj.io/resubmitted-from-workflow": "w"},
        "annotations": {"workflows.argoproj.io/title": "T"},
    }
