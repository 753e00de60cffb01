"""Test where documents, markers and artifacts are in a datastore."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.configurations.datastores.key_layout import artifact_key, document_key, failure_key, index_of, is_marker, offsets_key
from laminar.exceptions import DatastoreError
from laminar.identifiers import is_name


def test_keys_stand_where_the_layout_says() -> None:
    assert artifact_key("ab") == "artifacts/ab"
    assert document_key("F", "e", "L", 12) == "F/executions/e/L/12.json"
    assert failure_key("F", "e", "L", 3, 1) == "F/executions/e/L/failed/3/1.json"
    assert offsets_key("F", "e", "L", "rows") == "F/executions/e/L/offsets/rows"


@given(name=st.text(max_size=6) | st.text("./\\a", max_size=6))
def test_a_key_of_any_name_stays_below_its_folder(name: str) -> None:
    if is_name(name):
        assert document_key(name, name, name, 0).split("/") == [name, "executions", name, name, "0.json"]
    else:
        with pytest.raises(DatastoreError, match="cannot be the name of an execution"):
            document_key("F", name, "L", 0)


def test_only_documents_have_an_index() -> None:
    assert [index_of(name) for name in ("0.json", "12.json", "x.json", "1.2.json", "1.txt", "²", "failed/")] == [0, 12, *[None] * 5]


def test_failure_markers_are_known_by_their_paths() -> None:
    names = ("failed/3/1.json", "failed/3/x", "failed/", "3.json", "offsets/failed", "failed.json")
    assert [is_marker(name) for name in names] == [True, *[False] * 5]
