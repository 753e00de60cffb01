"""``laminar results`` by a workflow's name: from the documents, and where these do not know it, from the cluster."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest


@pytest.fixture
def ran(shell, monkeypatch):
    """Run a flow here as pods of a workflow would: on hosts that have the names of pods."""

    def run(execution: str, host: str) -> None:
        from laminar import Flow, Layer
        from laminar.configurations.datastores import Local
        from laminar.configurations.executors import Thread
        from laminar.worker import document_stamp

        class Train(Flow): ...

        @Train.register
        class Fit(Layer):
            def __call__(self) -> None:
                self.score = 0.5

        with monkeypatch.context() as patched:
            patched.setattr(os, "uname", lambda: SimpleNamespace(nodename=host))
            document_stamp.host.cache_clear()
            Train(datastore=Local(str(shell.folder / "store")), executor=Thread())(execution=execution)
        document_stamp.host.cache_clear()

    return run


def results(shell, *words):
    return shell("results", "Train", *words, "--datastore", str(shell.folder / "store"))


def test_the_documents_know_the_workflow_that_is_gone(ran, shell):
    ran("e-1", "train-x7k2f-layer-1443140988")
    ran("e-2", "train-x7k2g-layer-1443140988")
    assert results(shell, "train-x7k2f", "Fit", "score").out == "0.5\n"
    assert results(shell, "train-x7k2g", "Fit", "score").out == "0.5\n"
    done = results(shell, "train-x7k2")
    assert done.code == 1 and "Several executions begin with 'train-x7k2'" in done.err
    assert shell.server.requests == []


def test_a_name_that_the_host_cuts_off_is_found(ran, shell):
    name = "train-" + "a" * 50 + "-x7k2f"
    ran("e-1", f"{name}-layer-1443140988"[:63])
    assert results(shell, name, "Fit", "score").out == "0.5\n"


def test_the_cluster_is_asked_where_the_documents_do_not_know_it(ran, shell):
    name = shell.submit()
    shell.ended()
    ran(shell.cluster.workflow()["metadata"]["uid"], "elsewhere")
    assert results(shell, name, "Fit", "score").out == "0.5\n"


def test_a_name_that_nobody_knows_is_an_error_with_and_without_a_cluster(ran, shell):
    ran("e-1", "laptop")
    assert "There is no execution 'train-gone'" in results(shell, "train-gone").err
    shell.server.fault(times=99, kind="drop")
    assert "There is no execution 'train-gone'" in results(shell, "train-gone").err
