"""``laminar resume`` lets a run go on, or finishes one in a new workflow."""

from __future__ import annotations

from tests.support.cluster_commands import PROGRAM, Pods


def test_resume_with_a_program_finishes_under_the_old_execution(shell):
    shell.cluster.run_pod = Pods(Fit=[70])
    name = shell.submit()
    shell.ended()
    done = shell("resume", name)
    assert done.code == 1 and f"laminar resume {name} PROGRAM" in done.err
    uid = shell.cluster.workflow()["metadata"]["uid"]
    shell.cluster.run_pod = Pods()
    done = shell("resume", name, "train.py", "--datastore", "s3://b/p", "-o", "name")
    assert done.code == 0, done.err
    assert "Layers that have finished get a pod too, which ends at once." in done.err  # the datastore cannot be read from here
    again = shell.cluster.workflow(done.out.strip())
    assert again["metadata"]["labels"]["laminar/resumed-from"] == name
    assert shell("status", done.out.strip()).out.splitlines()[1] == f"  execution {uid}"
    env = {one["name"]: one["value"] for one in again["spec"]["templates"][-1]["container"]["env"]}
    assert (env["LAMINAR_EXECUTION_ID"], env["LAMINAR_EXECUTION_RETRY"]) == (uid, "True")


def test_the_new_workflow_has_the_image_and_the_parameters_that_are_given_and_those_of_the_old_one(shell):
    shell.cluster.run_pod = Pods(Fit=[70])
    (shell.folder / "train.py").write_text(PROGRAM.replace('image="train:1"', "cpu=1"))
    name = shell.submit("-p", "count=7", "--image", "train:7")
    shell.ended()
    done = shell("resume", name, "train.py", "--datastore", "s3://b/p", "--image", "train:8", "--no-lint", "-o", "name")
    assert done.code == 0, done.err
    spec = shell.cluster.workflow(done.out.strip())["spec"]
    assert spec["arguments"]["parameters"] == [{"name": "count", "value": "7"}]
    assert {one["container"]["image"] for one in spec["templates"] if "container" in one} == {"train:8"}


def test_an_execution_whose_workflow_is_gone_is_resumed_from_the_datastore(shell, tmp_path):
    store = tmp_path / "store"
    source = PROGRAM.replace('image="train:1"', f'image="train:1", volumes=[Volume(mount="{store}", claim="c")]')
    program = tmp_path / "train.py"
    program.write_text(source.replace("import Container", "import Volume, Container").replace("max(fit.score)", "1 / 0"))
    done = shell("run", "train.py", "--execution", "old")
    assert done.code == 1
    (tmp_path / ".laminar").rename(store)
    program.write_text(source.replace("import Container", "import Volume, Container"))
    done = shell("resume", "old", "train.py", "--datastore", str(store), "--no-lint", "-o", "name")
    assert done.code == 0, done.err
    tasks = shell.cluster.workflow(done.out.strip())["spec"]["templates"][0]["dag"]["tasks"]
    assert [task["name"] for task in tasks] == ["Best"]
    done = shell("resume", "gone", "train.py", "--datastore", str(store))
    assert done.code == 1 and "No workflow and no execution begins with 'gone'" in done.err and str(store) in done.err
