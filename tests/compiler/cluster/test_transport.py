"""One suite for both transports: they behave alike."""

from __future__ import annotations

import pytest

from laminar.compiler.cluster.transport import LogOptions
from laminar.compiler.rehearsal import Outcome
from laminar.exceptions import ClusterError
from tests.compiler.cluster.conftest import transport_to, workflow
from tests.support.fake_argo_server import FakeArgoServer


def done(cluster, name=""):
    cluster.wait_for(lambda: cluster.phase(name) in ("Succeeded", "Failed", "Error"))


def test_a_workflow_is_created_read_listed_and_deleted(server, transport, cluster):
    made = transport.create(workflow())
    name = made["metadata"]["name"]
    assert name.startswith("two-") and made["metadata"]["uid"] and made["kind"] == "Workflow"
    done(cluster)
    assert transport.get("Workflow", name)["status"]["phase"] == "Succeeded"
    assert [one["metadata"]["name"] for one in transport.objects("Workflow", labels="laminar/flow=Two")] == [name]
    assert transport.objects("Workflow", labels="laminar/flow=Other") == []
    transport.delete("Workflow", name)
    with pytest.raises(ClusterError) as caught:
        transport.get("Workflow", name)
    assert caught.value.status == 404


def test_a_dry_run_creates_nothing(transport, cluster):
    assert transport.create(workflow(), dry_run=True)["spec"]["entrypoint"] == "Two"
    assert cluster.workflows == []


def test_a_watch_gives_the_changes_until_the_workflow_has_ended(transport, cluster):
    cluster.held = True
    made = transport.create(workflow())
    phases = []
    for event in transport.watch(made["metadata"]["name"], made["metadata"]["resourceVersion"]):
        cluster.release()
        if event.type != "BOOKMARK":
            phases.append(event.object["status"].get("phase"))
        if phases[-1:] == ["Succeeded"]:
            break
    assert phases[0] == "Running" and len(phases) > 5


def test_a_version_that_is_too_old_is_gone(transport, cluster):
    made = transport.create(workflow())
    cluster.oldest = 10_000
    with pytest.raises(ClusterError) as caught:
        list(transport.watch(made["metadata"]["name"], "1"))
    assert caught.value.status == 410 and "too old" in caught.value.what


def test_a_stream_that_breaks_off_is_an_error(server, transport, cluster):
    made = transport.create(workflow())
    done(cluster)
    server.fault(path="workflow-events|workflows$", method="GET", kind="cut", lines=1)
    with pytest.raises(ClusterError) as caught:
        list(transport.watch(made["metadata"]["name"], "1"))
    assert caught.value.lost and caught.value.exit_code == 69


def test_stop_ends_a_workflow_that_is_suspended_too(transport, cluster):
    cluster.held = True
    name = transport.create(workflow())["metadata"]["name"]
    cluster.wait_for(lambda: cluster.pods)
    transport.act("suspend", name)
    assert cluster.workflow()["spec"]["suspend"] is True
    transport.act("stop", name)
    done(cluster)
    assert cluster.workflow()["status"]["message"] == "Stopped with strategy 'Stop'"


@pytest.mark.parametrize(("verb", "strategy"), [("stop", "Stop"), ("terminate", "Terminate")])
def test_a_running_workflow_is_shut_down(transport, cluster, verb, strategy):
    cluster.held = True
    name = transport.create(workflow())["metadata"]["name"]
    transport.act(verb, name)
    done(cluster)
    assert cluster.workflow()["spec"]["shutdown"] == strategy


def test_a_suspended_workflow_goes_on_when_it_is_resumed(transport, cluster):
    document = workflow()
    document["spec"]["suspend"] = True
    name = transport.create(document)["metadata"]["name"]
    cluster.wait_for(lambda: cluster.phase() == "Running")
    assert cluster.pods == {}
    transport.act("resume", name)
    done(cluster)
    assert cluster.phase() == "Succeeded"


def test_retry_runs_what_has_failed_and_keeps_the_rest(transport, cluster):
    ran, codes = [], {"B": 70}

    def run(pod):
        layer = pod.args[pod.args.index("--layer") + 1]
        ran.append(pod.node.partition(".")[2])
        return Outcome(codes.get(layer, 0))

    cluster.run_pod = run
    name = transport.create(workflow())["metadata"]["name"]
    done(cluster)
    assert cluster.phase() == "Failed"
    before = cluster.workflow()["metadata"]["uid"]
    codes.clear()
    ran.clear()
    transport.act("retry", name)
    cluster.wait_for(lambda: cluster.phase() == "Succeeded")
    assert sorted(ran) == ["B(0:0)(0)", "B(1:1)(0)"]
    assert cluster.workflow()["metadata"]["uid"] == before


def test_retry_of_a_workflow_that_succeeded_is_refused(transport, cluster):
    name = transport.create(workflow())["metadata"]["name"]
    done(cluster)
    with pytest.raises(ClusterError):
        transport.act("retry", name)


def test_resubmit_makes_another_workflow(transport, cluster):
    name = transport.create(workflow())["metadata"]["name"]
    done(cluster)
    again = transport.act("resubmit", name)["metadata"]
    assert again["name"] != name and again["labels"]["laminar/flow"] == "Two"
    assert again["labels"]["workflows.argoproj.io/resubmitted-from-workflow"] == name
    assert len(cluster.workflows) == 2


