"""A process that removes containers after their run, tried with a client that notes how it is called."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from laminar.configurations.executors.container_guard import ContainerGuard


@pytest.fixture
def docker(tmp_path: Path) -> str:
    """Write a client that knows two containers until they are removed."""
    script = tmp_path / "docker"
    script.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n[ "$1" = rm ] && touch {tmp_path}/removed\n'
        f'[ "$1" = ps ] && [ ! -e {tmp_path}/removed ] && echo a && echo b\nexit 0\n'
    )
    script.chmod(0o755)
    return str(script)


def calls(tmp_path: Path) -> list[str]:
    file = tmp_path / "calls"
    return file.read_text().splitlines() if file.exists() else []


def test_a_run_that_ends_has_nothing_removed(docker, tmp_path):
    ContainerGuard(docker).close(remove=False)
    assert calls(tmp_path) == []


def test_a_run_that_was_stopped_has_its_containers_removed_before_it_ends(docker, tmp_path):
    guard = ContainerGuard(docker)
    guard.close(remove=True)
    assert calls(tmp_path) == [f"ps --all --quiet --filter label={guard.label}", "rm --force a b"]


def test_the_containers_of_a_run_whose_process_was_killed_are_removed_by_the_one_that_is_left(docker, tmp_path):
    guard = ContainerGuard(docker)
    assert os.getsid(guard.process.pid) != os.getsid(0)
    assert guard.process.stdin is not None
    guard.process.stdin.close()  # as the kernel does
    end = time.monotonic() + 20
    while len(calls(tmp_path)) < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert calls(tmp_path)[:2] == [f"ps --all --quiet --filter label={guard.label}", "rm --force a b"]
    guard.process.kill()
    guard.process.wait()
