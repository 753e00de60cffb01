"""Test which names a datastore takes, and where things stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.configurations.datastores import is_name
from laminar.configurations.datastores.key_layout import artifact_key, document_key, failures_folder, index_of, offsets_key
from laminar.exceptions import DatastoreError


def test_keys_stand_where_the_layout_says() -> None:
    assert artifact_key("ab") == "artifacts/ab"
    assert document_key("F", "e", "L", 12) == "F/executions/e/L/12.json"
    assert failures_folder("F", "e", "L") == "F/executions/e/L/failed"
    assert offsets_key("F", "e", "L", "rows") == "F/executions/e/L/offsets/rows"


@pytest.mark.parametrize("name", ["Fit", "été", "2026-11-23T10:00:00+01:00", "a b", "x.y", "é" * 100])
def test_what_a_file_system_takes_is_a_name(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", ".x", "a/b", "a\\b", "a..b", "\0", "a\tb", "\ud800", "é" * 101])
def test_what_leaves_a_folder_or_hides_is_no_name(name: str) -> None:
    assert not is_name(name)


@given(name=st.text(max_size=6) | st.text("./\\a", max_size=6))
def test_a_key_of_any_name_stays_below_its_folder(name: str) -> None:
    if is_name(name):
        assert document_key(name, name, name, 0).split("/") == [name, "executions", name, name, "0.json"]
    else:
        with pytest.raises(DatastoreError, match="cannot be the name of an execution"):
            document_key("F", name, "L", 0)


def test_only_documents_have_an_index() -> None:
    assert [index_of(name) for name in ("0.json", "12.json", "x.json", "1.2.json", "1.txt", "²", "failed/")] == [0, 12, *[None] * 5]
