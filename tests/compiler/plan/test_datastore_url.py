"""The datastore of a chain is one that each of its pods reaches."""

from __future__ import annotations

from typing import Any

import pytest

from laminar import Flow, Layer
from laminar.compiler.plan.datastore_url import datastore_url
from laminar.configurations.datastores import AWS, Local, Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import Container, Volume
from laminar.exceptions import FlowError
from laminar.program.recording import Chain, Step


class Plain(Flow): ...


@Plain.register
class Fit(Layer):
    def __call__(self) -> None: ...


class Mounted(Flow): ...


@Mounted.register(container=Container(volumes=[Volume("/data", claim="data"), Volume("/own", empty_dir=5)]))
class Load(Layer):
    def __call__(self) -> None: ...


def url(given: str | None, *flows: Flow) -> str:
    return datastore_url(Chain([Step(flow.execution(), {}) for flow in flows]), given)


def s3(root: str) -> Any:
    return AWS.S3(root)


@pytest.mark.parametrize("given", ["s3://bucket/prefix", "/data", "/data/deep/", "file:///data/x"])
def test_a_given_datastore_that_pods_reach_is_taken_as_it_stands(given):
    assert url(given, Mounted()) == given


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("data", "is a relative path"),
        ("./data", "is a relative path"),
        ("/database", "no shared volume is mounted there in the container of: Load."),
        ("/own", "no shared volume is mounted there in the container of: Load."),
        ("/", "no shared volume is mounted there in the container of: Load."),
        ("memory://", "is in one process"),
    ],
)
def test_a_given_datastore_that_pods_do_not_reach_is_rejected(given, words):
    with pytest.raises(FlowError) as caught:
        url(given, Mounted())
    assert words in caught.value.what


def test_the_flows_own_datastore_is_used_where_none_is_given():
    assert url(None, Plain(datastore=s3("s3://b/p")), Mounted(datastore=s3("s3://b/p"))) == "s3://b/p"
    assert url(None, Mounted(datastore=Local("/data"))) == "/data"


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        (Plain(datastore=Memory(), executor=Thread()), "in the memory of one process"),
        (Plain(datastore=Local(".laminar")), "in a folder given as a relative path"),
        (Plain(datastore=Local("/data")), "no shared volume is mounted there in the container of: Fit."),
    ],
)
def test_an_own_datastore_that_pods_do_not_reach_is_rejected(flow, words):
    with pytest.raises(FlowError) as caught:
        url(None, flow)
    assert words in caught.value.what
    assert caught.value.fix


def test_flows_of_a_chain_share_one_datastore():
    flows = Plain(datastore=s3("s3://b/one")), Mounted(datastore=s3("s3://b/two"))
    with pytest.raises(FlowError, match=r"in different places: s3://b/one, s3://b/two"):
        url(None, *flows)
    assert url("s3://b/three", *flows) == "s3://b/three"
