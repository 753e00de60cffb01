"""The address of a run leads to a workflow, or to an execution that only a datastore has."""

from __future__ import annotations

import pytest

from laminar.cli.datastore_choice import DatastoreChoice
from laminar.cli.options.cluster import Cluster
from laminar.cli.options.run_words import RunChoice
from laminar.cli.run_place import WorkflowRun, place
from laminar.exceptions import LaminarError


def found(words, program=None, **cluster):
    chosen = RunChoice(DatastoreChoice(program, None, None), words)
    return place(chosen, Cluster(tuple({"timeout": 5.0, **cluster}.items())))


def test_a_workflow_without_documents_is_found_on_the_cluster(shell):
    name = shell.submit()
    run = found(name)
    assert isinstance(run, WorkflowRun) and run.name == name


def test_a_run_of_this_machine_needs_no_cluster(shell):
    assert shell("run", "train.py", "--execution", "mine").code == 0
    shell.server.requests.clear()
    run = found("mine", "train.py")
    assert not isinstance(run, WorkflowRun) and run.id == "mine" and shell.server.requests == []


def test_a_cluster_that_is_named_is_looked_at_alone(shell):
    assert shell("run", "train.py", "--execution", "mine").code == 0
    with pytest.raises(LaminarError, match="No workflow and no execution begins with 'mine'"):
        found("mine", "train.py", namespace="argo")
