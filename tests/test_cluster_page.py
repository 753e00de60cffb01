"""Each command of laminar's on the page "From your laptop to the cluster" runs, in order, on a fake cluster."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.support.cluster_commands import Pods, shell_to
from tests.support.fake_cluster import FakeCluster

PAGE = Path(__file__).parent.parent / "docs" / "tutorial" / "cluster.md"
RESULTS = "train-x7k2f"
ELSEWHERE = ("doctor", "results")
"""Commands that need a bucket: tests of their own run them against a server of S3."""


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("laminar ")]


@pytest.mark.parametrize("kind", ["argo", "kubernetes"])
def test_the_commands_of_the_page_run_in_order(kind, tmp_path, monkeypatch, capsys):
    cluster = FakeCluster(Pods())
    with shell_to(kind, cluster, tmp_path, monkeypatch, capsys) as shell:
        for line in commands():
            words = shlex.split(line)[1:]
            if words[0] in ELSEWHERE:
                continue
            prepare(words, shell)
            done = shell(*(newest(shell) if word == RESULTS else word for word in words))
            assert done.code == 0, f"{line}: {done.err}"


def prepare(words, shell):
    """Bring the cluster where the page is: the last run waits before it is steered, and has failed before it is retried."""
    shell.cluster.skew += 2.0  # each command has a second of its own, so that `latest` is the last one
    if words[0] == "suspend" and words[1] == "latest":
        shell.ended(shell.cluster.workflows[-1])
        shell.cluster.held, shell.cluster.allowed = True, 0
        shell.submit()
    if words[0] == "retry":
        shell.ended(newest(shell))
        shell.cluster.held = False
        shell.cluster.release()


def newest(shell):
    found = shell.cluster.list("Workflow", "argo")
    return max(found, key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]))["metadata"]["name"]


def test_every_command_of_the_cluster_is_on_the_page():
    from laminar.cli.commands import CLUSTER

    named = {line.split()[1] for line in commands()} | set(re.findall(r"`laminar (\w+)", PAGE.read_text(encoding="utf-8")))
    assert set(CLUSTER) <= named


def test_the_tree_on_the_page_is_the_capture():
    [shown] = re.findall(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert shown == (PAGE.parent.parent / "captures" / "usual-80.txt").read_text(encoding="utf-8")
