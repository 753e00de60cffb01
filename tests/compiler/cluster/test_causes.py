"""Say in a few words why a pod waits or failed."""

from __future__ import annotations

import pytest

from laminar.compiler.cluster.causes import cause, pod_cause

MESSAGES = [
    ("main: OOMKilled (exit code 137)", "137", "out of memory (OOMKilled)"),
    ("Pod was active on the node longer than the specified deadline", "", "timed out"),
    ("The node was low on resource: memory.", "", "evicted: The node was low on resource: memory"),
    ("pod deleted", "", "the pod was deleted"),
    ('ImagePullBackOff: Back-off pulling image "x"', "", 'the image cannot be pulled: Back-off pulling image "x"'),
    ('pods "x" is forbidden: exceeded quota: q', "", 'the namespace\'s quota is used up: pods "x" is forbidden: exceeded quota: q'),
    ("when 'Skipped == Succeeded' evaluated false", "", "a layer that it reads was skipped"),
    ("No more retries left", "75", "failed, may be retried (exit code 75)"),
    ("main: Error (exit code 3)", "3", "main: Error (exit code 3)"),
    ("", "0", ""),
    ("", "9", "exit code 9"),
]


@pytest.mark.parametrize(("message", "code", "meaning"), MESSAGES)
def test_messages_of_nodes_have_a_meaning(message, code, meaning):
    assert cause(message, code) == meaning


def test_a_long_message_is_cut():
    assert len(cause("x " * 500)) == 160


def waiting(reason):
    return {"containerStatuses": [{"name": "main", "state": {"waiting": {"reason": reason, "message": "m"}}}]}


PODS = [
    ({"reason": "Evicted", "message": "disk"}, [], "evicted: disk"),
    (waiting("ErrImagePull"), [], "the image cannot be pulled: m"),
    (waiting("PodInitializing"), [], ""),
    ({"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes"}]}, [], "no node fits: 0/3 nodes"),
    (
        {"phase": "Pending"},
        [
            {"reason": "FailedMount", "message": "old", "lastTimestamp": "1"},
            {"reason": "FailedMount", "message": "new"} | {"lastTimestamp": "2"},
        ],
        "a volume cannot be mounted: new",
    ),
    ({"phase": "Running"}, [{"reason": "FailedMount", "message": "old"}], ""),
]


@pytest.mark.parametrize(("status", "warnings", "meaning"), PODS)
def test_pods_and_their_events_have_a_meaning(status, warnings, meaning):
    assert pod_cause({"status": status}, warnings) == meaning
