"""Test which names flows, layers and executions may have, and that every place that checks one applies the same rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.components.execution import check_name
from laminar.configurations.datastores.key_layout import document_key
from laminar.exceptions import DatastoreError, ExecutionError
from laminar.identifiers import is_name, name_problem


@pytest.mark.parametrize("name", ["Fit", "été", "2026-11-23T10:00:00+01:00", "a b", "x.y", "é" * 100])
def test_what_a_file_system_allows_is_a_name(name):
    assert is_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", ".x", "a/b", "a\\b", "a..b", "\0", "a\tb", "\ud800", "é" * 101, "x" * 201])
def test_what_leaves_a_folder_or_hides_is_no_name(name):
    assert not is_name(name)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is empty"),
        ("a/b", "holds '/'"),
        ("a\tb", r"holds '\t'"),
        (".a", "starts with a dot"),
        ("é" * 150, "is longer than 200 bytes"),
    ],
)
def test_a_problem_is_named(name, problem):
    assert name_problem(name) == problem


@given(name=st.text(max_size=5) | st.text("./\\a\t", max_size=5) | st.sampled_from(["é" * 150, "é" * 100]))
def test_the_dsl_and_the_datastore_accept_the_same_names(name):
    refused = []
    for check, error in (
        (lambda: check_name(name, "Id"), ExecutionError),
        (lambda: document_key("F", name, "L", 0), DatastoreError),
    ):
        try:
            check()
        except error:
            refused.append(error)
    assert refused == ([] if is_name(name) else [ExecutionError, DatastoreError])
