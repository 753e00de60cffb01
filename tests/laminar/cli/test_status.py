"""``laminar status``: layers, splits, attempts and causes."""

from __future__ import annotations

import json

from laminar.compiler.rehearsal import Outcome
from tests.support.cluster_commands import Pods


def test_a_run_is_shown_in_layers_with_causes(shell):
    shell.cluster.run_pod = Pods(Fit_1=[Outcome(137, error="main: OOMKilled (exit code 137)")], Fit_2=[70])
    name = shell.submit()
    shell.ended()
    done = shell("status", name)
    uid = shell.cluster.workflow()["metadata"]["uid"]
    lines = [line.rstrip() for line in done.out.splitlines()]
    assert done.code == 0 and lines[0].startswith(f"{name}: failed, ") and lines[0].endswith(", 6 pods")
    assert lines.pop(1) == f"  execution {uid}"
    assert lines[1].split()[:2] == ["Read", "succeeded"] and lines[1].endswith(" s")
    assert "[###-------] 1/3, 2 failed" in lines[2]
    assert lines[3:5] == ["      [1] attempt 3: out of memory (OOMKilled)", "      [2] failed for good (exit code 70)"]
    assert lines[5].split(maxsplit=3) == ["Best", "not", "run", "something above failed"]


def test_json_has_all_of_it(shell):
    name = shell.submit()
    shell.ended()
    read = json.loads(shell("status", name, "-o", "json").out)
    assert [layer["name"] for layer in read["layers"]] == ["Read", "Fit", "Best"]
    assert [split["index"] for split in read["layers"][1]["splits"]] == [0, 1, 2]


def test_a_run_is_found_by_name_id_beginning_and_latest(shell):
    name = shell.submit()
    uid = shell.cluster.workflow()["metadata"]["uid"]
    for words in (name, name[:7], uid, uid[:8], "latest"):
        assert shell("status", words).out.startswith(f"{name}:"), words
    assert shell("status", "latest", "--flow", "Train").code == 0


def test_what_fits_nothing_or_several_says_what_was_looked_through(shell):
    done = shell("status", "latest")
    assert done.code == 1 and "There is no workflow in namespace argo" in done.err
    first, second = sorted([shell.submit(), shell.submit()])
    done = shell("status", "train-")
    assert done.code == 1 and "'train-' fits 2 workflows in namespace argo" in done.err and f"{first}, {second}" in done.err
    done = shell("status", "other")
    assert done.code == 1 and "among 2 in namespace argo" in done.err and "the newest are: train-" in done.err


def test_a_pod_that_waits_says_why(kubernetes):
    kubernetes.cluster.held = True
    kubernetes.submit()
    [pod] = kubernetes.cluster.wait_for(lambda: list(kubernetes.cluster.pods))
    waiting = {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "train:1"'}
    kubernetes.cluster.pods[pod]["status"]["containerStatuses"] = [{"name": "main", "state": {"waiting": waiting}}]
    out = kubernetes("status", "latest").out
    assert '      the image cannot be pulled: Back-off pulling image "train:1"' in out
    kubernetes.cluster.pods[pod]["status"]["containerStatuses"] = []
    kubernetes.cluster.warnings[pod] = [
        {"reason": "FailedMount", "message": 'secret "s3" not found', "lastTimestamp": "2026-01-01"}
    ]
    assert '      a volume cannot be mounted: secret "s3" not found' in kubernetes("status", "latest").out


def test_without_the_right_to_see_pods_the_nodes_are_enough(kubernetes):
    kubernetes.cluster.held = True
    kubernetes.submit()
    kubernetes.cluster.wait_for(lambda: kubernetes.cluster.pods)
    kubernetes.server.fault(path="/pods", times=9, status=403)
    assert kubernetes("status", "latest").code == 0
