"""Test the JSON documents that end with a digest of themselves."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.configurations.datastores.documents.json_document import add_checksum, parse
from laminar.exceptions import DatastoreError

VALUES = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none(), max_size=4)


@given(value=VALUES)
def test_a_document_comes_back_and_no_changed_byte_is_accepted(value: dict[str, object]) -> None:
    data = add_checksum(json.dumps({**value, "schema": 1})).encode()
    found = parse(data, "F/x.json")
    assert {name: found[name] for name in found if name not in ("schema", "sum")} == {
        name: item for name, item in value.items() if name not in ("schema", "sum")
    }
    assert parse(data + b"\n", "F/x.json") == found
    for position in range(len(data)):
        with pytest.raises(DatastoreError, match=r"Document F/x\.json"):
            parse(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :], "F/x.json")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"schema":"1"}', '{"schema":1}', "\xff", "[" * 100_000])
def test_what_is_no_document_is_an_error_that_names_the_key(text: str) -> None:
    with pytest.raises(DatastoreError, match=r"Document F/x\.json is damaged"):
        parse(text, "F/x.json")


def test_a_newer_schema_is_told_from_damage() -> None:
    with pytest.raises(DatastoreError, match=r"Document F/x\.json has schema 2, which this laminar does not know"):
        parse('{"schema":2,"new":"things"}', "F/x.json")


def test_the_advice_for_parameters_is_another() -> None:
    for key, advice in (
        ("F/executions/e/L/0.json", "resume the execution"),
        ("F/executions/e/Parameters/0.json", "a new execution"),
    ):
        with pytest.raises(DatastoreError) as raised:
            parse(b"torn", key)
        assert advice in raised.value.fix