def test_logs_have_times_and_can_be_followed(transport, cluster):
    cluster.run_pod = lambda pod: Outcome(0, log="one\ntwo\n")
    name = transport.create(workflow())["metadata"]["name"]
    done(cluster)
    pod = next(
        pod
        for pod in sorted(cluster.pods)
        if cluster.pods[pod]["metadata"]["annotations"]["workflows.argoproj.io/node-name"].endswith("A(0)")
    )
    for follow in (True, False):
        lines = list(transport.logs(name, pod, LogOptions(follow=follow)))
        assert [line.split(" ", 1)[1] for line in lines][1:3] == ["one", "two"] and lines[0][:2] == "20"
    assert len(list(transport.logs(name, pod, LogOptions(tail=2)))) == 2


def template(kind="WorkflowTemplate", cpu="1"):
    made = workflow(name="two")
    made["kind"] = kind
    made["spec"]["templates"][1]["container"]["resources"] = {"limits": {"cpu": cpu}}
    if kind == "CronWorkflow":
        made["spec"] = {"schedules": ["0 4 * * *"], "workflowSpec": made["spec"]}
    return made


@pytest.mark.parametrize("kind", ["WorkflowTemplate", "CronWorkflow", "ClusterWorkflowTemplate"])
def test_a_stored_object_is_applied_twice_and_deleted(transport, kind):
    transport.apply(template(kind))
    transport.apply(template(kind, cpu="2"))
    spec = transport.get(kind, "two")["spec"]
    assert spec.get("workflowSpec", spec)["templates"][1]["container"]["resources"] == {"limits": {"cpu": "2"}}
    assert [one["metadata"]["name"] for one in transport.objects(kind)] == ["two"]
    transport.apply(template(kind, cpu="3"), dry_run=True)
    spec = transport.get(kind, "two")["spec"]
    assert spec.get("workflowSpec", spec)["templates"][1]["container"]["resources"] == {"limits": {"cpu": "2"}}
    transport.delete(kind, "two")
    assert transport.objects(kind) == []


def test_a_cron_workflows_schedule_is_switched_off_and_on(transport):
    transport.apply(template("CronWorkflow"))
    transport.switch("two", suspend=True)
    assert transport.get("CronWorkflow", "two")["spec"]["suspend"] is True
    transport.switch("two", suspend=False)
    assert not transport.get("CronWorkflow", "two")["spec"].get("suspend")


def test_a_workflow_that_refers_to_a_template_runs(transport, cluster):
    transport.apply(template())
    transport.create(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": "two-x"},
            "spec": {"workflowTemplateRef": {"name": "two"}},
        }
    )
    done(cluster, "two-x")
    assert cluster.phase("two-x") == "Succeeded"


def test_pages_are_followed(transport, cluster, monkeypatch):
    from laminar.compiler.cluster import kubernetes_api

    monkeypatch.setattr(kubernetes_api, "PAGE", 2)
    cluster.controller = False
    for number in range(5):
        transport.create(workflow(name=f"two-{number}"))
    assert len(transport.objects("Workflow")) == 5
    assert len(transport.objects("Workflow", limit=3)) >= 3


def test_what_the_api_server_alone_knows(server, transport, cluster):
    name = transport.create(workflow())["metadata"]["name"]
    done(cluster)
    if isinstance(server, FakeArgoServer):
        assert (transport.pods(name), transport.warnings("x"), transport.may("get", "workflows")) == ((), (), None)
        assert transport.link(name) == f"{server.url}/workflows/argo/{name}"
        return
    cluster.denied.add(("create", "workflows"))
    assert len(transport.pods(name)) == 3 and transport.link(name) == ""
    assert (transport.may("get", "workflows"), transport.may("create", "workflows")) == (True, False)


def test_unknown_fields_are_refused_by_the_api_server(server, transport, cluster):
    document = workflow()
    document["spec"]["nodeSelectr"] = {"a": "b"}
    if isinstance(server, FakeArgoServer):
        server.strict = False
        transport.create(document)  # the Argo server drops them: lint says so before
        return
    with pytest.raises(ClusterError, match="unknown field"):
        transport.create(document)


def test_a_base_path_is_kept(cluster):
    server = FakeArgoServer(cluster, base="/argo/tools")
    assert transport_to(server).version() == "v4.1.2"
    server.close()


def test_a_pod_that_is_deleted_while_it_runs_is_an_error_and_tried_again(server, transport, cluster):
    from laminar.compiler.cluster.progress import progress
    from laminar.compiler.rehearsal import Outcome

    def run_pod(pod):
        if pod.node.endswith("A(0)"):
            cluster.pods.clear()
        return Outcome(0)

    cluster.run_pod = run_pod
    made = workflow(name="two")
    made["spec"]["templates"][1]["retryStrategy"]["expression"] = "lastRetry.status == 'Error'"
    transport.create(made)
    cluster.wait_for(lambda: cluster.phase() in ("Succeeded", "Failed", "Error"))
    attempts = progress(transport.get("Workflow", "two")).layers[0].splits[0].attempts
    assert [(one.phase, one.cause) for one in attempts] == [("Error", "the pod was deleted"), ("Succeeded", "")]
