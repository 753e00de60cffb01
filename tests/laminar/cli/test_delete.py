"""``laminar delete`` deletes workflows by their whole names only."""

from __future__ import annotations


def test_delete_takes_whole_names_only(shell):
    name = shell.submit()
    shell.ended()
    assert shell("delete", "latest").code == 1 and shell("delete", name[:8]).code == 1
    assert shell.cluster.workflows == [name]
    assert shell("delete", name).out == f"{name} is deleted\n"
    assert shell.cluster.workflows == []
