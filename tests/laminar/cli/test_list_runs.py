"""``laminar list`` shows runs and deployed objects."""

from __future__ import annotations


def test_runs_are_listed_by_flow_and_state(shell):
    name = shell.submit()
    shell.ended()
    header, row = shell("list", "--flow", "Train", "--state", "succeeded").out.splitlines()
    assert header.split("\t") == ["name", "flow", "phase", "pods", "age", "took", "execution"]
    assert row.split("\t")[:4] == [name, "Train", "Succeeded", "5/5"]
    assert shell("list", "--flow", "Other").out == ""
