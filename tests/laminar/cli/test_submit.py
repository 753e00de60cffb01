"""``laminar submit``: the started workflow, its output, and that it starts one only."""

from __future__ import annotations

import json

import pytest

from tests.support.cluster_commands import Pods

STORE = ("--datastore", "s3://b/p")


def test_a_program_is_compiled_checked_and_started(shell):
    done = shell("submit", "train.py", *STORE, "-p", "count=2", "--label", "team=a", "--priority", "5")
    assert done.code == 0, done.err
    workflow = shell.cluster.workflow()
    name, metadata = workflow["metadata"]["name"], workflow["metadata"]
    assert done.out.splitlines()[0].startswith(f"{name} submitted to namespace argo: the ")
    assert f"execution  {metadata['uid']}" in done.out and f"next       laminar watch {name}" in done.out
    assert (metadata["labels"]["team"], metadata["labels"]["laminar/flow"], workflow["spec"]["priority"]) == ("a", "Train", 5)
    assert workflow["spec"]["arguments"]["parameters"] == [{"name": "count", "value": "2"}]
    assert shell.ended() == "Succeeded"


@pytest.mark.parametrize("output", ["name", "json"])
def test_the_output_is_one_line_for_scripts(shell, output):
    done = shell("submit", "train.py", *STORE, "--no-lint", "--name", "mine", "-o", output)
    workflow = shell.cluster.workflow()
    if output == "name":
        assert done.out == "mine\n"
    else:
        read = json.loads(done.out)
        assert (read["name"], read["namespace"], read["execution"]) == ("mine", "argo", workflow["metadata"]["uid"])


def test_a_submit_whose_answer_is_lost_twice_starts_one_workflow(shell):
    shell.cluster.controller = False
    shell.server.fault(method="POST", path="workflows", times=1, kind="lose")
    shell.server.fault(path="workflows", times=9, kind="drop")
    done = shell("submit", "train.py", *STORE, "--no-lint")
    assert done.code == 69 and "repeat the command: it finds the workflow if it was created" in done.err
    shell.server.faults.clear()
    done = shell("submit", "train.py", *STORE, "--no-lint")
    assert done.code == 0 and "was submitted before, to namespace argo" in done.out
    assert len(shell.cluster.workflows) == 1
    shell("submit", "train.py", *STORE, "--no-lint")  # the answer has come: this is a run of its own
    assert len(shell.cluster.workflows) == 2


def test_a_lost_answer_within_one_command_is_not_seen(shell):
    shell.server.fault(method="POST", path="workflows", times=1, kind="lose")
    assert shell("submit", "train.py", *STORE, "--no-lint").code == 0
    assert len(shell.cluster.workflows) == 1


def test_a_submit_that_never_arrived_is_started_by_its_repetition(shell):
    shell.server.fault(path="workflows", times=9, kind="drop")
    assert shell("submit", "train.py", *STORE, "--no-lint").code == 69
    shell.server.faults.clear()
    assert shell.cluster.workflows == []
    done = shell("submit", "train.py", *STORE, "--no-lint")
    assert done.code == 0 and "submitted to namespace" in done.out and len(shell.cluster.workflows) == 1


def test_a_key_starts_one_workflow_from_any_machine(shell, monkeypatch):
    first = shell.submit("--key", "https://ci.example/jobs/17")
    monkeypatch.setenv("XDG_CACHE_HOME", str(shell.folder / "another"))
    assert shell.submit("--key", "https://ci.example/jobs/17") == first
    assert shell.submit("--key", "https://ci.example/jobs/18") != first


def test_a_name_that_is_taken_is_said_and_a_drawn_one_replaced(shell, monkeypatch):
    from laminar.compiler.cluster import submission

    shell.submit("--name", "mine")
    done = shell("submit", "train.py", *STORE, "--no-lint", "--name", "mine")
    assert done.code == 1 and "already exists" in done.err and "pass another --name" in done.err
    monkeypatch.setattr(submission, "_suffix", lambda text: "aaaaa" if text.endswith(".0") else "bbbbb")
    assert [shell.submit(), shell.submit()] == ["train-aaaaa", "train-bbbbb"]


def test_dry_run_starts_nothing(shell):
    done = shell("submit", "train.py", *STORE, "--dry-run")
    assert done.code == 0 and "nothing was started" in done.out and shell.cluster.workflows == []


def test_a_file_is_submitted_with_parameters_of_its_own(shell):
    (shell.folder / "train.yaml").write_text(shell("compile", "train.py", *STORE).out)
    done = shell("submit", "train.yaml", "-p", "count=1", "-o", "name")
    assert done.code == 0, done.err
    assert shell.cluster.workflow()["spec"]["arguments"]["parameters"] == [{"name": "count", "value": "1"}]
    assert shell("submit", "train.yaml", "-p", "rows=1").code == 1


def test_braces_in_a_value_are_not_argos_to_replace(shell):
    (shell.folder / "train.yaml").write_text(shell("compile", "train.py", *STORE).out)
    shell("submit", "train.yaml", "--no-lint", "-p", 'count="{{workflow.name}}"')
    [parameter] = shell.cluster.workflow()["spec"]["arguments"]["parameters"]
    assert parameter["value"] == r'"\u007b\u007bworkflow.name}}"'


