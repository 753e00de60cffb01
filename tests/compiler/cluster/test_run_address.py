"""Find a workflow by the words that name it."""

from __future__ import annotations

import pytest

from laminar.compiler.cluster.run_address import find
from laminar.exceptions import ClusterError
from tests.compiler.cluster.conftest import workflow


@pytest.fixture
def runs(transport, cluster):
    """Three workflows: two of flow Two, one of flow Other."""
    cluster.controller = False
    for name, flow in (("two-aa", "Two"), ("two-ab", "Two"), ("other-b", "Other")):
        cluster.skew += 5.0
        made = workflow(name=name)
        made["metadata"]["labels"] = {"laminar/flow": flow}
        transport.create(made)
    return {name: cluster.workflow(name)["metadata"]["uid"] for name in cluster.workflows}


def test_a_name_an_execution_and_a_unique_beginning_of_either_find_a_run(transport, runs):
    assert [find(transport, words) for words in ("two-aa", "two-ab", "other", runs["two-aa"], runs["two-ab"][:13])] == [
        *("two-aa", "two-ab", "other-b", "two-aa", "two-ab")
    ]


def test_the_latest_is_the_newest_of_all_or_of_a_flow(transport, runs):
    assert (find(transport, "latest"), find(transport, "latest", flow="Two")) == ("other-b", "two-ab")


@pytest.mark.parametrize(
    ("words", "flow", "what"),
    [
        ("two-a", None, "'two-a' fits 2 workflows in namespace argo"),
        ("gone", None, "No workflow and no execution begins with 'gone' among 3 in namespace argo"),
        ("latest", "None", "There is no workflow of flow None"),
    ],
)
def test_words_that_fit_nothing_or_several_say_what_was_looked_through(transport, runs, words, flow, what):
    with pytest.raises(ClusterError, match=what):
        find(transport, words, flow=flow)
