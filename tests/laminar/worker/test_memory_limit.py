"""The kernel's count of processes that it killed for want of memory."""

from __future__ import annotations

import signal

import pytest

from laminar.worker import memory_limit, supervisor
from laminar.worker.arguments import read


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("low 0\nhigh 0\nmax 31\noom 3\noom_kill 2\noom_group_kill 1\n", 2),
        ("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", 1),
        ("oom_kill_disable 0\n", 0),
        ("oom_kill many\n", 0),
    ],
)
def test_the_count_is_read_from_the_files_of_both_versions_of_cgroups(text, count, tmp_path):
    (tmp_path / "events").write_text(text)
    assert memory_limit.kills((str(tmp_path / "missing"), str(tmp_path / "events"))) == count


def test_without_cgroups_the_count_is_zero(tmp_path):
    assert memory_limit.kills((str(tmp_path / "missing"),)) == 0


@pytest.mark.parametrize(("counts", "how"), [([1, 2], "out of memory"), ([1, 1], "killed")])
def test_a_worker_that_the_kernel_killed_for_want_of_memory_is_told_from_one_that_a_person_killed(counts, how, monkeypatch):
    task = read(["main.py", "--flow", "F", "--layer", "L", "--execution", "one"], {})
    left = iter(counts)
    monkeypatch.setattr(memory_limit, "kills", lambda: next(left))
    monkeypatch.setattr(supervisor.Supervision, "run", lambda self: int(signal.SIGKILL))
    said = []
    monkeypatch.setattr(supervisor.PodHistory, "killed", lambda self, message, how="killed", fix="": said.append(how))
    assert supervisor.supervise(task) == 137
    assert said == [how]
