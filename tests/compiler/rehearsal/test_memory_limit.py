"""Pods that pass their memory limit end as in Kubernetes, where this machine allows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from laminar.compiler.rehearsal import Pod
from laminar.compiler.rehearsal.memory_limit import is_possible, limited
from laminar.compiler.rehearsal.processes import Processes
from laminar.compiler.rehearsal.site import Site

pytestmark = pytest.mark.skipif(not is_possible(), reason="this machine allows no control groups")

MEGABYTE = 1_000_000
TAKE = "import sys; data = bytearray(b'x') * 120_000_000; print(len(data))"
IN_A_CHILD = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {TAKE!r}]) and 70)"


def processes(folder: Path, **options: bool) -> Processes:
    return Processes(Site(folder, folder / "scratch", str(folder / "store")), **options)


@pytest.mark.parametrize("code", [TAKE, IN_A_CHILD], ids=["itself", "in a child"])
def test_a_pod_that_passes_its_limit_is_killed(code, tmp_path):
    outcome = processes(tmp_path)(Pod("w.A", "t", "i", ("python", "-c"), (code,), memory=60 * MEGABYTE))
    assert (outcome.code, outcome.oom) == (137, True)


@pytest.mark.parametrize("memory", [None, 300 * MEGABYTE])
def test_a_pod_within_its_limit_ends_by_itself(memory, tmp_path):
    outcome = processes(tmp_path)(Pod("w.A", "t", "i", ("python", "-c"), (TAKE,), memory=memory))
    assert (outcome.code, outcome.oom, outcome.log) == (0, False, "120000000\n")


def test_a_pod_that_fails_within_its_limit_keeps_its_exit_code(tmp_path):
    outcome = processes(tmp_path)(Pod("w.A", "t", "i", ("python", "-c"), ("raise SystemExit(75)",), memory=300 * MEGABYTE))
    assert (outcome.code, outcome.oom) == (75, False)


def test_a_pod_that_is_not_confined_has_no_limit(tmp_path):
    outcome = processes(tmp_path, confine=False)(Pod("w.A", "t", "i", ("python", "-c"), (TAKE,), memory=60 * MEGABYTE))
    assert outcome.code == 0


def test_a_group_is_gone_after_its_pod():
    limit = limited(MEGABYTE)
    assert limit is not None and limit.folder.is_dir()
    limit.remove()
    assert not limit.folder.exists()