def test_lint_refuses_a_file_before_the_cluster_sees_it(shell):
    text = shell("compile", "train.py", *STORE).out
    (shell.folder / "wrong.yaml").write_text(text.replace("serviceAccountName", "serviceAccuntName"))
    done = shell("submit", "wrong.yaml")
    assert done.code == 1 and "serviceAccuntName" in done.err and shell.server.requests == []


MISTAKES = [
    ((), 2, "Pass one of PROGRAM"),
    (("train.py", "--from", "template/x"), 2, "Pass one of PROGRAM"),
    (("train.py", "--watch", "--wait"), 2, "pass one of them"),
    (("train.py", "--timeout", "5s"), 2, "--timeout is how long to follow"),
    (("train.py", "--server", "a", "--context", "b"), 2, "pass one of them"),
    (("--from", "nothing"), 2, "--from nothing names nothing"),
    (("--from", "template/gone"), 1, "not found"),
    (("missing.yaml",), 1, "does not exist"),
    (("missing.py",), 1, "missing.py"),
]


@pytest.mark.parametrize(("words", "code", "said"), MISTAKES)
def test_mistakes_are_said_in_a_line(shell, words, code, said):
    done = shell("submit", *words)
    assert (done.code, said in done.err) == (code, True), done.err


OUTCOMES = [(Pods(), 0, "Succeeded"), (Pods(Fit=[70]), 1, "Failed")]


@pytest.mark.parametrize("how", ["--watch", "--wait", "--logs"])
@pytest.mark.parametrize(("pods", "code", "phase"), OUTCOMES)
def test_the_exit_code_is_the_outcomes(shell, how, pods, code, phase):
    shell.cluster.run_pod = pods
    done = shell("submit", "train.py", *STORE, "--no-lint", how)
    assert (done.code, shell.cluster.phase()) == (code, phase)
    if how == "--logs":
        assert "Read | Read begins\n" in done.out and "argo=true" not in done.out
    if how == "--wait":
        end = done.err.splitlines()[-1 if code == 0 else -2]
        assert end.startswith(f"{shell.cluster.workflows[0]}: {phase.lower()}") and (code == 0 or ", attempt 1: " in end)


def test_a_timeout_stops_waiting_and_not_the_workflow(shell):
    shell.cluster.held = True
    done = shell("submit", "train.py", *STORE, "--no-lint", "--wait", "--timeout", "1s")
    assert done.code == 124 and "it continues" in done.err and shell.cluster.phase() == "Running"


def test_what_is_deployed_is_started(shell):
    document = json.loads(json.dumps(template(shell)))
    shell.cluster.create("WorkflowTemplate", "argo", document)
    done = shell("submit", "--from", "template/train", "-p", "count=1", "-o", "name")
    assert done.code == 0, done.err
    workflow = shell.cluster.workflow(done.out.strip())
    assert workflow["spec"]["workflowTemplateRef"] == {"name": "train"}
    assert workflow["spec"]["arguments"]["parameters"] == [{"name": "count", "value": "1"}]
    assert workflow["metadata"]["labels"]["laminar/flow"] == "Train"
    assert shell.ended() == "Succeeded"


def test_a_schedule_is_triggered(shell):
    document = template(shell)
    cron = {"metadata": {"name": "nightly"}, "spec": {"schedules": ["0 4 * * *"], "workflowSpec": document["spec"]}}
    shell.cluster.create("CronWorkflow", "argo", cron)
    done = shell("submit", "--from", "cron/nightly", "-o", "name")
    assert done.code == 0 and done.out.startswith("nightly-")
    assert shell.cluster.workflow()["metadata"]["labels"]["workflows.argoproj.io/cron-workflow"] == "nightly"


def template(shell):
    import yaml

    return next(yaml.safe_load_all(shell("compile", "train.py", *STORE, "--kind", "template").out))


def test_a_token_is_in_nothing_that_is_printed(shell):
    shell.server.fault(times=2, status=403, body=b'{"message": "no right for Bearer s3cret"}')
    done = shell("submit", "train.py", *STORE, "--no-lint")
    assert done.code == 77 and "s3cret" not in done.out + done.err and "no right for ***" in done.err


FAULTS = [
    ({"status": 401}, 77, "missing, wrong or expired"),
    ({"status": 403}, 77, "do not have the right"),
    ({"status": 410}, 1, "it is gone"),
    ({"status": 422, "body": b'{"message": "Too many: 201"}'}, 1, "Too many: 201"),
    ({"status": 429, "headers": {"Retry-After": "90"}}, 69, "try again in 90 s"),
    ({"status": 500, "body": b'{"code": 2, "message": "template name undefined"}'}, 69, "template name undefined"),
    ({"status": 503}, 69, "not available"),
    ({"kind": "drop"}, 69, "cannot be reached"),
]


@pytest.mark.parametrize(("fault", "code", "said"), FAULTS)
def test_each_fault_is_an_error_with_its_exit_code(shell, fault, code, said):
    shell.server.fault(times=9, **fault)
    done = shell("submit", "train.py", *STORE, "--no-lint")
    assert (done.code, said in done.err) == (code, True), done.err
    assert done.err.count("ClusterError") == 1 and "Traceback" not in done.err
