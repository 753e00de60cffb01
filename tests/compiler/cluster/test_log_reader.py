"""Select attempts, and read their logs without Argo's lines and without gaps."""

from __future__ import annotations

import pytest

from laminar.compiler.cluster.log_reader import read_logs, selected
from laminar.compiler.cluster.progress import progress
from laminar.exceptions import ClusterError
from laminar.history.log_line import Selection
from laminar.timestamps import now
from tests.compiler.cluster.conftest import workflow


@pytest.fixture
def run(transport, cluster):
    transport.create(workflow(name="two"))
    cluster.wait_for(lambda: cluster.phase() == "Succeeded")
    return progress(transport.get("Workflow", "two"))


def read(transport, run, **given):
    return [f"{line.label}: {line.text}" for line in read_logs(transport, run, Selection(**given))]


def test_each_attempt_is_read_without_the_lines_that_argo_writes(transport, run):
    assert read(transport, run) == ["A: hello from A(0)", "B[0]: hello from B(0:0)(0)", "B[1]: hello from B(1:1)(0)"]
    assert read(transport, run, layer="B", index=1) == ["B[1]: hello from B(1:1)(0)"]
    assert read(transport, run, failed=True) == [] and read(transport, run, attempt=2) == []


def test_a_time_selects_the_lines_since_then_and_each_line_has_its_own(transport, cluster, run):
    pod = selected(run, Selection("A"))[0][2].pod
    cluster.logs[pod] = [f"{now(after=-3600)} an hour ago", f"{now()} just now"]
    assert read(transport, run, layer="A") == ["A: an hour ago", "A: just now"]
    since = now(after=-60)
    (line,) = read_logs(transport, run, Selection("A", since=since))
    assert line.text == "just now" and line.time >= since and line.run == pod


def test_a_log_that_breaks_off_is_read_on(server, transport, cluster, run):
    pod = selected(run, Selection("A"))[0][2].pod
    for number in range(5):
        cluster.write(pod, f"line {number}")
    whole = read(transport, run, layer="A")
    server.fault(kind="cut", path="log", lines=3, times=2)
    assert read(transport, run, layer="A") == whole and len(whole) == 6


def test_a_log_that_never_comes_is_an_error(server, transport, run):
    server.fault(kind="drop", path="log", times=99)
    with pytest.raises(ClusterError) as caught:
        read(transport, run, layer="A")
    assert caught.value.exit_code == 69


def test_a_pod_that_is_gone_is_a_note(transport, cluster, run):
    cluster.pods.clear()
    cluster.logs.clear()
    lines = list(read_logs(transport, run, Selection("A")))
    assert [(line.label, line.text, line.note) for line in lines] in (
        [],
        [("A", "the pod of attempt 1 is gone, and its log with it", True)],
    )


def test_a_layer_that_does_not_exist_is_an_error_with_those_that_do(transport, run):
    with pytest.raises(ClusterError, match="has no layer 'C'") as caught:
        selected(run, Selection("C"))
    assert "A, B" in caught.value.fix
