"""``laminar deploy``: create or update, shown first, and nothing of another program's."""

from __future__ import annotations

STORE = ("--datastore", "s3://b/p")


def test_a_template_is_created_then_updated_with_the_differences_shown(shell):
    done = shell("deploy", "train.py", *STORE)
    assert done.code == 0, done.err
    assert done.out == "template/train is new\ndeployed to namespace argo; laminar submit --from template/train starts it\n"
    metadata = shell.cluster.get("WorkflowTemplate", "argo", "train")["metadata"]
    assert metadata["annotations"]["laminar/owner"] == f"{shell.folder.name}/train.py" and metadata["labels"]["laminar/owner"]
    assert shell("deploy", "train.py", *STORE, "--no-lint").out.splitlines()[0] == "template/train is unchanged"
    program = (shell.folder / "train.py").read_text()
    (shell.folder / "train.py").write_text(
        program.replace("class Fit(Layer)", "class FitAll(Layer)").replace("fit: Fit)", "fit: FitAll)")
    )
    done = shell("deploy", "train.py", *STORE, "--no-lint", "--dry-run")
    assert (
        done.out.splitlines()[:2] == ["template/train changes:", "  ~ Train.Fit is now FitAll"]
        and "nothing was changed" in done.out
    )
    assert shell("deploy", "train.py", *STORE, "--no-lint").code == 0
    tasks = shell.cluster.get("WorkflowTemplate", "argo", "train")["spec"]["templates"][0]["dag"]["tasks"]
    assert [task["name"] for task in tasks] == ["Read", "FitAll", "Best"]


def test_a_flow_with_a_schedule_is_a_cron_workflow(shell):
    done = shell("deploy", "train.py", *STORE, "--no-lint", "--schedule", "0 4 * * *")
    assert done.out.startswith("cron/train is new\n")
    done = shell("deploy", "train.py", *STORE, "--no-lint", "--schedule", "0 5 * * *")
    assert "  ~ schedules: 0 4 * * * -> 0 5 * * *" in done.out
    assert shell.cluster.get("CronWorkflow", "argo", "train")["spec"]["schedules"] == ["0 5 * * *"]


def test_what_another_program_owns_is_left_alone_unless_told(shell):
    shell("deploy", "train.py", *STORE, "--no-lint")
    (shell.folder / "other.py").write_text((shell.folder / "train.py").read_text().replace("train:1", "other:1"))
    done = shell("deploy", "other.py", *STORE, "--no-lint")
    assert done.code == 1 and f"template/train is deployed, and {shell.folder.name}/train.py owns it" in done.err
    assert "train:1" in str(shell.cluster.get("WorkflowTemplate", "argo", "train"))
    done = shell("deploy", "other.py", *STORE, "--no-lint", "--force")
    assert done.code == 0 and "  ~ Train.Fit image: train:1 -> other:1" in done.out
    assert "other:1" in str(shell.cluster.get("WorkflowTemplate", "argo", "train"))


def test_prune_deletes_what_the_program_no_longer_has_and_nothing_else(shell):
    shell("deploy", "train.py", *STORE, "--no-lint", "--name", "old")
    shell.cluster.create("WorkflowTemplate", "argo", {"metadata": {"name": "theirs"}, "spec": {}})
    done = shell("deploy", "train.py", *STORE, "--no-lint")
    assert "template/old is no longer part of train.py: --prune deletes it" in done.err
    assert "template/old would be deleted" in shell("deploy", "train.py", *STORE, "--no-lint", "--prune", "--dry-run").out
    assert "template/old is deleted" in shell("deploy", "train.py", *STORE, "--no-lint", "--prune").out
    assert [one["metadata"]["name"] for one in shell.cluster.list("WorkflowTemplate", "argo")] == ["theirs", "train"]


def test_fields_that_somebody_else_has_set_are_said(kubernetes):
    kubernetes("deploy", "train.py", *STORE, "--no-lint")
    object = kubernetes.cluster.objects["WorkflowTemplate", "argo", "train"]
    object["fake/managers"]["templates"] = "kubectl"
    text = (kubernetes.folder / "train.py").read_text()
    (kubernetes.folder / "train.py").write_text(text.replace("train:1", "train:2"))
    done = kubernetes("deploy", "train.py", *STORE, "--no-lint")
    assert done.code == 1 and 'conflict with "kubectl"' in done.err and "--force replaces them" in done.err
    assert kubernetes("deploy", "train.py", *STORE, "--no-lint", "--force").code == 0


def test_a_file_is_deployed_and_other_kinds_left_out(shell):
    (shell.folder / "all.yaml").write_text(shell("compile", "train.py", *STORE, "--kind", "template", "--rbac").out)
    done = shell("deploy", "all.yaml", "--no-lint")
    assert done.code == 0, done.err
    assert done.err.count("left out:") == 3 and "template/train is new" in done.out


def test_a_workflow_is_not_deployed(shell):
    (shell.folder / "one.yaml").write_text(shell("compile", "train.py", *STORE).out)
    assert shell("deploy", "one.yaml").code == 1
    assert shell("deploy", "train.py", *STORE, "--kind", "workflow").code == 2
