"""A word names executions by their id, by its beginning, or as the latest."""

from __future__ import annotations

import pytest

from laminar.cli.datastore_choice import StoredFlow
from laminar.cli.execution_search import find
from laminar.configurations.datastores import Local, Record
from laminar.exceptions import ExecutionError


@pytest.fixture
def flows(tmp_path):
    store = Local(str(tmp_path))
    for flow, execution in (("Train", "aa1"), ("Train", "aa2"), ("Train", "b"), ("Train", "bb"), ("Score", "aa2"), ("Score", "z")):
        store.save(Record(flow=flow, execution=execution, layer="Parameters"))
    return [StoredFlow("Train", store), StoredFlow("Score", store)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("aa1", [("Train", "aa1")]),
        ("aa2", [("Train", "aa2"), ("Score", "aa2")]),  # the flows of a chain share an id
        ("b", [("Train", "b")]),  # an id, and the beginning of another
        ("bb", [("Train", "bb")]),
        ("z", [("Score", "z")]),
        ("latest", [("Train", "bb")]),
    ],
)
def test_an_execution_is_found(wanted, found, flows):
    assert [(one.flow.name, one.id) for one in find(flows, wanted)] == found


def test_a_beginning_that_fits_several_is_an_error_that_lists_them(flows):
    with pytest.raises(ExecutionError, match="Several executions begin with 'aa'") as caught:
        find(flows, "aa")
    assert "aa2, aa1" in caught.value.fix


@pytest.mark.usefixtures("no_cluster")
def test_an_execution_that_is_nowhere_is_an_error_that_names_the_datastore(flows):
    with pytest.raises(ExecutionError, match="There is no execution 'nothing' in ") as caught:
        find(flows, "nothing")
    assert flows[0].store.url in caught.value.what


@pytest.fixture
def no_cluster(tmp_path, monkeypatch):
    for name in ("ARGO_SERVER", "ARGO_TOKEN", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
