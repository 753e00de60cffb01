"""Test which store a URL opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from laminar import Flow
from laminar.configurations.datastores import AWS, Local, Memory, Remote, open_like, open_store
from laminar.configurations.datastores.open_url import scheme
from laminar.exceptions import DatastoreError, FlowError


@pytest.mark.parametrize(
    ("url", "kind", "opened"),
    [
        ("s3://bucket/prefix", AWS.S3, "s3://bucket/prefix"),
        ("gs://bucket", Remote, "gs://bucket"),
        ("memory://x", Remote, "memory://x"),
        ("memory:", Memory, "memory:"),
        ("file:///data", Local, "/data"),
        ("/data", Local, "/data"),
    ],
)
def test_a_url_opens_the_store_of_its_kind(url, kind, opened):
    store = open_store(url)
    assert (type(store), store.url) == (kind, opened)


@pytest.mark.parametrize(("url", "nearest"), [("s4://x", "the nearest scheme is s3://"), ("nothing-of-the-kind://x", "")])
def test_an_unknown_scheme_is_refused_when_the_store_is_opened(url, nearest):
    with pytest.raises(DatastoreError, match=f"has the unknown scheme {scheme(url)}://") as raised:
        open_store(url)
    assert nearest in raised.value.what
    assert "s3://, gs://, abfs://" in raised.value.fix


def test_a_relative_folder_is_known_as_such():
    assert open_store("data").relative
    assert not open_store("/data").relative


def test_an_empty_url_is_refused():
    with pytest.raises(DatastoreError, match="URL is empty"):
        open_store("")


def test_a_store_like_another_keeps_options_of_its_own_kind_only():
    store = AWS.S3("s3://bucket", key="me")
    other = open_like(store, "s3://other/x")
    assert (type(other), other.url, getattr(other, "options", None)) == (AWS.S3, "s3://other/x", {"key": "me"})
    assert isinstance(open_like(store, "/data"), Local)
    durable = open_like(Local("/a", durable=True), "/b")
    assert isinstance(durable, Local)
    assert durable.durable


@pytest.mark.parametrize("given", ["s3://bucket/prefix", "/data", Path("/data")])
def test_a_flow_accepts_the_url_of_its_datastore_as_text(given):
    class Case(Flow): ...

    assert Case(datastore=given).configuration.datastore.url == str(given)


@pytest.mark.parametrize(("given", "error", "what"), [("s4://x", DatastoreError, "unknown scheme s4://"), (5, FlowError, "not 5")])
def test_a_flow_refuses_what_is_no_datastore_and_names_the_line(given, error, what):
    class Case(Flow): ...

    with pytest.raises(error, match=what) as raised:
        Case(datastore=given)
    assert "test_open_url.py:" in raised.value.where


@pytest.mark.parametrize(("url", "right"), [("s3:/b/p", "s3://b/p"), ("gs:b", "gs://b"), ("file:/x", "file:///x")])
def test_a_url_that_lacks_a_slash_is_refused_rather_than_made_a_folder(url, right):
    with pytest.raises(DatastoreError, match="lacks '//'") as caught:
        open_store(url)
    assert caught.value.fix == f"write {right}"
